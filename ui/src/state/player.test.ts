import { expect, test, vi } from "vitest";

import { PlayerStore } from "./player.svelte";

/** An element that plays only what is on its list, as a web view that lacks a decoder. */
class Element extends EventTarget {
  preload = "";
  currentTime = 0;
  duration = 60;
  playbackRate = 1;
  readyState = 0;
  paused = true;
  #src = "";

  constructor(readonly decodable: readonly string[]) {
    super();
  }

  set src(url: string) {
    this.#src = url;
    this.readyState = 0;
    queueMicrotask(() => {
      if (!this.decodable.includes(url)) return this.dispatchEvent(new Event("error"));
      this.readyState = 1;
      return this.dispatchEvent(new Event("loadedmetadata"));
    });
  }

  get src(): string {
    return this.#src;
  }

  removeAttribute(): void {
    this.#src = "";
  }

  async play(): Promise<void> {
    if (!this.decodable.includes(this.#src)) throw new DOMException("no decoder", "NotSupportedError");
    this.paused = false;
    this.dispatchEvent(new Event("play"));
  }

  pause(): void {
    this.paused = true;
    this.dispatchEvent(new Event("pause"));
  }
}

function player(...decodable: string[]) {
  const element = new Element(decodable);
  return { element, store: new PlayerStore(element as unknown as HTMLAudioElement) };
}

const settled = () => new Promise((done) => setTimeout(done));

test("what the element cannot decode is played from a copy, made when somebody wants to hear it", async () => {
  const { element, store } = player("7.wav");
  const makeCopy = vi.fn(async () => "7.wav");
  store.load("7", 60_000, makeCopy);
  await settled();
  expect(store.trouble, "there is a way").toBeNull();
  expect(makeCopy, "opening a recording makes no copy").not.toHaveBeenCalled();
  const playing = store.play(12_000);
  expect(store.preparing).toBe(true);
  await playing;
  await settled();
  expect([element.src, element.paused, element.currentTime, store.preparing]).toEqual(["7.wav", false, 12, false]);
  element.pause();
  await store.play();
  expect(makeCopy, "one copy is enough").toHaveBeenCalledTimes(1);
});

test("a copy that cannot be made, or played, is told", async () => {
  const { store } = player();
  store.load("7", 60_000, async () => Promise.reject(new Error("it is gone")));
  await settled();
  await store.play();
  expect(store.trouble).toContain("cannot be played");
  store.load("8", 60_000, async () => "8.wav");
  await settled();
  await store.play();
  await settled();
  expect(store.trouble, "no copy of the copy").toContain("cannot be played");
});

test("a copy that comes when another recording is open is not played", async () => {
  const { element, store } = player("8", "7.wav");
  let give = (_: string) => {};
  store.load("7", 60_000, () => new Promise((done) => (give = done)));
  await settled();
  const playing = store.play();
  store.load("8", 60_000);
  give("7.wav");
  await playing;
  await settled();
  expect([element.src, element.paused, store.preparing]).toEqual(["8", true, false]);
});

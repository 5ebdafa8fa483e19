// What jsdom lacks and the page asks for: it lays nothing out and plays nothing.
import { configure } from "@testing-library/svelte";
import { vi } from "vitest";

import { beginAtNow } from "./now";

// A busy machine is no fault of the page.
configure({ asyncUtilTimeout: 10_000 });

beginAtNow();

const ROW_HEIGHT = 40;
const WINDOW_HEIGHT = 800;

vi.stubGlobal("matchMedia", (query: string) => ({
  matches: false, media: query, addEventListener: () => {}, removeEventListener: () => {},
}));

vi.stubGlobal("ResizeObserver", class {
  observe() {}
  unobserve() {}
  disconnect() {}
});

const heightOf = (element: HTMLElement) =>
  element.dataset["index"] !== undefined ? ROW_HEIGHT : element.tagName === "HEADER" ? 0 : WINDOW_HEIGHT;

Object.defineProperties(HTMLElement.prototype, {
  offsetHeight: { get(this: HTMLElement) { return heightOf(this); } },
  offsetWidth: { get: () => 600 },
  clientHeight: { get(this: HTMLElement) { return heightOf(this); } },
  // A test may have another window.
  clientWidth: { configurable: true, get: () => 600 },
  scrollTo: { value: () => {} },
  scrollIntoView: { value: () => {} },
  getAnimations: { value: () => [] },
});

Object.assign(HTMLMediaElement.prototype, {
  load() {},
  pause(this: HTMLMediaElement) { this.dispatchEvent(new Event("pause")); },
  async play(this: HTMLMediaElement) { this.dispatchEvent(new Event("play")); },
});
Object.assign(HTMLCanvasElement.prototype, { getContext: () => null });
Object.assign(URL, { createObjectURL: () => "blob:sound" });

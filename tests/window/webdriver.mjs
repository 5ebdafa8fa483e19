// The few routes of WebDriver that the tests need, over plain fetch.
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { pause, processesOf, startedAtMs, until } from "./stage.mjs";

const ELEMENT = "element-6066-11e4-a52e-4f735466cecf";

export class Window {
  /** Opens the window; the driver starts the program. */
  static async open(place, pictures) {
    const known = new Set(processesOf(place.application).map(({ pid }) => pid));
    const window = new Window(place, pictures);
    const options = { application: place.application, args: place.args };
    const { sessionId } = await window.#send("POST", "/session", {
      capabilities: { alwaysMatch: { "tauri:options": options } },
    });
    window.session = sessionId;
    window.process = processesOf(place.application).find(({ pid, args }) => !known.has(pid) && args[1] !== "worker");
    return window;
  }

  constructor(place, pictures) {
    this.place = place;
    this.pictures = pictures;
  }

  async #send(method, path, body, tries = 3) {
    const response = await this.#fetch(method, path, body).catch(async (error) => {
      // The driver ends a connection now and then; a wish that timed out may have been done.
      if (tries === 1 || error.name === "TimeoutError") throw error;
      await pause(500);
    });
    if (!response) return this.#send(method, path, body, tries - 1);
    const { value } = await response.json();
    if (!response.ok) throw new Error(`${method} ${path}: ${value?.message ?? response.status}`);
    return value;
  }

  #fetch(method, path, body) {
    return fetch(`${this.place.address}${path}`, {
      method, body: body === undefined ? undefined : JSON.stringify(body),
      headers: { "content-type": "application/json", connection: "close" },
      signal: AbortSignal.timeout(30_000),
    });
  }

  #at(method, path, body) {
    return this.#send(method, `/session/${this.session}${path}`, body);
  }

  /** Runs the function in the page, with those arguments. */
  run(body, ...args) {
    return this.#at("POST", "/execute/sync", { script: `return (${body})(...arguments)`, args });
  }

  /** The same for a function that hands its result to its last argument, when it has one. */
  runLater(body, ...args) {
    return this.#at("POST", "/execute/async", { script: `return (${body})(...arguments)`, args });
  }

  /** The text that can be seen. */
  text() {
    return this.run(() => document.body.innerText);
  }

  sees(text, options) {
    const seen = async () => (await this.text()).includes(text);
    return until(`“${text}” on the screen`, seen, options);
  }

  async click(selector) {
    const element = await this.#at("POST", "/element", { using: "css selector", value: selector });
    await this.#at("POST", `/element/${element[ELEMENT]}/click`, {});
  }

  async type(selector, text) {
    const element = await this.#at("POST", "/element", { using: "css selector", value: selector });
    await this.#at("POST", `/element/${element[ELEMENT]}/value`, { text });
  }

  /** Clicks the button with that name or text. */
  async press(name) {
    const pressed = () =>
      this.run((wanted) => {
        const buttons = [...document.querySelectorAll("button")].filter((one) => one.checkVisibility());
        // What is written on a button before what it is only called: a cross may be called as another one reads.
        const button =
          buttons.find((one) => one.textContent?.trim() === wanted) ??
          buttons.find((one) => one.getAttribute("aria-label") === wanted);
        // After the answer: what the button closes may be the window that answers.
        if (button) setTimeout(() => button.click(), 50);
        return button !== undefined;
      }, name);
    await until(`the button “${name}”`, pressed, { ms: 10_000 });
  }

  /** Opens the menu with that name and takes an entry of it, by the keyboard as menus are made for. */
  async choose(menu, entry) {
    await this.run((name) => document.querySelector(`button[aria-label="${name}"]`).focus(), menu);
    await this.keys("\uE007");
    const found = () =>
      this.run((wanted) => {
        const item = [...document.querySelectorAll("[role=menuitem]")].find((one) => one.textContent.toLowerCase().includes(wanted));
        item?.focus();
        return item !== undefined;
      }, entry);
    await until(`“${entry}” in the menu “${menu}”`, found, { ms: 5_000 });
    await this.keys("\uE007");
  }

  /** Presses keys where the focus is. */
  keys(text) {
    const actions = [...text].flatMap((value) => [{ type: "keyDown", value }, { type: "keyUp", value }]);
    return this.#at("POST", "/actions", { actions: [{ type: "key", id: "keyboard", actions }] });
  }

  /** Of the whole display, or of the window with that id. */
  async picture(name, id = "root") {
    // What has just come in may still be fading in.
    await pause(350);
    mkdirSync(this.pictures, { recursive: true });
    // Of the display and not by the driver: with its frame, and also while files hang over the window.
    execFileSync("import", ["-window", id, join(this.pictures, `${name}.png`)], { env: this.place.env });
  }

  startedAtMs() {
    return startedAtMs(this.process);
  }

  workers() {
    return processesOf(this.place.application).filter(({ parent, args }) => parent === this.process.pid && args[1] === "worker");
  }

  isAlive() {
    return processesOf(this.place.application).some(({ pid }) => pid === this.process.pid);
  }

  /** Asks until it happens, as one does whom the window asks whether it may close during a job. */
  async close() {
    await until("the program has ended", async () => {
      await this.#send("DELETE", `/session/${this.session}`).catch(() => {});
      return !this.isAlive();
    }, { ms: 30_000, every: 500 });
  }
}

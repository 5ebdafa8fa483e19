// Really drops files on a window: presses the mouse on a drag source, moves it in steps, and lets go.
import { execFileSync } from "node:child_process";
import { join } from "node:path";

import { pause, until } from "./stage.mjs";

const SOURCE = { x: 1420, y: 60 };

export class Mouse {
  constructor(stage) {
    this.stage = stage;
  }

  tool(...args) {
    return execFileSync("xdotool", args.map(String), { env: this.stage.env, encoding: "utf8" }).trim();
  }

  windowOf(pid) {
    return this.tool("search", "--onlyvisible", "--pid", pid).split("\n").filter(Boolean).at(-1);
  }

  /** Puts the window of a process where the drag source does not cover it. */
  async place(pid) {
    const id = await until("the window on the display", () => this.windowOf(pid));
    this.tool("windowmove", id, 10, 30);
    await pause(300);
    return id;
  }

  /** `over` is called while the files hang over the window. */
  async drop(paths, { to = { x: 600, y: 420 }, over } = {}) {
    const source = this.stage.start(
      // The system's own Python, which has the system's GTK.
      "/usr/bin/python3",
      [join(import.meta.dirname, "drag.py"), String(SOURCE.x), String(SOURCE.y), ...paths],
      { env: this.stage.env, stdio: ["ignore", "pipe", "inherit"] },
    );
    await new Promise((done, fail) => {
      source.stdout.once("data", done);
      source.once("exit", () => fail(new Error("the drag source did not start")));
    });
    await pause(700);
    const from = { x: SOURCE.x + 60, y: SOURCE.y + 60 };
    this.tool("mousemove", from.x, from.y, "mousedown", 1);
    const steps = 14;
    for (let step = 1; step <= steps; step += 1) {
      const at = (start, end) => Math.round(start + ((end - start) * step) / steps);
      this.tool("mousemove", at(from.x, to.x), at(from.y, to.y));
      await pause(60);
    }
    await pause(300);
    await over?.();
    this.tool("mousemove", to.x + 3, to.y + 3, "mouseup", 1);
    await pause(600);
    if (source.exitCode === null) this.stage.end(source);
  }

  /** Types a path into the system's file dialog with that title. */
  async answerDialog(title, path) {
    const id = await until(`the dialog “${title}”`, () => this.tool("search", "--onlyvisible", "--name", title).split("\n")[0], { ms: 10_000 });
    await pause(500);
    this.tool("windowactivate", "--sync", id, "key", "--clearmodifiers", "ctrl+l");
    await pause(300);
    this.tool("key", "--clearmodifiers", "ctrl+a", "type", "--delay", "20", path);
    await pause(500);
    this.tool("key", "Return");
  }

  /** The text that was copied last. */
  clipboard() {
    const script = "import gi; gi.require_version('Gtk', '3.0'); from gi.repository import Gtk, Gdk; print(Gtk.Clipboard.get(Gdk.SELECTION_CLIPBOARD).wait_for_text() or '')";
    return execFileSync("/usr/bin/python3", ["-c", script], { env: this.stage.env, encoding: "utf8" });
  }
}

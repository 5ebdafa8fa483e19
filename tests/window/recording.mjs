// Recording as it is seen in the real window and around it, from a real sound server.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { root } from "../../src-tauri/scripts/setup/project.mjs";
import { say } from "../../src-tauri/scripts/setup/run.mjs";
import { expect, open, QUICK, SENTENCE, transcript } from "./journeys.mjs";
import { pause, until } from "./stage.mjs";

const SHORTCUT = "ctrl+alt+r";
/** The window manager has it. */
const TAKEN = "Ctrl+Alt+ArrowLeft";
const RED = "ffe52b2b";

/** A sound server of its own in that home, whose microphone hears what is played. */
class Sound {
  constructor(stage, home) {
    this.stage = stage;
    this.env = { ...home.env, XDG_RUNTIME_DIR: stage.folder("sound"), HOME: home.dir };
    home.env = { ...home.env, PULSE_SERVER: `unix:${join(this.env.XDG_RUNTIME_DIR, "pulse/native")}` };
  }

  async start() {
    const sink = (name) => ["-L", `module-null-sink sink_name=${name} rate=48000 channels=2`];
    this.stage.start("pulseaudio", [
      "-n", "--daemonize=no", "--exit-idle-time=-1", "--disallow-exit", "--log-level=error",
      "-L", "module-native-protocol-unix auth-anonymous=1", ...sink("fakemic"), ...sink("speakers"),
      // A monitor is what the computer plays; this makes a microphone of it.
      "-L", "module-remap-source source_name=mic master=fakemic.monitor source_properties=device.description=Desk",
    ], { env: this.env });
    const control = (...args) => execFileSync("pactl", args, { env: this.env, stdio: "ignore" });
    await until("the sound server", () => (control("info"), true), { ms: 20_000 });
    control("set-default-source", "mic");
    control("set-default-sink", "speakers");
    // Without a listener the first seconds are lost.
    this.stage.start("parec", ["-d", "mic", "--latency-msec=10"], { env: this.env });
    await pause(1_000);
    return this;
  }

  /** Says the fixture once, to its end. */
  async say() {
    const playing = this.stage.start("paplay", ["--device=fakemic", join(root, "tests/fixtures/short-en.wav")], { env: this.env });
    await new Promise((done) => playing.once("exit", done));
  }
}

/** A tray on the bus of that window: what it shows now, and its menu. */
async function tray({ stage }, window) {
  const program = stage.start("/usr/bin/python3", [join(import.meta.dirname, "tray.py")], {
    env: window.env(), stdio: ["pipe", "pipe", "inherit"],
  });
  const desk = { now: {}, choose: (entry) => program.stdin.write(`${entry}\n`) };
  createInterface({ input: program.stdout }).on("line", (line) => (desk.now = JSON.parse(line)));
  const offers = (entries) => entries.join() === desk.now.enabled?.filter((entry) => ABOUT_RECORDING.includes(entry)).join();
  desk.offers = (...entries) => until(`a menu with ${entries.join(", ")}`, () => offers(entries), { ms: 10_000 });
  return desk;
}

/** The entries about the recording. */
const ABOUT_RECORDING = ["Start recording", "Pause", "Go on", "Stop recording"];

const elapsed = (window) => window.run(() => document.querySelector(".text-clock [aria-hidden]")?.textContent ?? "");

export const recordingJourneys = {
  async "a recording from the tray's menu, from begin to end"(tools) {
    const home = tools.stage.home({ ...QUICK, record_transcribe: false });
    await new Sound(tools.stage, home).start();
    const window = await open(tools, home);
    await window.sees("Drop a recording here");
    // The desktop's place for icons may come later than the program.
    const desk = await tray(tools, window);
    await desk.offers("Start recording");
    expect(desk.now.tooltip === "RecordRoute", `nothing is recorded: ${desk.now.tooltip}`);
    desk.choose("Start recording");
    await desk.offers("Pause", "Stop recording");
    await until("the red badge", () => desk.now.badge === RED, { ms: 5_000 });
    await until("the time in the window", async () => /0:0[1-9]/.test(await elapsed(window)) || (await window.text()).match(/0:0[1-9]/), { ms: 10_000 });
    await until("the time at the icon", () => /Recording, 0:0[1-9]/.test(desk.now.tooltip), { ms: 10_000 });
    await window.picture("recording-from-tray");
    desk.choose("Pause");
    await desk.offers("Go on", "Stop recording");
    await window.sees("Paused");
    // What is done in the window is seen at the icon.
    await window.press("Go on");
    await desk.offers("Pause", "Stop recording");
    desk.choose("Stop recording");
    await desk.offers("Start recording");
    await until("the recording in the list", () => window.run(() => document.querySelectorAll("[data-recording]").length === 1), { ms: 10_000 });
    await until("the icon without a badge", () => desk.now.badge !== RED && desk.now.tooltip === "RecordRoute", { ms: 5_000 });
    // The way to end the program asks where something is recorded.
    desk.choose("Start recording");
    await desk.offers("Pause", "Stop recording");
    desk.choose("Quit");
    await window.sees("Close while recording?");
    await window.press("Stop and close");
    await until("the program has ended", () => !window.isAlive(), { ms: 15_000 });
    await window.end().catch(() => {});
    const again = await open(tools, home);
    await until("both recordings", () => again.run(() => document.querySelectorAll("[data-recording]").length === 2), { ms: 10_000 });
    await again.end();
  },

  async "a shortcut begins and ends a recording while another program is in front"(tools) {
    const home = tools.stage.home({ ...QUICK, record_transcribe: false, record_shortcut: TAKEN });
    await new Sound(tools.stage, home).start();
    const window = await open(tools, home);
    await window.sees("Drop a recording here");
    const id = await tools.mouse.place(window.process.pid);
    tools.mouse.tool("windowactivate", "--sync", id);
    await window.press("Settings");
    await window.sees("Shortcut for recording");
    const press = async (keys) => {
      await window.press("Change");
      await window.sees("Press the keys…");
      tools.mouse.tool("key", "--clearmodifiers", keys);
    };
    await window.sees("Another program uses this shortcut");
    await window.picture("shortcut-taken");
    await press("shift+a");
    await window.sees("Choose keys together with Ctrl");
    await window.picture("shortcut-bare");
    await press(SHORTCUT);
    await until("the shortcut", () => window.run(() => document.querySelector("[data-shortcut]").innerText.replace(/\s+/g, " ").includes("Ctrl Alt R")), { ms: 5_000 });
    await window.picture("shortcut");
    await window.keys("\uE00C");
    const other = tools.stage.start("/usr/bin/python3", ["-c", OTHER_WINDOW], { env: home.env });
    const front = await until("another program in front", () => tools.mouse.windowOf(other.pid));
    tools.mouse.tool("windowactivate", "--sync", front);
    tools.mouse.tool("key", "--clearmodifiers", SHORTCUT);
    await until("a recording", async () => /0:0[1-9]/.test(await window.text()), { ms: 10_000 });
    expect(tools.mouse.tool("getactivewindow") === front, "the other program stays in front");
    await window.picture("recording-by-shortcut");
    tools.mouse.tool("key", "--clearmodifiers", SHORTCUT);
    await until("the recording in the list", () => window.run(() => document.querySelectorAll("[data-recording]").length === 1), { ms: 10_000 });
    await window.end();
    // It is taken again at the next start.
    const again = await open(tools, home);
    await again.sees("Recording 20");
    tools.mouse.tool("windowactivate", "--sync", front);
    await until("a recording again", async () => {
      tools.mouse.tool("key", "--clearmodifiers", SHORTCUT);
      await pause(2_000);
      return /0:0[1-9]/.test(await again.text());
    }, { ms: 10_000 });
    tools.mouse.tool("key", "--clearmodifiers", SHORTCUT);
    await until("both recordings", () => again.run(() => document.querySelectorAll("[data-recording]").length === 2), { ms: 10_000 });
    await again.end();
    tools.stage.end(other);
  },

  async "what is said into the microphone is recorded, noted and read"(tools) {
    const home = tools.stage.home(QUICK);
    const sound = await new Sound(tools.stage, home).start();
    const window = await open(tools, home);
    await window.sees("Drop a recording here");
    await window.press("Record");
    await window.sees("Start recording");
    await window.picture("record-choosing");
    await window.type("#record-title", "Library desk");
    await window.press("Start recording");
    await window.sees("Stop");
    await sound.say();
    await window.picture("record-running");
    await window.type("[aria-label='Note at this moment']", "Ask about the hours\uE007");
    await window.sees("Ask about the hours");
    await window.press("Pause");
    await window.sees("Paused");
    const at = await elapsed(window);
    await sound.say();
    expect((await elapsed(window)) === at, "the time stands still");
    await window.picture("record-paused");
    await window.press("Go on");
    await sound.say();
    const id = await tools.mouse.place(window.process.pid);
    tools.mouse.tool("windowactivate", "--sync", id, "key", "--clearmodifiers", "alt+F4");
    await window.sees("Close while recording?");
    await window.picture("record-close-asked");
    await window.press("Go on recording");
    await window.press("Stop");
    const said = async () => (await transcript(window)).split(SENTENCE).length - 1;
    const times = await until("the words", said, { ms: 120_000 });
    await until("the end of the job", () => window.run(() => document.querySelector("[role=progressbar]") === null), { ms: 60_000 });
    say(`    the sentence is ${times} times in the transcript`);
    expect((await said()) === 2, "what was said twice is there twice, and what was said in the pause is not");
    expect((await window.text()).includes("Ask about the hours"), "with the note");
    await window.picture("recorded");
    await window.end();
  },
};

/** Something that has the keyboard. */
const OTHER_WINDOW = `
import gi
gi.require_version("Gtk", "3.0")
from gi.repository import Gtk
window = Gtk.Window(title="Another program", default_width=300, default_height=200)
window.add(Gtk.Entry())
window.connect("destroy", Gtk.main_quit)
window.show_all()
window.move(1200, 400)
Gtk.main()
`;

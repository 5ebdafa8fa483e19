// What is seen of the real program. Each journey has a home and a window of its own; what it throws is the failure.
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { root } from "../../src-tauri/scripts/setup/project.mjs";
import { run, say } from "../../src-tauri/scripts/setup/run.mjs";
import { writeTalk } from "./sound.mjs";
import { pause, pssMegabytes, until } from "./stage.mjs";
import { Window } from "./webdriver.mjs";

export const SENTENCE = "new library will open";
const MAX_START_MS = 2_000;
const MAX_SHELL_MEGABYTES = 120;
const MAX_OPEN_MS = 300;
export const QUICK = { model: "whisper-tiny.en" };

export const expect = (true_, why) => {
  if (!true_) throw new Error(why);
};

/** Windows that were opened and not closed yet: what a journey that failed leaves behind. */
const open_ = [];

export async function closeAll() {
  for (const window of open_.splice(0)) {
    if (!window.isAlive()) continue;
    await window.picture("failed");
    say(`    what was seen: ${(await window.text().catch(String)).slice(0, 600)}`);
    await window.end().catch(() => {});
  }
}

export async function open({ stage, application, pictures }, home, args) {
  const place = await stage.window(application, home, args);
  const window = await Window.open(place, pictures);
  window.end = async () => {
    await window.close();
    stage.end(place.bus);
  };
  open_.push(window);
  return window;
}

/** The bars that can be seen, 0 to 100. */
const bars = (window) =>
  window.run(() => [...document.querySelectorAll("[role=progressbar]")].map((bar) => Number(bar.getAttribute("aria-valuenow") ?? NaN)));

export const transcript = (window) => window.run(() => document.querySelector("[data-transcript]")?.innerText ?? "");
async function openFirst(window) {
  await until("a recording in the list", () => window.run(() => document.querySelector("[data-recording]") !== null));
  await window.click("[data-recording]");
}

export const journeys = {
  async "an empty library is usable at once and small"(tools) {
    const window = await open(tools, tools.stage.home());
    await until("the empty library", async () => (await window.text()).includes("Drop a recording here"), { every: 20 });
    const startMs = Date.now() - window.startedAtMs();
    const paint = await window.run(() => performance.getEntriesByType("paint").map(({ name, startTime }) => `${name} ${Math.round(startTime)} ms`).join(", "));
    await pause(2_000);
    const megabytes = pssMegabytes(window.process.pid);
    say(`    usable ${Math.round(startMs)} ms after the start of the process (${paint}); shell ${megabytes.toFixed(1)} MB`);
    await window.picture("empty");
    await window.end();
    expect(startMs < MAX_START_MS, `usable after ${startMs} ms, wanted ${MAX_START_MS}`);
    expect(megabytes < MAX_SHELL_MEGABYTES, `the shell holds ${megabytes} MB, wanted ${MAX_SHELL_MEGABYTES}`);
  },

  async "a file is dropped, read, played, and found after a restart"(tools) {
    const home = tools.stage.home(QUICK);
    const talk = writeTalk(join(home.dir, "Library news.wav"), 45);
    const window = await open(tools, home);
    await window.sees("Drop a recording here");
    await tools.mouse.place(window.process.pid);
    await tools.mouse.drop([talk], {
      over: async () => {
        await window.sees("Drop to transcribe", { ms: 5_000 });
        await window.picture("dragging");
      },
    });
    const seen = new Set();
    await until("progress that moves", async () => {
      for (const value of await bars(window)) if (value > 0 && value < 100) seen.add(value);
      return seen.size >= 2;
    }, { ms: 90_000 });
    await until("the words on the screen", async () => (await transcript(window)).includes(SENTENCE), { ms: 60_000 });
    await window.picture("transcribing");
    await until("the end of the job", async () => (await bars(window)).length === 0, { ms: 180_000 });
    await window.picture("transcript");
    await playable(window);
    const found = readdirSync(join(home.library, "media"));
    expect(found.length === 1 && found[0].endsWith("Library news.wav"), `the recording is in the library: ${found}`);
    await window.end();

    const again = await open(tools, home);
    await again.sees("Library news");
    await again.type("[data-search]", "library will open");
    const hit = () => again.run(() => document.querySelector("[data-hits] mark")?.closest("button")?.innerText);
    const text = await until("a hit", hit, { ms: 10_000 });
    expect(text.toLowerCase().includes("library"), `the hit shows what was said: ${text}`);
    await again.picture("found");
    await again.click("[data-hit]");
    const current = () => again.run(() => document.querySelector("[data-transcript] [aria-current=true]")?.innerText ?? "");
    await until("the place of the hit", async () => (await current()).includes(SENTENCE), { ms: 10_000 });
    await again.end();
  },

  async "the worker is killed and the job goes on from what is stored"(tools) {
    const home = tools.stage.home(QUICK);
    const talk = writeTalk(join(home.dir, "Killed.wav"), 60);
    const window = await open(tools, home, [talk]);
    await until("progress", async () => (await bars(window)).some((value) => value > 5 && value < 80), { ms: 90_000 });
    const [worker] = await until("the worker", () => {
      const all = window.workers();
      return all.length > 0 && all;
    });
    // The one that transcribes has used the processor most.
    const busiest = window.workers().sort((a, b) => cpuTicks(b.pid) - cpuTicks(a.pid))[0] ?? worker;
    process.kill(busiest.pid, "SIGKILL");
    expect(window.isAlive(), "the window lives on");
    await until("the end of the job", async () => {
      const text = await window.text();
      return text.includes("was killed") || ((await bars(window)).length === 0 && (await transcript(window)).includes(SENTENCE));
    }, { ms: 240_000 });
    const text = await window.text();
    expect(!text.includes("was killed"), "with progress stored the job goes on by itself");
    await window.picture("after-kill");
    // Of a text that says the same all the time the guards keep one sentence in each chunk of half a minute
    // and mark it: a chunk that was lost leaves a whole minute without one, one that came twice goes back in time.
    const starts = await rowStarts(window);
    const steps = starts.map((ms, idx) => (ms - (starts[idx - 1] ?? 0)) / 1000);
    say(`    ${starts.length} segments, at most ${Math.max(...steps).toFixed(1)} s from one to the next`);
    expect(steps.slice(1).every((seconds) => seconds > 0), `each stretch is there once: ${starts}`);
    expect(Math.max(...steps, 306 - starts.at(-1) / 1000) < 45, `no stretch is missing: ${starts}`);
    await window.end();
  },

  async "the task bar shows how far a job is, and its end is told where nobody looks"(tools) {
    const home = tools.stage.home({ ...QUICK, interface_language: "ko" });
    const talk = writeTalk(join(home.dir, "긴 회의.wav"), 150);
    const window = await open(tools, home, [talk]);
    const shown = await desk(tools, window);
    const id = await tools.mouse.place(window.process.pid);
    tools.mouse.tool("windowminimize", "--sync", id);
    const isTold = () => shown.find(({ title }) => title === "긴 회의");
    // Only a job of more than half a minute is told.
    const told = await until("the notification", isTold, { ms: 420_000 });
    expect(told.body === "텍스트로 변환했습니다.", `it says what happened: ${told.body}`);
    const percents = shown.filter(({ program }) => program === "application://RecordRoute.desktop").map(({ percent }) => percent);
    say(`    the task bar showed ${percents.join(" ")}`);
    expect(new Set(percents).size > 5, `the bar moves: ${percents}`);
    expect(percents.at(-1) === null, `and goes away: ${percents}`);
    await window.end();
  },

  async "what the window cannot decode is heard from a copy"(tools) {
    const home = tools.stage.home(QUICK);
    // A web view without a decoder for AAC.
    const decoders = ["avdec_aac", "avdec_aac_fixed", "avdec_aac_latm", "faad", "fdkaacdec", "avdec_aac_at"];
    home.env = { ...home.env, GST_PLUGIN_FEATURE_RANK: decoders.map((name) => `${name}:NONE`).join(",") };
    const file = join(home.dir, "Voice message.m4a");
    copyFileSync(join(root, "tests/fixtures/sample-en.m4a"), file);
    const window = await open(tools, home, [file]);
    await until("the words", async () => (await transcript(window)).includes(SENTENCE), { ms: 60_000 });
    const copies = () => (existsSync(join(home.library, "playable")) ? readdirSync(join(home.library, "playable")) : []);
    expect(copies().length === 0, `opening it makes no copy: ${copies()}`);
    await playable(window);
    expect(copies().length === 1, `hearing it does: ${copies()}`);
    await window.picture("copy");
    await window.end();
  },

  async "a second start hands its file over"(tools) {
    const home = tools.stage.home(QUICK);
    const window = await open(tools, home);
    await window.sees("Drop a recording here");
    const file = join(home.dir, "Second start.m4a");
    copyFileSync(join(root, "tests/fixtures/sample-en.m4a"), file);
    const second = spawn(tools.application, ["Second start.m4a"], { env: window.env(), cwd: home.dir, stdio: "ignore" });
    const code = await new Promise((done) => second.once("exit", (code, signal) => done(code ?? signal)));
    expect(code === 0, `the second start ends at once and well: ${code}`);
    await window.sees("Second start", { ms: 20_000 });
    await window.sees(SENTENCE, { ms: 60_000 });
    await window.end();
  },

  async "chosen, copied and exported through the system, and the window comes back where it was"(tools) {
    const home = tools.stage.home(QUICK);
    const file = join(home.dir, "Board meeting.m4a");
    copyFileSync(join(root, "tests/fixtures/sample-en.m4a"), file);
    const window = await open(tools, home);
    await window.sees("Drop a recording here");
    const id = await tools.mouse.place(window.process.pid);
    tools.mouse.tool("windowsize", "--sync", id, 1_000, 700);
    await window.press("Add files…");
    await tools.mouse.answerDialog("Add recordings", file);
    await until("the words", async () => (await transcript(window)).includes(SENTENCE), { ms: 60_000 });
    await until("the end of the job", async () => (await bars(window)).length === 0, { ms: 60_000 });
    await window.press("Copy the text");
    await until("the text in the clipboard", () => tools.mouse.clipboard().includes(SENTENCE), { ms: 5_000 });
    await window.choose("Export", "srt");
    const exported = join(home.dir, "Board subtitles.srt");
    await tools.mouse.answerDialog("Export the transcript", exported);
    await window.sees("Saved: ");
    expect(readFileSync(exported, "utf8").startsWith("1\n00:00:0"), "subtitles were written where the dialog said");
    const place = tools.mouse.tool("getwindowgeometry", id);
    tools.mouse.tool("windowactivate", "--sync", id, "key", "--clearmodifiers", "alt+F4");
    await until("the program has ended", () => !window.isAlive(), { ms: 15_000 });
    await window.end().catch(() => {});
    const again = await open(tools, home);
    await again.sees("Board meeting");
    const back = await until("the window where it was", () => {
      const now = tools.mouse.tool("getwindowgeometry", tools.mouse.windowOf(again.process.pid));
      return /Geometry: (.*)/.exec(now)[1] === /Geometry: (.*)/.exec(place)[1] && now;
    }, { ms: 5_000 });
    say(`    the window came back: ${back.split("\n").slice(1).map((line) => line.trim()).join(", ")}`);
    await again.end();
  },

  async "what is no recording is refused with a reason, and the same file is noticed"(tools) {
    const home = tools.stage.home(QUICK);
    const folder = join(home.dir, "things");
    mkdirSync(folder);
    const letter = join(home.dir, "letter.txt");
    writeFileSync(letter, "Dear all,\nthis is no recording.\n");
    copyFileSync(join(root, "tests/fixtures/short-en.mp4"), join(folder, "talk.mp4"));
    writeFileSync(join(folder, "notes.docx"), "PK");
    const window = await open(tools, home);
    await window.sees("Drop a recording here");
    await tools.mouse.place(window.process.pid);
    await tools.mouse.drop([letter, folder]);
    await window.sees("1 file was not added", { ms: 30_000 });
    await window.picture("refused");
    await window.press("OK");
    await window.sees("talk");
    expect(!(await window.text()).includes("notes"), "of a folder only the media is taken");
    await tools.mouse.drop([join(folder, "talk.mp4")]);
    await window.sees("This file is here already", { ms: 20_000 });
    await window.picture("duplicate");
    await window.end();
  },

  async "five hundred files at once, and a folder of ten thousand"(tools) {
    const home = tools.stage.home();
    const [many, folder] = [join(home.dir, "many"), join(home.dir, "folder")];
    for (const made of [many, folder]) mkdirSync(made);
    const files = Array.from({ length: 500 }, (_, idx) => writeTalk(join(many, `Talk ${idx}.wav`), 1, 10 + idx));
    for (let idx = 0; idx < 10_000; idx += 1) writeFileSync(join(folder, `${idx}.txt`), "");
    for (let idx = 0; idx < 3; idx += 1) writeTalk(join(folder, `Lecture ${idx}.wav`), 2, 10 + idx);
    const window = await open(tools, home);
    await window.sees("Drop a recording here");
    await tools.mouse.place(window.process.pid);
    await tools.mouse.drop(files);
    await window.sees(" of 500");
    await window.picture("five-hundred");
    let slowestMs = 0;
    await until("all of them", async () => {
      const startMs = Date.now();
      const text = await window.text();
      slowestMs = Math.max(slowestMs, Date.now() - startMs);
      return text.includes("500 recordings added");
    }, { ms: 120_000 });
    say(`    the window answered within ${slowestMs} ms all the time`);
    expect(slowestMs < 1_500, `the window was stuck for ${slowestMs} ms`);
    await tools.mouse.drop([folder]);
    await window.sees("3 recordings added", { ms: 60_000 });
    expect((await window.text()).includes("Lecture 2"), "what was in the folder is in the list");
    await window.end();
  },

  async "a day that was recorded whole opens at once and scrolls"(tools) {
    const home = tools.stage.home();
    mkdirSync(home.library, { recursive: true });
    // Three in turn, because what else the machine does can disturb one.
    run("cargo", ["run", "--quiet", "--package", "recordroute-search", "--example", "big_library", "--", home.library, "3", "12000"], {
      cwd: root, stdio: "ignore",
    });
    const window = await open(tools, home);
    await until("the recordings", () => window.run(() => document.querySelectorAll("[data-recording]").length === 3));
    const openMs = [];
    for (let n = 0; n < 9 && !openMs.some((ms) => ms < MAX_OPEN_MS); n += 1) {
      const id = (n % 3) + 1;
      await pause(1_000);
      openMs.push(await window.runLater((wanted, done) => {
        const start = performance.now();
        const before = document.querySelector("[data-transcript] li");
        document.querySelector(`[data-recording="${wanted}"]`).click();
        const look = () => {
          const row = document.querySelector("[data-transcript] li");
          if (row === null || row === before) setTimeout(look, 1);
          else requestAnimationFrame(() => setTimeout(() => done(performance.now() - start)));
        };
        look();
      }, id));
    }
    const rows = () => window.run(() => Number(document.querySelector("[data-transcript] li").getAttribute("aria-setsize")));
    await until("all of it", async () => (await rows()) === 12_000);
    const mark = await window.run(() => {
      const { borderBottomStyle, borderBottomWidth } = getComputedStyle(document.querySelector("[data-transcript] .doubtful"));
      return `${borderBottomStyle} ${borderBottomWidth}`;
    });
    expect(mark === "dotted 2px", `what was heard badly is seen in this web view too: ${mark}`);
    const reached = await window.runLater((done) => {
      let element = document.querySelector("[data-transcript]");
      while (element.scrollHeight <= element.clientHeight + 10) element = element.parentElement;
      element.scrollTop = element.scrollHeight;
      setTimeout(() => done([...document.querySelectorAll("[data-transcript] li")].map((row) => Number(row.getAttribute("aria-posinset")))), 500);
    });
    say(`    12,000 segments open in ${openMs.map(Math.round).join(", ")} ms`);
    await window.picture("day-end");
    expect(Math.min(...openMs) < MAX_OPEN_MS, `opened in ${openMs} ms, wanted ${MAX_OPEN_MS}`);
    expect(reached.includes(12_000), `the end is reached: ${reached}`);
    await window.end();
  },

  async "a drive that stalls does not stall the window, and a file that vanishes is said"(tools) {
    const home = tools.stage.home();
    home.env = { ...home.env, LD_PRELOAD: stallingDrive(home.dir) };
    const [stalled, vanishing] = [join(home.dir, "stalled-drive"), join(home.dir, "vanishing")];
    for (const made of [stalled, vanishing]) mkdirSync(made);
    const window = await open(tools, home);
    await window.sees("Drop a recording here");
    await tools.mouse.place(window.process.pid);
    await tools.mouse.drop([writeTalk(join(stalled, "Far away.wav"), 1)]);
    await window.sees("Adding 0 of 1");
    await window.picture("stalled");
    const startMs = Date.now();
    await window.text();
    expect(Date.now() - startMs < 1_000, "the window answers while the drive does not");
    await window.press("Stop");
    await window.sees("Stopped.", { ms: 10_000 });
    const gone = writeTalk(join(vanishing, "Gone.wav"), 1);
    await tools.mouse.drop([gone], { over: () => rmSync(gone) });
    await window.sees("1 file was not added", { ms: 10_000 });
    await window.picture("vanished");
    await window.press("OK");
    await tools.mouse.drop([writeTalk(join(home.dir, "Here.wav"), 1)]);
    await until("what can be added", () => window.run(() => document.querySelector("[data-recording]")?.innerText.includes("Here")));
    await window.end();
  },

  async "a damaged library is said, copied and left as it is"(tools) {
    const home = tools.stage.home();
    mkdirSync(home.library, { recursive: true });
    const database = join(home.library, "library.db");
    writeFileSync(database, "this was a library once");
    const window = await open(tools, home);
    await window.sees("The library is damaged");
    await window.picture("damaged");
    const copies = readdirSync(home.library).filter((name) => name.startsWith("library-backup-"));
    expect(copies.length === 1, `one copy is beside it: ${copies}`);
    expect(readFileSync(database, "utf8") === "this was a library once", "the original is untouched");
    await window.press("Begin a new library");
    await window.sees("Drop a recording here");
    const kept = readdirSync(home.library).filter((name) => {
      const path = join(home.library, name);
      return name.endsWith(".db") && readFileSync(path, "utf8") === "this was a library once";
    });
    expect(kept.length === 2, `the old one is there under another name, and its copy: ${kept}`);
    await window.end();
  },

  async "closing during a job asks, and the job goes on at the next start"(tools) {
    const home = tools.stage.home({ ...QUICK, interface_language: "ko", theme: "dark" });
    const talk = writeTalk(join(home.dir, "닫기 시험.wav"), 60);
    const window = await open(tools, home, [talk]);
    await until("progress", async () => (await bars(window)).some((value) => value > 0), { ms: 90_000 });
    const id = await tools.mouse.place(window.process.pid);
    // As the window manager asks: xdotool's own closing would destroy the window.
    tools.mouse.tool("windowactivate", "--sync", id, "key", "--clearmodifiers", "alt+F4");
    await until("the question", () => window.run(() => document.querySelector("[role=dialog]")?.innerText), { ms: 10_000 });
    await window.picture("close-asked-ko");
    await window.press("닫기");
    await until("the program has ended", () => !window.isAlive(), { ms: 15_000 });
    await window.end().catch(() => {});
    const state = join(home.dir, "data/org.recordroute.desktop");
    expect(existsSync(state), "the place of the window is remembered");
    const again = await open(tools, home);
    await openFirst(again);
    await until("the job going on", async () => (await bars(again)).some((value) => value > 0), { ms: 60_000 });
    await again.end();
  },

  async "without a message bus it starts all the same"(tools) {
    const home = tools.stage.home();
    const child = spawn(tools.application, [], { env: home.env, stdio: "ignore" });
    const found = () => tools.mouse.tool("search", "--onlyvisible", "--pid", child.pid) !== "";
    try {
      await until("a window", found, { ms: 15_000 });
      expect(child.exitCode === null, "and goes on running");
    } finally {
      child.kill("SIGTERM");
    }
  },
};

/** Where each segment of the open transcript starts, in milliseconds; rows are made only where one looks. */
async function rowStarts(window) {
  const rows = await window.runLater((done) => {
    const page = document.querySelector("[data-transcript]");
    const found = new Map();
    page.scrollTop = 0;
    const look = () => {
      for (const row of page.querySelectorAll("li"))
        found.set(Number(row.getAttribute("aria-posinset")), Number(row.querySelector("[data-ms]").dataset.ms));
      if (page.scrollTop + page.clientHeight >= page.scrollHeight - 1) return done([...found]);
      page.scrollTop += page.clientHeight / 2;
      setTimeout(look, 60);
    };
    setTimeout(look, 200);
  });
  const starts = rows.sort(([one], [other]) => one - other);
  const said = await window.run(() => Number(document.querySelector("[data-transcript] li")?.getAttribute("aria-setsize")));
  expect(starts.length === said, `every segment can be scrolled to: ${starts.length} of ${said}`);
  return starts.map(([, ms]) => ms);
}

/** A desktop on the bus of that window; what it shows is put into the list that is given back. */
async function desk(tools, window) {
  const shown = [];
  const program = tools.stage.start("/usr/bin/python3", [join(import.meta.dirname, "desk.py")], {
    env: window.env(), stdio: ["ignore", "pipe", "inherit"],
  });
  createInterface({ input: program.stdout }).on("line", (line) => shown.push(JSON.parse(line)));
  await until("the desktop", () => shown.some(({ ready }) => ready), { ms: 10_000 });
  return shown;
}

/** Whether the media element can play what the protocol gives. */
async function playable(window) {
  const state = await window.run(() => {
    const button = [...document.querySelectorAll("button")].find((one) => one.getAttribute("aria-label") === "Play");
    return { there: button !== undefined, disabled: button?.disabled, text: document.querySelector("[aria-label=Player]")?.innerText };
  });
  expect(state.there && !state.disabled, `the player is ready: ${JSON.stringify(state)}`);
  await window.press("Play");
  await until("the pause button", () => window.run(() => [...document.querySelectorAll("button")].some((one) => one.getAttribute("aria-label") === "Pause")), { ms: 8_000 });
}

function cpuTicks(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) /, "").split(" ");
  return Number(stat[11]) + Number(stat[12]);
}

/** A library for LD_PRELOAD: whoever opens a file in a folder "stalled-drive" waits as for a drive that is gone. */
function stallingDrive(folder) {
  const [source, library] = [join(folder, "stall.c"), join(folder, "stall.so")];
  const wrapper = (name) => `
int ${name}(const char *path, int flags, ...) {
  va_list args;
  va_start(args, flags);
  int mode = va_arg(args, int);
  va_end(args);
  if (strstr(path, "stalled-drive/")) sleep(600);
  int (*real)(const char *, int, int) = dlsym(RTLD_NEXT, "${name}");
  return real(path, flags, mode);
}`;
  const head = ["stdarg.h", "string.h", "unistd.h", "dlfcn.h"].map((name) => `#include <${name}>`).join("\n");
  writeFileSync(source, `#define _GNU_SOURCE\n${head}\n${wrapper("open")}\n${wrapper("open64")}\n`);
  run("cc", ["-shared", "-fPIC", "-o", library, source, "-ldl"]);
  return library;
}

// The stage for tests of the real window: a display without a screen, a window manager, a message bus,
// the driver, and throw-away homes. Ends only what it started, by its process id.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";

import { run, say, which } from "../../src-tauri/scripts/setup/run.mjs";
import { needSystemPackages } from "../../src-tauri/scripts/setup/system.mjs";

const DRIVER_VERSION = "2.1.0";

export const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** Tries until it gives something; the last reason is the failure. */
export async function until(what, look, { ms = 30_000, every = 100 } = {}) {
  const end = Date.now() + ms;
  let reason = "";
  for (;;) {
    try {
      const found = await look();
      if (found) return found;
    } catch (error) {
      reason = ` (${String(error).split("\n")[0]})`;
    }
    if (Date.now() > end) throw new Error(`${what}: not seen within ${ms / 1000} s${reason}`);
    await pause(every);
  }
}

/** Installs what is missing; gives the path of the driver. */
export function needTools() {
  needSystemPackages({ windowTests: true });
  const cache = process.env.RECORDROUTE_CACHE ?? join(homedir(), ".cache/recordroute");
  const tools = join(cache, "tools");
  const driver = which("tauri-driver") ?? join(tools, "bin/tauri-driver");
  if (!existsSync(driver)) {
    say(`installing tauri-driver ${DRIVER_VERSION}`);
    const target = mkdtempSync(join(tmpdir(), "recordroute-driver-"));
    const env = { ...process.env, CARGO_TARGET_DIR: target };
    run("cargo", ["install", "tauri-driver", "--version", DRIVER_VERSION, "--locked", "--root", tools], {
      stdio: ["ignore", 2, 2], env,
    });
    rmSync(target, { recursive: true, force: true });
  }
  return driver;
}

async function freePort() {
  const server = createServer();
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

export class Stage {
  #children = [];
  #folders = [];

  constructor(driver) {
    this.driver = driver;
  }

  folder(name) {
    const made = mkdtempSync(join(tmpdir(), `recordroute-${name}-`));
    this.#folders.push(made);
    return made;
  }

  start(program, args, options = {}) {
    const child = spawn(program, args, { stdio: "ignore", ...options });
    child.on("error", (error) => say(`${program}: ${error.message}`));
    this.#children.push(child);
    return child;
  }

  /** A display with a number that nobody has, and a window manager on it. */
  async open() {
    const server = this.start("Xvfb", ["-displayfd", "3", "-screen", "0", "1600x900x24", "-nolisten", "tcp"], {
      stdio: ["ignore", "ignore", "ignore", "pipe"],
    });
    const number = await new Promise((done) => server.stdio[3].once("data", (data) => done(String(data).trim())));
    this.env = {
      ...process.env,
      DISPLAY: `:${number}`,
      XDG_RUNTIME_DIR: this.folder("runtime"),
      WEBKIT_DISABLE_COMPOSITING_MODE: "1",
      LANG: "C.UTF-8",
    };
    delete this.env.DBUS_SESSION_BUS_ADDRESS;
    delete this.env.WAYLAND_DISPLAY;
    this.start("openbox", [], { env: this.env });
    await pause(500);
  }

  /** A home with a library of its own, settings as given, and the installed models. */
  home(settings = {}) {
    const dir = this.folder("home");
    const values = { welcomed: true, interface_language: "en", theme: "light", language: "en", ...settings };
    mkdirSync(join(dir, "config/recordroute"), { recursive: true });
    const lines = Object.entries(values).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
    writeFileSync(join(dir, "config/recordroute/config.toml"), `${lines.join("\n")}\n`);
    const models = process.env.RECORDROUTE_MODELS ?? join(homedir(), ".local/share/recordroute/models");
    const env = {
      ...this.env,
      XDG_CONFIG_HOME: join(dir, "config"), XDG_DATA_HOME: join(dir, "data"), XDG_CACHE_HOME: join(dir, "cache"),
      RECORDROUTE_MODELS: models,
    };
    return { dir, env, library: join(dir, "data/recordroute/library"), config: join(dir, "config/recordroute/config.toml") };
  }

  /** The driver on a message bus of its own, and a window over that home. */
  async window(application, home, args = []) {
    const [port, native] = [await freePort(), await freePort()];
    const bus = this.start(
      "dbus-run-session",
      ["--", this.driver, "--native-driver", which("WebKitWebDriver"), "--port", String(port), "--native-port", String(native)],
      { env: home.env, detached: true },
    );
    const address = `http://127.0.0.1:${port}`;
    await until("the driver answers", async () => (await fetch(`${address}/status`)).ok, { ms: 20_000 });
    return { bus, address, application, args, env: home.env };
  }

  end(child) {
    try {
      // Its own process group, where it has one: the bus with its driver.
      process.kill(child.spawnargs[0] === "dbus-run-session" ? -child.pid : child.pid, "SIGTERM");
    } catch {
      // It has ended already.
    }
  }

  close() {
    for (const child of this.#children.reverse()) if (child.exitCode === null) this.end(child);
    for (const folder of this.#folders) rmSync(folder, { recursive: true, force: true });
  }
}

/** Processes whose program is `application`, with the process that started each. */
export function processesOf(application) {
  const found = [];
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      if (readlinkSync(`/proc/${name}/exe`) !== application) continue;
      const stat = readFileSync(`/proc/${name}/stat`, "utf8").replace(/^.*\) /, "").split(" ");
      const args = readFileSync(`/proc/${name}/cmdline`, "utf8").split("\0");
      const environment = readFileSync(`/proc/${name}/environ`, "utf8").split("\0");
      found.push({ pid: Number(name), parent: Number(stat[1]), ticks: Number(stat[19]), args, environment });
    } catch {
      // It ended while it was looked at, or belongs to somebody else.
    }
  }
  return found;
}

/** When a process began, in milliseconds since 1970. */
export function startedAtMs({ ticks }) {
  const uptimeMs = Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]) * 1000;
  return Date.now() - uptimeMs + ticks * 10;
}

/** Proportional memory of a process in megabytes. */
export function pssMegabytes(pid) {
  return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))[1]) / 1024;
}

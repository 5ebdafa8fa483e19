// Starting other programs: everything the task runner does is a child process whose exit status it passes on.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, extname, join } from "node:path";

export const isWindows = process.platform === "win32";

/** A failure that is told in one sentence, without a stack trace. */
export class Failure extends Error {
  constructor(message, status = 1) {
    super(message);
    this.status = status;
  }
}

/** One line on standard error, so that standard output stays the result of the command. */
export function say(line) {
  process.stderr.write(`recordroute: ${line}\n`);
}

/** Full path of a program on PATH, or undefined. */
export function which(name) {
  const extensions =
    isWindows && extname(name) === "" ? (process.env.PATHEXT ?? ".EXE;.CMD;.BAT").split(";") : [""];
  for (const folder of (process.env.PATH ?? "").split(delimiter).filter(Boolean)) {
    for (const extension of extensions) {
      const path = join(folder, name + extension);
      if (existsSync(path)) return path;
    }
  }
  return undefined;
}

function start(program, args, options) {
  // Windows runs .cmd files (npm, npx) only through its shell; every argument given to them is ours.
  const shell = isWindows && /\.(cmd|bat)$/i.test(program);
  return spawnSync(program, args, { shell, ...options });
}

/** Runs a program with our own input and output; its exit status (128 + number for a signal). */
export function status(program, args, options = {}) {
  const done = start(program, args, { stdio: "inherit", ...options });
  if (done.error) throw new Failure(`${program} could not be started: ${done.error.message}`);
  if (done.signal) return done.signal === "SIGINT" ? 130 : 143;
  return done.status ?? 1;
}

/** Runs a program; throws with its exit status where that is not 0. */
export function run(program, args, options = {}) {
  const code = status(program, args, options);
  if (code !== 0) throw new Failure(`failed: ${[program, ...args].join(" ")}`, code);
}

/** What a program prints, or undefined where it cannot be run or fails; never its standard error. */
export function output(program, args, options = {}) {
  const done = start(program, args, { ...options, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  return done.error || done.status !== 0 ? undefined : done.stdout.trim();
}

/** Runs `main`, waits for it, tells a failure in one line and ends with its exit status. */
export async function finish(main) {
  try {
    process.exitCode = (await main()) ?? 0;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    say(error.message);
    process.exitCode = error.status;
  }
}

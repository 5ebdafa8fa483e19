// The project's own pieces: toolchains, npm packages, the built command line, models.
import { existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { Failure, isWindows, output, run, say, which } from "./run.mjs";

export const root = resolve(dirname(fileURLToPath(import.meta.url)), "../../..");

/** The sample recording that stands in for a file of the user's. */
export const sample = join(root, "tests/fixtures/sample-en.m4a");

/** The features with which everything is compiled, so that it is compiled once: a window that
 * carries its page instead of asking a development server for it. */
export const WINDOW_FEATURES = ["--features", "tauri/custom-protocol"];

/** Cargo, also where the terminal was opened before rustup changed PATH. */
export function needToolchains() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19) || (major === 22 && minor < 12))
    throw new Failure(`Node ${process.versions.node} is too old: install Node 20.19, 22.12 or newer from https://nodejs.org`);
  if (!which("cargo")) {
    const folder = join(process.env.CARGO_HOME ?? join(homedir(), ".cargo"), "bin");
    if (!existsSync(join(folder, isWindows ? "cargo.exe" : "cargo")))
      throw new Failure("Rust is missing: install it from https://rustup.rs, then try again");
    process.env.PATH = `${folder}${delimiter}${process.env.PATH}`;
  }
  const version = /(\d+)\.(\d+)/.exec(output("cargo", ["--version"], { cwd: root }) ?? "");
  if (!version || Number(version[1]) < 1 || (Number(version[1]) === 1 && Number(version[2]) < 90))
    throw new Failure("Rust is too old: run rustup update stable, then try again");
}

/** npm packages as the lock file names them; npm leaves a copy of it when it is done. */
export function needNpmPackages() {
  const lock = join(root, "package-lock.json");
  const installed = join(root, "node_modules/.package-lock.json");
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
  if (existsSync(installed) && samePackages(lock, installed)) return;
  say("installing npm packages");
  run(isWindows ? "npm.cmd" : "npm", ["ci", "--no-audit", "--no-fund"], { cwd: root, stdio: ["ignore", 2, 2] });
}

/** A fresh checkout gives the lock file a new date; then only its content tells. */
function samePackages(lock, installed) {
  const entries = (path) => JSON.parse(readFileSync(path, "utf8")).packages ?? {};
  const [wanted, there] = [entries(lock), entries(installed)];
  return Object.keys(wanted).every(
    (name) => name === "" || wanted[name].optional || wanted[name].version === there[name]?.version,
  );
}

/** Where cargo puts what it builds. */
function targetFolder() {
  const metadata = output("cargo", ["metadata", "--format-version=1", "--no-deps"], { cwd: root, maxBuffer: 1 << 26 });
  if (metadata === undefined) throw new Failure("cargo cannot read the project: run cargo metadata to see why");
  return JSON.parse(metadata).target_directory;
}

/** Builds with cargo; messages go to standard error. */
export function cargoBuild(args) {
  run("cargo", ["build", ...args], { cwd: root, stdio: ["ignore", 2, 2] });
}

/** Path of a program that cargo built. */
export function builtProgram(name, profile) {
  return join(targetFolder(), profile, isWindows ? `${name}.exe` : name);
}

/** Gets the small real models that are not there yet, into the folder where the program looks. */
export function needModels(cli, ids) {
  run(process.execPath, [join(root, "src-tauri/scripts/fetch-models.mjs"), "--cli", cli, ...ids], {
    cwd: root,
    stdio: ["ignore", 2, 2],
  });
}

/** The page's messages become code, with types that the checks need. */
export function compileMessages() {
  run(
    process.execPath,
    [
      join(root, "node_modules/@inlang/paraglide-js/bin/run.js"), "compile", "--project", "ui/project.inlang",
      "--outdir", "ui/src/gen/paraglide", "--strategy", "baseLocale", "--silent",
    ],
    { cwd: root, stdio: ["ignore", 2, 2] },
  );
}

/** Vite writes the page that the window carries; the build of the shell asks for the folder only. */
export function buildPage() {
  run(process.execPath, [join(root, "node_modules/vite/bin/vite.js"), "build", "ui", "--logLevel", "warn"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
  });
}

/** The folder in which whoever typed the command stands; npm changes to the project's. */
export function callersFolder() {
  const folder = process.env.INIT_CWD;
  return folder && existsSync(folder) ? folder : process.cwd();
}

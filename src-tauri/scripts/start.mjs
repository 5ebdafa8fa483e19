// npm start: from a fresh checkout to a window, or with `-- FILE…` to a transcript in the terminal.
import { statSync, existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

import {
  WINDOW_FEATURES, buildPage, builtProgram, callersFolder, cargoBuild, needModels, needNpmPackages, needToolchains,
  root, sample,
} from "./setup/project.mjs";
import { finish, say, status } from "./setup/run.mjs";
import { needSystemPackages } from "./setup/system.mjs";

const DEFAULT_MODELS = ["whisper-base"];

const hasDisplay = () =>
  process.platform !== "linux" || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);

/** Transcribes in the terminal; only the command line is built, no web view is needed. */
function transcribe(args, cwd) {
  needSystemPackages({ window: false });
  const cli = buildCommandLine();
  needModels(cli, DEFAULT_MODELS);
  return status(cli, ["transcribe", ...args], { cwd });
}

function buildCommandLine() {
  cargoBuild(["--release", "-p", "recordroute-cli"]);
  return builtProgram("recordroute", "release");
}

function openWindow() {
  needSystemPackages({ window: true });
  needNpmPackages();
  if (pageIsOlderThanItsSource()) buildPage();
  // One build with one set of features for both programs.
  cargoBuild(["--release", "-p", "recordroute-desktop", "-p", "recordroute-cli", "--bins", ...WINDOW_FEATURES]);
  needModels(builtProgram("recordroute", "release"), DEFAULT_MODELS);
  say("opening the window");
  return status(builtProgram("recordroute-desktop", "release"), [], { cwd: callersFolder() });
}

function pageIsOlderThanItsSource() {
  const built = join(root, "ui/dist/index.html");
  if (!existsSync(built)) return true;
  const builtMs = statSync(built).mtimeMs;
  const newer = (folder) =>
    readdirSync(folder, { withFileTypes: true }).some((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return entry.name !== "dist" && newer(path);
      return statSync(path).mtimeMs > builtMs;
    });
  return newer(join(root, "ui")) || statSync(join(root, "package-lock.json")).mtimeMs > builtMs;
}

finish(() => {
  const args = process.argv.slice(2);
  needToolchains();
  if (args.length > 0) return transcribe(args, callersFolder());
  if (hasDisplay()) return openWindow();
  say("there is no display to open a window on (DISPLAY and WAYLAND_DISPLAY are not set)");
  say("transcribing the sample recording instead; your own file: npm start -- FILE");
  return transcribe([sample, "--duplicate", "again"], root);
});

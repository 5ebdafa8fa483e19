// npm run bundle: installers for this system, with the command line inside. On Linux deb and rpm.
import { copyFileSync, existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";

import { WINDOW_FEATURES, buildPage, builtProgram, needNpmPackages, needToolchains, root } from "./setup/project.mjs";
import { Failure, finish, isWindows, run, say } from "./setup/run.mjs";
import { needSystemPackages } from "./setup/system.mjs";

/** What every 64-bit processor of the last ten years can do; without it Whisper is several times slower. */
const PROCESSOR = ["GGML_AVX", "GGML_AVX2", "GGML_FMA", "GGML_F16C", "GGML_BMI2"];

/** whisper-rs hands every GGML_… variable on to CMake. A program for other people's computers must
 * not be built for the processor that happens to build it. */
function whisperFor(architecture) {
  // In a folder of its own: cargo does not see that these variables changed, and would take along
  // what was compiled for this very processor.
  const target = join(dirname(dirname(builtProgram("recordroute", "release"))), "portable");
  const env = { ...process.env, GGML_NATIVE: "OFF", CARGO_TARGET_DIR: target };
  if (architecture === "x64") for (const name of PROCESSOR) env[name] = "ON";
  return env;
}

const targets = { linux: "deb,rpm", darwin: "app,dmg", win32: "nsis" };

finish(() => {
  const target = targets[process.platform];
  if (!target) throw new Failure(`no installer is made for ${process.platform}`);
  needToolchains();
  needSystemPackages({ window: true });
  needNpmPackages();
  const env = whisperFor(process.arch);
  const inProject = { cwd: root, stdio: ["ignore", "inherit", "inherit"], env };

  say("the programs");
  // With the window, so that what both are made of is compiled once.
  const both = ["-p", "recordroute-cli", "-p", "recordroute-desktop", ...WINDOW_FEATURES];
  buildPage();
  run("cargo", ["build", "--release", ...both], inProject);
  // The bundler takes files by paths relative to the project, wherever cargo builds.
  const carried = join(root, "gen/bundle");
  mkdirSync(carried, { recursive: true });
  const name = isWindows ? "recordroute.exe" : "recordroute";
  copyFileSync(join(env.CARGO_TARGET_DIR, "release", name), join(carried, name));

  say("the installers");
  const tauri = join(root, "node_modules/@tauri-apps/cli/tauri.js");
  const files = { "/usr/bin/recordroute": "gen/bundle/recordroute" };
  const linux = { deb: { files }, rpm: { files } };
  const config = JSON.stringify(process.platform === "linux" ? { bundle: { linux } } : {});
  run(process.execPath, [tauri, "build", "--ci", "--bundles", target, "--config", config], inProject);

  const folder = join(env.CARGO_TARGET_DIR, "release/bundle");
  if (existsSync(folder)) say(`installers lie in ${folder}`);
});

// The real window, driven as a person would: `node tests/window/run.mjs [--no-build] [journey …]`.
import { rmSync } from "node:fs";
import { join } from "node:path";

import { buildPage, builtProgram, cargoBuild, root, WINDOW_FEATURES } from "../../src-tauri/scripts/setup/project.mjs";
import { finish, say } from "../../src-tauri/scripts/setup/run.mjs";
import { journeys } from "./journeys.mjs";
import { Mouse } from "./drop.mjs";
import { needTools, Stage } from "./stage.mjs";

const pictures = join(root, "tests/output/window");

async function main() {
  const args = process.argv.slice(2);
  const wanted = args.filter((arg) => !arg.startsWith("--"));
  const driver = needTools();
  if (!args.includes("--no-build")) {
    buildPage();
    cargoBuild(["-p", "recordroute-desktop", ...WINDOW_FEATURES]);
  }
  if (wanted.length === 0) rmSync(pictures, { recursive: true, force: true });
  const stage = new Stage(driver);
  const failures = [];
  try {
    await stage.open();
    const tools = { stage, pictures, mouse: new Mouse(stage), application: builtProgram("recordroute-desktop", "debug") };
    for (const [name, walk] of Object.entries(journeys)) {
      if (wanted.length > 0 && !wanted.some((part) => name.includes(part))) continue;
      const startMs = Date.now();
      try {
        await walk(tools);
        say(`  ok: ${name}, ${((Date.now() - startMs) / 1000).toFixed(1)} s`);
      } catch (error) {
        failures.push(name);
        say(`  FAILED ${name}: ${error.stack ?? error}`);
      }
    }
  } finally {
    stage.close();
  }
  say(failures.length === 0 ? "the window does all of it" : `failed: ${failures.join(", ")}`);
  return failures.length === 0 ? 0 : 1;
}

process.on("SIGINT", () => process.exit(130));
finish(main);

// The real window, driven as a person would: `node tests/window/run.mjs [--no-build] [journey …]`.
import { rmSync } from "node:fs";
import { join } from "node:path";

import { buildPage, builtProgram, cargoBuild, root, WINDOW_FEATURES } from "../../src-tauri/scripts/setup/project.mjs";
import { finish, say } from "../../src-tauri/scripts/setup/run.mjs";
import { closeAll, journeys } from "./journeys.mjs";
import { Mouse } from "./drop.mjs";
import { recordingJourneys } from "./recording.mjs";
import { needTools, Stage } from "./stage.mjs";

const pictures = join(root, "tests/output/window");

async function main() {
  const args = process.argv.slice(2);
  // Another build of the same program, such as an installed one.
  const given = args.find((arg) => arg.startsWith("--program="))?.slice("--program=".length);
  const wanted = args.filter((arg) => !arg.startsWith("--"));
  const driver = needTools();
  if (!args.includes("--no-build")) {
    buildPage();
    cargoBuild(["-p", "recordroute-desktop", ...WINDOW_FEATURES]);
  }
  if (wanted.length === 0) rmSync(pictures, { recursive: true, force: true });
  const stage = new Stage(driver);
  for (const signal of ["SIGINT", "SIGTERM"])
    process.once(signal, () => {
      stage.close();
      process.exit(1);
    });
  const failures = [];
  try {
    await stage.open();
    const tools = { stage, pictures, mouse: new Mouse(stage), application: given ?? builtProgram("recordroute-desktop", "debug") };
    for (const [name, walk] of Object.entries({ ...journeys, ...recordingJourneys })) {
      if (wanted.length > 0 && !wanted.some((part) => name.includes(part))) continue;
      const startMs = Date.now();
      try {
        await walk(tools);
        say(`  ok: ${name}, ${((Date.now() - startMs) / 1000).toFixed(1)} s`);
      } catch (error) {
        failures.push(name);
        say(`  FAILED ${name}: ${error.stack ?? error}`);
      }
      await closeAll();
    }
  } finally {
    stage.close();
  }
  say(failures.length === 0 ? "the window does all of it" : `failed: ${failures.join(", ")}`);
  return failures.length === 0 ? 0 : 1;
}

finish(main);

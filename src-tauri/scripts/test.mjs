// npm test: installs what is missing, then every check, the quick ones first; stops at the first failure.
// `--no-tests` (npm run check) leaves out the tests and the models.
import { join } from "node:path";

import {
  WINDOW_FEATURES, buildPage, builtProgram, cargoBuild, compileMessages, needModels, needNpmPackages, needToolchains, root,
} from "./setup/project.mjs";
import { finish, output, run, say } from "./setup/run.mjs";
import { needSystemPackages } from "./setup/system.mjs";

const withTests = !process.argv.includes("--no-tests");
const EVERYTHING = ["--workspace", ...WINDOW_FEATURES];

// Nobody answers and nobody watches: no child may wait for input.
const inProject = { cwd: root, stdio: ["ignore", "inherit", "inherit"] };
const nodeTool = (path, args) => run(process.execPath, [join(root, "node_modules", path), ...args], inProject);
const cargo = (args) => run("cargo", args, inProject);

function step(name, body) {
  say(`── ${name}`);
  const startMs = Date.now();
  body();
  say(`   ${name}: ok, ${((Date.now() - startMs) / 1000).toFixed(1)} s`);
}

function runTests() {
  // Every program and every test, so that what follows compiles nothing.
  step("build", () => cargoBuild([...EVERYTHING, "--bins", "--tests"]));
  step("models", () => needModels(builtProgram("recordroute", "debug"), ["--all"]));
  step("tests", () => {
    if (output("cargo", ["nextest", "--version"], inProject)) cargo(["nextest", "run", ...EVERYTHING, "--no-fail-fast"]);
    else cargo(["test", ...EVERYTHING, "--bins", "--lib", "--tests", "--no-fail-fast"]);
  });
  // Nothing else has a driver for its web view.
  if (process.platform === "linux")
    step("the real window", () => run(process.execPath, [join(root, "tests/window/run.mjs"), "--no-build"], inProject));
  step("examples in the documentation", () => cargo(["test", ...EVERYTHING, "--doc"]));
}

finish(() => {
  needToolchains();
  step("system packages", () => needSystemPackages({ window: true, windowTests: withTests }));
  step("npm packages", needNpmPackages);
  step("format", () => cargo(["fmt", "--all", "--check"]));
  step("page: messages", compileMessages);
  step("page: types", () => nodeTool("svelte-check/bin/svelte-check", ["--tsconfig", "ui/tsconfig.json", "--fail-on-warnings"]));
  if (withTests) step("page: tests", () => nodeTool("vitest/vitest.mjs", ["run", "--root", "ui"]));
  step("page: build", buildPage);
  if (withTests) step("page: in a browser", () => run(process.execPath, [join(root, "tests/page/run.mjs")], inProject));
  step("clippy", () => cargo(["clippy", ...EVERYTHING, "--all-targets", "--", "-D", "warnings"]));
  if (withTests) runTests();
  say(withTests ? "every check passed" : "every check without tests passed");
});

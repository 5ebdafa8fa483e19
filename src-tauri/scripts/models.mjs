// npm run models [-- IDS…]: the small real models of the tests, without running them.
import { builtProgram, cargoBuild, needModels, needToolchains } from "./setup/project.mjs";
import { finish } from "./setup/run.mjs";
import { needSystemPackages } from "./setup/system.mjs";

finish(() => {
  needToolchains();
  needSystemPackages({ window: false });
  cargoBuild(["--release", "-p", "recordroute-cli"]);
  const ids = process.argv.slice(2);
  needModels(builtProgram("recordroute", "release"), ids.length > 0 ? ids : ["--all"]);
});

// Pictures of the real window in both languages and themes, with a real library: `npm run screenshots` calls it.
import { copyFileSync, cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";

import { builtProgram, root } from "../../src-tauri/scripts/setup/project.mjs";
import { finish, run, say } from "../../src-tauri/scripts/setup/run.mjs";
import { Mouse } from "./drop.mjs";
import { needTools, pause, Stage, until } from "./stage.mjs";
import { Window } from "./webdriver.mjs";

const folder = join(root, "tests/output/real");
const SAMPLES = { "주간 회의.mp3": "sample-ko.mp3", "Team meeting.m4a": "sample-en.m4a" };
const LOOKS = ["en", "ko"].flatMap((language) => ["light", "dark"].map((theme) => ({ language, theme })));
const ESCAPE = "\uE00C";

/** What is done in the open window before each picture. */
const VIEWS = {
  recording: () => pause(1_000),
  found: (window, language) => window.type("[data-search]", language === "ko" ? "모임" : "library"),
  settings: async (window) => {
    await window.keys(ESCAPE);
    // Control and comma.
    await window.run(() => document.dispatchEvent(new KeyboardEvent("keydown", { key: ",", ctrlKey: true, bubbles: true })));
    await until("the settings", () => window.run(() => document.querySelector("[role=tablist]") !== null), { ms: 5_000 });
  },
};

async function take(stage, filled, { language, theme }) {
  const home = stage.home({ interface_language: language, theme, language: "auto" });
  cpSync(filled, home.library, { recursive: true });
  const place = await stage.window(builtProgram("recordroute-desktop", "debug"), home);
  const window = await Window.open(place, folder);
  const id = new Mouse(stage).windowOf(window.process.pid);
  await until("the library", () => window.run(() => document.querySelectorAll("[data-recording]").length > 1));
  // The recording in the language of the window.
  const wanted = language === "ko" ? "주간 회의" : "Team meeting";
  await window.run((title) => [...document.querySelectorAll("[data-recording]")].find((one) => one.innerText.includes(title)).click(), wanted);
  await until("the transcript", () => window.run(() => document.querySelector("[data-transcript] li") !== null));
  for (const [name, go] of Object.entries(VIEWS)) {
    await go(window, language);
    await window.picture(`${name}-${language}-${theme}`, id);
  }
  await window.close();
  stage.end(place.bus);
}

finish(async () => {
  const stage = new Stage(needTools());
  mkdirSync(folder, { recursive: true });
  try {
    await stage.open();
    const { dir } = stage.home();
    const filled = join(dir, "filled");
    const files = Object.entries(SAMPLES).map(([name, fixture]) => {
      copyFileSync(join(root, "tests/fixtures", fixture), join(dir, name));
      return join(dir, name);
    });
    run(builtProgram("recordroute", "debug"), ["transcribe", ...files, "--library", filled], { stdio: "ignore" });
    for (const look of LOOKS) await take(stage, filled, look);
  } finally {
    stage.close();
  }
  say(`${LOOKS.length * Object.keys(VIEWS).length} pictures of the real window in tests/output/real`);
});

// Every view of the page: the state of the mock that it needs and the way to it.
import { settle } from "./browser.mjs";

const button = (page, name) => page.getByRole("button", { name });
const tell = (page, event) => page.evaluate((one) => window.mockBackend.emit(one), event);
const settings = (tab) => async (page, t) => {
  await button(page, t("settings")).click();
  await page.getByRole("tab", { name: t(`settings_${tab}`), exact: true }).click();
};

const openIndex = async (page, t) => {
  await settings("language")(page, t);
  await page.locator("#meaning").scrollIntoViewIfNeeded();
  await page.getByRole("tabpanel").evaluate((panel) => panel.lastElementChild?.scrollIntoView({ block: "end" }));
};

const openRecorder = async (page, t) => {
  await page.getByRole("button", { name: t("record"), exact: true }).click();
  await page.getByRole("heading", { level: 1, name: t("record_title") }).waitFor();
};
/** A recording in the language of the window. */
const openOwn = async (page, t, ids = { ko: 1, en: 2 }) => {
  await page.locator(`[data-recording='${ids[t.language]}']`).click();
  await page.waitForSelector("[data-transcript] li");
};
const isNarrow = (page) => page.evaluate(() => (document.querySelector("article")?.clientWidth ?? 0) < 740);
/** In one column they are behind the text. */
const openMinutes = async (page, t, ids) => {
  await openOwn(page, t, ids);
  if (ids || (await isNarrow(page))) await page.keyboard.press("m");
  await page.waitForSelector("[data-minutes]");
};
const review = async (page, t) => {
  await openOwn(page, t);
  await page.keyboard.press("c");
  await page.waitForSelector("[data-proposal]");
};
/** Jobs stand still, so that they are not over before one has looked. */
const hold = (page) => page.evaluate(() => window.mockBackend.jobsMove.stop());
/** Without minutes of their own. */
const WITHOUT = { ko: 3, en: 4 };

const type = async (page, words) => {
  await page.getByRole("searchbox").fill(words);
  await page.waitForSelector("[data-hits]");
};
const ask = async (page, words) => {
  await type(page, words);
  await page.getByRole("searchbox").press("Control+Enter");
};
const answered = (page) => page.waitForSelector("[data-exchange]:last-of-type[aria-busy='false']");
const QUESTION = { ko: "출시 날짜는 언제로 정했나요?", en: "How do they hand over to the day team?" };
const FOLLOW_UP = { ko: "번역은 어디까지 하나요?", en: "And what would they change?" };

/** Long enough for the waveform to be one. */
const heard = (page) => page.waitForTimeout(2_500);

/** `go` gets the page and a function that gives a message of the language. */
export const VIEWS = [
  { name: "recording" },
  {
    name: "playing",
    go: async (page, t) => {
      await page.getByRole("button", { name: t("play"), exact: true }).click();
      await page.waitForTimeout(2_600);
      await page.evaluate(() => document.querySelector("audio")?.pause());
    },
  },
  { name: "interview", go: (page) => page.locator("nav").getByText("Night shift, interview").click() },
  { name: "doubtful", go: (page) => page.keyboard.press("n") },
  {
    name: "search",
    go: async (page, t) => {
      await page.getByRole("searchbox").fill(t.language === "ko" ? "번역" : "the river");
      await page.waitForSelector("mark");
      await page.locator("[data-hit]").first().click();
    },
  },
  {
    name: "search-hits",
    go: async (page, t) => {
      await type(page, t.language === "ko" ? "번역" : "river");
      await page.getByText(t("search_meaning_mark"), { exact: true }).first().waitFor();
    },
  },
  {
    name: "search-question",
    go: async (page, t) => {
      await type(page, QUESTION[t.language]);
      await page.waitForTimeout(600);
    },
  },
  {
    name: "search-by-words",
    state: "nomodel",
    go: async (page, t) => {
      await type(page, t.language === "ko" ? "번역" : "river");
      await page.waitForTimeout(600);
    },
  },
  {
    name: "filters",
    go: async (page, t) => {
      await type(page, t.language === "ko" ? "번역" : "river");
      await page.getByRole("button", { name: t("filters"), exact: true }).click();
      await page.getByLabel(t("filter_from"), { exact: true }).fill("2026-01-15");
      await page.getByLabel(t("filter_speaker"), { exact: true }).fill("Mara");
      await page.keyboard.press("Tab");
      await page.locator("[aria-labelledby='filter-tags'] button").first().click();
      await page.waitForTimeout(300);
    },
  },
  {
    name: "filters-set",
    go: async (page, t) => {
      await page.getByRole("button", { name: t("filters"), exact: true }).click();
      await page.getByLabel(t("filter_to"), { exact: true }).fill("2099-12-31");
      await page.locator("[aria-labelledby='filter-language'] button").last().click();
      await page.keyboard.press("Escape");
      await type(page, t.language === "ko" ? "번역" : "river");
      await page.waitForTimeout(500);
    },
  },
  {
    name: "answer",
    go: async (page, t) => {
      await ask(page, QUESTION[t.language]);
      await answered(page);
    },
  },
  {
    name: "answer-source",
    go: async (page, t) => {
      await ask(page, QUESTION[t.language]);
      await answered(page);
      await page.locator("[data-source]").first().click();
      await page.waitForSelector("[data-transcript] li[data-marked]", { state: "attached" });
      const citation = page.locator("[data-citation]").first();
      if (!(await citation.count())) return;
      await citation.hover();
      await page.waitForTimeout(800);
    },
  },
  {
    name: "answer-thread",
    go: async (page, t) => {
      await ask(page, QUESTION[t.language]);
      await answered(page);
      await page.keyboard.type(FOLLOW_UP[t.language]);
      await page.keyboard.press("Enter");
      await page.waitForSelector("[data-exchange] + [data-exchange][aria-busy='false']");
    },
  },
  {
    name: "answer-writing",
    go: async (page, t) => {
      await ask(page, QUESTION[t.language]);
      await page.waitForSelector("[data-exchange] .text-md");
    },
  },
  {
    name: "answer-nothing",
    go: async (page, t) => {
      await ask(page, t.language === "ko" ? "펭귄 이야기도 나왔나요?" : "What did we say about penguins?");
      await answered(page);
    },
  },
  {
    name: "answer-no-model",
    state: "no-language-model",
    go: async (page, t) => {
      await ask(page, QUESTION[t.language]);
      await answered(page);
    },
  },
  {
    name: "ask",
    go: async (page, t) => {
      await openOwn(page, t);
      await page.keyboard.press("Control+Enter");
      await page.waitForSelector("[data-answers]");
    },
  },
  {
    name: "similar",
    go: async (page, t) => {
      await openOwn(page, t);
      await page.getByRole("button", { name: new RegExp(`^${t("similar")}`) }).click();
    },
  },
  { name: "search-nothing", go: (page) => page.getByRole("searchbox").fill("zyzzyva") },
  { name: "export-menu", go: (page, t) => page.getByRole("button", { name: t("export"), exact: true }).click() },
  { name: "more-menu", go: (page, t) => page.getByRole("button", { name: t("more"), exact: true }).click() },
  {
    name: "transcribe-again",
    go: async (page, t) => {
      await page.getByRole("button", { name: t("more"), exact: true }).click();
      await page.getByRole("menuitem", { name: t("transcribe_again") }).click();
    },
  },
  { name: "renaming", go: (page) => page.keyboard.press("F2") },
  { name: "deleted", go: (page) => page.keyboard.press("Delete") },
  { name: "trash", go: (page, t) => button(page, t("trash")).click() },
  { name: "shortcuts", go: (page) => page.keyboard.press("?") },
  { name: "settings-general", go: settings("general") },
  { name: "settings-transcription", go: settings("transcription") },
  { name: "settings-language", go: settings("language") },
  {
    name: "settings-server",
    go: async (page, t) => {
      await settings("language")(page, t);
      await page.getByLabel(t("server_url")).fill("localhost:11434/v1");
      await page.keyboard.press("Tab");
      await page.waitForTimeout(200);
    },
  },
  {
    name: "settings-server-silent",
    go: async (page, t) => {
      await settings("language")(page, t);
      await page.getByLabel(t("server_url")).fill("http://192.168.0.9:8080");
      await page.keyboard.press("Tab");
      await page.waitForTimeout(200);
    },
  },
  { name: "settings-index", state: "indexing", go: openIndex },
  { name: "settings-index-none", state: "nomodel", go: openIndex },
  { name: "settings-models", go: settings("models") },
  { name: "settings-storage", go: settings("storage") },
  { name: "settings-about", go: settings("about") },
  {
    name: "settings-choice",
    go: async (page, t) => {
      await settings("general")(page, t);
      await page.getByRole("combobox", { name: new RegExp(t("theme")) }).click();
      await page.waitForSelector("[role=option]");
    },
  },
  {
    name: "tooltip",
    go: async (page, t) => {
      await page.getByRole("button", { name: t("copy"), exact: true }).hover();
      await page.waitForTimeout(800);
    },
  },
  { name: "add-menu", go: (page, t) => page.getByRole("button", { name: t("add"), exact: true }).click() },
  {
    name: "rate-menu",
    go: (page, t) => page.getByRole("button", { name: new RegExp(t("rate_is").replace("{rate}", "")) }).click(),
  },
  { name: "drag-over", go: (page) => tell(page, { kind: "drag_over", n_paths: 2 }) },
  {
    name: "duplicates",
    query: "quick",
    go: async (page) => {
      await tell(page, { kind: "files_dropped", paths: ["회의_1124.m4a", "geo-07.mp3", "weekly-sync.webm"] });
      await page.waitForSelector("[role=dialog]");
    },
  },
  {
    name: "refused",
    query: "quick",
    go: async (page) => {
      const paths = ["report.pdf", "silent.mp4", "vanished.wav", "photo.heic", "call.m4a"];
      await tell(page, { kind: "files_dropped", paths });
      await page.waitForSelector("[role=dialog]");
    },
  },
  { name: "close-asked", state: "busy", go: (page) => tell(page, { kind: "close_asked", n_running: 2, recording: false }) },
  { name: "busy", state: "busy", go: (page) => page.waitForTimeout(1_200) },
  {
    name: "queue",
    state: "busy",
    go: async (page) => {
      await page.waitForTimeout(900);
      await page.locator("[data-queue]").click();
    },
  },
  {
    name: "failed",
    state: "failed",
    go: async (page) => {
      await page.locator("[data-queue]").click();
    },
  },
  { name: "failed-recording", state: "failed" },
  { name: "failed-models", state: "failed", go: settings("models") },
  { name: "empty", state: "empty" },
  { name: "first-run", state: "first-run" },
  {
    name: "first-run-download",
    state: "first-run",
    go: async (page, t) => {
      await page.getByRole("button", { name: new RegExp(t("download")) }).click();
      await page.waitForTimeout(1_500);
    },
  },
  {
    name: "first-run-inside",
    state: "first-run",
    go: async (page, t) => {
      await page.getByRole("button", { name: new RegExp(t("download")) }).click();
      await page.waitForTimeout(600);
      await button(page, t("welcome_start")).click();
    },
  },
  { name: "no-model", state: "nomodel", query: "quick", go: (page) => tell(page, { kind: "files_dropped", paths: ["call.m4a"] }) },
  { name: "damaged", state: "damaged" },
  { name: "newer", state: "newer" },
  { name: "readonly", state: "readonly" },
  { name: "minutes", go: openMinutes },
  {
    name: "minutes-line",
    go: async (page, t) => {
      await openMinutes(page, t);
      await page.locator("[data-minutes] [data-line-text]").nth(3).click();
      await page.waitForTimeout(500);
      await page.keyboard.press("Space");
    },
  },
  {
    name: "minutes-edit",
    go: async (page, t) => {
      await openMinutes(page, t);
      await page.locator("[data-minutes] [data-line]").nth(3).focus();
      await page.keyboard.press("e");
      await page.waitForSelector("[data-minutes] textarea");
    },
  },
  { name: "minutes-outdated", state: "minutes-outdated", go: openMinutes },
  {
    name: "outdated",
    go: async (page, t) => {
      await openOwn(page, t);
      const texts = { ko: "출시일은 다음 주에 다시 정합니다.", en: "On the night shift everything is quieter." };
      await page.evaluate(async ([id, text]) => {
        const backend = window.mockBackend;
        await backend.makeTitle(id);
        while ((await backend.jobs()).some(({ state }) => state === "queued" || state === "running")) backend.jobsMove.tick();
        await backend.editSegment(id, 0, text);
      }, [t.language === "ko" ? 1 : 2, texts[t.language]]);
      await button(page, t("minutes_renew")).first().waitFor();
    },
  },
  { name: "minutes-failed-part", state: "minutes-failed-part", go: openMinutes },
  { name: "minutes-failed", state: "minutes-failed", go: openMinutes },
  {
    name: "minutes-writing",
    state: "minutes-writing",
    go: async (page, t) => {
      await openMinutes(page, t);
      await page.waitForSelector("[data-minutes] [data-line]");
      await hold(page);
    },
  },
  { name: "minutes-make", go: (page, t) => openMinutes(page, t, WITHOUT) },
  { name: "minutes-no-model", state: "no-language-model", go: (page, t) => openMinutes(page, t, { ko: 1, en: 4 }) },
  {
    name: "minutes-new",
    go: async (page, t) => {
      await openMinutes(page, t);
      await page.getByRole("button", { name: t("minutes_new") }).click();
      await page.getByRole("dialog").waitFor();
    },
  },
  { name: "corrections", state: "corrections", go: review },
  {
    name: "corrections-alone",
    state: "corrections",
    go: async (page, t) => {
      await review(page, t);
      if (!(await isNarrow(page))) await page.keyboard.press("m");
      await page.keyboard.press("j");
      await page.keyboard.press("a");
      await page.keyboard.press("x");
    },
  },
  {
    name: "corrections-done",
    state: "corrections",
    go: async (page, t) => {
      await review(page, t);
      await page.keyboard.press("Shift+A");
      for (const key of ["x", "x", "a"]) {
        await page.waitForTimeout(150);
        await page.keyboard.press(key);
      }
    },
  },
  {
    name: "correcting",
    state: "correcting",
    go: async (page) => {
      await hold(page);
      await page.locator("[data-recording='1']").click();
    },
  },
  {
    name: "correct-dialog",
    go: async (page, t) => {
      await openOwn(page, t, WITHOUT);
      await page.keyboard.press("c");
      await page.getByRole("dialog").waitFor();
    },
  },
  {
    name: "editing",
    go: async (page, t) => {
      await openOwn(page, t);
      await page.keyboard.press("j");
      await page.keyboard.press("j");
      await page.keyboard.press("e");
      await page.waitForSelector("[data-transcript] textarea");
      await page.keyboard.press("End");
      await page.keyboard.type(t.language === "ko" ? " 아마도요." : " I hope.");
      await page.keyboard.press("Enter");
      await page.keyboard.press("e");
      await page.waitForSelector("[data-transcript] textarea");
    },
  },
  {
    name: "queue-kinds",
    state: "minutes-writing",
    go: async (page) => {
      await hold(page);
      await page.locator("[data-queue]").click();
    },
  },
  { name: "record-choosing", go: openRecorder },
  {
    name: "record-input",
    go: async (page, t) => {
      await openRecorder(page, t);
      await page.getByRole("combobox", { name: new RegExp(t("record_microphone")) }).click();
      await page.waitForSelector("[role=option]");
    },
  },
  { name: "record-no-device", state: "no-device", go: openRecorder },
  { name: "record-no-model", state: "nomodel", go: openRecorder },
  { name: "record-running", state: "recording", go: heard },
  { name: "record-both", state: "recording-both", go: heard },
  { name: "record-paused", state: "paused", go: heard },
  { name: "record-no-signal", state: "no-signal", go: heard },
  { name: "record-clipping", state: "clipping", go: heard },
  { name: "record-device-lost", state: "device-lost", go: heard },
  { name: "record-disk-low", state: "disk-low", go: heard },
  { name: "record-overrun", state: "overrun", go: heard },
  { name: "record-live", state: "live", go: heard },
  { name: "record-live-loading", state: "live-loading", go: heard },
  { name: "record-live-behind", state: "live-behind", go: heard },
  { name: "record-live-ended", state: "live-ended", go: heard },
  { name: "record-live-no-model", state: "live-no-model", go: heard },
  {
    name: "record-strip",
    state: "recording",
    go: async (page, t) => {
      await heard(page);
      await button(page, t("back_to_library")).click();
      const first = page.locator("[data-recording]").first();
      // In one column the strip is looked at above the list.
      if ((await page.evaluate(() => innerWidth)) > 720) await first.click();
    },
  },
  {
    name: "record-stopped",
    state: "recording",
    go: async (page, t) => {
      await heard(page);
      await page.getByRole("button", { name: t("record_stop"), exact: true }).click();
      await page.waitForSelector("[data-transcript]");
    },
  },
  {
    name: "record-ended",
    state: "disk-low",
    go: async (page) => {
      await heard(page);
      await page.evaluate(() => window.mockBackend.recorder.end("disk_full"));
      await page.waitForSelector("[role=alert]");
    },
  },
  {
    name: "record-close-asked",
    state: "recording",
    go: (page) => tell(page, { kind: "close_asked", n_running: 0, recording: true }),
  },
  { name: "unfinished", state: "unfinished", go: (page) => page.waitForSelector("[role=dialog]") },
  { name: "long", state: "long" },
  { name: "many", state: "many" },
];

export const LANGUAGES = ["ko", "en"];
export const THEMES = ["light", "dark"];

export async function show(page, address, view, language, theme, messages) {
  const query = `state=${view.state ?? "normal"}&lang=${language}&theme=${theme}${view.query ? `&${view.query}` : ""}`;
  await page.goto(`${address}/?${query}`);
  await settle(page);
  const t = (key) => messages[language][key];
  t.language = language;
  if (view.go) await view.go(page, t);
  await settle(page);
}

// What people do, from the key to the word on the screen, in the built page.
import { openPage, settle } from "./browser.mjs";

const tell = (page, event) => page.evaluate((one) => window.mockBackend.emit(one), event);

/** Each gets a fresh page in its state; what it throws is the failure. */
const JOURNEYS = [
  {
    name: "a word is clicked and heard, and the text follows",
    state: "normal",
    async walk(page, t, expect) {
      await page.waitForSelector("[data-transcript] [data-ms]");
      await page.waitForTimeout(400);
      const word = page.locator("[data-transcript] li").nth(4).locator("p [data-ms]").nth(1);
      const wanted = Number(await word.getAttribute("data-ms"));
      await word.click();
      await page.waitForSelector("[data-transcript] li[aria-current] .bg-accent");
      const at = await page.getByRole("slider", { name: t("place_in_recording") }).getAttribute("aria-valuenow");
      expect(Math.abs(Number(at) - wanted / 1000) <= 2, `the sound is at ${at} s, the word at ${wanted} ms`);
      await page.keyboard.press("Space");
      // Space pauses; the element tells so a moment later.
      await page.getByRole("button", { name: t("play"), exact: true }).waitFor();
      await page.keyboard.press("ArrowRight");
      const later = Number(await page.getByRole("slider", { name: t("place_in_recording") }).getAttribute("aria-valuenow"));
      expect(later >= Number(at) + 4, "the arrow skips five seconds");
    },
  },
  {
    name: "a hit leads to its second",
    state: "normal",
    async walk(page, t, expect) {
      await page.keyboard.press("/");
      await page.keyboard.type("horn");
      await page.waitForSelector("[data-hits] mark");
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("Enter");
      const current = page.locator("[data-transcript] li[aria-current]");
      await current.waitFor();
      expect((await current.textContent()).includes("shape of a horn"), "the passage is the current one");
      const box = await current.boundingBox();
      expect(box !== null && box.y > 0 && box.y < 700, "and it is in sight");
    },
  },
  {
    name: "a question is asked by keys, and a number of its answer leads to the second",
    state: "normal",
    async walk(page, t, expect) {
      await page.keyboard.press("/");
      await page.keyboard.type("How do they hand over to the day team?");
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("Enter");
      const answer = page.locator("[data-exchange][aria-busy='false']");
      await answer.waitFor();
      expect((await answer.locator("[data-unsupported]").count()) === 1, "what rests on nothing is marked");
      await answer.locator("[data-citation]").first().click();
      const marked = page.locator("[data-transcript] li[data-marked]");
      await marked.first().waitFor();
      expect((await marked.first().textContent()).includes("On paper first"), "the passage is marked");
      const box = await marked.first().boundingBox();
      expect(box !== null && box.y > 0 && box.y < 700, "and in sight, beside the answer");
      const at = Number(await page.getByRole("slider", { name: t("place_in_recording") }).getAttribute("aria-valuenow"));
      expect(at >= 35 && at <= 38, `the sound is at ${at} s`);
      expect(await answer.isVisible(), "the answer stays");
    },
  },
  {
    name: "an answer is stopped, followed up and left behind",
    state: "normal",
    async walk(page, t, expect) {
      await page.keyboard.press("Control+Enter");
      await page.keyboard.type("How do they hand over to the day team?");
      await page.keyboard.press("Enter");
      await page.waitForSelector("[data-exchange] .text-md");
      await page.keyboard.press("Escape");
      await page.getByText(t("answer_stopped"), { exact: true }).first().waitFor();
      const written = () => page.locator("[data-exchange] .text-md").first().textContent();
      const before = await written();
      await page.keyboard.type("And what would they change?");
      await page.keyboard.press("Enter");
      await page.waitForSelector("[data-exchange] + [data-exchange][aria-busy='false']");
      expect((await written()) === before, "what was stopped grows no more");
      const box = await page.locator("[data-exchange]").last().boundingBox();
      expect(box !== null && box.y > 0 && box.y < 200, "the new question stands at the top");
      await page.getByRole("button", { name: t("answers_new") }).click();
      await page.locator("[data-exchange]").first().waitFor({ state: "detached" });
      await page.keyboard.press("Escape");
      await page.locator("[data-answers]").waitFor({ state: "detached" });
      expect(await page.getByRole("searchbox").evaluate((field) => field === document.activeElement), "the keys are back in the search");
    },
  },
  {
    name: "segments come in while one reads",
    state: "busy",
    async walk(page, t, expect) {
      await page.waitForSelector("[data-transcript] li");
      const size = async () => Number(await page.locator("[data-transcript] li").first().getAttribute("aria-setsize"));
      const before = await size();
      await page.waitForFunction((n) => Number(document.querySelector("[data-transcript] li")?.getAttribute("aria-setsize")) > n, before);
      const bars = await page.getByRole("progressbar").evaluateAll((all) => all.map((bar) => bar.getAttribute("aria-valuenow")));
      expect(bars.length > 0 && bars.every((value) => value !== null), "the bars say how far it is");
    },
  },
  {
    name: "a job is put first, then cancelled",
    state: "busy",
    async walk(page, t, expect) {
      await page.locator("[data-queue]").click();
      const titles = () => page.getByRole("dialog").or(page.locator("[data-popover-content]")).locator("li button.truncate").allTextContents();
      const last = (await titles()).at(-1).trim();
      await page.getByRole("button", { name: t("queue_up").replace("{title}", last) }).click();
      await page.waitForTimeout(200);
      const moved = (await titles()).map((title) => title.trim());
      expect(moved.at(-2) === last, `moved up by one: ${moved.join(", ")}`);
      await page.getByRole("button", { name: t("cancel_job").replace("{title}", last) }).click();
      await page.getByRole("button", { name: t("retry_job").replace("{title}", last) }).waitFor();
    },
  },
  {
    name: "five hundred files at once",
    state: "normal",
    query: "quick",
    async walk(page, t, expect) {
      const paths = Array.from({ length: 500 }, (_, idx) => (idx % 5 === 0 ? `scan ${idx}.pdf` : `call ${idx}.m4a`));
      await tell(page, { kind: "files_dropped", paths });
      await page.getByRole("dialog").waitFor();
      expect((await page.getByRole("dialog").getByRole("listitem").count()) === 100, "what was refused is one list");
      await page.getByRole("button", { name: t("ok"), exact: true }).click();
      expect((await page.locator("[data-recording]").count()) < 60, "only the rows in sight are in the document");
    },
  },
  {
    name: "everything by keyboard: delete, undo, rename, settings",
    state: "normal",
    async walk(page, t, expect) {
      const title = () => page.locator("article h1").first().textContent();
      const first = (await title()).trim();
      await page.keyboard.press("Delete");
      await page.getByRole("button", { name: t("undo") }).waitFor();
      await page.keyboard.press("Control+z");
      await page.waitForFunction((text) => document.querySelector("article h1")?.textContent?.trim() === text, first);
      await page.keyboard.press("F2");
      await page.keyboard.type("Another name");
      await page.keyboard.press("Enter");
      await page.waitForFunction(() => document.querySelector("article h1")?.textContent?.trim() === "Another name");
      await page.keyboard.press("Control+,");
      await page.getByRole("dialog").waitFor();
      await page.keyboard.press("Escape");
      await page.getByRole("dialog").waitFor({ state: "detached" });
      expect((await page.locator("[role=dialog]").count()) === 0, "Escape closes it");
    },
  },
  {
    name: "a talk is recorded: begun by key, noted, paused, left alone, stopped, and it opens",
    state: "normal",
    async walk(page, t, expect) {
      await page.keyboard.press("r");
      await page.getByRole("button", { name: t("record_begin") }).click();
      const note = page.getByRole("textbox", { name: t("note_label") });
      await note.fill("밑줄 친 곳");
      await page.waitForTimeout(1_200);
      await note.press("Enter");
      await page.getByText("밑줄 친 곳").waitFor();
      expect((await note.inputValue()) === "", "the field is free for the next note");
      await page.getByRole("button", { name: t("pause"), exact: true }).click();
      await page.getByRole("button", { name: t("record_resume") }).waitFor();
      const time = () => page.locator("article .text-clock [aria-hidden]").textContent();
      const before = await time();
      await page.waitForTimeout(1_300);
      expect((await time()) === before, `paused, the time stands at ${before}`);
      await page.getByRole("button", { name: t("record_resume") }).click();
      await page.getByRole("textbox", { name: t("title"), exact: true }).fill("Talk by the river");
      await page.keyboard.press("Enter");
      await page.locator("[data-recording]").nth(1).click();
      const strip = page.locator("main").getByRole("region", { name: t("record_running"), exact: true });
      expect((await strip.textContent()).includes("Talk by the river"), "it goes on while another is read");
      await strip.getByRole("button", { name: t("record_stop") }).click();
      await page.waitForFunction(() => document.querySelector("article h1")?.textContent?.trim() === "Talk by the river");
      expect(await page.locator("[data-transcript]").getByText("밑줄 친 곳").isVisible(), "its note is there");
    },
  },
  {
    name: "a line of the minutes leads to where it was said, and is heard",
    state: "normal",
    async walk(page, t, expect) {
      const line = page.locator("[data-minutes] [data-line-text]", { hasText: "검색 화면" });
      await line.click();
      await page.waitForSelector("[data-transcript] li[data-marked]");
      const marked = await page.locator("[data-transcript] li[data-marked]").evaluateAll((rows) => rows.map((row) => row.dataset.index));
      expect(marked.join() === "6,7", `the passages ${marked.join()} are marked`);
      const box = await page.locator("[data-transcript] li[data-marked]").first().boundingBox();
      expect(box !== null && box.y > 0 && box.y < 650, "and in sight");
      await page.getByRole("button", { name: t("pause"), exact: true }).waitFor();
      const at = Number(await page.getByRole("slider", { name: t("place_in_recording") }).getAttribute("aria-valuenow"));
      expect(at >= 42 && at <= 46, `the sound is at ${at} s`);
    },
  },
  {
    name: "minutes are asked for, written while one watches, changed and taken back",
    state: "normal",
    async walk(page, t, expect) {
      await page.locator("[data-recording='4']").click();
      await page.keyboard.press("m");
      await page.getByRole("button", { name: t("minutes_make") }).click();
      const lines = page.locator("[data-minutes] li[data-idx]");
      await lines.first().waitFor();
      await page.locator("[data-minutes] footer").waitFor();
      const before = await lines.first().textContent();
      await lines.first().locator("[data-line]").focus();
      await page.keyboard.press("e");
      await page.keyboard.type(" And more.");
      await page.keyboard.press("Enter");
      await page.getByText("And more.").waitFor();
      await page.keyboard.press("Control+z");
      await page.waitForFunction((text) => document.querySelector("[data-minutes] li[data-idx]")?.textContent === text, before);
      expect((await page.locator("[data-minutes]").getByText(t("minutes_edited")).count()) === 1, "the small print says who changed it");
    },
  },
  {
    name: "proposals are gone through by keys alone",
    state: "corrections",
    async walk(page, t, expect) {
      await page.waitForSelector("[data-transcript] li");
      await page.keyboard.press("c");
      await page.waitForSelector("[data-proposal]");
      await page.keyboard.press("Shift+A");
      for (const key of ["x", "x", "x", "x"]) await page.keyboard.press(key);
      const bar = page.getByRole("region", { name: t("review") });
      await bar.getByText(t("review_outcome").replace("{accepted}", "4").replace("{refused}", "4")).waitFor();
      await page.keyboard.press("u");
      await bar.getByText(t("review_left").replace("{n}", "1"), { exact: false }).waitFor();
      await page.keyboard.press("Enter");
      await page.keyboard.press("Escape");
      await bar.waitFor({ state: "detached" });
      const text = await page.locator("[data-transcript] li[data-index='15']").textContent();
      expect(text.includes("김민서 님과"), "what was accepted stands in the text");
    },
  },
  {
    name: "a passage is changed by double click",
    state: "normal",
    async walk(page, t, expect) {
      await page.locator("[data-transcript] li[data-index='4'] p").dblclick();
      const field = page.locator("[data-transcript] textarea");
      await field.fill("당기면 열흘뿐이에요.");
      await page.keyboard.press("Enter");
      await field.waitFor({ state: "detached" });
      await page.locator("[data-transcript] li[data-index='4']").getByText("당기면 열흘뿐이에요.").waitFor();
      expect(await page.locator("[data-minutes]").getByText(t("minutes_outdated")).isVisible(), "the minutes say that they are behind");
    },
  },
  {
    name: "a download goes on inside, is cancelled and goes on from there",
    state: "first-run",
    async walk(page, t, expect) {
      await page.getByRole("button", { name: new RegExp(t("download")) }).click();
      await page.waitForTimeout(900);
      await page.getByRole("button", { name: t("cancel"), exact: true }).click();
      await page.getByRole("button", { name: t("download_resume") }).click();
      await page.getByRole("button", { name: t("welcome_start") }).click();
      await page.getByRole("heading", { name: t("empty_title") }).waitFor();
      expect(await page.locator("aside").getByRole("progressbar").isVisible(), "its bar stands at the foot of the library");
    },
  },
];

export async function journeys(browser, address, messages, say, fail) {
  for (const journey of JOURNEYS) {
    const { context, page, troubles } = await openPage(browser);
    page.setDefaultTimeout(10_000);
    try {
      await page.goto(`${address}/?state=${journey.state}&lang=en&theme=light${journey.query ? `&${journey.query}` : ""}`);
      await settle(page);
      await journey.walk(page, (key) => messages.en[key], (true_, why) => {
        if (!true_) throw new Error(why);
      });
      for (const trouble of troubles) fail(journey.name, `console: ${trouble}`);
      say(`  ok: ${journey.name}`);
    } catch (error) {
      fail(journey.name, String(error).split("\n").slice(0, 3).join(" "));
    }
    await context.close();
  }
}

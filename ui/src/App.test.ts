import { cleanup, fireEvent, screen, waitFor, within } from "@testing-library/svelte";
import { afterEach, expect, test, vi } from "vitest";

import { BackendError } from "./backend/backend";
import { show } from "./testing/show";

afterEach(async () => {
  cleanup();
  // Menus and dialogs put things back a turn later.
  await new Promise((done) => setTimeout(done, 0));
});

const transcript = () => screen.findByRole("region", { name: "Transcript" });
/** The text of a row; its words may stand in elements of their own. */
const row = (words: RegExp) =>
  waitFor(() => {
    const found = [...document.querySelectorAll<HTMLElement>("[data-transcript] li")].find((one) => words.test(one.textContent ?? ""));
    if (!found) throw new Error(`no row says ${String(words)}`);
    return found;
  });
const type = (words: string) => fireEvent.input(screen.getByRole("searchbox"), { target: { value: words } });

test("the newest recording is open, grouped under its day, and doubtful passages say why", async () => {
  show();
  const text = await transcript();
  expect(await row(/네, 다들 오셨으니까/), "the meeting of this morning").toBeTruthy();
  expect(screen.getByRole("heading", { name: "Today" }), "days are headings").toBeTruthy();
  expect(within(text).getAllByText(/the model was unsure of these words/).length, "said in words, not by colour only").toBeGreaterThan(0);
  expect(screen.getByRole("button", { name: /2 to check/ }), "how many there are to look at").toBeTruthy();
});

test("a search hit leads to the second at which it was said", async () => {
  show();
  await transcript();
  await type("horn");
  const results = await screen.findByRole("navigation", { name: "Search results" });
  const hit = await within(results).findByRole("button", { name: /shape of a horn/ });
  expect(hit.querySelector("mark")?.textContent, "what was looked for is marked").toBe("horn");
  await fireEvent.click(hit);
  const passage = await row(/When two bends meet/);
  await waitFor(() => expect(passage.getAttribute("aria-current"), "it is the current one of the other recording").toBe("true"));
});

test("everything is said in the language that is chosen, without a reload", async () => {
  show({ language: "ko" });
  expect(await screen.findByPlaceholderText("나눈 이야기에서 찾기"), "Korean from the first text on").toBeTruthy();
  expect(document.documentElement.lang, "screen readers choose their voice by this").toBe("ko");
  await fireEvent.click(screen.getByRole("button", { name: "설정" }));
  const dialog = await screen.findByRole("dialog", { name: "설정" });
  await fireEvent.keyDown(within(dialog).getByRole("combobox", { name: /화면 언어/ }), { key: "Enter" });
  await fireEvent.pointerUp(await screen.findByRole("option", { name: "English" }));
  expect(await screen.findByRole("dialog", { name: "Settings" }), "the open dialog changes, too").toBeTruthy();
});

test("a recording is renamed in place, and the name can be taken back", async () => {
  show();
  await transcript();
  await fireEvent.keyDown(window, { key: "F2", code: "F2" });
  const field = await screen.findByRole<HTMLInputElement>("textbox", { name: "Title" });
  await fireEvent.input(field, { target: { value: "Launch date" } });
  await fireEvent.keyDown(field, { key: "Enter", isComposing: true });
  expect(field.isConnected, "Enter ends a syllable first, not the renaming").toBe(true);
  await fireEvent.keyDown(field, { key: "Enter" });
  expect(await screen.findByRole("heading", { name: "Launch date" }), "the new title").toBeTruthy();
  await fireEvent.keyDown(window, { key: "z", code: "KeyZ", ctrlKey: true });
  expect(await screen.findByRole("heading", { name: "3분기 출시 일정 회의" }), "the old one again").toBeTruthy();
});

test("a deleted recording goes at once and comes back with undo", async () => {
  show();
  await transcript();
  await fireEvent.keyDown(window, { key: "Delete", code: "Delete" });
  const undo = await screen.findByRole("button", { name: "Undo" });
  expect(screen.queryByRole("button", { name: /^3분기 출시 일정 회의/ }), "off the list").toBeNull();
  await fireEvent.click(undo);
  expect(await screen.findByRole("heading", { name: "3분기 출시 일정 회의" }), "open again").toBeTruthy();
});

test("segments appear as they are decoded, and progress is told", async () => {
  const backend = show({ state: "busy" });
  await transcript();
  await waitFor(() => expect(screen.getByRole("heading", { level: 1, name: "새 도서관 주민 설명회" })).toBeTruthy());
  const before = screen.getAllByRole("listitem").length;
  for (let turn = 0; turn < 5; turn += 1) backend.jobsMove.tick();
  expect((await screen.findAllByText(/6\.2× real time/)).length, "how fast it is").toBeGreaterThan(0);
  await waitFor(() => expect(screen.getAllByRole("listitem").length, "more text than before").toBeGreaterThan(before));
});

test("a failed job says why and can be begun again where it stopped", async () => {
  const backend = show({ state: "failed" });
  const retry = vi.spyOn(backend, "retryJob");
  await screen.findByRole("navigation", { name: "Recordings" });
  await fireEvent.click(await screen.findByRole("button", { name: /^현장 설명회 2부/ }));
  expect((await screen.findByRole("alert")).textContent, "the core's own sentence").toMatch(/ended unexpectedly/);
  await fireEvent.click(screen.getByRole("button", { name: "Go on from 1:01" }));
  expect(retry, "the job that failed").toHaveBeenCalledOnce();
});

test("the same files again are asked about once for all of them", async () => {
  const backend = show();
  await transcript();
  const add = vi.spyOn(backend, "addPaths");
  backend.emit({ kind: "files_dropped", paths: ["회의_1124.m4a", "geo-07.mp3", "weekly-sync.webm"] });
  const dialog = await screen.findByRole("dialog", { name: "This file is here already" });
  await fireEvent.click(within(dialog).getByRole("checkbox", { name: "The same for all 3 files" }));
  await fireEvent.click(within(dialog).getByRole("button", { name: /Add it a second time/ }));
  await waitFor(() => expect(add, "all three, as second recordings").toHaveBeenCalledTimes(2));
  expect(add.mock.calls[1]?.slice(0, 2)).toEqual([["회의_1124.m4a", "geo-07.mp3", "weekly-sync.webm"], "add_again"]);
  await waitFor(() => expect(screen.queryByRole("dialog"), "nothing is asked again").toBeNull());
});

test("five hundred refused files make one list, not five hundred messages", async () => {
  const backend = show();
  await transcript();
  backend.emit({ kind: "files_dropped", paths: Array.from({ length: 500 }, (_, idx) => `scan-${idx}.pdf`) });
  const dialog = await screen.findByRole("dialog", { name: "500 files were not added" }, { timeout: 3_000 });
  expect(within(dialog).getAllByRole("listitem").length, "more than one reads are counted").toBe(200);
  expect(within(dialog).getByText("and 300 more")).toBeTruthy();
  expect(screen.getByRole("region", { name: "Messages" }).textContent?.trim(), "no toasts").toBe("");
});

test("an empty library says how to begin", async () => {
  show({ state: "empty" });
  expect(await screen.findByRole("heading", { name: "Drop a recording here" })).toBeTruthy();
});

test("a damaged library is said, with the place of the copy, and nothing is begun by itself", async () => {
  const backend = show({ state: "damaged" });
  const begin = vi.spyOn(backend, "beginNewLibrary");
  expect((await screen.findByRole("alert")).textContent).toMatch(/was left as it is/);
  expect(screen.getByText(/library\.db\.damaged-1/), "where the copy is").toBeTruthy();
  expect(begin).not.toHaveBeenCalled();
  await fireEvent.click(screen.getByRole("button", { name: "Begin a new library" }));
  expect(await screen.findByRole("heading", { name: "Drop a recording here" }), "the new library is open").toBeTruthy();
});

test("on the first start a model downloads while one looks around", async () => {
  show({ state: "first-run" });
  await fireEvent.click(await screen.findByRole("button", { name: /Download 190 MB/ }));
  await fireEvent.click(await screen.findByRole("button", { name: /Begin|Look around/ }));
  expect(await screen.findByRole("heading", { name: "Drop a recording here" }), "inside at once").toBeTruthy();
});

test("a library that can only be read offers nothing that writes", async () => {
  show({ state: "readonly" });
  await transcript();
  expect(screen.getByRole<HTMLButtonElement>("button", { name: "Add" }).disabled).toBe(true);
  await fireEvent.keyDown(window, { key: "Delete", code: "Delete" });
  expect(screen.getByRole("heading", { name: "3분기 출시 일정 회의" }), "still there").toBeTruthy();
});

test("a setting that cannot be kept is taken back and said", async () => {
  show({}, () => ({
    saveSettings: async () => {
      throw new BackendError({ code: "disk_full", message: "The disk is full." });
    },
  }));
  await transcript();
  await fireEvent.click(screen.getByRole("button", { name: "Settings" }));
  const notify = await screen.findByRole("switch", { name: "Tell me when it is done" });
  await fireEvent.click(notify);
  expect(await screen.findByText("The disk is full.")).toBeTruthy();
  await waitFor(() => expect(notify.getAttribute("aria-checked"), "what is in force is shown").toBe("true"));
});

test("an error at the start is said, and trying again mends it", async () => {
  let broken = true;
  show({}, (backend) => {
    const { settings } = backend;
    return {
      settings: async () => {
        if (!broken) return settings();
        throw new BackendError({ code: "other", message: "The settings cannot be read." });
      },
    };
  });
  expect((await screen.findByRole("alert")).textContent).toContain("The settings cannot be read.");
  broken = false;
  await fireEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect(await transcript()).toBeTruthy();
});

test("keys move through the text, and a syllable that is being put together is no command", async () => {
  show();
  const text = await transcript();
  await row(/네, 다들 오셨으니까/);
  await fireEvent.keyDown(window, { key: "ㅜ", code: "KeyN", isComposing: true });
  expect(text.querySelector("[aria-current]"), "nothing happened").toBeNull();
  await fireEvent.keyDown(window, { key: "ㅜ", code: "KeyN" });
  await waitFor(() => expect(text.querySelector("[aria-current]")?.textContent, "the first doubtful place").toMatch(/서버 쪽은/));
});

test("what was added before there was a model begins when one has come", async () => {
  const backend = show({ state: "nomodel" });
  await transcript();
  const transcribe = vi.spyOn(backend, "transcribe");
  backend.emit({ kind: "files_dropped", paths: ["call.m4a"] });
  expect((await screen.findAllByText(/speech model/)).length, "why it waits").toBeGreaterThan(0);
  await fireEvent.click(screen.getByRole("button", { name: "Settings" }));
  await fireEvent.click(await screen.findByRole("tab", { name: "Models" }));
  await fireEvent.click(await screen.findByRole("button", { name: "Download Whisper base" }));
  await waitFor(() => expect(transcribe, "without being asked again").toHaveBeenCalledOnce());
});

import { cleanup, fireEvent, screen, waitFor, within } from "@testing-library/svelte";
import { afterEach, expect, test, vi } from "vitest";

import { BackendError, type Highlights, type MinutesView } from "../backend/backend";
import type { MockBackend } from "../backend/mock";
import { held } from "../testing/held";
import { show } from "../testing/show";

afterEach(async () => {
  cleanup();
  await new Promise((done) => setTimeout(done, 0));
});

async function openMinutes() {
  await screen.findByRole("region", { name: "Transcript" });
  await fireEvent.click(await screen.findByRole("tab", { name: "Minutes" }));
  return screen.findByRole("tabpanel", { name: "Minutes" });
}

const lines = (panel: HTMLElement, section: string) => [...panel.querySelectorAll<HTMLElement>(`li[data-section=${section}]`)];

/** The part of a line that keys are pressed at. */
const start = (panel: HTMLElement, section: string, idx: number) =>
  waitFor(() => {
    const found = lines(panel, section)[idx]?.querySelector<HTMLElement>("[data-line]");
    if (!found) throw new Error(`no line ${idx} in ${section}`);
    return found;
  });

const field = () => screen.findByRole<HTMLTextAreaElement>("textbox", { name: "Text of the line" });
const noField = () => waitFor(() => expect(screen.queryByRole("textbox", { name: "Text of the line" })).toBeNull());

async function edit(panel: HTMLElement, section: string, idx: number) {
  await fireEvent.keyDown(await start(panel, section, idx), { key: "e", code: "KeyE" });
  return field();
}

async function change(panel: HTMLElement, section: string, idx: number, value: string) {
  const line = await edit(panel, section, idx);
  await fireEvent.input(line, { target: { value } });
  await fireEvent.keyDown(line, { key: "Enter" });
}

const stored = async (backend: MockBackend, section: string, id = 1) =>
  ((await backend.minutes(id))[0]?.sections.find((one) => one.key === section)?.items ?? []).map((one) => one.text);

const written = (view: MinutesView | undefined, text: string) =>
  (view?.sections ?? []).map((one) => (one.key === "risks" ? { ...one, items: one.items.map((item) => ({ ...item, text })) } : one));

test("deleting lines by key goes on to the next one, and never on to the recording", async () => {
  const backend = show();
  const trash = vi.spyOn(backend, "trash");
  const panel = await openMinutes();
  const press = (more: object = {}) => fireEvent.keyDown(document.activeElement ?? window, { key: "Delete", code: "Delete", ...more });
  (await start(panel, "risks", 1)).focus();
  await press();
  await waitFor(() => expect(document.activeElement, "the last one went, so the one before it").toBe(lines(panel, "risks")[0]?.querySelector("[data-line]")));
  await press({ repeat: true });
  expect(lines(panel, "risks").length, "a key that is held takes one line").toBe(1);
  await press();
  await waitFor(() => expect(document.activeElement, "where a line can be added again").toBe(within(panel).getByRole("button", { name: "위험과 미결 사항" })));
  await press();
  await press({ repeat: true });
  await fireEvent.keyDown(window, { key: "Delete", code: "Delete", repeat: true });
  await waitFor(async () => expect(await stored(backend, "risks")).toEqual([]));
  expect(trash).not.toHaveBeenCalled();
});

test("the recording goes by key while nothing of the minutes has the focus", async () => {
  const backend = show();
  const trash = vi.spyOn(backend, "trash");
  await openMinutes();
  await fireEvent.keyDown(window, { key: "Delete", code: "Delete" });
  await waitFor(() => expect(trash).toHaveBeenCalledWith(1));
});

test("changes are kept in the order in which they were made", async () => {
  const first = held<void>();
  const save = vi.fn().mockReturnValueOnce(first.promise).mockResolvedValue(undefined);
  show({}, () => ({ saveMinutes: save }));
  const panel = await openMinutes();
  await change(panel, "risks", 0, "one");
  await change(panel, "risks", 1, "two");
  await noField();
  expect(save, "the second waits for the first").toHaveBeenCalledOnce();
  first.give();
  await waitFor(() => expect(save).toHaveBeenCalledTimes(2));
});

test("what was typed is kept before minutes are written, and not written over them", async () => {
  const backend = show();
  const save = vi.spyOn(backend, "saveMinutes");
  const panel = await openMinutes();
  const line = await edit(panel, "risks", 0);
  await fireEvent.input(line, { target: { value: "typed" } });
  await backend.makeMinutes(1, { template: "meeting", model: null, language: null });
  backend.jobsMove.tick();
  await noField();
  await waitFor(() => expect(save.mock.lastCall?.[2].find((one) => one.key === "risks")?.items[0]?.text).toBe("typed"));
  while ((await backend.jobs()).some((job) => job.state === "running" || job.state === "queued")) backend.jobsMove.tick();
  await waitFor(() => expect(lines(panel, "risks")[0]?.textContent).toMatch(/한글 경로/));
  expect((await stored(backend, "risks"))[0], "nothing old was written over them").toMatch(/한글 경로/);
  expect(save).toHaveBeenCalledOnce();
});

test("a line of minutes that another program wrote anew is not written over them", async () => {
  let isNew = false;
  const backend = show({}, (mock) => {
    const minutes = mock.minutes.bind(mock);
    return { minutes: async (id) => (await minutes(id)).map((view) => (isNew ? { ...view, created_at: "2026-11-26T00:00:00Z", sections: written(view, "new") } : view)) };
  });
  const save = vi.spyOn(backend, "saveMinutes");
  const panel = await openMinutes();
  await fireEvent.input(await edit(panel, "risks", 0), { target: { value: "typed" } });
  isNew = true;
  backend.emit({ kind: "library_changed", recording_id: 1 });
  await noField();
  expect(lines(panel, "risks")[0]?.textContent).toMatch(/new/);
  expect(save).not.toHaveBeenCalled();
});

test("what changed while a line was being written is looked up when that ends", async () => {
  const backend = show();
  const panel = await openMinutes();
  const line = await edit(panel, "risks", 0);
  await backend.saveMinutes(1, "meeting", written((await backend.minutes(1))[0], "by another program"));
  const asked = vi.spyOn(backend, "minutes");
  backend.emit({ kind: "library_changed", recording_id: 1 });
  await waitFor(() => expect(asked).toHaveBeenCalled());
  await new Promise((done) => setTimeout(done, 0));
  expect(line.isConnected, "it stays under the hands that write it").toBe(true);
  await fireEvent.keyDown(line, { key: "Escape" });
  await waitFor(() => expect(lines(panel, "risks")[0]?.textContent).toMatch(/by another program/));
});

test("an answer that was asked for before a change does not take it back", async () => {
  const [late, kept] = [held<MinutesView[]>(), held<void>()];
  const backend = show();
  const panel = await openMinutes();
  await start(panel, "risks", 0);
  const old = await backend.minutes(1);
  const asked = vi.spyOn(backend, "minutes").mockReturnValueOnce(late.promise);
  backend.emit({ kind: "library_changed", recording_id: 1 });
  await waitFor(() => expect(asked).toHaveBeenCalled());
  vi.spyOn(backend, "saveMinutes").mockReturnValueOnce(kept.promise);
  await change(panel, "risks", 0, "changed");
  late.give(old);
  await new Promise((done) => setTimeout(done, 0));
  expect(lines(panel, "risks")[0]?.textContent).toMatch(/changed/);
  kept.give();
});

test("minutes are not looked up before what is being kept of them is kept", async () => {
  const first = held<void>();
  const backend = show();
  const panel = await openMinutes();
  vi.spyOn(backend, "saveMinutes").mockReturnValueOnce(first.promise);
  await change(panel, "risks", 0, "changed");
  const asked = vi.spyOn(backend, "corrections");
  backend.emit({ kind: "library_changed", recording_id: 1 });
  await waitFor(() => expect(asked).toHaveBeenCalled());
  await new Promise((done) => setTimeout(done, 0));
  expect(lines(panel, "risks")[0]?.textContent).toMatch(/changed/);
  first.give();
});

test("a line that is being changed is kept when what replaces it begins to come, or another recording is opened", async () => {
  const backend = show();
  const save = vi.spyOn(backend, "saveMinutes");
  const panel = await openMinutes();
  await fireEvent.input(await edit(panel, "risks", 0), { target: { value: "one" } });
  backend.emit({ kind: "minutes_draft", job_id: 77, recording_id: 1, template: "meeting", sections: [] });
  await noField();
  expect(save).toHaveBeenCalledOnce();
  await fireEvent.input(await edit(panel, "risks", 0), { target: { value: "two" } });
  await fireEvent.click(screen.getByRole("button", { name: /^Night shift/ }));
  await waitFor(async () => expect((await stored(backend, "risks"))[0]).toBe("two"));
});

test("of two changes the last one can be taken back, without losing the one before", async () => {
  const backend = show();
  const panel = await openMinutes();
  await change(panel, "risks", 0, "one");
  await screen.findByText("Line changed");
  (await start(panel, "risks", 1)).focus();
  await fireEvent.keyDown(document.activeElement as Element, { key: "Delete", code: "Delete" });
  await screen.findByText("Line deleted");
  expect(screen.queryByText("Line changed"), "its way back would lead behind the second").toBeNull();
  await fireEvent.click(screen.getByRole("button", { name: "Undo" }));
  await waitFor(async () => expect(await stored(backend, "risks")).toEqual(["one", expect.stringMatching(/번역 비용/)]));
});

test("what is being changed cannot be taken back over", async () => {
  show();
  const panel = await openMinutes();
  await change(panel, "risks", 0, "one");
  await screen.findByText("Line changed");
  await edit(panel, "risks", 1);
  await waitFor(() => expect(screen.queryByRole("button", { name: "Undo" })).toBeNull());
});

test("changed minutes that were renewed at the second try can be had back as they were before it", async () => {
  const backend = show({ state: "minutes-outdated" });
  const panel = await openMinutes();
  await fireEvent.click(await within(panel).findByRole("button", { name: "Renew" }));
  const job = await waitFor(() => backend.jobsMove.jobs[0] ?? Promise.reject(new Error("no job")));
  backend.jobsMove.fail(job, { code: "out_of_memory", message: "Too little memory." });
  await within(panel).findByRole("button", { name: "Try again" });
  await change(panel, "risks", 0, "changed meanwhile");
  await screen.findByText("Line changed");
  await fireEvent.click(within(panel).getByRole("button", { name: "Try again" }));
  for (let turn = 0; turn < 6; turn += 1) backend.jobsMove.tick();
  await screen.findByText("The minutes were renewed");
  await fireEvent.click(screen.getByRole("button", { name: "Undo" }));
  await waitFor(async () => expect((await stored(backend, "risks"))[0]).toBe("changed meanwhile"));
});

test("what could not be kept is taken back where it was, also when another recording is open by then", async () => {
  const first = held<void>();
  const backend = show();
  await backend.makeMinutes(2, { template: "meeting", model: null, language: null });
  for (let turn = 0; turn < 6; turn += 1) backend.jobsMove.tick();
  const panel = await openMinutes();
  vi.spyOn(backend, "saveMinutes").mockReturnValueOnce(first.promise);
  await change(panel, "risks", 0, "one");
  await fireEvent.click(screen.getByRole("button", { name: /^Night shift/ }));
  await waitFor(async () => expect(lines(await openMinutes(), "topics")[0]?.textContent).not.toMatch(/출시/));
  const before = document.querySelector("[data-minutes]")?.textContent;
  first.refuse(new BackendError({ code: "disk_full", message: "The disk is full." }));
  await screen.findByText("The disk is full.");
  await new Promise((done) => setTimeout(done, 0));
  expect(document.querySelector("[data-minutes]")?.textContent).toBe(before);
});

test("a click that leaves a line meets what it was aimed at", async () => {
  const backend = show();
  const save = vi.spyOn(backend, "saveMinutes");
  const panel = await openMinutes();
  const line = await edit(panel, "actions", 0);
  await fireEvent.input(line, { target: { value: "typed" } });
  const target = await start(panel, "risks", 0);
  await fireEvent.pointerDown(target);
  target.focus();
  await new Promise((done) => setTimeout(done, 0));
  expect(line.isConnected, "nothing moves under the pointer").toBe(true);
  await fireEvent.pointerUp(target);
  await noField();
  await waitFor(() => expect(save).toHaveBeenCalledOnce());
  await fireEvent.focusOut(await edit(panel, "actions", 0));
  await noField();
});

test("a click on another line's pencil changes that one, also where the first is gone with its words", async () => {
  const backend = show();
  const panel = await openMinutes();
  const line = await edit(panel, "actions", 0);
  await fireEvent.input(line, { target: { value: "" } });
  const pencil = within(lines(panel, "actions")[1] as HTMLElement).getByRole("button", { name: "Edit the line" });
  await fireEvent.pointerDown(pencil);
  await fireEvent.focusOut(line);
  await fireEvent.pointerUp(pencil);
  await fireEvent.click(pencil);
  await waitFor(async () => expect((await field()).value).toMatch(/영어 도움말/));
  await waitFor(async () => expect((await stored(backend, "actions")).length).toBe(2));
});

test("what is copied has what was being typed in it", async () => {
  const backend = show();
  const panel = await openMinutes();
  await fireEvent.input(await edit(panel, "risks", 0), { target: { value: "typed" } });
  await fireEvent.click(within(panel).getByRole("button", { name: "Copy the minutes" }));
  await waitFor(() => expect(backend.copied).toMatch(/typed/));
});

test.each([
  ["Keep", 0], ["Cancel", 0], ["Delete the line", 0],
] as const)("the keys go on beside a line after %s", async (name, idx) => {
  show();
  const panel = await openMinutes();
  await edit(panel, "actions", 0);
  await fireEvent.click(screen.getByRole("button", { name }));
  await waitFor(() => expect(document.activeElement).toBe(lines(panel, "actions")[idx]?.querySelector("[data-line]")));
});

test("the keys go on at the line before one that was added and given up", async () => {
  show();
  const panel = await openMinutes();
  await start(panel, "actions", 0);
  await fireEvent.click(within(panel).getByRole("button", { name: "Add a line: 할 일" }));
  await fireEvent.keyDown(await field(), { key: "Escape" });
  await waitFor(() => expect(document.activeElement).toBe(lines(panel, "actions")[2]?.querySelector("[data-line]")));
});

test("highlights that could not be found are asked for again", async () => {
  show({ state: "no-language-model" }, (mock) => ({
    highlights: vi.fn(mock.highlights.bind(mock)).mockRejectedValueOnce(new BackendError({ code: "other", message: "It did not work." })),
  }));
  const panel = await openMinutes();
  const said = (await within(panel).findByText("It did not work.")).closest<HTMLElement>("[role=alert]");
  await fireEvent.click(within(said ?? panel).getByRole("button", { name: "Try again" }));
  expect(await within(panel).findByText("출시"), "key words").toBeTruthy();
  expect(within(panel).queryByText("It did not work.")).toBeNull();
});

test("highlights of an earlier text do not come after those of a later one", async () => {
  const late = held<Highlights>();
  const backend = show({ state: "no-language-model" }, (mock) => ({
    highlights: vi.fn(mock.highlights.bind(mock)).mockReturnValueOnce(late.promise),
  }));
  const panel = await openMinutes();
  await within(panel).findByText(/^Looking for/);
  backend.emit({ kind: "library_changed", recording_id: 1 });
  expect(await within(panel).findByText("출시"), "key words").toBeTruthy();
  late.give({ key_words: [{ text: "old", n: 1 }], sentences: [] });
  await new Promise((done) => setTimeout(done, 0));
  expect(within(panel).queryByText("old")).toBeNull();
});

test("an estimate that cannot be made leaves none of another choice", async () => {
  const backend = show();
  await screen.findByRole("region", { name: "Transcript" });
  await fireEvent.click(await screen.findByRole("button", { name: /^할머니의 부산 이야기/ }));
  const panel = await openMinutes();
  await within(panel).findByText(/Takes about/);
  vi.spyOn(backend, "minutesEstimate").mockRejectedValue(new BackendError({ code: "other", message: "No." }));
  await fireEvent.keyDown(within(panel).getByRole("combobox", { name: /^Kind/ }), { key: "Enter" });
  await fireEvent.pointerUp(await screen.findByRole("option", { name: "Interview" }));
  await waitFor(() => expect(within(panel).queryByText(/Takes about/)).toBeNull());
});

import { cleanup, fireEvent, screen, waitFor, within } from "@testing-library/svelte";
import { afterEach, expect, test, vi } from "vitest";

import { BackendError, type Segment } from "../backend/backend";
import type { MockBackend } from "../backend/mock";
import { held } from "../testing/held";
import { show } from "../testing/show";
import { press, row } from "../testing/transcript";

afterEach(async () => {
  cleanup();
  await new Promise((done) => setTimeout(done, 0));
});

const nRows = () => document.querySelectorAll("[data-transcript] li[data-index]").length;
const open = async (name: RegExp) => fireEvent.click(await screen.findByRole("button", { name }));
const passage = () => screen.findByRole<HTMLTextAreaElement>("textbox", { name: "Edit the passage" });
const noPassage = () => waitFor(() => expect(screen.queryByRole("textbox", { name: "Edit the passage" })).toBeNull());

async function edit(idx: number, value?: string) {
  const text = (await row(idx)).querySelector("p");
  if (!text) throw new Error("the row has no text");
  await fireEvent.dblClick(text);
  const field = await passage();
  if (value !== undefined) await fireEvent.input(field, { target: { value } });
  return field;
}

/** As a job that writes the text of the first recording anew would tell. */
async function decode(backend: MockBackend, text: string, job_id = 77): Promise<Segment> {
  const segment = { ...((await backend.transcript(1, null))[0] as Segment), text };
  backend.emit({ kind: "segments", job_id, recording_id: 1, segments: [segment] });
  return segment;
}

test("a recording that is closed and opened again shows what it has become meanwhile", async () => {
  const backend = show({ state: "corrections" });
  expect(await screen.findByRole("button", { name: "8 proposals" })).toBeTruthy();
  await fireEvent.click(screen.getByRole("tab", { name: "Minutes" }));
  await within(await screen.findByRole("tabpanel", { name: "Minutes" })).findByText(/서버 용량을 두 배로/);
  await fireEvent.click(screen.getByRole("button", { name: "Back to the library" }));
  await waitFor(() => expect(screen.queryByRole("tabpanel", { name: "Minutes" })).toBeNull());

  const sections = (await backend.minutes(1))[0]?.sections ?? [];
  await backend.saveMinutes(1, "meeting", sections.map((one) => ({ ...one, items: one.items.map((item) => ({ ...item, text: "new" })) })));
  await backend.decideCorrections(1, (await backend.corrections(1)).map((one) => one.segment_idx), "refused");
  await open(/^3분기 출시/);
  const panel = await screen.findByRole("tabpanel", { name: "Minutes" });
  expect((await within(panel).findAllByText("new")).length).toBeGreaterThan(0);
  expect(within(panel).queryByText(/서버 용량을 두 배로/)).toBeNull();
  await fireEvent.click(screen.getByRole("tab", { name: "Transcript" }));
  await row(0);
  expect(screen.queryByRole("button", { name: "8 proposals" })).toBeNull();
});

test("a passage cannot be taken back over the text of a later transcription", async () => {
  const backend = show();
  await fireEvent.keyDown(await edit(2, "changed"), { key: "Enter" });
  await screen.findByText("Text changed");
  const change = vi.spyOn(backend, "editSegment");
  await backend.transcribe(1, { model: null, language: null });
  await waitFor(async () => {
    backend.jobsMove.tick();
    expect((await backend.jobs())[0]?.state).toBe("done");
  });
  await waitFor(() => expect(screen.queryByRole("button", { name: "Undo" })).toBeNull());
  await press("KeyZ", { ctrlKey: true });
  expect(change).not.toHaveBeenCalled();
});

test("the key takes back what its toast offers, and nothing once that is gone", async () => {
  const backend = show();
  await fireEvent.keyDown(await edit(2, "changed"), { key: "Enter" });
  await screen.findByText("Text changed");
  const change = vi.spyOn(backend, "editSegment");
  await press("KeyZ", { ctrlKey: true });
  await waitFor(() => expect(change).toHaveBeenCalledOnce());
  await waitFor(() => expect(screen.queryByText("Text changed")).toBeNull());
  await fireEvent.keyDown(await edit(2, "changed again"), { key: "Enter" });
  await screen.findByText("Text changed");
  await fireEvent.click(within(screen.getByRole("region", { name: "Messages" })).getByRole("button", { name: "Close" }));
  await press("KeyZ", { ctrlKey: true });
  expect(change, "once to change it again").toHaveBeenCalledTimes(2);
});

test("files that come in do not take a passage from under the hands that write it", async () => {
  const backend = show();
  const change = vi.spyOn(backend, "editSegment");
  const field = await edit(2, "typed");
  backend.emit({ kind: "files_dropped", paths: ["~/Desktop/Interview with the ferryman.m4a"] });
  const toast = (await screen.findByText("1 recording added")).parentElement as HTMLElement;
  expect(field.isConnected && field.value, "it goes on").toBe("typed");
  await fireEvent.click(within(toast).getByRole("button", { name: "Show" }));
  await waitFor(() => expect(change, "and is kept when one leaves").toHaveBeenCalledWith(1, 2, "typed"));
  expect(await screen.findByRole("heading", { name: "Interview with the ferryman" })).toBeTruthy();
});

test("files that come in are opened while nothing is being written", async () => {
  const backend = show();
  await row(0);
  backend.emit({ kind: "files_dropped", paths: ["~/Desktop/Interview with the ferryman.m4a"] });
  expect(await screen.findByRole("heading", { name: "Interview with the ferryman" })).toBeTruthy();
});

test.each([
  ["title", "rename"],
  ["tag", "addTag"],
] as const)("a %s that is being typed is kept when another recording is opened", async (what, command) => {
  const backend = show();
  await row(0);
  const kept = vi.spyOn(backend, command);
  if (what === "title") await press("F2", { key: "F2" });
  else await open(/^Add tag/);
  const field = await (what === "title" ? screen.findByRole("textbox", { name: "Title" }) : screen.findByRole("combobox", { name: "Name of the tag" }));
  await fireEvent.input(field, { target: { value: "typed" } });
  await open(/^Night shift/);
  await waitFor(() => expect(kept).toHaveBeenCalledWith(1, "typed"));
});

test("a title that is being typed is kept when a recording is begun outside of the window", async () => {
  vi.spyOn(document, "hasFocus").mockReturnValue(false);
  const backend = show();
  await row(0);
  const kept = vi.spyOn(backend, "rename");
  await press("F2", { key: "F2" });
  await fireEvent.input(await screen.findByRole("textbox", { name: "Title" }), { target: { value: "typed" } });
  backend.emit({ kind: "recording_began" });
  await waitFor(() => expect(kept).toHaveBeenCalledWith(1, "typed"));
});

test("a passage that could not be kept leaves the recording alone that is open by then", async () => {
  const first = held<void>();
  show({}, () => ({ editSegment: () => first.promise }));
  await fireEvent.keyDown(await edit(2, "changed"), { key: "Enter" });
  await open(/^Night shift/);
  const before = await waitFor(async () => {
    const { textContent } = await row(2);
    expect(textContent).not.toMatch(/[가-힣]/);
    return textContent;
  });
  first.refuse(new BackendError({ code: "disk_full", message: "The disk is full." }));
  await screen.findByText("The disk is full.");
  expect((await row(2)).textContent).toBe(before);
});

test("a passage that could not be kept is shown as it is kept", async () => {
  show({}, () => ({
    editSegment: async () => {
      throw new BackendError({ code: "disk_full", message: "The disk is full." });
    },
  }));
  await fireEvent.keyDown(await edit(2, "changed"), { key: "Enter" });
  await screen.findByText("The disk is full.");
  await waitFor(async () => expect((await row(2)).textContent).toMatch(/먼저 날짜부터/));
});

test("what is decoded stays on the screen whatever else changes, until the job ends", async () => {
  const backend = show();
  await row(3);
  const { text } = (await backend.transcript(1, null))[0] as Segment;
  await decode(backend, "decoded anew");
  await waitFor(() => expect(nRows(), "it begins again at the start").toBe(1));
  const asked = vi.spyOn(backend, "transcript");
  await backend.addTag(1, "another");
  await waitFor(() => expect(asked).toHaveBeenCalled());
  await screen.findByText("another");
  expect((await row(0)).textContent).toMatch(/decoded anew/);
  expect(nRows()).toBe(1);
  backend.emit({ kind: "job_done", job_id: 78, recording_id: 1, notice: null });
  await screen.findByText("another");
  expect((await row(0)).textContent, "another job is another matter").toMatch(/decoded anew/);
  backend.emit({ kind: "job_done", job_id: 77, recording_id: 1, notice: null });
  await waitFor(async () => expect((await row(0)).textContent).toContain(text));
});

test("what is decoded while the text is looked up is not lost", async () => {
  const late = held<Segment[]>();
  const backend = show();
  await row(3);
  const old = await backend.transcript(1, null);
  await open(/^Night shift/);
  await waitFor(async () => expect((await row(0)).textContent).not.toMatch(/[가-힣]/));
  vi.spyOn(backend, "transcript").mockReturnValueOnce(late.promise);
  await open(/^3분기 출시/);
  backend.emit({ kind: "segments", job_id: 77, recording_id: 1, segments: [{ ...(old[0] as Segment), text: "decoded anew" }] });
  late.give(old);
  await waitFor(async () => expect((await row(0)).textContent).toMatch(/decoded anew/));
});

test("proposals wait while the text is being transcribed again", async () => {
  const backend = show({ state: "corrections" });
  await row(0);
  await fireEvent.click(await screen.findByRole("button", { name: "8 proposals" }));
  await screen.findByRole("region", { name: "Reviewing corrections" });
  await backend.transcribe(1, { model: null, language: null });
  await waitFor(() => expect(screen.queryByRole("region", { name: "Reviewing corrections" })).toBeNull());
  expect(screen.queryByRole("button", { name: "8 proposals" })).toBeNull();
  await press("KeyC");
  expect(screen.queryByRole("region", { name: "Reviewing corrections" })).toBeNull();
});

test("a passage that is being changed is kept before the text is transcribed again", async () => {
  const backend = show();
  const change = vi.spyOn(backend, "editSegment");
  await edit(2, "typed");
  await backend.transcribe(1, { model: null, language: null });
  await waitFor(() => expect(change).toHaveBeenCalledWith(1, 2, "typed"));
  await noPassage();
});

test("what was heard is put back by keyboard", async () => {
  const backend = show();
  await row(2);
  const heard = (await backend.transcript(1, null))[2]?.text;
  await fireEvent.keyDown(await edit(2, "changed"), { key: "Enter" });
  await screen.findByText("Text changed");
  const field = await edit(2);
  field.focus();
  const button = screen.getByRole("button", { name: "Put it back" });
  button.focus();
  await new Promise((done) => setTimeout(done, 0));
  expect(button.isConnected, "it is reached").toBe(true);
  await fireEvent.keyDown(button, { key: "Enter" });
  expect(field.isConnected, "its own key does not end the change").toBe(true);
  await fireEvent.click(button);
  expect(field.value).toBe(heard);
  const outside = screen.getByRole("button", { name: "More" });
  outside.focus();
  await noPassage();
  await waitFor(async () => expect((await backend.transcript(1, null))[2]?.original).toBeNull());
});

test("a click that leaves a passage meets what it was aimed at", async () => {
  const backend = show();
  const change = vi.spyOn(backend, "editSegment");
  const field = await edit(1, "typed");
  const below = await row(3);
  await fireEvent.pointerDown(below);
  await fireEvent.focusOut(field);
  await new Promise((done) => setTimeout(done, 0));
  expect(field.isConnected, "nothing moves under the pointer").toBe(true);
  await fireEvent.pointerUp(below);
  await noPassage();
  await waitFor(() => expect(change).toHaveBeenCalledWith(1, 1, "typed"));
});

test("a passage that is begun ends the one before it", async () => {
  const backend = show();
  const change = vi.spyOn(backend, "editSegment");
  await edit(1, "typed");
  expect((await edit(2)).value).toMatch(/먼저 날짜부터/);
  await waitFor(() => expect(change).toHaveBeenCalledWith(1, 1, "typed"));
});

test("what is copied has the passage in it that was being typed", async () => {
  const backend = show();
  await edit(1, "typed");
  await fireEvent.click(screen.getByRole("button", { name: "Copy the text" }));
  await waitFor(() => expect(backend.copied).toMatch(/typed/));
});

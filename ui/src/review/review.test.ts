import { cleanup, fireEvent, screen, waitFor, within } from "@testing-library/svelte";
import { afterEach, expect, test, vi } from "vitest";

import { BackendError, type Correction } from "../backend/backend";
import { held } from "../testing/held";
import { show } from "../testing/show";
import { press, row } from "../testing/transcript";

afterEach(async () => {
  cleanup();
  await new Promise((done) => setTimeout(done, 0));
});

async function review() {
  await screen.findByRole("region", { name: "Transcript" });
  await fireEvent.click(await screen.findByRole("button", { name: "8 proposals" }));
  return screen.findByRole("region", { name: "Reviewing corrections" });
}

test("a proposal shows word by word what goes and what comes, and warns where the meaning may change", async () => {
  show({ state: "corrections" });
  const bar = await review();
  const number = await row(3);
  expect([...number.querySelectorAll("del")].map((one) => one.textContent), "read out as well").toEqual(["goes:\u00a0구월 십일에"]);
  expect([...number.querySelectorAll("ins")].map((one) => one.textContent)).toEqual(["comes:\u00a09월 11일에"]);
  expect(within(number).getByText("A number changes"), "a warning in words").toBeTruthy();
  expect(within(await row(5)).getByText("A “not” comes or goes")).toBeTruthy();
  expect(within(await row(0)).queryByRole("button", { name: "Accept" }), "other passages stay as they are").toBeNull();
  expect(bar.textContent, "how many there are").toMatch(/Proposal 1 of 8.*8 to decide · 4 with a warning/);
});

test("keys go through the proposals, decide, and take back", async () => {
  const backend = show({ state: "corrections" });
  const decide = vi.spyOn(backend, "decideCorrections");
  const bar = await review();
  await press("KeyA");
  await waitFor(() => expect(decide).toHaveBeenLastCalledWith(1, [1], "accepted"));
  await waitFor(() => expect(bar.textContent, "on to the next one").toMatch(/Proposal 2 of 8/));
  await press("KeyX");
  await waitFor(() => expect(decide).toHaveBeenLastCalledWith(1, [3], "refused"));
  await press("KeyJ");
  await press("ArrowDown");
  await press("KeyK");
  await waitFor(() => expect(bar.textContent, "without deciding").toMatch(/Proposal 4 of 8/));
  await press("Enter");
  await waitFor(() => expect(decide).toHaveBeenLastCalledWith(1, [7], "accepted"));
  await press("KeyU");
  await waitFor(() => expect(decide, "open again").toHaveBeenLastCalledWith(1, [7], "open"));
  await press("KeyU");
  await waitFor(() => expect(decide).toHaveBeenLastCalledWith(1, [3], "open"));
  expect(bar.textContent).toMatch(/7 to decide/);
  await press("Escape");
  await waitFor(() => expect(screen.queryByRole("region", { name: "Reviewing corrections" })).toBeNull());
  expect((await row(1)).textContent, "what was accepted stands in the text").toMatch(/모을지입니다/);
  expect((await row(3)).textContent, "what was not does not").toMatch(/구월 십일에/);
});

test("all without a warning are accepted at once, the rest is left to decide", async () => {
  const backend = show({ state: "corrections" });
  const bar = await review();
  await press("KeyA", { shiftKey: true });
  await waitFor(() => expect(bar.textContent).toMatch(/4 to decide · 4 with a warning/));
  const states = async () => (await backend.corrections(1)).filter((one) => one.state === "accepted").map((one) => one.segment_idx);
  expect(await states(), "none of the marked ones").toEqual([1, 7, 9, 14]);
  await waitFor(() => expect(bar.textContent, "the first marked one is looked at").toMatch(/Proposal 2 of 8/));
  await press("KeyU");
  await waitFor(async () => expect(await states(), "all of them are taken back together").toEqual([]));
});

test("when all is decided it says what came of it, and where names are kept", async () => {
  show({ state: "corrections" });
  const bar = await review();
  await press("KeyA", { shiftKey: true });
  for (let left = 4; left > 0; left -= 1) {
    await waitFor(() => expect(bar.textContent).toMatch(new RegExp(`${left} to decide`)));
    await press("KeyX");
  }
  await waitFor(() => expect(bar.textContent).toMatch(/All 8 proposals are decided.*4 accepted, 4 refused/));
  await fireEvent.click(within(bar).getByRole("button", { name: "Names and special words" }));
  expect(await screen.findByRole("textbox", { name: "Names and special words" })).toBeTruthy();
});

test("a decision that cannot be kept is taken back and said", async () => {
  show({ state: "corrections" }, () => ({
    decideCorrections: async () => {
      throw new BackendError({ code: "disk_full", message: "The disk is full." });
    },
  }));
  const bar = await review();
  await press("KeyA");
  expect(await screen.findByText("The disk is full.")).toBeTruthy();
  await waitFor(() => expect(bar.textContent, "still open").toMatch(/8 to decide/));
});

test("what was decided together is taken back, also where one passage was changed by hand since", async () => {
  let refuses = true;
  const byHand = 7;
  const backend = show({ state: "corrections" }, (mock) => {
    const { corrections, decideCorrections } = mock;
    return {
      corrections: async (id) => (await corrections(id)).filter((one) => one.segment_idx !== byHand || one.state === "open"),
      decideCorrections: async (id, idxs, state) => {
        if (state === "open" && (refuses || idxs.includes(byHand)))
          throw new BackendError({ code: "not_found", message: "There is no such proposal." });
        await decideCorrections(id, idxs, state);
      },
    };
  });
  const bar = await review();
  await press("KeyA", { shiftKey: true });
  await waitFor(() => expect(bar.textContent).toMatch(/of 7.*4 to decide/));
  await press("KeyU");
  expect(await screen.findByText("There is no such proposal.")).toBeTruthy();
  await waitFor(() => expect(within(bar).getByRole<HTMLButtonElement>("button", { name: "Take back the last decision" }).disabled).toBe(false));
  refuses = false;
  await press("KeyU");
  await waitFor(async () => expect((await backend.corrections(1)).filter((one) => one.state === "accepted"), "the way back is still there").toEqual([]));
});

test("an answer that was asked for before a decision does not take it back", async () => {
  const [late, kept] = [held<Correction[]>(), held<void>()];
  const backend = show({ state: "corrections" });
  const bar = await review();
  const old = await backend.corrections(1);
  const asked = vi.spyOn(backend, "corrections").mockReturnValueOnce(late.promise);
  vi.spyOn(backend, "decideCorrections").mockReturnValueOnce(kept.promise);
  backend.emit({ kind: "library_changed", recording_id: 1 });
  await waitFor(() => expect(asked).toHaveBeenCalled());
  await press("KeyA");
  late.give(old);
  await new Promise((done) => setTimeout(done, 0));
  expect(bar.textContent).toMatch(/7 to decide/);
  kept.give();
});

test("the one that is looked at stays when others are gone, and without any the review ends", async () => {
  let left: number[] | null = null;
  const backend = show({ state: "corrections" }, (mock) => {
    const { corrections } = mock;
    return { corrections: async (id) => (await corrections(id)).filter((one) => left?.includes(one.segment_idx) ?? true) };
  });
  const bar = await review();
  const gone = (idxs: number[]) => {
    left = idxs;
    backend.emit({ kind: "library_changed", recording_id: 1 });
  };
  await press("KeyJ");
  await waitFor(() => expect(bar.textContent).toMatch(/Proposal 2 of 8/));
  gone([3, 5]);
  await waitFor(() => expect(bar.textContent).toMatch(/Proposal 1 of 2/));
  await press("KeyJ");
  await waitFor(() => expect(bar.textContent).toMatch(/Proposal 2 of 2/));
  gone([3]);
  await waitFor(() => expect(bar.textContent).toMatch(/Proposal 1 of 1/));
  gone([]);
  await waitFor(() => expect(screen.queryByRole("region", { name: "Reviewing corrections" })).toBeNull());
});

test("corrections are asked for after it was said what they are, and proposals come when they are done", async () => {
  const backend = show();
  await screen.findByRole("region", { name: "Transcript" });
  await row(1);
  await press("KeyC");
  const dialog = await screen.findByRole("dialog", { name: "Correct the text…" });
  expect(dialog.textContent, "it only proposes").toMatch(/you decide/);
  expect(dialog.textContent, "names are used").toMatch(/your list of 3 words/);
  await fireEvent.click(within(dialog).getByRole("button", { name: "Look for corrections" }));
  await waitFor(async () => expect((await backend.jobs())[0]?.kind).toBe("correct"));
  backend.jobsMove.tick();
  expect((await screen.findAllByText("Loading the model")).length, "what it does now").toBeGreaterThan(0);
  for (let turn = 0; turn < 6; turn += 1) backend.jobsMove.tick();
  expect(await screen.findByRole("button", { name: "8 proposals" })).toBeTruthy();
});

test("a passage is changed by hand, with what was heard kept beside it", async () => {
  const backend = show();
  const edit = vi.spyOn(backend, "editSegment");
  await screen.findByRole("region", { name: "Transcript" });
  const text = (await row(4)).querySelector("p");
  if (!text) throw new Error("the row has no text");
  await fireEvent.dblClick(text);
  const field = await screen.findByRole<HTMLTextAreaElement>("textbox", { name: "Edit the passage" });
  await fireEvent.input(field, { target: { value: "당기면 시험 기간이 열흘뿐이에요." } });
  await fireEvent.keyDown(field, { key: "Enter" });
  await waitFor(() => expect(edit).toHaveBeenCalledWith(1, 4, "당기면 시험 기간이 열흘뿐이에요."));
  await waitFor(async () => expect((await row(4)).textContent).toMatch(/열흘뿐이에요.*Heard as: 당기면 시험 기간이 열흘밖에/s));
  await waitFor(async () => expect((await backend.minutes(1))[0]?.outdated, "the minutes are behind now").toBe(true));
  await fireEvent.click(await screen.findByRole("button", { name: "Undo" }));
  await waitFor(async () => expect((await row(4)).textContent).not.toMatch(/Heard as/));
});

test("E changes the passage at the cursor, Escape and an empty text leave it", async () => {
  const backend = show();
  const edit = vi.spyOn(backend, "editSegment");
  await screen.findByRole("region", { name: "Transcript" });
  await row(0);
  await press("KeyJ");
  for (const [value, key] of [["something else", "Escape"], ["  ", "Enter"]] as const) {
    await press("KeyE");
    const field = await screen.findByRole<HTMLTextAreaElement>("textbox", { name: "Edit the passage" });
    await fireEvent.input(field, { target: { value } });
    await fireEvent.keyDown(field, { key });
    await waitFor(() => expect(screen.queryByRole("textbox", { name: "Edit the passage" })).toBeNull());
  }
  expect(edit).not.toHaveBeenCalled();
});

test("a title is found by the model, and the old one can be had back", async () => {
  const backend = show();
  await screen.findByRole("region", { name: "Transcript" });
  await fireEvent.keyDown(screen.getByRole("button", { name: "More" }), { key: "Enter" });
  await fireEvent.click(await screen.findByRole("menuitem", { name: "Suggest a title" }));
  await waitFor(async () => expect((await backend.jobs())[0]?.kind).toBe("title"));
  for (let turn = 0; turn < 6; turn += 1) backend.jobsMove.tick();
  expect(await screen.findByRole("heading", { name: "9월 10일 출시와 번역 범위 결정" })).toBeTruthy();
  await fireEvent.click(await screen.findByRole("button", { name: "Undo" }));
  expect(await screen.findByRole("heading", { name: "3분기 출시 일정 회의" })).toBeTruthy();
});

test("a title that is found at the second try can be taken back as well", async () => {
  const backend = show();
  await screen.findByRole("region", { name: "Transcript" });
  await fireEvent.keyDown(screen.getByRole("button", { name: "More" }), { key: "Enter" });
  await fireEvent.click(await screen.findByRole("menuitem", { name: "Suggest a title" }));
  const job = await waitFor(() => backend.jobsMove.jobs[0] ?? Promise.reject(new Error("no job")));
  backend.jobsMove.fail(job, { code: "out_of_memory", message: "Too little memory." });
  await screen.findByText("Too little memory.");
  await backend.retryJob(job.id);
  for (let turn = 0; turn < 6; turn += 1) backend.jobsMove.tick();
  await fireEvent.click(await screen.findByRole("button", { name: "Undo" }));
  expect(await screen.findByRole("heading", { name: "3분기 출시 일정 회의" })).toBeTruthy();
});

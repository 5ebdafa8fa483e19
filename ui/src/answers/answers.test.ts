import { cleanup, fireEvent, screen, waitFor, within } from "@testing-library/svelte";
import { afterEach, expect, test, vi } from "vitest";

import { BackendError } from "../backend/backend";
import type { State } from "../backend/mock/scenario";
import { show } from "../testing/show";

afterEach(async () => {
  cleanup();
  // Menus and dialogs put things back a turn later.
  await new Promise((done) => setTimeout(done, 0));
});

const type = (words: string) => fireEvent.input(screen.getByRole("searchbox"), { target: { value: words } });
const panel = () => screen.findByRole("region", { name: "Questions and answers" });
const answer = async (name: string) => {
  const found = await within(await panel()).findByRole("article", { name });
  await waitFor(() => expect(found.getAttribute("aria-busy")).toBe("false"));
  return found;
};

async function ask(question: string, state: State = "normal") {
  const backend = show({ state });
  await screen.findByRole("region", { name: "Transcript" });
  await type(question);
  await fireEvent.keyDown(screen.getByRole("searchbox"), { key: "Enter", ctrlKey: true });
  return { backend, found: await answer(question) };
}

const HAND_OVER = "How do they hand over to the day team?";

test("an answer names its sources, and a number leads to the second", async () => {
  const { found } = await ask(HAND_OVER);
  expect(found.textContent).toMatch(/on paper first, and then standing at each bed/);
  expect(within(found).getAllByText("Night shift, interview with two nurses").length, "each with its recording").toBeGreaterThan(1);
  const [number] = within(found).getAllByRole("button", { name: "Source 1: Night shift, interview with two nurses, 0:36" });
  if (!number) throw new Error("no number");
  await fireEvent.click(number);
  await waitFor(() => {
    const marked = document.querySelector("[data-transcript] li[data-marked]");
    expect(marked?.textContent, "the passage is marked in its recording").toMatch(/On paper first/);
  });
  expect(screen.queryByRole("region", { name: "Questions and answers" }), "where there is room for one, the text is seen").toBeNull();
  await fireEvent.click(screen.getAllByRole("button", { name: "Show the answers" })[0] as HTMLElement);
  expect(await answer(HAND_OVER), "and the way back is there").toBeTruthy();
});

test("a sentence without support is marked in words as well", async () => {
  const { found } = await ask(HAND_OVER);
  const marked = found.querySelector("[data-unsupported]");
  expect(marked?.textContent?.replace(/\s+/g, " ")).toBe("The day team signs for it at seven. (Not found in the recordings)");
  expect(within(found).getByText("What is dotted was not found in the recordings."), "what the dots mean").toBeTruthy();
});

test("a follow-up keeps the thread, and a new question leaves it behind", async () => {
  const { backend } = await ask(HAND_OVER);
  const asked = vi.spyOn(backend, "ask");
  const field = within(await panel()).getByRole("textbox", { name: "Ask a follow-up question" });
  await fireEvent.input(field, { target: { value: "And what would they change?" } });
  await fireEvent.keyDown(field, { key: "Enter", isComposing: true });
  expect(asked, "Enter ends a syllable first").not.toHaveBeenCalled();
  await fireEvent.keyDown(field, { key: "Enter" });
  expect((await answer("And what would they change?")).textContent).toMatch(/move the supply room/);
  expect(asked.mock.calls[0]?.[0].thread.map(({ question }) => question)).toEqual([HAND_OVER]);
  await fireEvent.click(within(await panel()).getByRole("button", { name: "New question" }));
  await waitFor(() => expect(screen.queryAllByRole("article").filter((one) => one.dataset["exchange"] !== undefined)).toEqual([]));
});

test("where nothing is found, nothing is made up", async () => {
  const { found } = await ask("What did we say about penguins?");
  expect(within(found).getByText("Nothing about this was found in your recordings.")).toBeTruthy();
  expect(within(found).queryByText("Sources")).toBeNull();
});

test("a model that finds no answer is not called a library that holds none", async () => {
  show({}, ({ ask }) => ({
    ask: async (question, tell) => {
      const answered = await ask(question, tell);
      return answered && { ...answered, sentences: [], nothing_found: true };
    },
  }));
  await screen.findByRole("region", { name: "Transcript" });
  await type(HAND_OVER);
  await fireEvent.keyDown(screen.getByRole("searchbox"), { key: "Enter" });
  const found = await answer(HAND_OVER);
  await waitFor(() => expect(found.textContent).toMatch(/No answer was found in the passages below/));
  expect(within(within(found).getByRole("group", { name: "Best passages" })).getAllByRole("listitem").length).toBeGreaterThan(0);
});

test("without a language model the best passages are the answer", async () => {
  const { found } = await ask(HAND_OVER, "no-language-model");
  expect(within(found).getByText(/no language model to write an answer/)).toBeTruthy();
  expect(within(within(found).getByRole("group", { name: "Best passages" })).getAllByRole("listitem").length).toBe(4);
  await fireEvent.click(within(found).getByRole("button", { name: "Get a model" }));
  expect((await screen.findByRole("tab", { name: "Models" })).getAttribute("aria-selected")).toBe("true");
});

test("what went wrong is said, and can be asked again", async () => {
  let broken = true;
  show({}, (backend) => {
    const { ask } = backend;
    return {
      ask: async (question, tell) => {
        if (!broken) return ask(question, tell);
        throw new BackendError({ code: "worker_died", message: "The model's process gave no answer. Try again." });
      },
    };
  });
  await screen.findByRole("region", { name: "Transcript" });
  await type(HAND_OVER);
  await fireEvent.keyDown(screen.getByRole("searchbox"), { key: "Enter" });
  const alert = await within(await panel()).findByRole("alert");
  expect(alert.textContent).toMatch(/gave no answer/);
  broken = false;
  await fireEvent.click(within(alert).getByRole("button", { name: "Try again" }));
  expect((await answer(HAND_OVER)).textContent).toMatch(/on paper first/);
});

test("only this recording is asked where that is wanted, and all of them after it", async () => {
  const backend = show();
  const asked = vi.spyOn(backend, "ask");
  await screen.findByRole("region", { name: "Transcript" });
  await fireEvent.keyDown(window, { key: "Enter", code: "Enter", ctrlKey: true });
  await fireEvent.click(within(await panel()).getByRole("button", { name: "This recording" }));
  const field = within(await panel()).getByRole("textbox", { name: "Ask about your recordings" });
  await fireEvent.input(field, { target: { value: HAND_OVER } });
  await fireEvent.keyDown(field, { key: "Enter" });
  expect((await answer(HAND_OVER)).textContent).toMatch(/Nothing about this was found in this recording/);
  await fireEvent.click(screen.getByRole("button", { name: "Ask all recordings" }));
  await waitFor(() => expect(asked.mock.calls.map(([question]) => question.recording_id)).toEqual([1, null]));
});

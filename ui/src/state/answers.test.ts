import { expect, test, vi } from "vitest";

import { BackendError, type Answer, type AnswerSentence, type Question } from "../backend/backend";
import { mockBackend } from "../backend/mock";
import { NOW } from "../testing/now";
import { scenario } from "../testing/show";
import { AnswersStore } from "./answers.svelte";

const sentence = (text: string): AnswerSentence => ({ text, passages: [0], is_supported: true });
const answered = (question: string, ...texts: string[]): Answer => ({
  question, sentences: texts.map(sentence), passages: [], n_read: 3, model: "qwen3-1.7b", nothing_found: texts.length === 0, is_cut: false,
});

/** Answers that the test gives. */
function held() {
  const backend = mockBackend(scenario(), NOW);
  const asked: { question: Question; tell: (sentences: AnswerSentence[]) => void; answer: (answer: Answer | null) => void; fail: (error: unknown) => void }[] = [];
  vi.spyOn(backend, "ask").mockImplementation((question, tell) => new Promise((answer, fail) => asked.push({ question, tell, answer, fail })));
  const stop = vi.spyOn(backend, "stopAsking");
  return { answers: new AnswersStore(backend), asked, stop };
}

const turn = () => new Promise((done) => setTimeout(done, 0));

test("an answer grows as it is written", async () => {
  const { answers, asked } = held();
  void answers.begin("When?", null);
  await turn();
  expect([answers.open, answers.running]).toEqual([true, true]);
  asked[0]?.tell([sentence("On")]);
  expect(answers.thread[0]?.sentences[0]?.text).toBe("On");
  asked[0]?.answer(answered("When?", "On the tenth."));
  await turn();
  expect(answers.thread[0]).toMatchObject({ state: "answered", sentences: [{ text: "On the tenth." }] });
  expect(answers.running).toBe(false);
});

test("a follow-up knows what was asked and answered before it, and a new question does not", async () => {
  const { answers, asked } = held();
  void answers.begin("When?", null);
  await turn();
  asked[0]?.answer(answered("When?", "On the tenth.", "Not later."));
  await turn();
  void answers.ask("And nothing about whales?");
  await turn();
  asked[1]?.answer(answered("And nothing about whales?"));
  await turn();
  void answers.ask("Why?");
  await turn();
  expect(asked[2]?.question.thread, "what found nothing says nothing").toEqual([{ question: "When?", answer_text: "On the tenth. Not later." }]);
  void answers.begin("Who?", { id: 4, title: "Lecture" });
  await turn();
  expect(answers.thread.map(({ question }) => question)).toEqual(["Who?"]);
  expect(asked[3]?.question).toEqual({ text: "Who?", recording_id: 4, thread: [], model: null });
});

test("what is written when it is stopped stays, and nothing comes after it", async () => {
  const { answers, asked, stop } = held();
  void answers.begin("When?", null);
  await turn();
  asked[0]?.tell([sentence("On the")]);
  await answers.stop();
  expect(stop).toHaveBeenCalledOnce();
  asked[0]?.tell([sentence("On the tenth.")]);
  asked[0]?.answer(null);
  await turn();
  expect(answers.thread[0]).toMatchObject({ state: "stopped", sentences: [{ text: "On the" }] });
  await answers.stop();
  expect(stop, "there is nothing to stop any more").toHaveBeenCalledOnce();
});

test("a new question stops the answer that is being written", async () => {
  const { answers, asked, stop } = held();
  void answers.begin("When?", null);
  await turn();
  void answers.begin("Who?", null);
  await turn();
  expect(stop).toHaveBeenCalledOnce();
  asked[0]?.tell([sentence("late")]);
  asked[0]?.answer(answered("When?", "late"));
  await turn();
  expect(answers.thread).toMatchObject([{ question: "Who?", state: "asking", sentences: [] }]);
});

test("one question at a time, and what failed can be asked again", async () => {
  const { answers, asked } = held();
  void answers.begin("When?", null);
  await turn();
  await answers.ask("Who?");
  expect(asked, "the first is not answered yet").toHaveLength(1);
  asked[0]?.fail(new BackendError({ code: "out_of_memory", message: "There is too little memory for this model." }));
  await turn();
  expect(answers.thread[0]).toMatchObject({ state: "failed", problem: { code: "out_of_memory" } });
  void answers.again(answers.thread[0]?.id ?? 0);
  await turn();
  expect(answers.thread).toMatchObject([{ question: "When?", state: "asking" }]);
});

test("what one recording does not say is asked of all", async () => {
  const { answers, asked } = held();
  void answers.begin("When?", { id: 2, title: "Night shift" });
  await turn();
  asked[0]?.answer(answered("When?"));
  await turn();
  void answers.widen("When?");
  await turn();
  expect(asked.map(({ question }) => question.recording_id)).toEqual([2, null]);
});

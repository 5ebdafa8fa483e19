import { m } from "../i18n";
import type { Asked } from "../state/answers.svelte";

/** What is said in the place of an answer: a model that finds none in what it read has not searched everything. */
export function nothingText({ answer, about }: Asked): string {
  if (answer && answer.passages.length > 0) return m.answer_nothing_read();
  return about ? m.answer_nothing_in() : m.answer_nothing();
}

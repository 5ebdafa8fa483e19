// Questions about the recordings, one after the other: each knows those before it until a new thread begins.
import type { Answer, AnswerSentence, Backend, Exchange } from "../backend/backend";
import type { Named } from "./narrowing";
import { problemOf, type Problem } from "./problem";

/** A question and what became of it. */
export interface Asked {
  id: number;
  question: string;
  /** The recording that it is about; none where it is about all of them. */
  about: Named | null;
  state: "asking" | "answered" | "stopped" | "failed";
  /** As far as they are written. */
  sentences: AnswerSentence[];
  answer: Answer | null;
  problem: Problem | null;
}

export const textOf = (sentences: readonly AnswerSentence[]): string => sentences.map(({ text }) => text).join(" ");

export class AnswersStore {
  open = $state(false);
  thread: Asked[] = $state.raw([]);
  about: Named | null = $state.raw(null);
  /** What is being typed. */
  draft = $state("");
  /** Counts up when the field shall have the focus. */
  reveal = $state(0);

  readonly running = $derived(this.thread.at(-1)?.state === "asking");

  readonly #backend: Backend;
  #nextId = 1;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  show(): void {
    this.open = true;
    this.reveal += 1;
  }

  /** Begins a thread. */
  async begin(text: string, about: Named | null): Promise<void> {
    await this.renew();
    this.about = about;
    await this.ask(text);
  }

  /** Leaves the thread behind. */
  async renew(): Promise<void> {
    const stopping = this.stop();
    this.thread = [];
    this.show();
    await stopping;
  }

  async ask(text: string): Promise<void> {
    const question = text.trim();
    if (question === "" || this.running) return;
    const { about } = this;
    const thread = this.thread.flatMap(({ question, state, sentences, answer }): Exchange[] =>
      state === "answered" && answer && sentences.length > 0 ? [{ question, answer_text: textOf(sentences) }] : [],
    );
    const id = this.#nextId++;
    this.thread = [...this.thread, { id, question, about, state: "asking", sentences: [], answer: null, problem: null }];
    try {
      const asked = { text: question, recording_id: about?.id ?? null, thread, model: null };
      const answer = await this.#backend.ask(asked, (sentences) => this.#put(id, { sentences }));
      if (answer) this.#put(id, { state: "answered", answer, sentences: answer.sentences });
      else this.#put(id, { state: "stopped" });
    } catch (error) {
      this.#put(id, { state: "failed", problem: problemOf(error) });
    }
  }

  /** Asks anew what went wrong. */
  async again(id: number): Promise<void> {
    const failed = this.thread.find((asked) => asked.id === id);
    if (!failed || this.running) return;
    this.thread = this.thread.filter((asked) => asked.id !== id);
    await this.ask(failed.question);
  }

  /** Asks all recordings what one of them could not answer. */
  async widen(question: string): Promise<void> {
    this.about = null;
    await this.ask(question);
  }

  /** What is written so far stays. */
  async stop(): Promise<void> {
    const last = this.thread.at(-1);
    if (last?.state !== "asking") return;
    this.#put(last.id, { state: "stopped" });
    await this.#backend.stopAsking().catch(() => {}); // It has ended by itself meanwhile.
  }

  /** What comes after a question was stopped or left behind changes nothing. */
  #put(id: number, change: Partial<Asked>): void {
    this.thread = this.thread.map((asked) => (asked.id === id && asked.state === "asking" ? { ...asked, ...change } : asked));
  }
}

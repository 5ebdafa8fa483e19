// What stores need of the page around them when they do something that can fail or be taken back.
import type { Backend } from "../backend/backend";
import type { LanguageStore } from "./language.svelte";
import type { QueueStore } from "./queue.svelte";
import type { ReadingStore } from "./reading.svelte";
import type { Toasts, Writer } from "./toasts.svelte";

export interface Host {
  readonly backend: Backend;
  readonly toasts: Toasts;
  readonly reading: ReadingStore;
  readonly queue: QueueStore;
  readonly language: LanguageStore;
  /** Shows what went wrong and tells whether it went well; methods without an answer give true. */
  attempt<T>(work: () => Promise<T>): Promise<T | true | false>;
  /** Says what was done, with the way back; `writer` is the job that ends it. */
  offerUndo(text: string, back: () => Promise<unknown>, writer?: Writer): void;
  /** No language model is there: shows where to get one. */
  askForLanguageModel(): void;
}

// Search as one types. Answers that come late, after more was typed, are dropped.
import type { Backend, SearchHit } from "../backend/backend";
import { problemOf, type Problem } from "./problem";

const MAX_HITS = 200;
/** Milliseconds without a key before a search starts. */
const DELAY_MS = 120;

export class SearchStore {
  words = $state("");
  hits: SearchHit[] | null = $state.raw(null);
  problem: Problem | null = $state(null);

  readonly #backend: Backend;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #turn = 0;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  get active(): boolean {
    return this.words.trim() !== "";
  }

  type(words: string): void {
    this.words = words;
    clearTimeout(this.#timer);
    this.#turn += 1;
    if (!this.active) {
      this.hits = null;
      this.problem = null;
      return;
    }
    this.#timer = setTimeout(() => void this.run(), DELAY_MS);
  }

  clear(): void {
    this.type("");
  }

  async run(): Promise<void> {
    const turn = ++this.#turn;
    try {
      const hits = await this.#backend.search(this.words.trim(), MAX_HITS);
      if (turn !== this.#turn) return;
      this.hits = hits;
      this.problem = null;
    } catch (error) {
      if (turn !== this.#turn) return;
      this.hits = null;
      this.problem = problemOf(error);
    }
  }
}

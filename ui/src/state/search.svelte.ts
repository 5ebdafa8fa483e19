// Search as one types: by words at once, and a moment later by meaning as well, which takes longer. What is on
// the screen stays until something newer is there; answers that come late, after more was typed, are dropped.
import type { Backend, Found, SearchMode } from "../backend/backend";
import { filtersOf, isQuestion, WIDE, type Narrowing } from "./narrowing";
import { problemOf, type Problem } from "./problem";

const MAX_HITS = 200;
/** Milliseconds without a key before a search starts. */
const WORDS_DELAY_MS = 40;
const MEANING_DELAY_MS = 250;

export class SearchStore {
  words = $state("");
  narrowing: Narrowing = $state.raw(WIDE);
  found: Found | null = $state.raw(null);
  problem: Problem | null = $state(null);
  /** Something better may still come. */
  looking = $state(false);

  readonly isQuestion = $derived(isQuestion(this.words));
  readonly hits = $derived(this.found?.hits ?? null);

  readonly #backend: Backend;
  #timers: ReturnType<typeof setTimeout>[] = [];
  #turn = 0;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  get active(): boolean {
    return this.words.trim() !== "";
  }

  type(words: string): void {
    this.words = words;
    this.#restart(WORDS_DELAY_MS, MEANING_DELAY_MS);
  }

  narrow(change: Partial<Narrowing>): void {
    this.narrowing = { ...this.narrowing, ...change };
    this.#restart(WORDS_DELAY_MS, MEANING_DELAY_MS);
  }

  clear(): void {
    this.type("");
  }

  /** Once more, without waiting. */
  run(): void {
    this.#restart(0, 0);
  }

  #restart(wordsDelayMs: number, meaningDelayMs: number): void {
    for (const timer of this.#timers) clearTimeout(timer);
    const turn = ++this.#turn;
    this.looking = this.active;
    if (!this.active) {
      this.found = null;
      this.problem = null;
      return;
    }
    this.#timers = [
      setTimeout(() => void this.#look(turn, "words"), wordsDelayMs),
      setTimeout(() => void this.#look(turn, "hybrid"), meaningDelayMs),
    ];
  }

  async #look(turn: number, mode: SearchMode): Promise<void> {
    // Words that come after meaning say less than what is there.
    const isLate = () => turn !== this.#turn || (mode === "words" && !this.looking);
    try {
      const query = { text: this.words.trim(), mode, filters: filtersOf(this.narrowing), limit: MAX_HITS };
      const found = await this.#backend.find(query);
      if (isLate()) return;
      this.found = found;
      this.problem = null;
    } catch (error) {
      if (isLate()) return;
      // What words have found is worth showing although meaning failed.
      if (mode === "words") this.found = null;
      this.problem = problemOf(error);
    }
    if (mode === "hybrid") this.looking = false;
  }
}

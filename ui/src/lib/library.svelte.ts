// What the page shows of the library, and the moves that change it. Answers that come late, after
// the user has gone on, are dropped.
import { BackendError, type Backend, type LibraryEvent, type Recording, type SearchHit, type Segment } from "../backend/backend";

const PAGE_SIZE = 200;
const MAX_HITS = 100;
/** Milliseconds without a key before a search starts. */
const SEARCH_DELAY_MS = 150;

export interface Problem {
  /** A sentence for the user; empty where the page has to find its own words. */
  message: string;
}

export interface Running {
  stage: "waiting" | "loading_model" | "transcribing";
  fraction: number | null;
}

const problem = (error: unknown): Problem => ({ message: error instanceof BackendError ? error.message : "" });

export class LibraryView {
  recordings: Recording[] | null = $state(null);
  hasMore = $state(false);
  selectedId: number | null = $state(null);
  selectedTitle = $state("");
  segments: Segment[] | null = $state(null);
  /** Where the transcript shall be scrolled to: the start of a segment that was searched for. */
  targetMs: number | null = $state(null);
  words = $state("");
  hits: SearchHit[] | null = $state(null);
  running: Record<number, Running> = $state({});
  readOnly = $state(false);
  listProblem: Problem | null = $state(null);
  transcriptProblem: Problem | null = $state(null);
  searchProblem: Problem | null = $state(null);

  readonly #backend: Backend;
  #searchTimer: ReturnType<typeof setTimeout> | undefined;
  #listTurn = 0;
  #transcriptTurn = 0;
  #searchTurn = 0;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /** What is open, where the list has it: a hit may lead further back than the list goes. */
  get selected(): Recording | null {
    return this.recordings?.find((recording) => recording.id === this.selectedId) ?? null;
  }

  /** Loads the list and listens for changes; the returned function stops listening. */
  async open(): Promise<() => void> {
    const stop = await this.#backend.listen((event) => this.#hear(event)).catch(() => () => {});
    await this.refresh();
    return stop;
  }

  /** Looks everything up again that is on the screen. */
  async refresh(): Promise<void> {
    const turn = ++this.#listTurn;
    try {
      const wanted = Math.max(this.recordings?.length ?? 0, PAGE_SIZE);
      const [recordings, info] = await Promise.all([
        this.#backend.recordings(0, wanted + 1),
        this.#backend.libraryInfo(),
      ]);
      if (turn !== this.#listTurn) return;
      this.hasMore = recordings.length > wanted;
      this.recordings = recordings.slice(0, wanted);
      this.readOnly = info.read_only;
      this.listProblem = null;
    } catch (error) {
      if (turn === this.#listTurn) this.listProblem = problem(error);
      return;
    }
    const newest = this.recordings[0];
    if (this.selectedId === null && newest) this.select(newest.id, newest.title);
    else await this.#loadTranscript();
  }

  async loadMore(): Promise<void> {
    const turn = ++this.#listTurn;
    const known = this.recordings ?? [];
    try {
      const more = await this.#backend.recordings(known.length, PAGE_SIZE + 1);
      if (turn !== this.#listTurn) return;
      this.hasMore = more.length > PAGE_SIZE;
      this.recordings = [...known, ...more.slice(0, PAGE_SIZE)];
    } catch (error) {
      if (turn === this.#listTurn) this.listProblem = problem(error);
    }
  }

  select(recordingId: number, title: string, targetMs: number | null = null): void {
    const changed = this.selectedId !== recordingId;
    this.selectedId = recordingId;
    this.selectedTitle = title;
    this.targetMs = targetMs;
    if (changed) {
      this.segments = null;
      void this.#loadTranscript();
    }
  }

  /** Searches when the user stops typing. */
  type(words: string): void {
    this.words = words;
    clearTimeout(this.#searchTimer);
    if (words.trim() === "") {
      this.#searchTurn += 1;
      this.hits = null;
      this.searchProblem = null;
      return;
    }
    this.#searchTimer = setTimeout(() => void this.#search(), SEARCH_DELAY_MS);
  }

  async #search(): Promise<void> {
    const turn = ++this.#searchTurn;
    try {
      const hits = await this.#backend.search(this.words, MAX_HITS);
      if (turn !== this.#searchTurn) return;
      this.hits = hits;
      this.searchProblem = null;
    } catch (error) {
      if (turn !== this.#searchTurn) return;
      this.hits = [];
      this.searchProblem = problem(error);
    }
  }

  async #loadTranscript(): Promise<void> {
    const id = this.selectedId;
    if (id === null) return;
    const turn = ++this.#transcriptTurn;
    try {
      const segments = await this.#backend.transcript(id);
      if (turn !== this.#transcriptTurn) return;
      this.segments = segments;
      this.transcriptProblem = null;
    } catch (error) {
      if (turn === this.#transcriptTurn) this.transcriptProblem = problem(error);
    }
  }

  #hear(event: LibraryEvent): void {
    if (event.kind === "progress") {
      if (event.stage === "finished") delete this.running[event.recording_id];
      else this.running[event.recording_id] = { stage: event.stage, fraction: event.fraction };
      return;
    }
    if (event.kind !== "changed") delete this.running[event.recording_id];
    void this.refresh().then(() => {
      if (event.kind === "failed" && event.recording_id === this.selectedId)
        this.transcriptProblem = { message: event.message };
    });
  }
}

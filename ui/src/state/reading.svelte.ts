// The recording that is open: its facts, its segments as they come, the words of what is on the screen.
import type { AppEvent, Backend, Recording, RecordingNote, Segment, Word } from "../backend/backend";
import { painted } from "./painted";
import { problemOf, type Problem } from "./problem";

/** The last of `items` that starts at or before `ms`; -1 before the first. */
export function indexAt(items: readonly { start_ms: number }[], ms: number): number {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((items[middle]?.start_ms ?? Infinity) <= ms) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** More than the largest screen shows. They are asked for first, so that a day opens as fast as a minute. */
export const N_FIRST = 100;

/** What was decoded takes the place of all from where it begins: a transcription may begin again at the start. */
function joined(known: readonly Segment[], fresh: readonly Segment[]): Segment[] {
  const from = fresh[0]?.start_ms ?? Infinity;
  return [...known.filter((segment) => segment.start_ms < from), ...fresh];
}

export class ReadingStore {
  id: number | null = $state(null);
  recording: Recording | null = $state.raw(null);
  segments: Segment[] | null = $state.raw(null);
  /** All segments are there, not just those that are asked for first. */
  whole = $state(false);
  notes: RecordingNote[] = $state.raw([]);
  peaks: number[] = $state.raw([]);
  mediaUrl: string | null = $state(null);
  problem: Problem | null = $state(null);
  /** The segment that has the reader's attention; arrows and searches move it. */
  cursor = $state(-1);
  /** Counts up when the cursor shall be scrolled to. */
  reveal = $state(0);
  /** What a line of the minutes rests on. */
  marked: ReadonlySet<number> = $state.raw(new Set());
  /** Words by segment index, for what is on the screen. */
  words: ReadonlyMap<number, Word[]> = $state.raw(new Map());

  readonly doubtful: number[] = $derived(
    (this.whole ? (this.segments ?? []) : []).flatMap((segment, idx) => (segment.flags.length > 0 ? [idx] : [])),
  );

  readonly #backend: Backend;
  #turn = 0;
  #targetMs: number | null = null;
  /** Ends when all that was asked for last is there. */
  #read: Promise<void> | null = null;
  /** What a job has decoded so far: until it ends the library may answer with the text before it. */
  #heard: { jobId: number; segments: Segment[] } | null = null;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  async open(id: number, targetMs: number | null = null): Promise<void> {
    if (id === this.id && this.segments) {
      if (targetMs !== null) this.goTo(targetMs);
      await this.#read;
      return;
    }
    this.close();
    this.id = id;
    this.#targetMs = targetMs;
    await this.refresh();
  }

  close(): void {
    this.#turn += 1;
    this.id = null;
    this.#heard = null;
    this.recording = null;
    this.segments = null;
    this.whole = false;
    this.notes = [];
    this.peaks = [];
    this.mediaUrl = null;
    this.problem = null;
    this.cursor = -1;
    this.marked = new Set();
    this.words = new Map();
  }

  async refresh(): Promise<void> {
    this.#read = this.#readAll();
    await this.#read;
  }

  async #readAll(): Promise<void> {
    const id = this.id;
    if (id === null) return;
    const turn = ++this.#turn;
    const most = this.segments === null && this.#targetMs === null ? N_FIRST : null;
    try {
      const [recording, segments, notes] = await Promise.all([
        this.#backend.recording(id),
        this.#backend.transcript(id, most),
        this.#backend.notes(id),
      ]);
      if (turn !== this.#turn) return;
      this.recording = recording;
      this.notes = notes;
      this.problem = null;
      this.#show(segments, most === null || segments.length < most);
      if (!this.whole) {
        await painted();
        if (turn !== this.#turn) return;
        const all = await this.#backend.transcript(id, null);
        if (turn !== this.#turn) return;
        this.#show(all, true);
      }
    } catch (error) {
      if (turn === this.#turn) this.problem = problemOf(error);
      return;
    }
    // The text is what one waits for; the sound's picture may come after it.
    const [peaks, url] = await Promise.allSettled([this.#backend.peaks(id), this.#backend.mediaUrl(id)]);
    if (turn !== this.#turn) return;
    this.peaks = peaks.status === "fulfilled" ? peaks.value : [];
    this.mediaUrl = url.status === "fulfilled" ? url.value : null;
  }

  hear(event: AppEvent): void {
    if (event.kind === "segments") {
      if (event.recording_id !== this.id) return;
      const before = this.#heard?.jobId === event.job_id ? this.#heard.segments : [];
      this.#heard = { jobId: event.job_id, segments: joined(before, event.segments) };
      if (this.segments) this.segments = joined(this.segments, event.segments);
    } else if (event.kind === "job_done" || event.kind === "job_failed" || event.kind === "job_cancelled") {
      if (event.job_id === this.#heard?.jobId) this.#heard = null;
    }
  }

  #show(segments: readonly Segment[], whole: boolean): void {
    this.segments = joined(segments, this.#heard?.segments ?? []);
    this.whole = whole;
    this.words = new Map();
    if (whole && this.#targetMs !== null) this.goTo(this.#targetMs);
  }

  /** Shows another text of a segment before the library answers with it. */
  put(idx: number, text: string): void {
    this.segments =
      this.segments?.map((segment, at) => {
        if (at !== idx || segment.text === text) return segment;
        const heard = segment.original ?? segment.text;
        return { ...segment, text, original: heard === text ? null : heard };
      }) ?? null;
  }

  /** Segments that reach into a stretch. */
  between(startMs: number, endMs: number): number[] {
    return (this.segments ?? []).flatMap((segment, idx) => (segment.end_ms > startMs && segment.start_ms < endMs ? [idx] : []));
  }

  goTo(ms: number): void {
    this.#targetMs = this.whole ? null : ms;
    if (!this.segments || !this.whole) return;
    this.cursor = Math.max(0, indexAt(this.segments, ms));
    this.reveal += 1;
  }

  moveTo(idx: number): void {
    const n = this.segments?.length ?? 0;
    if (n === 0) return;
    this.cursor = Math.max(0, Math.min(n - 1, idx));
    this.reveal += 1;
  }

  /** The next doubtful place after the cursor, from the start again after the last. */
  nextDoubtful(): number | null {
    const next = this.doubtful.find((idx) => idx > this.cursor) ?? this.doubtful[0];
    if (next === undefined) return null;
    this.moveTo(next);
    return next;
  }

  /** Asks for the words of what is on the screen; what came before is kept while it is near. */
  async loadWords(from: number, to: number): Promise<void> {
    const [id, segments, turn] = [this.id, this.segments, this.#turn];
    const [first, last] = [segments?.[from], segments?.[to]];
    if (id === null || !segments || !first || !last) return;
    let missing = false;
    for (let idx = from; idx <= to && !missing; idx += 1) missing = !this.words.has(idx);
    if (!missing) return;
    try {
      const words = await this.#backend.words(id, first.start_ms, last.end_ms);
      if (turn !== this.#turn || segments !== this.segments) return;
      const found = new Map<number, Word[]>();
      for (let idx = from; idx <= to; idx += 1) found.set(idx, this.words.get(idx) ?? []);
      for (const word of words) {
        const idx = indexAt(segments, word.start_ms);
        if (!this.words.has(idx)) found.get(idx)?.push(word);
      }
      this.words = found;
    } catch {
      // Without words a click still leads to the segment.
    }
  }
}

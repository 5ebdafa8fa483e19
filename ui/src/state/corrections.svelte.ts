// Proposals for the text, and going through them: one by one, by key, with a way back.
import type { Correction, CorrectionState, Job } from "../backend/backend";
import type { Host } from "./host";
import { problemOf } from "./problem";

interface Step {
  /** Segments and what was decided about them before. */
  before: Map<number, CorrectionState>;
  at: number;
}

export class CorrectionsStore {
  list: Correction[] = $state.raw([]);
  reviewing = $state(false);
  /** Place in the list of the one that is looked at. */
  at = $state(0);
  #steps: Step[] = $state.raw([]);

  readonly bySegment: ReadonlyMap<number, Correction> = $derived(new Map(this.list.map((one) => [one.segment_idx, one])));
  readonly open = $derived(this.list.filter((one) => one.state === "open"));
  readonly unmarked = $derived(this.open.filter((one) => one.marks.length === 0));
  readonly nAccepted = $derived(this.list.filter((one) => one.state === "accepted").length);
  readonly nRefused = $derived(this.list.filter((one) => one.state === "refused").length);
  readonly done = $derived(this.list.length > 0 && this.open.length === 0);
  readonly current: Correction | null = $derived(this.list[this.at] ?? null);
  readonly canUndo = $derived(this.#steps.length > 0);
  readonly job: Job | null = $derived.by(() => {
    const id = this.#host.reading.id;
    return id === null ? null : this.#host.queue.of(id, "correct");
  });

  readonly #host: Host;
  #id: number | null = null;
  #turn = 0;

  constructor(host: Host) {
    this.#host = host;
  }

  async openFor(id: number | null): Promise<void> {
    if (id === this.#id) return;
    this.#id = id;
    this.#turn += 1;
    this.list = [];
    this.reviewing = false;
    this.#steps = [];
    if (id !== null) await this.refresh();
  }

  async refresh(): Promise<void> {
    const id = this.#id;
    if (id === null) return;
    const turn = ++this.#turn;
    try {
      const list = await this.#host.backend.corrections(id);
      if (turn === this.#turn) this.#take(list);
    } catch (error) {
      if (turn === this.#turn) this.#host.toasts.fail(problemOf(error));
    }
  }

  /** The one that is looked at may stand elsewhere now, or be gone with a passage that was changed by hand. */
  #take(list: Correction[]): void {
    const looked = list.findIndex((one) => one.segment_idx === this.current?.segment_idx);
    this.at = looked >= 0 ? looked : this.#within(this.at, list);
    this.list = list;
    if (list.length === 0) this.reviewing = false;
  }

  #within = (at: number, list: readonly Correction[]): number => Math.max(0, Math.min(list.length - 1, at));

  async make(model: string | null): Promise<void> {
    const { reading, language, backend, queue } = this.#host;
    const id = reading.id;
    if (id === null) return;
    if (!language.canWrite) return this.#host.askForLanguageModel();
    await this.#host.attempt(() => backend.makeCorrections(id, model));
    await queue.refresh();
  }

  begin(): void {
    if (this.list.length === 0) return;
    this.reviewing = true;
    this.#steps = [];
    this.#goTo(this.list.findIndex((one) => one.state === "open"));
  }

  end(): void {
    this.reviewing = false;
  }

  move(by: number): void {
    this.#goTo(this.at + by);
  }

  /** Looks at the proposal of a segment, such as one that was clicked. */
  look(segmentIdx: number): void {
    const at = this.list.findIndex((one) => one.segment_idx === segmentIdx);
    if (at >= 0) this.at = at;
  }

  async decide(state: "accepted" | "refused", segmentIdx = this.current?.segment_idx): Promise<void> {
    if (segmentIdx === undefined) return;
    this.look(segmentIdx);
    const known = this.bySegment.get(segmentIdx);
    if (!known || known.state === state) return;
    await this.#put([known], state);
  }

  async acceptUnmarked(): Promise<void> {
    if (this.unmarked.length === 0) return;
    await this.#put(this.unmarked, "accepted");
  }

  /** Takes back what was decided last. */
  async undo(): Promise<void> {
    const [id, step] = [this.#id, this.#steps.at(-1)];
    if (!step) return;
    this.#steps = this.#steps.slice(0, -1);
    for (const state of ["open", "accepted", "refused"] as const) {
      // A passage that was changed by hand has no proposal any more.
      const idxs = [...step.before].filter(([idx, before]) => before === state && this.bySegment.has(idx)).map(([idx]) => idx);
      const kept = idxs.length === 0 || (await this.#tell(idxs, state));
      if (id !== this.#id) return;
      if (!kept) {
        this.#steps = [...this.#steps, step];
        return;
      }
    }
    this.#goTo(step.at);
  }

  /** On to the next one without waiting: keys come faster than the disk. */
  async #put(which: Correction[], state: CorrectionState): Promise<void> {
    const id = this.#id;
    const step: Step = { before: new Map(which.map((one) => [one.segment_idx, one.state])), at: this.at };
    const kept = this.#tell(which.map((one) => one.segment_idx), state);
    this.#steps = [...this.#steps, step];
    this.#toNextOpen();
    if ((await kept) || id !== this.#id) return;
    this.#steps = this.#steps.filter((one) => one !== step);
    this.#goTo(step.at);
  }

  /** Shows it at once, and takes it back where it cannot be kept. */
  async #tell(idxs: number[], state: CorrectionState): Promise<boolean> {
    const [id, before] = [this.#id, this.list];
    if (id === null) return false;
    // An answer that was asked for before knows nothing of it.
    this.#turn += 1;
    this.list = before.map((one) => (idxs.includes(one.segment_idx) ? { ...one, state } : one));
    const { reading, backend } = this.#host;
    for (const one of before)
      if (idxs.includes(one.segment_idx)) reading.put(one.segment_idx, state === "accepted" ? one.proposed : one.original);
    if (await this.#host.attempt(() => backend.decideCorrections(id, idxs, state))) return true;
    await Promise.all([this.refresh(), reading.refresh()]);
    return false;
  }

  #toNextOpen(): void {
    const isOpen = (one: Correction) => one.state === "open";
    const after = this.list.findIndex((one, at) => at > this.at && isOpen(one));
    const next = after >= 0 ? after : this.list.findIndex(isOpen);
    if (next >= 0) this.#goTo(next);
  }

  #goTo(at: number): void {
    this.at = this.#within(at, this.list);
    const segment = this.current?.segment_idx;
    if (segment !== undefined) this.#host.reading.moveTo(segment);
  }
}

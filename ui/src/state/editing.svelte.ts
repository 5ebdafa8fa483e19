// The user's own words in place of what was heard, and what a model wrote of the text before: titles, and
// whatever is to be renewed.
import type { AppEvent, Outdated } from "../backend/backend";
import { m } from "../i18n";
import type { Host } from "./host";
import { Latest } from "./latest";

const NOTHING: Outdated = { title: false, minutes: false };

export class EditingStore {
  /** The segment that is being changed, and its text so far: its row may scroll out of sight meanwhile. */
  segment: { idx: number; draft: string } | null = $state(null);

  /** What a model wrote of another text of the open recording. */
  outdated: Outdated = $state.raw(NOTHING);

  readonly #host: Host;
  #id: number | null = null;
  readonly #asked = new Latest();
  /** Titles before a model was asked for one, by job. */
  readonly #titles = new Map<number, string>();

  constructor(host: Host) {
    this.#host = host;
  }

  async openFor(id: number | null): Promise<void> {
    if (id === this.#id) return;
    void this.save();
    this.#id = id;
    this.#asked.forget();
    this.outdated = NOTHING;
    await this.refresh();
  }

  async refresh(): Promise<void> {
    const id = this.#id;
    if (id === null) return;
    // Only an offer: the recording is whole without it.
    await this.#asked.ask(
      () => this.#host.backend.outdated(id).catch(() => NOTHING),
      (outdated) => (this.outdated = outdated),
    );
  }

  /** Has just that written again. */
  async renew(): Promise<void> {
    const { language, backend, queue } = this.#host;
    const id = this.#id;
    if (id === null) return;
    if (!language.canWrite) return this.#host.askForLanguageModel();
    await this.#host.attempt(() => backend.renew(id));
    await queue.refresh();
  }

  begin(idx: number): void {
    const { reading } = this.#host;
    if (this.segment?.idx === idx) return;
    void this.save();
    const segment = reading.segments?.[idx];
    if (!segment) return;
    reading.cursor = idx;
    this.segment = { idx, draft: segment.text };
  }

  cancel(): void {
    this.segment = null;
  }

  /** Keeps what was written, unless nothing is left of it. */
  async save(): Promise<void> {
    const [edit, { reading, backend }] = [this.segment, this.#host];
    this.segment = null;
    const [id, before] = [reading.id, reading.segments?.[edit?.idx ?? -1]?.text];
    const wanted = edit?.draft.trim().replace(/\s+/g, " ");
    if (!edit || id === null || before === undefined || !wanted || wanted === before) return;
    reading.put(edit.idx, wanted);
    if (await this.#host.attempt(() => backend.editSegment(id, edit.idx, wanted)))
      this.#host.offerUndo(m.text_changed(), () => backend.editSegment(id, edit.idx, before), { kind: "transcribe", recordingId: id });
    else if (id === reading.id) await reading.refresh();
  }

  async makeTitle(): Promise<void> {
    const { reading, language, backend, queue } = this.#host;
    const recording = reading.recording;
    if (!recording) return;
    if (!language.canWrite) return this.#host.askForLanguageModel();
    const job = await this.#host.attempt(() => backend.makeTitle(recording.id));
    if (typeof job === "number") this.#titles.set(job, recording.title);
    await queue.refresh();
  }

  hear(event: AppEvent): void {
    if (event.kind !== "job_done" && event.kind !== "job_failed" && event.kind !== "job_cancelled") return;
    const before = this.#titles.get(event.job_id);
    if (before === undefined) return;
    const { backend, toasts } = this.#host;
    if (event.kind === "job_done") {
      // One that failed may be tried again as the same job.
      this.#titles.delete(event.job_id);
      this.#host.offerUndo(m.title_found(), () => backend.rename(event.recording_id, before));
    } else if (event.kind === "job_failed") toasts.fail(event.error);
  }
}

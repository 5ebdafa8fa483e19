// The user's own words in place of what was heard, and titles that a model finds.
import type { AppEvent } from "../backend/backend";
import { m } from "../i18n";
import type { Host } from "./host";

export class EditingStore {
  /** The segment that is being changed, and its text so far: its row may scroll out of sight meanwhile. */
  segment: { idx: number; draft: string } | null = $state(null);

  readonly #host: Host;
  /** Titles before a model was asked for one, by job. */
  readonly #titles = new Map<number, string>();

  constructor(host: Host) {
    this.#host = host;
  }

  begin(idx: number): void {
    const { reading } = this.#host;
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
      this.#host.offerUndo(m.text_changed(), () => backend.editSegment(id, edit.idx, before));
    else reading.put(edit.idx, before);
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
    this.#titles.delete(event.job_id);
    if (before === undefined) return;
    const { backend, toasts } = this.#host;
    if (event.kind === "job_done")
      this.#host.offerUndo(m.title_found(), () => backend.rename(event.recording_id, before));
    else if (event.kind === "job_failed") toasts.fail(event.error);
  }
}

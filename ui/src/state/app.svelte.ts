// Everything that the page knows, wired together: one object that every component gets from context.
import { getContext, setContext } from "svelte";

import type { AppEvent, Backend, Format, TranscribeChoice } from "../backend/backend";
import { m } from "../i18n";
import { AddingStore } from "./adding.svelte";
import { AnswersStore } from "./answers.svelte";
import { CorrectionsStore } from "./corrections.svelte";
import { EditingStore } from "./editing.svelte";
import type { Host } from "./host";
import { LanguageStore } from "./language.svelte";
import { LayoutStore } from "./layout.svelte";
import { LibraryStore } from "./library.svelte";
import { MeaningStore } from "./meaning.svelte";
import { MinutesStore } from "./minutes.svelte";
import { ModelsStore } from "./models.svelte";
import { PlayerStore } from "./player.svelte";
import { problemOf, type Problem } from "./problem";
import { QueueStore } from "./queue.svelte";
import { ReadingStore } from "./reading.svelte";
import { RecorderStore } from "./recorder.svelte";
import { SearchStore } from "./search.svelte";
import { SettingsStore } from "./settings.svelte";
import { SimilarStore } from "./similar.svelte";
import { Toasts, type Writer } from "./toasts.svelte";

export type SettingsTab = "general" | "transcription" | "language" | "models" | "storage" | "about";
export type Dialog = "shortcuts" | "transcribe" | "minutes" | "correct" | "close" | "empty_trash" | null;

/** Changes come in bursts; the list is looked up once for all of them. */
const REFRESH_DELAY_MS = 150;

/** The field of the open recording that has the focus; leaving it keeps what stands in it. */
function fieldInUse(): HTMLElement | null {
  const field = document.activeElement;
  const isOurs = field?.matches("input, textarea") && field.closest("[data-transcript], [data-minutes]");
  return isOurs && field instanceof HTMLElement ? field : null;
}

export class App implements Host {
  readonly toasts = new Toasts();
  readonly player: PlayerStore;
  readonly settings: SettingsStore;
  readonly library: LibraryStore;
  readonly search: SearchStore;
  readonly answers: AnswersStore;
  readonly similar: SimilarStore;
  readonly meaning: MeaningStore;
  readonly reading: ReadingStore;
  readonly queue: QueueStore;
  readonly models: ModelsStore;
  readonly adding: AddingStore;
  readonly recorder: RecorderStore;
  readonly language: LanguageStore;
  readonly minutes: MinutesStore;
  readonly corrections: CorrectionsStore;
  readonly editing: EditingStore;
  readonly layout = new LayoutStore();

  /** Everything was looked up once. */
  started = $state(false);
  startProblem: Problem | null = $state(null);
  view: "library" | "trash" | "record" = $state("library");
  /** Why a recording ended by itself; stays until it was read. */
  endedBecause: string | null = $state(null);
  /** What another start left unfinished is asked about later. */
  unfinishedLater = $state(false);
  settingsTab: SettingsTab | null = $state(null);
  dialog: Dialog = $state(null);
  queueOpen = $state(false);
  renaming = $state(false);
  nRunningAtClose = $state(0);
  recordingAtClose = $state(false);
  #refreshTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly backend: Backend) {
    this.player = new PlayerStore();
    this.settings = new SettingsStore(backend, this.toasts);
    this.library = new LibraryStore(backend);
    this.search = new SearchStore(backend);
    this.answers = new AnswersStore(backend);
    this.similar = new SimilarStore(backend);
    this.meaning = new MeaningStore(backend);
    this.reading = new ReadingStore(backend);
    this.queue = new QueueStore(backend, this.toasts);
    this.models = new ModelsStore(backend, () => void this.#transcribeWaiting());
    this.language = new LanguageStore(backend);
    this.minutes = new MinutesStore(this);
    this.corrections = new CorrectionsStore(this);
    this.editing = new EditingStore(this);
    this.adding = new AddingStore(backend, {
      added: (id, first) => {
        this.#refreshSoon();
        if (first) this.#arrive(id);
      },
      show: (id) => this.open(id),
      transcribeAgain: (id) => this.transcribe(id, { model: null, language: null }),
      finished: (nAdded, stopped) => {
        void this.refresh();
        if (stopped) this.toasts.show(m.adding_stopped({ n: nAdded }));
        else if (nAdded > 1) this.toasts.show(m.adding_done({ n: nAdded }));
      },
      failed: (problem) => this.toasts.fail(problem),
    });
    this.recorder = new RecorderStore(backend, {
      settings: () => this.settings.current,
      stopped: ({ recording_id, not_transcribed }) => {
        this.#arrive(recording_id);
        if (not_transcribed !== null) this.toasts.show(m.record_not_transcribed());
        void Promise.all([this.refresh(), this.queue.refresh()]);
      },
      endedBecause: (reason) => (this.endedBecause = reason),
      failed: (problem) => this.toasts.fail(problem),
    });
  }

  /** Looks everything up and listens; the returned function stops listening. */
  async start(): Promise<() => void> {
    const stop = await this.backend.listen((event) => this.#hear(event));
    await this.load();
    return stop;
  }

  async load(): Promise<void> {
    this.startProblem = null;
    try {
      await this.settings.load();
      await this.library.refresh();
      this.started = true;
      if (this.library.closed) return;
      await Promise.all([this.queue.refresh(), this.models.refresh(), this.language.refresh(), this.recorder.load()]);
      const newest = this.library.recordings?.[0];
      if (this.recorder.live) this.view = "record";
      // Whoever went somewhere meanwhile stays there.
      else if (this.reading.id === null && newest && !this.narrow) void this.#read(newest.id);
      const opened = await this.backend.takeOpenedPaths();
      if (opened.length > 0) void this.adding.add(opened);
    } catch (error) {
      this.startProblem = problemOf(error);
    }
  }

  async refresh(): Promise<void> {
    await Promise.all([this.library.refresh(), this.view === "trash" ? this.library.loadTrash() : null]).catch(
      (error: unknown) => this.toasts.fail(problemOf(error)),
    );
  }

  /** One column: the list or the recording, not both. */
  get narrow(): boolean {
    return window.matchMedia("(width < 45rem)").matches;
  }

  /** Opens a recording, at a place where one is named; up to `endMs` it is marked. */
  open(id: number, targetMs: number | null = null, endMs: number | null = null): void {
    this.view = "library";
    this.#uncover();
    if (id !== this.reading.id) this.player.load(null, null);
    void this.#read(id, targetMs).then(() => {
      if (targetMs === null || this.reading.id !== id) return;
      this.player.seek(targetMs);
      if (endMs !== null) this.reading.marked = new Set(this.reading.between(targetMs, endMs));
    });
  }

  /** Opens what nobody asked to see, unless something is being written: then there is a way to it. */
  #arrive(id: number): void {
    const writing = this.renaming || this.editing.segment !== null || this.minutes.editing !== null || fieldInUse() !== null;
    if (this.view !== "library" || !writing) this.open(id);
    else this.toasts.show(m.adding_done({ n: 1 }), { label: m.show(), run: () => this.open(id) });
  }

  async #read(id: number, targetMs: number | null = null): Promise<void> {
    this.#turnTo(id);
    await this.reading.open(id, targetMs);
  }

  /** Keeps what is being typed and has all that belongs to a recording follow it, before it is another one. */
  #turnTo(id: number | null): void {
    if (id === this.reading.id) return;
    fieldInUse()?.blur();
    this.renaming = false;
    void this.editing.openFor(id);
    void this.minutes.open(id);
    void this.corrections.openFor(id);
    void this.similar.openFor(id);
  }

  /** Opens a place in the text, which may be behind the minutes. */
  openPlace(id: number, startMs: number | null, endMs: number | null): void {
    this.layout.showTranscript();
    this.open(id, startMs, endMs);
  }

  /** Asks what is typed into the search box; without words it shows where to ask. */
  askTyped(): void {
    const { search, answers } = this;
    if (search.active) void answers.begin(search.words, search.narrowing.recording);
    else answers.show();
  }

  /** Answers that stand before everything else make room. */
  #uncover(): void {
    if (!this.layout.answersBeside) this.answers.open = false;
  }

  /** Back to the list, where there is one column. */
  closeReading(): void {
    this.player.load(null, null);
    this.#turnTo(null);
    this.reading.close();
  }

  /** Where a recording is chosen, begun and watched. */
  showRecorder(): void {
    if (this.library.readOnly || this.library.closed) return;
    this.player.pause();
    this.#uncover();
    this.view = "record";
    if (!this.recorder.live) void this.recorder.lookForDevices();
  }

  /** Leaves the recording to itself; it goes on. */
  leaveRecorder(): void {
    this.view = "library";
  }

  /** Takes an unfinished recording into the library, or into the trash and back again. */
  async settleUnfinished(id: number, keep: boolean): Promise<void> {
    const title = this.recorder.unfinished.find((one) => one.id === id)?.title ?? "";
    const settled = await this.recorder.settle(id, keep);
    if (settled === null) return;
    if (keep) this.open(settled);
    else
      this.offerUndo(m.moved_to_trash({ title }), async () => {
        await this.backend.restore(settled);
        this.open(settled);
      });
    await Promise.all([this.refresh(), this.queue.refresh()]);
  }

  /** The user wants to close although something is recorded: it is kept first. */
  async stopAndClose(): Promise<void> {
    if (this.recorder.live && !(await this.recorder.stop())) return;
    await this.attempt(() => this.backend.closeWindow());
  }

  showTrash(): void {
    this.closeReading();
    this.#uncover();
    this.view = "trash";
    void this.library.loadTrash().catch((error: unknown) => this.toasts.fail(problemOf(error)));
  }

  async transcribe(id: number, choice: TranscribeChoice): Promise<void> {
    if (!this.models.canTranscribe) {
      this.settingsTab = "models";
      return;
    }
    await this.attempt(() => this.backend.transcribe(id, choice));
    await this.queue.refresh();
  }

  /** What was added before there was a model begins as soon as there is one. */
  async #transcribeWaiting(): Promise<void> {
    void this.language.refresh();
    if (!this.models.canTranscribe) return;
    const ids = this.adding.unqueuedIds;
    this.adding.unqueuedIds = [];
    this.adding.unqueued = null;
    for (const id of ids) await this.attempt(() => this.backend.transcribe(id, { model: null, language: null }));
    await this.queue.refresh();
  }

  async rename(id: number, title: string): Promise<void> {
    const before = this.reading.recording;
    const wanted = title.trim();
    if (!before || wanted === "" || wanted === before.title) return;
    this.#patch(id, { title: wanted });
    if (await this.attempt(() => this.backend.rename(id, wanted)))
      this.offerUndo(m.renamed(), () => this.backend.rename(id, before.title));
    else this.#patch(id, { title: before.title });
  }

  async tag(id: number, tag: string, put: boolean): Promise<void> {
    const name = tag.trim();
    if (name === "") return;
    const change = put ? this.backend.addTag(id, name) : this.backend.removeTag(id, name);
    if (!(await this.attempt(() => change))) return;
    if (!put) this.offerUndo(m.tag_removed({ tag: name }), () => this.backend.addTag(id, name));
    await Promise.all([this.library.refresh(), this.reading.refresh()]);
  }

  async trash(id: number): Promise<void> {
    const list = this.library.recordings ?? [];
    const idx = list.findIndex((recording) => recording.id === id);
    const title = (list[idx] ?? this.reading.recording)?.title ?? "";
    if (!(await this.attempt(() => this.backend.trash(id)))) return;
    this.library.remove(id);
    if (this.reading.id === id) {
      const neighbour = this.library.recordings?.[idx] ?? this.library.recordings?.[idx - 1];
      if (neighbour && !this.narrow) this.open(neighbour.id);
      else this.closeReading();
    }
    this.offerUndo(m.moved_to_trash({ title }), async () => {
      await this.backend.restore(id);
      await this.library.refresh();
      this.open(id);
    });
    await Promise.all([this.library.refresh(), this.queue.refresh()]);
  }

  async restore(id: number): Promise<void> {
    if (!(await this.attempt(() => this.backend.restore(id)))) return;
    this.toasts.show(m.restored(), { label: m.show(), run: () => this.open(id) });
    await this.refresh();
  }

  async emptyTrash(): Promise<void> {
    await this.attempt(() => this.backend.emptyTrash());
    await this.refresh();
  }

  async copy(id: number, format: Format): Promise<void> {
    await this.editing.save();
    if (await this.attempt(() => this.backend.copyTranscript(id, format))) this.toasts.show(m.copied());
  }

  async export(id: number, format: Format): Promise<void> {
    await this.editing.save();
    const written = await this.attempt(() => this.backend.exportToFile(id, format));
    if (typeof written === "string") this.toasts.show(m.exported({ path: written }));
  }

  undo(): void {
    this.toasts.undoable?.action?.run();
  }

  async attempt<T>(work: () => Promise<T>): Promise<T | true | false> {
    try {
      return (await work()) ?? true;
    } catch (error) {
      this.toasts.fail(problemOf(error));
      return false;
    }
  }

  /** A model by its name, wherever it runs. */
  modelName(id: string): string {
    return this.language.nameOf(id) ?? this.models.nameOf(id);
  }

  /** The text may be changed: all of it is there, and nothing else is writing it. */
  get canEdit(): boolean {
    const { id } = this.reading;
    if (id === null || !this.reading.whole || this.library.readOnly) return false;
    const state = this.queue.of(id, "transcribe")?.state;
    return state !== "running" && state !== "queued";
  }

  /** There is something to see in the minutes, so they stand beside the text without being asked for. */
  get minutesByThemselves(): boolean {
    return this.minutes.views.length > 0 || this.minutes.job !== null;
  }

  get minutesShown(): boolean {
    return this.layout.shows(this.minutesByThemselves);
  }

  /** Goes through the proposals, or asks for some where there are none. */
  review(): void {
    if (this.corrections.reviewing) this.corrections.end();
    else if (!this.canEdit) return;
    else if (this.corrections.open.length > 0) {
      this.layout.showTranscript();
      this.corrections.begin();
    } else if ((this.reading.segments?.length ?? 0) > 0) this.dialog = "correct";
  }

  /** Everything about the open recording, after something outside of the page changed it. */
  async refreshOpen(): Promise<void> {
    await Promise.all([this.reading.refresh(), this.minutes.refresh(), this.corrections.refresh(), this.editing.refresh()]);
  }

  askForLanguageModel(): void {
    this.settingsTab = "models";
  }

  offerUndo(text: string, back: () => Promise<unknown>, writer: Writer | null = null): void {
    const run = () => void this.attempt(back).then(() => Promise.all([this.library.refresh(), this.refreshOpen()]));
    this.toasts.offerUndo(text, run, writer);
  }

  /** What a job writes is not written over by a way back from before it. */
  #endUndo(event: AppEvent): void {
    if (event.kind === "segments") this.toasts.dropUndo(event.recording_id, "transcribe");
    else if (event.kind === "minutes_draft") this.toasts.dropUndo(event.recording_id, "minutes");
    else if (event.kind === "job_done" || event.kind === "job_failed" || event.kind === "job_cancelled")
      this.toasts.dropUndo(event.recording_id, this.queue.jobs.find(({ id }) => id === event.job_id)?.kind ?? null);
  }

  #patch(id: number, change: { title: string }): void {
    this.library.patch(id, change);
    if (this.reading.recording?.id === id) this.reading.recording = { ...this.reading.recording, ...change };
  }

  #refreshSoon(): void {
    clearTimeout(this.#refreshTimer);
    this.#refreshTimer = setTimeout(() => void this.refresh(), REFRESH_DELAY_MS);
  }

  #hear(event: AppEvent): void {
    this.#endUndo(event);
    this.queue.hear(event);
    this.reading.hear(event);
    this.minutes.hear(event);
    this.editing.hear(event);
    this.similar.hear(event);
    this.meaning.hear(event);
    switch (event.kind) {
      case "job_failed":
      case "job_cancelled":
      case "job_done":
        if (event.recording_id === this.reading.id) void this.refreshOpen();
        this.#refreshSoon();
        break;
      case "library_changed":
        if (event.recording_id === null || event.recording_id === this.reading.id) void this.refreshOpen();
        this.#refreshSoon();
        break;
      case "library_state":
        this.library.state = event.state;
        this.#refreshSoon();
        break;
      case "model_progress":
        this.models.hear(event.progress);
        break;
      case "models_changed":
        void Promise.all([this.models.refresh(), this.language.refresh(), this.meaning.refresh()]);
        break;
      case "drag_over":
        this.adding.dragging = true;
        break;
      case "drag_left":
        this.adding.dragging = false;
        break;
      case "files_dropped":
      case "files_opened":
        if (this.library.readOnly || this.library.closed) this.adding.dragging = false;
        else void this.adding.add(event.paths);
        break;
      case "recording_began":
        // Whoever is reading here goes on; a strip shows it.
        if (!document.hasFocus() || this.reading.id === null) {
          fieldInUse()?.blur();
          this.view = "record";
        }
        void this.recorder.follow();
        break;
      case "recording_ended":
        void this.recorder.endedOutside(event.recorded);
        break;
      case "recording_failed":
        void this.recorder.failedOutside(event.error);
        break;
      case "close_asked":
        this.nRunningAtClose = event.n_running;
        this.recordingAtClose = event.recording;
        this.dialog = "close";
        break;
    }
  }
}

const KEY = Symbol("app");

export const provideApp = (app: App): App => setContext(KEY, app);
export const useApp = (): App => getContext<App>(KEY);

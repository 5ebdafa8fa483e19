// The recording that is being made: what is chosen for it, how it is, and what was left unfinished.
import type {
  Backend, InputDevice, LiveFacts, LiveLine, LiveStatus, Recorded, Settings, UnfinishedRecording,
} from "../backend/backend";
import { m } from "../i18n";
import { errorText } from "../i18n/errors";
import { duration, size } from "../i18n/format";
import { Latest } from "./latest";
import { problemOf, type Problem } from "./problem";

/** Loudness of each channel in a window of 50 ms, 0 to 1. */
export type Column = readonly number[];

/** Columns that are kept for the picture: more than the widest window shows. */
const MAX_COLUMNS = 1_200;
/** A clipped sample stays marked for so long. */
const CLIP_SHOWN_MS = 4_000;

export interface RecorderHost {
  settings(): Settings | null;
  stopped(recorded: Recorded): void;
  /** It ended by itself; a sentence says why. */
  endedBecause(reason: string): void;
  failed(problem: Problem): void;
}

export interface Warning {
  tone: "warn" | "bad";
  text: string;
}

export class RecorderStore {
  devices: InputDevice[] | null = $state.raw(null);
  /** None where nothing is being recorded. */
  facts: LiveFacts | null = $state.raw(null);
  status: LiveStatus | null = $state.raw(null);
  beginning = $state(false);
  stopping = $state(false);
  /** Why it did not begin. */
  problem: Problem | null = $state(null);
  unfinished: UnfinishedRecording[] = $state.raw([]);
  /** The live transcript so far. */
  lines: LiveLine[] = $state.raw([]);
  /** The note that is being typed. */
  draft = $state("");
  /** Loudness so far; replaced by its own length, not watched in depth. */
  columns: Column[] = [];
  nColumns = $state(0);
  /** What could not be kept of an earlier recording, and is no note of this one by itself. */
  #leftover = "";
  /** Where each channel was too loud last. */
  #clippedAt: number[] = $state.raw([]);

  readonly live = $derived(this.facts !== null);
  readonly paused = $derived(this.status?.state === "paused");
  readonly elapsedMs = $derived(this.status?.elapsed_ms ?? 0);
  /** Microphone and computer, each in a channel of its own. */
  readonly both = $derived(this.facts !== null && this.facts.microphone && this.facts.system);
  readonly clipping = $derived(this.#clippedAt.map((at) => this.elapsedMs - at < CLIP_SHOWN_MS));
  readonly away = $derived(this.status?.devices.filter((device) => !device.is_connected) ?? []);
  readonly microphones = $derived(this.devices?.filter(({ kind }) => kind === "microphone") ?? []);
  readonly hasSystemSound = $derived(this.devices?.some(({ kind }) => kind === "system") ?? false);
  readonly warnings: Warning[] = $derived.by(() => this.#warnings());
  /** Why the live transcript ended before the recording. */
  readonly liveEnded = $derived.by(() => {
    const { text } = this.status ?? {};
    if (text?.state === "no_model") return m.live_no_model();
    if (text?.state !== "ended") return null;
    const what = this.facts?.transcribe ? m.live_ended() : m.live_ended_alone();
    return text.problem ? `${what} ${errorText(text.problem)}` : what;
  });
  /** For those who do not see the screen: what changed, and never the running time. */
  readonly spoken = $derived.by(() => {
    if (this.stopping) return m.record_saving();
    if (!this.live) return "";
    const doing = this.paused ? m.record_paused() : m.record_running();
    return [doing, ...this.warnings.map(({ text }) => text), ...(this.liveEnded ? [this.liveEnded] : [])].join(" ");
  });

  readonly #backend: Backend;
  readonly #host: RecorderHost;
  readonly #followed = new Latest();
  readonly #devicesAsked = new Latest();

  constructor(backend: Backend, host: RecorderHost) {
    this.#backend = backend;
    this.#host = host;
  }

  /** Looks up what runs already, and what another start left behind. */
  async load(): Promise<void> {
    await this.#follow();
    this.unfinished = await this.#backend.unfinishedRecordings();
  }

  /** What was begun from outside the window. */
  async follow(): Promise<void> {
    this.#forget();
    await this.#attempt(() => this.#follow());
  }

  async #follow(): Promise<void> {
    await this.#followed.ask(() => this.#backend.followRecording((status) => this.#hear(status)), (facts) => (this.facts = facts));
  }

  /** What was ended from there. */
  async endedOutside(recorded: Recorded): Promise<void> {
    await this.#forgetBut(recorded);
    this.#host.stopped(recorded);
  }

  /** What was asked from there went wrong; what could not be kept is among the unfinished ones. */
  async failedOutside(problem: Problem): Promise<void> {
    this.#host.failed(problem);
    await this.#attempt(() => this.load());
  }

  async lookForDevices(): Promise<void> {
    this.problem = null;
    try {
      await this.#devicesAsked.ask(() => this.#backend.inputDevices(), (devices) => (this.devices = devices));
    } catch (error) {
      this.devices = [];
      this.problem = problemOf(error);
    }
  }

  /** The remembered microphone, if it is there now. */
  chosenMicrophone(): InputDevice | null {
    const wanted = this.#host.settings()?.record_device;
    return this.microphones.find(({ id }) => id === wanted) ?? null;
  }

  /** What will be recorded, as far as it is there. */
  choice(): { microphone: boolean; system: boolean } {
    const settings = this.#host.settings();
    const system = settings?.record_system === true && this.hasSystemSound;
    const microphone = this.microphones.length > 0 && (settings?.record_microphone !== false || !system);
    return { microphone, system };
  }

  async begin(title: string): Promise<void> {
    const settings = this.#host.settings();
    if (this.live || this.beginning || !settings) return;
    this.beginning = true;
    this.problem = null;
    this.#forget();
    const { microphone, system } = this.choice();
    // Beside the computer's sound a microphone has to be named; alone, the system's own choice is followed.
    const named = this.chosenMicrophone() ?? (system ? (this.microphones[0] ?? null) : null);
    try {
      this.facts = await this.#backend.beginRecording(
        {
          title: title.trim() === "" ? null : title.trim(),
          device: microphone ? (named?.id ?? null) : null,
          system,
          transcribe: settings.record_transcribe,
          live: settings.record_live,
        },
        (status) => this.#hear(status),
      );
    } catch (error) {
      this.problem = problemOf(error);
    }
    this.beginning = false;
  }

  togglePause(): void {
    if (this.live && !this.stopping) void this.#attempt(() => this.#backend.pauseRecording(!this.paused));
  }

  async rename(title: string): Promise<void> {
    const wanted = title.trim();
    if (!this.facts || wanted === "" || wanted === this.facts.title) return;
    this.facts = { ...this.facts, title: wanted };
    await this.#attempt(() => this.#backend.titleRecording(wanted));
  }

  async setTranscribe(transcribe: boolean): Promise<void> {
    if (!this.facts) return;
    this.facts = { ...this.facts, transcribe };
    await this.#attempt(() => this.#backend.transcribeRecording(transcribe));
  }

  /** Keeps the note that is being typed; what is typed while the recording ends goes with it. */
  async addNote(): Promise<void> {
    if (this.stopping) return;
    await this.#keepDraft(async (text) => {
      const note = await this.#backend.noteRecording(text);
      if (this.facts) this.facts = { ...this.facts, notes: [...this.facts.notes, note] };
    });
  }

  /** What could not be kept goes back to where it was typed. */
  async #keepDraft(keep: (text: string) => Promise<void>): Promise<void> {
    const text = this.draft.trim();
    if (text === "") return;
    this.draft = "";
    let kept = false;
    await this.#attempt(async () => {
      await keep(text);
      kept = true;
    });
    if (!kept) this.draft = [text, this.draft].join(" ").trim();
  }

  /** Forgets a recording that is in the library now, and writes what was being typed to its notes. */
  async #forgetBut(recorded: Recorded): Promise<void> {
    const atMs = this.elapsedMs;
    this.#forget();
    if (this.draft !== this.#leftover) await this.#keepDraft((text) => this.#backend.addNote(recorded.recording_id, atMs, text));
    this.#leftover = this.draft;
  }

  /** Ends it; tells whether it is in the library. */
  async stop(): Promise<boolean> {
    if (!this.facts || this.stopping) return false;
    this.stopping = true;
    let recorded: Recorded | null = null;
    await this.#attempt(async () => await this.#forgetBut((recorded = await this.#backend.stopRecording())));
    this.stopping = false;
    if (recorded) {
      this.#host.stopped(recorded);
      return true;
    }
    this.#forget();
    this.#leftover = this.draft;
    await this.#attempt(async () => (this.unfinished = await this.#backend.unfinishedRecordings()));
    return false;
  }

  /** Takes an unfinished one into the library or into the trash; gives its number there. */
  async settle(id: number, keep: boolean): Promise<number | null> {
    let settled: number | null = null;
    await this.#attempt(async () => {
      const recording = await (keep ? this.#backend.keepUnfinished(id) : this.#backend.discardUnfinished(id));
      settled = recording.id;
      this.unfinished = this.unfinished.filter((one) => one.id !== id);
    });
    return settled;
  }

  #hear(status: LiveStatus): void {
    if (this.stopping) return;
    const before = this.status?.n_clipped;
    if (status.n_clipped.some((n, channel) => n > (before?.[channel] ?? n)))
      this.#clippedAt = status.n_clipped.map((n, channel) =>
        n > (before?.[channel] ?? n) ? status.elapsed_ms : (this.#clippedAt[channel] ?? -Infinity),
      );
    this.status = status;
    if (status.text && status.text.lines.length > 0) this.lines = [...this.lines, ...status.text.lines];
    for (const { channels } of status.levels) {
      const peaks = channels.map(({ low, high }) => Math.min(1, Math.max(high, -low)));
      this.columns.push(this.both ? peaks : [Math.max(0, ...peaks)]);
    }
    if (this.columns.length > 2 * MAX_COLUMNS) this.columns = this.columns.slice(-MAX_COLUMNS);
    this.nColumns += status.levels.length;
    const reason = endText(status);
    if (reason !== null && this.live) {
      this.#host.endedBecause(reason);
      void this.stop();
    }
  }

  #warnings(): Warning[] {
    const { status, facts } = this;
    if (!status || !facts) return [];
    const list: Warning[] = [];
    for (const { name } of this.away) list.push({ tone: "bad", text: m.warn_device_gone({ name }) });
    if (this.away.length === 0 && status.away_ms >= 1_000)
      list.push({ tone: "warn", text: m.warn_gap({ time: duration(status.away_ms) }) });
    if (status.no_signal && this.away.length === 0)
      list.push({ tone: "warn", text: facts.microphone ? m.warn_no_signal() : m.warn_nothing_plays() });
    if (this.clipping.some(Boolean)) list.push({ tone: "warn", text: m.warn_clipping() });
    if (status.lost_ms > 0) list.push({ tone: "warn", text: m.warn_lost({ n: Math.ceil(status.lost_ms) }) });
    if (status.disk_low_bytes !== null) list.push({ tone: "bad", text: m.warn_disk({ size: size(status.disk_low_bytes) }) });
    return list;
  }

  #forget(): void {
    this.#followed.forget();
    this.facts = null;
    this.status = null;
    this.lines = [];
    this.columns = [];
    this.nColumns = 0;
    this.#clippedAt = [];
  }

  async #attempt(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#host.failed(problemOf(error));
    }
  }
}

function endText({ state }: LiveStatus): string | null {
  switch (state) {
    case "disk_full":
      return m.ended_disk_full();
    case "device_lost":
      return m.ended_device_lost();
    case "write_failed":
      return m.ended_write_failed();
    default:
      return null;
  }
}

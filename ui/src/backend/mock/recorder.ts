// A recorder without sound: levels that move as speech does, and every trouble that a recording can have.
import {
  BackendError, type InputDevice, type Level, type LiveFacts, type LiveLine, type LiveState, type LiveStatus,
  type LiveText, type RecordChoice, type RecordingNote, type UnfinishedRecording,
} from "../backend";
import type { State } from "./scenario";
import { chance } from "./sound";
import { error } from "./world";

const TICK_MS = 50;

const DEVICES: InputDevice[] = [
  { id: "wasapi:built-in", name: "Microphone Array (Realtek Audio)", kind: "microphone", is_default: true },
  { id: "wasapi:headset", name: "헤드셋 마이크 (Jabra Evolve2 40)", kind: "microphone", is_default: false },
  { id: "wasapi:speakers", name: "Speakers (Realtek Audio)", kind: "system", is_default: true },
];

/** States that open in the middle of a recording. */
const RUNNING: Partial<Record<State, { state: LiveState; both?: boolean }>> = {
  recording: { state: "running" },
  "recording-both": { state: "running", both: true },
  paused: { state: "paused" },
  "no-signal": { state: "running" },
  clipping: { state: "running", both: true },
  "device-lost": { state: "running" },
  "disk-low": { state: "running" },
  overrun: { state: "running" },
  live: { state: "running" },
  "live-loading": { state: "running" },
  "live-behind": { state: "running" },
  "live-ended": { state: "running" },
  "live-no-model": { state: "running" },
};

const SAID: LiveLine[] = [
  [718_000, "네, 그러면 주민 설명회 날짜부터 정하겠습니다."],
  [722_400, "강당은 토요일 오전에만 비어 있습니다."],
  [726_100, "Could we ask the school for the gym instead?"],
  [729_800, "체육관은 소리가 많이 울려서 뒤쪽에서는 잘 들리지 않을 겁니다."],
  [735_600, null],
  [741_300, "그럼 강당으로 하고, 시작은 열 시로 하지요."],
  [746_200, "안내문은 제가 금요일까지 붙이겠습니다."],
].map(([start_ms, text]) => ({ start_ms, end_ms: Number(start_ms) + 3_400, text, doubtful: start_ms === 726_100 }) as LiveLine);

const STOPPED = error(
  "out_of_memory",
  "The transcription process was killed (signal 9), which the system does when memory runs out.",
);

const NOTES: RecordingNote[] = [
  { at_ms: 71_000, kind: "user", text: "예산은 다음 주에 다시" },
  { at_ms: 402_000, kind: "user", text: "Ask Minseo for the floor plan" },
];

export const UNFINISHED: UnfinishedRecording[] = [
  { id: 3, title: "주간 회의", device: "Microphone Array (Realtek Audio)", started_at: "2026-11-24T05:02:00Z", duration_ms: 2_831_000 },
  { id: 4, title: "Interview with the ferryman", device: "Headset", started_at: "2026-11-24T07:40:00Z", duration_ms: 41_000 },
];

interface Running {
  facts: LiveFacts;
  devices: string[];
  paused: boolean;
  elapsedMs: number;
  since: number;
  nClipped: number[];
  ended: LiveState | null;
  /** Lines of the live transcript that were not told yet; none where none is wanted. */
  said: LiveLine[] | null;
}

export class MockRecorder {
  unfinished: UnfinishedRecording[];
  #running: Running | null = null;
  #tell: ((status: LiveStatus) => void) | null = null;
  #timer: ReturnType<typeof setInterval> | undefined;
  readonly #random = chance(11);

  constructor(private readonly state: State) {
    this.unfinished = state === "unfinished" ? [...UNFINISHED] : [];
    const running = RUNNING[state];
    if (!running) return;
    const both = running.both === true;
    this.#running = {
      facts: { title: "주민 설명회 준비 모임", transcribe: true, microphone: true, system: both, notes: [...NOTES] },
      devices: both ? [DEVICES[0]?.name ?? "", DEVICES[2]?.name ?? ""] : [DEVICES[0]?.name ?? ""],
      paused: running.state === "paused", elapsedMs: 754_000, since: Date.now(), nClipped: [0, 0], ended: null,
      said: state.startsWith("live") ? (["live", "live-behind", "live-ended"].includes(state) ? [...SAID] : []) : null,
    };
  }

  devices(): InputDevice[] {
    return this.state === "no-device" ? [] : DEVICES;
  }

  begin(choice: RecordChoice, tell: (status: LiveStatus) => void, now: Date): LiveFacts {
    if (this.#running) throw new BackendError(error("invalid_input", "A recording is being made already."));
    const chosen = DEVICES.find((device) => device.id === choice.device) ?? DEVICES[0];
    const microphone = choice.device !== null || !choice.system;
    const pad = (n: number) => String(n).padStart(2, "0");
    const day = `${now.getFullYear()}-${pad(now.getMonth() + 1)}-${pad(now.getDate())}`;
    this.#running = {
      facts: {
        title: choice.title ?? `Recording ${day} ${pad(now.getHours())}:${pad(now.getMinutes())}`,
        transcribe: choice.transcribe, microphone, system: choice.system, notes: [],
      },
      devices: [microphone ? chosen?.name : null, choice.system ? DEVICES[2]?.name : null].filter((name) => name != null),
      paused: false, elapsedMs: 0, since: Date.now(), nClipped: [0, 0], ended: null,
      said: choice.live ? [] : null,
    };
    return this.follow(tell) ?? this.#live().facts;
  }

  follow(tell: (status: LiveStatus) => void): LiveFacts | null {
    if (!this.#running) return null;
    this.#tell = tell;
    clearInterval(this.#timer);
    this.#timer = setInterval(() => this.tick(), TICK_MS);
    return { ...this.#running.facts, notes: [...this.#running.facts.notes] };
  }

  pause(paused: boolean): void {
    const running = this.#live();
    running.elapsedMs = this.#elapsed();
    running.since = Date.now();
    running.paused = paused;
  }

  change(facts: Partial<LiveFacts>): void {
    Object.assign(this.#live().facts, facts);
  }

  note(text: string): RecordingNote {
    const note: RecordingNote = { at_ms: this.#elapsed(), kind: "user", text };
    this.#live().facts.notes.push(note);
    return note;
  }

  stop(): { facts: LiveFacts; durationMs: number } {
    const [running, durationMs] = [this.#live(), this.#elapsed()];
    clearInterval(this.#timer);
    this.#running = null;
    return { facts: running.facts, durationMs };
  }

  /** The live transcript has heard something. */
  say(lines: LiveLine[]): void {
    this.#live().said?.push(...lines);
  }

  /** It ends by itself, as for want of room. */
  end(state: LiveState): void {
    this.#live().ended = state;
  }

  take(id: number): UnfinishedRecording {
    const found = this.unfinished.find((one) => one.id === id);
    if (!found) throw new BackendError(error("not_found", `There is no unfinished recording number ${id}.`));
    this.unfinished = this.unfinished.filter((one) => one !== found);
    return found;
  }

  tick(): void {
    const running = this.#running;
    if (!running) return;
    const at_ms = this.#elapsed();
    const { state } = this;
    if (state === "clipping" && !running.paused) running.nClipped = running.nClipped.map((n, idx) => (idx === 0 ? n + 3 : n));
    const channels = running.devices.map((_, channel) => this.#level(at_ms, channel));
    this.#tell?.({
      state: running.ended ?? (running.paused ? "paused" : "running"),
      elapsed_ms: at_ms,
      devices: running.devices.map((name) => ({ name, is_connected: state !== "device-lost" })),
      no_signal: state === "no-signal" && !running.paused,
      n_clipped: running.nClipped.slice(0, running.devices.length),
      lost_ms: state === "overrun" ? 340 : 0,
      away_ms: state === "device-lost" ? 8_000 : 0,
      disk_low_bytes: state === "disk-low" ? 812_000_000 : null,
      levels: running.paused ? [] : [{ at_ms, channels }],
      text: this.#text(running),
    });
  }

  #text({ said }: Running): LiveText | null {
    if (!said) return null;
    const lines = said.splice(0);
    switch (this.state) {
      case "live-loading":
        return { state: "loading", behind_ms: 0, problem: null, lines };
      case "live-behind":
        return { state: "listening", behind_ms: 18_000, problem: null, lines };
      case "live-ended":
        return { state: "ended", behind_ms: 0, problem: STOPPED, lines };
      case "live-no-model":
        return { state: "no_model", behind_ms: 0, problem: error("model_missing", ""), lines };
      default:
        return { state: "listening", behind_ms: 0, problem: null, lines };
    }
  }

  /** Phrases of a few seconds with pauses between; whoever is on the other channel speaks then. */
  #level(atMs: number, channel: number): Level {
    if (this.state === "no-signal" || this.state === "device-lost") return { low: 0, high: 0, rms: 0 };
    const phrase = Math.sin(atMs / 1_900) + Math.sin(atMs / 730) * 0.6;
    const speaks = channel === 0 ? phrase > -0.35 : phrase < -0.15;
    const syllable = 0.35 + 0.65 * Math.abs(Math.sin(atMs / 140 + channel));
    const loud = (this.state === "clipping" && channel === 0 ? 1.6 : 0.55) * (speaks ? syllable : 0.03) * (0.55 + this.#random() * 0.6);
    const high = Math.min(1, loud);
    return { low: -Math.min(1, loud * (0.8 + this.#random() * 0.2)), high, rms: high * 0.4 };
  }

  #elapsed(): number {
    const running = this.#live();
    return running.elapsedMs + (running.paused ? 0 : Date.now() - running.since);
  }

  #live(): Running {
    if (this.#running) return this.#running;
    throw new BackendError(error("invalid_input", "Nothing is being recorded any more."));
  }
}

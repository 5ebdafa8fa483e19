// What the mock begins with in each of its states.
import type { CommandError, ErrorCode, LibraryState, LogLine, Settings } from "../backend";
import { entryOf, longEntry, manyEntries, segmentsOf, type Entry } from "./recordings";
import type { Scenario } from "./scenario";
import { RUNNING_LINES, TALKS } from "./texts";

export const LIBRARY_PATH = "~/RecordRoute/library";
const LONG_ID = 900;

export const error = (code: ErrorCode, message: string): CommandError => ({ code, message });

export const FAILURES: { title: string; model: string; error: CommandError; doneMs: number }[] = [
  {
    title: "현장 설명회 2부", model: "whisper-small-q5_1", doneMs: 61_000,
    error: error("worker_died", "The part of the program that listens ended unexpectedly. What was transcribed is kept; try again to go on."),
  },
  {
    title: "Board meeting, full day", model: "whisper-large-v3", doneMs: 0,
    error: error("out_of_memory", "whisper-large-v3 needs 4.7 GB of memory and 2.1 GB are free. Close other programs or choose a smaller model."),
  },
  {
    title: "Old dictaphone tape", model: "whisper-base", doneMs: 0,
    error: error("model_missing", "whisper-base is not installed. Download it, or choose another model."),
  },
  {
    title: "거실 촬영", model: "whisper-small-q5_1", doneMs: 0,
    error: error("unsupported_media", "The sound is in a codec that cannot be read (WMA). Convert the file to MP3 or WAV first."),
  },
  {
    title: "Evening class", model: "whisper-small-q5_1", doneMs: 12_000,
    error: error("disk_full", "The disk of the library is full. Free some space and try again."),
  },
];

export function settingsOf(scenario: Scenario): Settings {
  return {
    interface_language: scenario.language,
    theme: scenario.theme,
    language: "auto",
    model: "whisper-small-q5_1",
    vocabulary: ["김민서", "RecordRoute", "봉래동"],
    threads: null,
    media: "copy",
    model_idle_minutes: 5,
    trash_days: 30,
    record_device: null,
    record_microphone: true,
    record_system: false,
    record_transcribe: true,
    record_shortcut: null,
    record_live: false,
    language_model: null,
    embedding_model: null,
    server_url: null,
    server_key: null,
    auto_title: false,
    auto_minutes: false,
    auto_correct: false,
    notify: true,
    welcomed: scenario.state !== "first-run",
  };
}

export function entriesOf(scenario: Scenario, now: Date): Entry[] {
  if (scenario.state === "empty" || scenario.state === "first-run") return [];
  const entries = TALKS.map((talk, idx) => entryOf(talk, idx + 1, now));
  if (scenario.state === "long") entries.unshift(longEntry(LONG_ID, now));
  if (scenario.state === "many") entries.push(...manyEntries(5_000, 2_000, now));
  return entries;
}

/** The recording that is being transcribed as the page opens. */
export function runningEntry(id: number, now: Date): Entry & { all: Entry["segments"] } {
  const talk = { title: "새 도서관 주민 설명회", source: "설명회.mp4", language: "ko" as const, daysAgo: 0, hour: 13, tags: [], lines: RUNNING_LINES };
  const entry = entryOf(talk, id, now);
  // Told four times over, so that there is something to watch.
  const all = segmentsOf([1, 2, 3, 4].flatMap(() => RUNNING_LINES), "ko", id);
  entry.recording = { ...entry.recording, duration_ms: (all.at(-1)?.end_ms ?? 0) + 1_500, language: null, model: null, device: null, speed: null };
  return { ...entry, all };
}

export function libraryStateOf(scenario: Scenario, nRecordings: number, nTrashed: number): LibraryState {
  switch (scenario.state) {
    case "damaged":
      return {
        kind: "damaged", path: LIBRARY_PATH, backup_path: `${LIBRARY_PATH}/library.db.damaged-1`,
        message: "The library's database is damaged and was left as it is. Restore it from a backup, or move it away to begin a new library.",
      };
    case "newer":
      return {
        kind: "newer", path: LIBRARY_PATH,
        message: "The library was made by a newer version of RecordRoute (format 9, this version knows 3). Update RecordRoute to open it.",
      };
    case "readonly":
      return {
        kind: "read_only", path: LIBRARY_PATH, n_recordings: nRecordings, n_trashed: nTrashed,
        message: "The library cannot be written. Make the folder writable or choose another one.",
      };
    default:
      return { kind: "ready", path: LIBRARY_PATH, n_recordings: nRecordings, n_trashed: nTrashed };
  }
}

const LOG: [LogLine["level"], string, string][] = [
  ["info", "recordroute", "RecordRoute 0.1.0 starts"],
  ["info", "recordroute::store", "library opened, format 3"],
  ["debug", "recordroute::engine", "queue waits for work"],
  ["info", "recordroute::engine", "job 4 begins: whisper-small-q5_1, 4 threads"],
  ["info", "recordroute::worker", "model loaded in 0.9 s"],
  ["warn", "recordroute::transcribe", "segment 14 was decoded again at temperature 0.2"],
  ["info", "recordroute::engine", "job 4 done: 18 segments, 3.2 × real time"],
  ["error", "recordroute::models", "download broke off after 61 MB: connection reset"],
];

export const logOf = (now: Date): LogLine[] =>
  LOG.map(([level, target, message], idx) => ({
    at: new Date(now.getTime() - (LOG.length - idx) * 41_000).toISOString(), level, target, message,
  }));

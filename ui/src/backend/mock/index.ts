// The whole program in memory: for developing the page in a browser, for its tests and its pictures.
import {
  BackendError, type AddProgress, type AddResult, type AppEvent, type Backend, type Job, type LibraryState,
  type Recording, type RecordingNote,
} from "../backend";
import { listenForDrops } from "./drops";
import { EMBEDDING_MODEL, MockFinding } from "./finding";
import { MockJobs } from "./jobs";
import { MockLanguage } from "./language";
import { LANGUAGE_MODEL, MockMinutes } from "./minutes";
import { MockModels, pause } from "./models";
import { MockRecorder } from "./recorder";
import { entryOf, segmentsOf, wordsOf, type Entry } from "./recordings";
import { scenarioFromAddress, type Scenario } from "./scenario";
import { peaksOf, wavOf } from "./sound";
import { RUNNING_LINES } from "./texts";
import { entriesOf, error, FAILURES, LIBRARY_PATH, libraryStateOf, logOf, runningEntry, settingsOf } from "./world";

export interface MockBackend extends Backend {
  /** Tells the page, as the core would. */
  emit(event: AppEvent): void;
  /** What was copied last. */
  copied: string | null;
  jobsMove: MockJobs;
  recorder: MockRecorder;
}

/** Another program has these. */
export const TAKEN_KEYS = "Ctrl+Alt+Delete";
const PLAYABLE_MS = 30 * 60_000;
const MEDIA = /\.(mp3|m4a|wav|flac|ogg|opus|webm|mp4|mkv|mov|aac|aiff?|caf)$/i;
const LANGUAGES = ["en", "zh", "de", "es", "ru", "ko", "fr", "ja", "pt", "tr", "pl", "nl", "ar", "sv", "it", "id", "hi", "vi", "uk", "th"];

export function mockBackend(scenario: Scenario, now: Date = new Date()): MockBackend {
  const listeners = new Set<(event: AppEvent) => void>();
  const emit = (event: AppEvent) => {
    for (const tell of [...listeners]) tell(event);
  };
  let entries = entriesOf(scenario, now);
  let settings = settingsOf(scenario);
  let state: LibraryState["kind"] | null = null;
  let nextId = 100;
  let stopAdding = false;
  const notes = new Map<number, RecordingNote[]>();
  const recorder = new MockRecorder(scenario.state);
  const urls = new Map<number, string>();
  const installed = ["first-run", "nomodel"].includes(scenario.state) ? [] : ["whisper-base", "whisper-small-q5_1"];
  if (installed.length > 0) installed.push(EMBEDDING_MODEL);
  if (installed.length > 0 && scenario.state !== "no-language-model") installed.push(LANGUAGE_MODEL);
  const models = new MockModels(installed, scenario.quick, scenario.state === "failed");

  const find = (id: number): Entry => {
    const entry = entries.find((one) => one.recording.id === id);
    if (entry) return entry;
    throw new BackendError(error("not_found", `There is no recording number ${id}. Look at the list for the right number.`));
  };
  const soundOf = (id: number): string => {
    const { recording, segments } = find(id);
    const length = recording.duration_ms ?? 0;
    if (length > PLAYABLE_MS) throw new BackendError(error("not_found", "The mock makes no sound that long."));
    const url = urls.get(id) ?? URL.createObjectURL(wavOf(segments, length));
    urls.set(id, url);
    return url;
  };
  const change = (id: number, patch: Partial<Recording>) => {
    const entry = find(id);
    entry.recording = { ...entry.recording, ...patch };
    emit({ kind: "library_changed", recording_id: id });
  };
  const mayWrite = () => {
    if (scenario.state === "readonly")
      throw new BackendError(error("read_only", "The library cannot be written. Make the folder writable or choose another one."));
  };
  const canTranscribe = () => models.list().installed.some((one) => one.kind === "speech");
  const shown = (trashed: boolean) => entries.filter(({ recording }) => (recording.trashed_at !== null) === trashed);
  const libraryState = (): LibraryState =>
    libraryStateOf(state === "ready" ? { ...scenario, state: "normal" } : scenario, shown(false).length, shown(true).length);

  const jobs = new MockJobs(
    emit,
    (id, segments) => find(id).segments.push(...segments),
    (job) => finish(job),
    scenario.quick ? 20 : 1,
  );
  const minutes = new MockMinutes(scenario.state, find, now);
  const language = new MockLanguage({ jobs, minutes, models, find, change, emit, mayWrite: () => mayWrite(), settings: () => settings });
  const finding = new MockFinding({
    scenario, models, entries: () => shown(false), settings: () => settings, answering: () => language.models().default, emit,
  });
  const finish = (job: Job) => {
    if (job.kind !== "transcribe") return;
    const entry = find(job.recording_id);
    entry.recording = {
      ...entry.recording, model: job.model, language: "ko", device: "CPU (4 threads)", speed: 6.2, n_segments: entry.segments.length,
    };
  };
  const queue = (entry: Entry, model: string, language: string): Job => {
    const source = entry.segments.length > 0 ? entry.segments : segmentsOf(RUNNING_LINES, "ko", entry.recording.id);
    const work = { segments: [...source], totalMs: entry.recording.duration_ms ?? source.at(-1)?.end_ms ?? 1 };
    return jobs.add(entry.recording.id, entry.recording.title, model, language, work);
  };
  furnish();

  /** Jobs of the states that have some. */
  function furnish() {
    if (scenario.state === "busy") {
      const running = runningEntry(nextId++, now);
      const job = jobs.add(running.recording.id, running.recording.title, "whisper-small-q5_1", "auto", {
        segments: running.all, totalMs: running.recording.duration_ms ?? 1,
      });
      const doneMs = (running.recording.duration_ms ?? 0) * 0.22;
      running.segments = running.all.filter((segment) => segment.end_ms <= doneMs);
      entries.unshift({ recording: running.recording, segments: running.segments });
      jobs.begin(job, doneMs);
      for (const title of ["Parents' evening, part one", "거실에서 부른 노래", "Call with the archive"]) {
        const entry = waitingEntry(title);
        queue(entry, "whisper-small-q5_1", "auto");
      }
    }
    if (scenario.state === "failed")
      for (const failure of FAILURES) {
        const entry = waitingEntry(failure.title);
        entry.segments = segmentsOf(RUNNING_LINES, "ko", entry.recording.id).filter((one) => one.end_ms <= failure.doneMs);
        jobs.addFailed(entry.recording.id, failure.title, failure.model, failure.error, failure.doneMs, {
          segments: segmentsOf(RUNNING_LINES, "ko", entry.recording.id), totalMs: 90_000,
        });
      }
    language.furnish(scenario.state);
    const garden = entries.find((one) => one.recording.title === "Ideas for the garden");
    if (garden) garden.recording = { ...garden.recording, trashed_at: now.toISOString() };
    jobs.start();
  }

  function waitingEntry(title: string): Entry {
    const talk = { title, source: `${title}.m4a`, language: "ko" as const, daysAgo: 0, hour: 12, tags: [], lines: RUNNING_LINES };
    const entry = entryOf(talk, nextId++, now);
    entry.segments = [];
    entry.recording = { ...entry.recording, model: null, language: null, speed: null, device: null, n_segments: 0 };
    entries.unshift(entry);
    return entry;
  }

  /** What was recorded is a recording now. */
  function recordedEntry(title: string, durationMs: number): Entry {
    const entry = waitingEntry(title);
    entry.recording = { ...entry.recording, source: `${title}.wav`, duration_ms: durationMs, created_at: new Date().toISOString() };
    return entry;
  }

  function addOne(path: string, again: boolean): AddResult {
    const name = path.split(/[/\\]/).at(-1) ?? path;
    const title = name.replace(/\.[^.]+$/, "");
    const existing = entries.find(({ recording }) => recording.source === name || recording.title === title);
    if (name.includes("vanish"))
      return { kind: "refused", path, name, error: error("not_found", `${name} cannot be read (it is not there any more). Check that it exists and that you may open it.`) };
    if (!MEDIA.test(name))
      return { kind: "refused", path, name, error: error("unsupported_media", `${name} is no audio or video that can be read. Use MP3, M4A, WAV, FLAC, OGG, MP4, WebM or MKV.`) };
    if (name.includes("silent"))
      return { kind: "refused", path, name, error: error("no_audio", `${name} is a video without sound.`) };
    if (existing && !again)
      return { kind: "duplicate", path, name, recording_id: existing.recording.id, title: existing.recording.title };
    const entry = waitingEntry(title);
    entry.recording = { ...entry.recording, source: name, created_at: new Date().toISOString() };
    if (!canTranscribe()) {
      const problem = error("model_missing", "No speech model is installed. The files are in the library and can be transcribed once there is one.");
      return { kind: "added", path, name, recording_id: entry.recording.id, job_id: null, problem };
    }
    const job = queue(entry, settings.model ?? "whisper-small-q5_1", settings.language);
    return { kind: "added", path, name, recording_id: entry.recording.id, job_id: job.id, problem: null };
  }

  const backend: MockBackend = {
    emit,
    copied: null,
    jobsMove: jobs,
    recorder,

    appInfo: async () => ({
      version: "0.1.0", system: "Windows 11, x86_64", n_cores: 8, memory_bytes: 16_900_000_000,
      library_dir: LIBRARY_PATH, models_dir: "~/RecordRoute/models", logs_dir: "~/RecordRoute/logs", languages: LANGUAGES,
    }),
    libraryState: async () => libraryState(),
    reopenLibrary: async () => libraryState(),
    chooseLibrary: async () => {
      state = "ready";
      return libraryState();
    },
    beginNewLibrary: async () => {
      state = "ready";
      entries = [];
      return libraryState();
    },
    showPlace: async () => {},
    settings: async () => ({ ...settings }),
    saveSettings: async (wanted) => {
      if (wanted.record_shortcut === TAKEN_KEYS)
        throw new BackendError(error("invalid_input", "Another program uses this shortcut. Choose other keys."));
      return (settings = { ...wanted });
    },
    restShortcut: async () => {},
    shortcutTrouble: async () => null,

    recordings: async ({ trashed, tag, offset, limit }) =>
      shown(trashed)
        .map(({ recording }) => recording)
        .filter((recording) => tag === null || recording.tags.includes(tag))
        .sort((a, b) => b.created_at.localeCompare(a.created_at) || b.id - a.id)
        .slice(offset, offset + limit),
    recording: async (id) => ({ ...find(id).recording }),
    tags: async () => {
      const counts = new Map<string, number>();
      for (const { recording } of shown(false)) for (const tag of recording.tags) counts.set(tag, (counts.get(tag) ?? 0) + 1);
      return [...counts].sort(([a], [b]) => a.localeCompare(b)).map(([name, n_recordings]) => ({ name, n_recordings }));
    },
    transcript: async (id, most) => find(id).segments.slice(0, most ?? undefined).map((one) => ({ ...one })),
    words: async (id, fromMs, toMs) =>
      find(id).segments.filter((one) => one.end_ms > fromMs && one.start_ms < toMs).flatMap(wordsOf),
    rename: async (id, title) => (mayWrite(), change(id, { title })),
    addTag: async (id, tag) => (mayWrite(), change(id, { tags: [...new Set([...find(id).recording.tags, tag])].sort() })),
    removeTag: async (id, tag) => (mayWrite(), change(id, { tags: find(id).recording.tags.filter((one) => one !== tag) })),
    trash: async (id) => (mayWrite(), change(id, { trashed_at: new Date().toISOString() })),
    restore: async (id) => (mayWrite(), change(id, { trashed_at: null })),
    emptyTrash: async () => {
      mayWrite();
      const n = shown(true).length;
      entries = shown(false);
      return n;
    },
    peaks: async (id) => peaksOf(find(id).segments, find(id).recording.duration_ms ?? 1),
    mediaUrl: async (id) => soundOf(id),
    playableUrl: async (id) => soundOf(id),
    showMedia: async () => {},

    exportToFile: async (id, format) => {
      if (scenario.state === "failed")
        throw new BackendError(error("disk_full", "The file cannot be written (no space left). Free some space and try again."));
      return `~/Documents/${find(id).recording.title}.${format}`;
    },
    copyTranscript: async (id) => backend.copyText(find(id).segments.map((one) => one.text).join("\n")),
    copyText: async (text) => {
      backend.copied = text;
      // A page without the focus may not write there; the mock remembers it all the same.
      await navigator.clipboard?.writeText(text).catch(() => {});
    },

    chooseFiles: async () => ["~/Desktop/Interview with the ferryman.m4a"],
    chooseFolder: async () => ["~/Desktop/Field recordings/day one.wav", "~/Desktop/Field recordings/notes.docx"],
    addPaths: async (paths, onDuplicate, tell: (progress: AddProgress) => void) => {
      mayWrite();
      stopAdding = false;
      const summary = { n_added: 0, n_duplicates: 0, n_refused: 0, stopped: false };
      for (const [idx, path] of paths.entries()) {
        if (!scenario.quick) await pause(paths.length > 50 ? 12 : 120);
        if (stopAdding) return { ...summary, stopped: true };
        const result = addOne(path, onDuplicate === "add_again");
        if (result.kind === "added") summary.n_added += 1;
        else if (result.kind === "duplicate") summary.n_duplicates += 1;
        else summary.n_refused += 1;
        tell({ n_done: idx + 1, n_total: paths.length, result });
      }
      return summary;
    },
    stopAdding: async () => void (stopAdding = true),
    takeOpenedPaths: async () => [],

    inputDevices: async () => recorder.devices(),
    beginRecording: async (choice, tell) => (mayWrite(), recorder.begin(choice, tell, now)),
    followRecording: async (tell) => recorder.follow(tell),
    pauseRecording: async (paused) => recorder.pause(paused),
    titleRecording: async (title) => recorder.change({ title }),
    transcribeRecording: async (transcribe) => recorder.change({ transcribe }),
    addNote: async (id, at_ms, text) => {
      mayWrite();
      notes.set(id, [...(notes.get(id) ?? []), { at_ms, kind: "user", text }]);
    },
    noteRecording: async (text) => recorder.note(text),
    stopRecording: async () => {
      const { facts, durationMs } = recorder.stop();
      const entry = recordedEntry(facts.title, durationMs);
      notes.set(entry.recording.id, facts.notes);
      emit({ kind: "library_changed", recording_id: entry.recording.id });
      return {
        recording_id: entry.recording.id, duration_ms: durationMs,
        job_id: facts.transcribe && canTranscribe() ? queue(entry, settings.model ?? "whisper-small-q5_1", settings.language).id : null,
        not_transcribed: facts.transcribe && !canTranscribe() ? "No speech model is installed." : null,
      };
    },
    unfinishedRecordings: async () => recorder.unfinished,
    keepUnfinished: async (id) => {
      const { title, duration_ms } = recorder.take(id);
      const entry = recordedEntry(title, duration_ms);
      queue(entry, settings.model ?? "whisper-small-q5_1", settings.language);
      return entry.recording;
    },
    discardUnfinished: async (id) => {
      const { title, duration_ms } = recorder.take(id);
      const entry = recordedEntry(title, duration_ms);
      entry.recording = { ...entry.recording, trashed_at: new Date().toISOString() };
      return entry.recording;
    },
    notes: async (id) => notes.get(id) ?? [],

    jobs: async () => jobs.list(),
    transcribe: async (id, { model, language }) => {
      mayWrite();
      const entry = find(id);
      return queue(entry, model ?? settings.model ?? "whisper-small-q5_1", language ?? settings.language).id;
    },
    cancelJob: async (id) => jobs.cancel(id),
    retryJob: async (id) => jobs.retry(id),
    moveJob: async (id, position) => jobs.move(id, position),

    ...finding.commands,
    ...language.commands,
    copyMinutes: async (id, template) => backend.copyText(language.textOf(id, template)),

    models: async () => models.list(),
    downloadModel: (id, tell) => models.download(id, tell),
    cancelModelWork: async (id) => models.cancel(id),
    importModel: async (from, tell) => {
      if (scenario.state === "failed")
        throw new BackendError(error("model_invalid", "The folder holds no model that this program runs. Choose a folder with model.bin and config.json in it."));
      const id = from === "file" ? "whisper-my-own" : "whisper-converted";
      if (!(await models.work(id, "import", tell))) return null;
      const model = {
        id, kind: "speech" as const, name: id, description: "whisper small, multilingual, f16", bytes: 488_000_000,
        memory_bytes: 1_000_000_000, languages: ["*"], multilingual: true, known: false, problem: null,
      };
      models.put(model);
      return model;
    },
    verifyModel: async (id, tell) => {
      if (!(await models.work(id, "verify", tell))) return { kind: "cancelled" };
      if (scenario.state === "failed") return { kind: "damaged", reason: "it is not what it was when it was installed" };
      return { kind: "published" };
    },
    removeModel: async (id) => models.remove(id),

    logs: async (limit) => logOf(now).slice(-limit),
    diagnostics: async () =>
      ["RecordRoute 0.1.0", "Windows 11, x86_64, 8 cores", `models: ${models.list().installed.map((one) => one.id).join(", ")}`]
        .concat(logOf(now).map((line) => `${line.at} ${line.level} ${line.target}: ${line.message}`))
        .join("\n"),

    listen: async (tell) => {
      listeners.add(tell);
      return () => listeners.delete(tell);
    },
    closeWindow: async () => {},
  };
  return backend;
}

/** The mock as the address asks for it; reachable for tests as `mockBackend` of the window. */
export function browserBackend(): Backend {
  const backend = mockBackend(scenarioFromAddress(window.location.search));
  listenForDrops(window, backend.emit);
  Object.assign(window, { mockBackend: backend });
  return backend;
}

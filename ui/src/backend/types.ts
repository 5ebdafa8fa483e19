// What crosses between the page and the core. Shaped exactly as the shell's generator writes types:
// snake_case fields, tagged unions with `kind`, enums as string literals, ids as numbers, lengths
// and places in milliseconds, days and hours as RFC 3339 in UTC.

/** Where the page branches on an error. */
export type ErrorCode =
  | "not_found"
  | "unsupported_media"
  | "no_audio"
  | "model_missing"
  | "model_invalid"
  | "worker_died"
  | "disk_full"
  | "read_only"
  | "newer_library"
  | "damaged_library"
  | "duplicate"
  | "out_of_memory"
  | "invalid_input"
  | "other";

/** What a command that failed tells the page; the message is a sentence for the user. */
export type CommandError = { code: ErrorCode; message: string };

/** A recording in the list. */
export type Recording = {
  id: number;
  title: string;
  /** The file's name as it came in. */
  source: string;
  bytes: number;
  /** Known once it was decoded. */
  duration_ms: number | null;
  /** Code such as `ko`, of the newest transcript. */
  language: string | null;
  model: string | null;
  device: string | null;
  /** Audio seconds a wall-clock second, of the newest transcript. */
  speed: number | null;
  /** What should be known about the media; a sentence. */
  notice: string | null;
  created_at: string;
  trashed_at: string | null;
  tags: string[];
  n_segments: number;
};

/** Which recordings are listed, newest first. */
export type Listing = { trashed: boolean; tag: string | null; offset: number; limit: number };

export type TagCount = { name: string; n_recordings: number };

/** What is doubtful about a segment. */
export type SegmentFlag = "low_confidence" | "maybe_no_speech" | "repetition" | "known_phantom" | "damaged_audio";

/** A stretch of speech. Its words are asked for apart: a long transcript has a hundred thousand. */
export type Segment = {
  start_ms: number;
  end_ms: number;
  text: string;
  confidence: number;
  speaker: string | null;
  flags: SegmentFlag[];
  /** What was heard, where the text was changed since. */
  original?: string | null;
};

export type Word = { start_ms: number; end_ms: number; text: string; confidence: number };

export type SnippetPart = { text: string; matched: boolean };

/** What is searched by; a meaning is found whatever the words. */
export type SearchMode = "words" | "meaning" | "hybrid";

/** What a search is narrowed to; what is empty narrows nothing. */
export type SearchFilters = {
  /** Moments in UTC; `to` is the last one that counts. */
  from: string | null;
  to: string | null;
  /** Code such as `ko`. */
  language: string | null;
  /** Recordings that carry all of them. */
  tags: string[];
  speaker: string | null;
  /** Words of the title. */
  title: string | null;
  recording_ids: number[];
};

export type SearchQuery = { text: string; mode: SearchMode; filters: SearchFilters; limit: number };

export type FoundBy = "words" | "meaning" | "both";

/** Something that was found; `start_ms` is none where the title matched. */
export type SearchHit = {
  recording_id: number;
  title: string;
  created_at: string;
  start_ms: number | null;
  end_ms: number | null;
  found_by: FoundBy;
  snippet: SnippetPart[];
};

/** Hits, the best first; `problem` is a sentence that says why meaning was left out. */
export type Found = { hits: SearchHit[]; by_meaning: boolean; problem: string | null };

/** Another recording about the same; `similarity` is 0 to 1. */
export type SimilarRecording = { recording_id: number; title: string; created_at: string; similarity: number };

/** How far the recordings are indexed for search by meaning. */
export type IndexReport = {
  /** Id of the embedding model; none where none is installed. */
  model: string | null;
  /** Id of the language model that answers; none where there is none. */
  answering: string | null;
  n_indexed: number;
  n_waiting: number;
  n_failed: number;
  n_passages: number;
  problem: string | null;
};

/** A question that was answered, and what the answer said. */
export type Exchange = { question: string; answer_text: string };

/** About one recording or all of them; none takes the setting's model. */
export type Question = { text: string; recording_id: number | null; thread: Exchange[]; model: string | null };

/** A sentence of an answer, with the places of what it rests on in the list of passages. */
export type AnswerSentence = { text: string; passages: number[]; is_supported: boolean };

export type AnswerPassage = {
  recording_id: number;
  title: string;
  created_at: string | null;
  start_ms: number;
  end_ms: number;
  text: string;
  speaker: string | null;
};

export type Answer = {
  question: string;
  sentences: AnswerSentence[];
  passages: AnswerPassage[];
  /** Passages that the model read. */
  n_read: number;
  /** None where no language model is there; then the passages are the answer. */
  model: string | null;
  nothing_found: boolean;
  /** It was ended before its end. */
  is_cut: boolean;
};

export type Format = "txt" | "srt" | "vtt" | "json" | "csv" | "md";

export type OnDuplicate = "ask" | "add_again";

/** What became of one file. */
export type AddResult =
  /** It is a new recording; `problem` says why it does not wait in the queue, such as a missing model. */
  | { kind: "added"; path: string; name: string; recording_id: number; job_id: number | null; problem: CommandError | null }
  /** The same bytes are in the library already; nothing was added. */
  | { kind: "duplicate"; path: string; name: string; recording_id: number; title: string }
  | { kind: "refused"; path: string; name: string; error: CommandError };

/** Told while files are added; folders are walked, and `n_total` grows until the walk is done. */
export type AddProgress = { n_done: number; n_total: number; result: AddResult | null };

/** `stopped`: the user had enough, or the walk found more files than are added at once. */
export type AddSummary = { n_added: number; n_duplicates: number; n_refused: number; stopped: boolean };

export type Stage = "waiting" | "loading_model" | "transcribing" | "writing" | "finished";

export type Progress = {
  stage: Stage;
  /** 0 to 1; none while the length is unknown. */
  fraction: number | null;
  audio_done_ms: number;
  audio_total_ms: number | null;
  /** Audio seconds a wall-clock second. */
  speed: number | null;
  eta_ms: number | null;
  /** Such as `CPU (2 threads)`. */
  device: string | null;
};

export type JobState = "queued" | "running" | "done" | "failed" | "cancelled";

/** What a job does: speech to text, minutes, proposals for corrections, a title. */
export type JobKind = "transcribe" | "minutes" | "correct" | "title";

export type Job = {
  id: number;
  kind: JobKind;
  recording_id: number;
  title: string;
  state: JobState;
  stage: Stage;
  model: string;
  /** `auto` or a code. */
  language: string;
  done_ms: number;
  n_attempts: number;
  error: CommandError | null;
  created_at: string;
  finished_at: string | null;
};

/** None takes the setting. */
export type TranscribeChoice = { model: string | null; language: string | null };

/** One line of the minutes, with the segments that it rests on; none where the user wrote it. */
export type MinutesItem = {
  text: string;
  who: string | null;
  when: string | null;
  segments: number[];
  start_ms: number;
  end_ms: number;
  is_supported: boolean;
};

export type MinutesSection = { key: string; title: string; items: MinutesItem[] };

/** A stretch of the recording that is missing in the minutes; the reason is a sentence. */
export type FailedPart = { start_ms: number; end_ms: number; reason: string };

/** Minutes of one template. */
export type MinutesView = {
  template: string;
  /** Code of the language that they are written in. */
  language: string;
  model: string;
  /** Share of the transcript that is in them, 0 to 1. */
  coverage: number;
  created_at: string;
  took_ms: number;
  /** The transcript was changed after they were written. */
  outdated: boolean;
  /** The user changed them. */
  edited: boolean;
  sections: MinutesSection[];
  failed_parts: FailedPart[];
};

/** What a language model wrote of an earlier text, and may write again. */
export type Outdated = { title: boolean; minutes: boolean };

export type TwoLanguages = { ko: string; en: string };
/** What minutes can be made by, and a sentence for each file of the user's that cannot be used. */
export type MinutesTemplates = { templates: MinutesTemplate[]; problems: string[] };

export type MinutesTemplate = { id: string; titles: TwoLanguages; sections: { key: string; title: TwoLanguages }[] };

/** None takes the setting, and the language of the recording. */
export type MinutesChoice = { template: string; model: string | null; language: string | null };

/** How long minutes take; none where this model was never timed here. */
export type MinutesEstimate = { seconds: number | null; n_parts: number };

export type MinutesFormat = "md" | "json" | "txt";

export type LanguageModel = { id: string; title: string; source: "installed" | "server" };

export type LanguageModels = {
  models: LanguageModel[];
  /** The one that writes where none is chosen. */
  default: string | null;
  /** Why the user's own server gives none. */
  server_problem?: CommandError | null;
};

export type DiffPart = { kind: "same" | "removed" | "added"; text: string };

/** Why a correction deserves a second look: it may change what was meant. */
export type CorrectionMark = "number" | "negation" | "added" | "missing";

export type CorrectionState = "open" | "accepted" | "refused";

/** A proposal for the text of a segment. */
export type Correction = {
  segment_idx: number;
  original: string;
  proposed: string;
  diff: DiffPart[];
  marks: CorrectionMark[];
  state: CorrectionState;
};

/** The most telling sentences in order of time, and words with their number; no language model wrote them. */
export type Highlights = {
  sentences: { segment_idx: number; start_ms: number; end_ms: number; text: string; score: number }[];
  key_words: { text: string; n: number }[];
};

export type ModelKind = "speech" | "language" | "embedding";

export type InstalledModel = {
  id: string;
  kind: ModelKind;
  name: string;
  /** What its header says, such as `whisper base, multilingual, f16`. */
  description: string;
  bytes: number;
  memory_bytes: number;
  /** Codes; `*` stands for about a hundred. */
  languages: string[];
  multilingual: boolean;
  /** It is in the catalogue. */
  known: boolean;
  /** Why it cannot be used; half a sentence. */
  problem: string | null;
};

export type CatalogueModel = {
  id: string;
  kind: ModelKind;
  name: string;
  languages: string[];
  bytes: number;
  memory_bytes: number;
  licence: string;
  note: { en: string; ko: string };
  installed: boolean;
  /** It fits this machine best. */
  advised: boolean;
  /** Its memory is there. */
  fits: boolean;
  /** What a broken download left; the next one goes on from there. */
  partial_bytes: number;
};

export type Models = { installed: InstalledModel[]; catalogue: CatalogueModel[]; advised: string | null };

export type ModelWork = "download" | "import" | "verify";

export type ModelProgress = {
  id: string;
  work: ModelWork;
  /** 0 to 1; none while the size is unknown. */
  fraction: number | null;
  done_bytes: number | null;
  total_bytes: number | null;
  bytes_per_second: number | null;
  eta_ms: number | null;
  /** The host that it comes from. */
  source: string | null;
};

export type DownloadOutcome = "installed" | "cancelled";

export type Verification =
  | { kind: "published" }
  | { kind: "unchanged" }
  | { kind: "unverifiable" }
  | { kind: "cancelled" }
  | { kind: "damaged"; reason: string };

export type InputKind = "microphone" | "system";

/** Something that can be recorded; `id` stays the same when the computer is started again. */
export type InputDevice = { id: string; name: string; kind: InputKind; is_default: boolean };

/** What is recorded: a microphone or none, the computer's own sound or not. */
export type RecordChoice = {
  title: string | null;
  /** None takes the system's microphone, or with `system` none at all. */
  device: string | null;
  system: boolean;
  transcribe: boolean;
  /** Tell what is said while it is said. */
  live: boolean;
};

/** `user`: written while recording; `recorder`: what should be known about the sound. */
export type RecordingNote = { at_ms: number; kind: "user" | "recorder"; text: string };

/** What does not change by itself in a recording that is being made. */
export type LiveFacts = {
  title: string;
  transcribe: boolean;
  microphone: boolean;
  system: boolean;
  notes: RecordingNote[];
};

/** The last three: it ended by itself, is whole on the disk, and waits to be stopped. */
export type LiveState = "running" | "paused" | "disk_full" | "device_lost" | "write_failed";

/** One channel in a window of 50 ms; 1 is full scale. */
export type Level = { low: number; high: number; rms: number };
export type Levels = { at_ms: number; channels: Level[] };

/** Told about twenty times a second. */
export type LiveStatus = {
  state: LiveState;
  /** Length so far, without pauses. */
  elapsed_ms: number;
  /** In order of their channels; of two the first is the microphone. */
  devices: { name: string; is_connected: boolean }[];
  /** Nothing has come for a while from where something should. */
  no_signal: boolean;
  /** Samples at full scale, by channel. */
  n_clipped: number[];
  /** Sound that was lost because the computer was too busy. */
  lost_ms: number;
  /** For how long a device was away so far. */
  away_ms: number;
  /** Free bytes, where there is little room left. */
  disk_low_bytes: number | null;
  /** Since the last status, oldest first. */
  levels: Levels[];
  /** None where none was wanted. */
  text: LiveText | null;
};

/** What a live transcript is doing; the last two are its end, and the recording goes on. */
export type LiveTextState = "loading" | "listening" | "no_model" | "ended";

/** Without a text where what was said is left out. */
export type LiveLine = { start_ms: number; end_ms: number; text: string | null; doubtful: boolean };

/** The live transcript, with the lines since the last status. */
export type LiveText = {
  state: LiveTextState;
  /** For how long what was said waits to be heard. */
  behind_ms: number;
  problem: CommandError | null;
  lines: LiveLine[];
};

/** A recording that was stopped and is in the library. */
export type Recorded = {
  recording_id: number;
  duration_ms: number;
  job_id: number | null;
  /** Why it is not transcribed although it was wanted; a sentence. */
  not_transcribed: string | null;
};

/** A recording whose program ended before it did. */
export type UnfinishedRecording = {
  id: number;
  title: string;
  device: string;
  started_at: string;
  duration_ms: number;
};

export type InterfaceLanguage = "system" | "ko" | "en";
export type Theme = "system" | "light" | "dark";
export type MediaPolicy = "copy" | "reference";

export type Settings = {
  interface_language: InterfaceLanguage;
  theme: Theme;
  /** Spoken language: `auto` or a code. */
  language: string;
  /** None lets the program choose among the installed ones. */
  model: string | null;
  /** Names and jargon that may occur. */
  vocabulary: string[];
  /** None lets the program choose. */
  threads: number | null;
  media: MediaPolicy;
  model_idle_minutes: number;
  /** 0 keeps everything. */
  trash_days: number;
  /** Id of the microphone that is recorded; none takes the system's. */
  record_device: string | null;
  record_microphone: boolean;
  /** The computer's own sound, such as the other side of a call. */
  record_system: boolean;
  /** A recording is transcribed when it ends. */
  record_transcribe: boolean;
  /** Keys that begin and end a recording from any program, such as `Ctrl+Shift+KeyR`. */
  record_shortcut: string | null;
  /** What is said is shown while it is recorded. */
  record_live: boolean;
  /** Id of the language model that writes; none lets the program choose. */
  language_model: string | null;
  /** Id of the embedding model for search by meaning; none lets the program choose. */
  embedding_model: string | null;
  /** Address of the user's own server with an OpenAI-compatible API, such as `http://localhost:11434/v1`. */
  server_url: string | null;
  /** What the server wants to be told, where it wants a key. */
  server_key: string | null;
  /** A transcript without a title of its own gets one. */
  auto_title: boolean;
  /** A transcript gets minutes when it is done. */
  auto_minutes: boolean;
  /** Corrections of a transcript are proposed when it is done. */
  auto_correct: boolean;
  /** Tell when a long job ends and the window is not in front. */
  notify: boolean;
  /** The first start is over. */
  welcomed: boolean;
};

export type AppInfo = {
  version: string;
  /** Such as `Windows 11, x86_64`. */
  system: string;
  n_cores: number;
  memory_bytes: number;
  library_dir: string;
  models_dir: string;
  logs_dir: string;
  /** Codes of the languages that can be spoken. */
  languages: string[];
};

export type LibraryState =
  | { kind: "ready"; path: string; n_recordings: number; n_trashed: number }
  | { kind: "read_only"; path: string; n_recordings: number; n_trashed: number; message: string }
  /** Left as it is; `backup_path` is the copy that was made of it. */
  | { kind: "damaged"; path: string; backup_path: string | null; message: string }
  | { kind: "newer"; path: string; message: string }
  /** Another reason, such as a drive that is not there. */
  | { kind: "unavailable"; path: string; message: string };

export type LogLevel = "error" | "warn" | "info" | "debug" | "trace";
export type LogLine = { at: string; level: LogLevel; target: string; message: string };

export type Place = "library" | "backup" | "models" | "logs" | "templates";

/** Everything that the core tells the page without being asked. */
export type AppEvent =
  | { kind: "job_queued"; job_id: number; recording_id: number }
  | { kind: "job_progress"; job_id: number; recording_id: number; progress: Progress }
  /** In order of time; they come after all that came before. */
  | { kind: "segments"; job_id: number; recording_id: number; segments: Segment[] }
  /** What is written of the minutes so far; it takes the place of what was told before. */
  | { kind: "minutes_draft"; job_id: number; recording_id: number; template: string; sections: MinutesSection[] }
  | { kind: "job_done"; job_id: number; recording_id: number; notice: string | null }
  | { kind: "job_failed"; job_id: number; recording_id: number; error: CommandError }
  | { kind: "job_cancelled"; job_id: number; recording_id: number }
  /** Look up the list and what is open; none where more than one may have changed. */
  | { kind: "library_changed"; recording_id: number | null }
  | { kind: "library_state"; state: LibraryState }
  | { kind: "model_progress"; progress: ModelProgress }
  | { kind: "models_changed" }
  /** A recording was indexed, or waits for it. */
  | { kind: "indexed"; n_waiting: number }
  /** Files hang over the window. */
  | { kind: "drag_over"; n_paths: number }
  | { kind: "drag_left" }
  | { kind: "files_dropped"; paths: string[] }
  /** "Open with", or a second start with files. */
  | { kind: "files_opened"; paths: string[] }
  /** A recording was begun by the tray icon or the shortcut: follow it. */
  | { kind: "recording_began" }
  /** It was ended by them and is in the library. */
  | { kind: "recording_ended"; recorded: Recorded }
  /** What was asked by them went wrong. */
  | { kind: "recording_failed"; error: CommandError }
  /** The window shall close while jobs run or something is recorded: ask, then `closeWindow`. */
  | { kind: "close_asked"; n_running: number; recording: boolean };

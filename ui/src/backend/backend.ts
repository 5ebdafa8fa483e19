// The only door between the page and the core. `tauri.ts` asks the window's process, `mock/` answers
// out of memory; nothing else in the page knows which of them it has.
import type {
  AddProgress,
  AddSummary,
  Answer,
  AnswerSentence,
  AppEvent,
  AppInfo,
  CommandError,
  Correction,
  CorrectionState,
  DownloadOutcome,
  Format,
  Found,
  Highlights,
  IndexReport,
  InputDevice,
  InstalledModel,
  Job,
  LanguageModels,
  LibraryState,
  Listing,
  LiveFacts,
  LiveStatus,
  LogLine,
  MinutesChoice,
  MinutesEstimate,
  MinutesFormat,
  MinutesSection,
  MinutesTemplates,
  MinutesView,
  Outdated,
  ModelProgress,
  Models,
  OnDuplicate,
  Place,
  Question,
  RecordChoice,
  Recorded,
  Recording,
  RecordingNote,
  SearchQuery,
  Segment,
  Settings,
  SimilarRecording,
  TagCount,
  TranscribeChoice,
  UnfinishedRecording,
  Verification,
  Word,
} from "./types";

export type * from "./types";

/** Every method that returns a promise rejects with a `BackendError`. */
export interface Backend {
  // The program and its library
  appInfo(): Promise<AppInfo>;
  libraryState(): Promise<LibraryState>;
  /** Looks at the library again, such as after a drive was connected. */
  reopenLibrary(): Promise<LibraryState>;
  /** Asks for a folder and opens the library there; none where the user dismissed the question. */
  chooseLibrary(): Promise<LibraryState | null>;
  /** Moves a damaged library aside, deleting nothing, and begins an empty one. */
  beginNewLibrary(): Promise<LibraryState>;
  /** Shows a folder of the program in the system's file manager. */
  showPlace(place: Place): Promise<void>;
  settings(): Promise<Settings>;
  /** Takes all settings, and tells what is in force. */
  saveSettings(settings: Settings): Promise<Settings>;
  /** Lets the shortcut for recording do nothing, until its trouble is asked for. */
  restShortcut(): Promise<void>;
  /** Why the shortcut for recording does not work, or none could; none where all is well. */
  shortcutTrouble(): Promise<CommandError | null>;

  // Recordings
  recordings(listing: Listing): Promise<Recording[]>;
  recording(recordingId: number): Promise<Recording>;
  tags(): Promise<TagCount[]>;
  /** The newest transcript of a recording, in order of time: all of it or `most` segments from the start. */
  transcript(recordingId: number, most: number | null): Promise<Segment[]>;
  /** Words that begin between two times of the newest transcript. */
  words(recordingId: number, fromMs: number, toMs: number): Promise<Word[]>;
  rename(recordingId: number, title: string): Promise<void>;
  addTag(recordingId: number, tag: string): Promise<void>;
  removeTag(recordingId: number, tag: string): Promise<void>;
  trash(recordingId: number): Promise<void>;
  restore(recordingId: number): Promise<void>;
  /** Deletes what is in the trash for good, and tells how many recordings that were. */
  emptyTrash(): Promise<number>;
  /** Loudness over time, 0 to 255, from the first to the last second; empty where it is unknown. */
  peaks(recordingId: number): Promise<number[]>;
  /** Where an audio element finds the media. */
  mediaUrl(recordingId: number): Promise<string>;
  /** The same of a copy that every audio element can decode; making it takes seconds for an hour. */
  playableUrl(recordingId: number): Promise<string>;
  /** Shows the media's file in the system's file manager. */
  showMedia(recordingId: number): Promise<void>;

  // Finding and asking
  /** Titles and passages by words, by meaning or by both, the best first. */
  find(query: SearchQuery): Promise<Found>;
  /** Recordings about the same, the most similar first; empty where nothing is indexed. */
  similar(recordingId: number, limit: number): Promise<SimilarRecording[]>;
  /** Answers from the recordings alone, and tells the sentences so far; none where it was stopped. */
  ask(question: Question, tell: (sentences: AnswerSentence[]) => void): Promise<Answer | null>;
  stopAsking(): Promise<void>;
  indexReport(): Promise<IndexReport>;
  /** Indexes what waits, and tries again what failed. */
  updateIndex(): Promise<void>;
  /** Indexes everything anew. */
  rebuildIndex(): Promise<void>;

  // Out of the program
  /** Asks where to write and writes; none where the user dismissed the question. */
  exportToFile(recordingId: number, format: Format): Promise<string | null>;
  copyTranscript(recordingId: number, format: Format): Promise<void>;
  copyText(text: string): Promise<void>;

  // Into the program
  /** Native dialogs; empty where the user dismissed them. */
  chooseFiles(): Promise<string[]>;
  chooseFolder(): Promise<string[]>;
  /** Adds files and what is in folders, and queues their transcription. One call at a time. */
  addPaths(paths: string[], onDuplicate: OnDuplicate, tell: (progress: AddProgress) => void): Promise<AddSummary>;
  stopAdding(): Promise<void>;
  /** Paths that the program was started with, once: nobody listened yet when they came. */
  takeOpenedPaths(): Promise<string[]>;

  // Recording
  /** What can be recorded now, the defaults first; empty where there is no sound input at all. */
  inputDevices(): Promise<InputDevice[]>;
  /** Begins, one at a time; tells how it is until it ends. */
  beginRecording(choice: RecordChoice, tell: (status: LiveStatus) => void): Promise<LiveFacts>;
  /** The recording that is being made, for a page that was loaded meanwhile; none where there is none. */
  followRecording(tell: (status: LiveStatus) => void): Promise<LiveFacts | null>;
  pauseRecording(paused: boolean): Promise<void>;
  titleRecording(title: string): Promise<void>;
  /** Whether it is to be transcribed when it ends. */
  transcribeRecording(transcribe: boolean): Promise<void>;
  /** Writes a note at this moment of the recording. */
  noteRecording(text: string): Promise<RecordingNote>;
  /** Writes a note at a time of a recording that is in the library. */
  addNote(recordingId: number, atMs: number, text: string): Promise<void>;
  /** Ends it and puts it into the library; where that fails it is among the unfinished ones. */
  stopRecording(): Promise<Recorded>;
  /** Recordings that were being made when their program ended, however it ended. */
  unfinishedRecordings(): Promise<UnfinishedRecording[]>;
  /** Puts an unfinished recording into the library; transcribed where a model is installed. */
  keepUnfinished(id: number): Promise<Recording>;
  /** Puts it into the trash, from where it can be taken back. */
  discardUnfinished(id: number): Promise<Recording>;
  /** The notes of a recording, in order of time. */
  notes(recordingId: number): Promise<RecordingNote[]>;

  // Jobs
  /** Running ones, the queue in its order, then those that ended lately. */
  jobs(): Promise<Job[]>;
  transcribe(recordingId: number, choice: TranscribeChoice): Promise<number>;
  cancelJob(jobId: number): Promise<void>;
  retryJob(jobId: number): Promise<void>;
  /** To a place in the queue, 0 being next. */
  moveJob(jobId: number, position: number): Promise<void>;

  // Minutes, highlights, corrections, titles
  /** Those of a recording, the newest first. */
  minutes(recordingId: number): Promise<MinutesView[]>;
  /** Queues the writing, and gives the job; what is written meanwhile is told as `minutes_draft`. */
  makeMinutes(recordingId: number, choice: MinutesChoice): Promise<number>;
  /** Takes what the user made of them. */
  saveMinutes(recordingId: number, template: string, sections: MinutesSection[]): Promise<void>;
  minutesEstimate(recordingId: number, choice: MinutesChoice): Promise<MinutesEstimate>;
  minutesTemplates(): Promise<MinutesTemplates>;
  /** Asks where to write and writes; none where the user dismissed the question. */
  exportMinutes(recordingId: number, template: string, format: MinutesFormat): Promise<string | null>;
  copyMinutes(recordingId: number, template: string): Promise<void>;
  /** What can write: installed models and those of the user's own server. */
  languageModels(): Promise<LanguageModels>;
  highlights(recordingId: number): Promise<Highlights>;
  /** Names and terms that accepted corrections brought, the most frequent first. */
  learnedWords(): Promise<string[]>;
  /** Takes one of them out for good. */
  forgetWord(word: string): Promise<void>;
  /** Proposals for the newest transcript, in order of their segments. */
  corrections(recordingId: number): Promise<Correction[]>;
  makeCorrections(recordingId: number, model: string | null): Promise<number>;
  decideCorrections(recordingId: number, segmentIdxs: number[], state: CorrectionState): Promise<void>;
  /** Changes the text of a segment; what was heard is kept. */
  editSegment(recordingId: number, segmentIdx: number, text: string): Promise<void>;
  makeTitle(recordingId: number): Promise<number>;
  /** What was written of an earlier text, and may be written again. */
  outdated(recordingId: number): Promise<Outdated>;
  /** Queues the writing of just that. */
  renew(recordingId: number): Promise<number[]>;

  // Models
  models(): Promise<Models>;
  /** Goes on where a broken download ended. */
  downloadModel(id: string, tell: (progress: ModelProgress) => void): Promise<DownloadOutcome>;
  /** Ends a download, import or check; what a download fetched is kept. */
  cancelModelWork(id: string): Promise<void>;
  /** Asks for a file or folder; none where the user dismissed the question or cancelled. */
  importModel(from: "file" | "folder", tell: (progress: ModelProgress) => void): Promise<InstalledModel | null>;
  verifyModel(id: string, tell: (progress: ModelProgress) => void): Promise<Verification>;
  removeModel(id: string): Promise<void>;

  // When something is wrong
  /** The last lines of the log, oldest first. */
  logs(limit: number): Promise<LogLine[]>;
  /** Version, system, models, settings and the last log lines, without any text of a transcript. */
  diagnostics(): Promise<string>;

  // The window
  listen(tell: (event: AppEvent) => void): Promise<() => void>;
  /** Closes the window although jobs run or something is recorded; jobs go on at the next start. */
  closeWindow(): Promise<void>;
}

/** A use case failed; the message is a sentence for the user. */
export class BackendError extends Error {
  readonly code: CommandError["code"];

  constructor(error: CommandError) {
    super(error.message);
    this.code = error.code;
  }
}

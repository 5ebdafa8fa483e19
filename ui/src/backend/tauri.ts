// The door to the window's process: the generated commands, whose types have to fit the contract's.
import { Channel } from "@tauri-apps/api/core";

import { commands, events } from "../bindings";
import {
  BackendError, type AddProgress, type AnswerSentence, type Backend, type CommandError, type LiveStatus, type ModelProgress,
} from "./backend";

type Answer<T> = { status: "ok"; data: T } | { status: "error"; error: CommandError };

const isCommandError = (error: unknown): error is CommandError =>
  typeof error === "object" && error !== null && "code" in error && "message" in error;

async function take<T>(answer: Promise<Answer<T>>): Promise<T> {
  const taken = await answer;
  if (taken.status === "ok") return taken.data;
  // A command that does not exist or an answer that cannot be read is a mistake of the program.
  const error: unknown = taken.error;
  throw new BackendError(isCommandError(error) ? error : { code: "other", message: String(error) });
}

const done = async (answer: Promise<Answer<null>>): Promise<void> => void (await take(answer));

function channel<T extends AddProgress | AnswerSentence[] | LiveStatus | ModelProgress>(tell: (message: T) => void): Channel<T> {
  const made = new Channel<T>();
  made.onmessage = tell;
  return made;
}

export const tauriBackend: Backend = {
  appInfo: () => take(commands.appInfo()),
  libraryState: () => take(commands.libraryState()),
  reopenLibrary: () => take(commands.reopenLibrary()),
  chooseLibrary: () => take(commands.chooseLibrary()),
  beginNewLibrary: () => take(commands.beginNewLibrary()),
  showPlace: (place) => done(commands.showPlace(place)),
  settings: () => take(commands.settings()),
  saveSettings: (settings) => take(commands.saveSettings(settings)),
  restShortcut: () => done(commands.restShortcut()),
  shortcutTrouble: () => take(commands.shortcutTrouble()),

  recordings: (listing) => take(commands.recordings(listing)),
  recording: (recordingId) => take(commands.recording(recordingId)),
  tags: () => take(commands.tags()),
  transcript: (recordingId, most) => take(commands.transcript(recordingId, most)),
  words: (recordingId, fromMs, toMs) => take(commands.words(recordingId, fromMs, toMs)),
  rename: (recordingId, title) => done(commands.rename(recordingId, title)),
  addTag: (recordingId, tag) => done(commands.addTag(recordingId, tag)),
  removeTag: (recordingId, tag) => done(commands.removeTag(recordingId, tag)),
  trash: (recordingId) => done(commands.trash(recordingId)),
  restore: (recordingId) => done(commands.restore(recordingId)),
  emptyTrash: () => take(commands.emptyTrash()),
  peaks: (recordingId) => take(commands.peaks(recordingId)),
  mediaUrl: (recordingId) => take(commands.mediaUrl(recordingId)),
  playableUrl: (recordingId) => take(commands.playableUrl(recordingId)),
  showMedia: (recordingId) => done(commands.showMedia(recordingId)),

  find: (query) => take(commands.find(query)),
  similar: (recordingId, limit) => take(commands.similar(recordingId, limit)),
  ask: (question, tell) => take(commands.ask(question, channel(tell))),
  stopAsking: () => done(commands.stopAsking()),
  indexReport: () => take(commands.indexReport()),
  updateIndex: () => done(commands.updateIndex()),
  rebuildIndex: () => done(commands.rebuildIndex()),

  exportToFile: (recordingId, format) => take(commands.exportToFile(recordingId, format)),
  copyTranscript: (recordingId, format) => done(commands.copyTranscript(recordingId, format)),
  copyText: (text) => done(commands.copyText(text)),

  chooseFiles: () => take(commands.chooseFiles()),
  chooseFolder: () => take(commands.chooseFolder()),
  addPaths: (paths, onDuplicate, tell) => take(commands.addPaths(paths, onDuplicate, channel(tell))),
  stopAdding: () => done(commands.stopAdding()),
  takeOpenedPaths: () => take(commands.takeOpenedPaths()),

  inputDevices: () => take(commands.inputDevices()),
  beginRecording: (choice, tell) => take(commands.beginRecording(choice, channel(tell))),
  followRecording: (tell) => take(commands.followRecording(channel(tell))),
  pauseRecording: (paused) => done(commands.pauseRecording(paused)),
  titleRecording: (title) => done(commands.titleRecording(title)),
  transcribeRecording: (transcribe) => done(commands.transcribeRecording(transcribe)),
  addNote: (recordingId, atMs, text) => done(commands.addNote(recordingId, atMs, text)),
  noteRecording: (text) => take(commands.noteRecording(text)),
  stopRecording: () => take(commands.stopRecording()),
  unfinishedRecordings: () => take(commands.unfinishedRecordings()),
  keepUnfinished: (id) => take(commands.keepUnfinished(id)),
  discardUnfinished: (id) => take(commands.discardUnfinished(id)),
  notes: (recordingId) => take(commands.notes(recordingId)),

  jobs: () => take(commands.jobs()),
  transcribe: (recordingId, choice) => take(commands.transcribe(recordingId, choice)),
  cancelJob: (jobId) => done(commands.cancelJob(jobId)),
  retryJob: (jobId) => done(commands.retryJob(jobId)),
  moveJob: (jobId, position) => done(commands.moveJob(jobId, position)),

  minutes: (recordingId) => take(commands.minutes(recordingId)),
  makeMinutes: (recordingId, choice) => take(commands.makeMinutes(recordingId, choice)),
  saveMinutes: (recordingId, template, sections) => done(commands.saveMinutes(recordingId, template, sections)),
  minutesEstimate: (recordingId, choice) => take(commands.minutesEstimate(recordingId, choice)),
  learnedWords: () => take(commands.learnedWords()),
  forgetWord: (word) => done(commands.forgetWord(word)),
  minutesTemplates: () => take(commands.minutesTemplates()),
  exportMinutes: (recordingId, template, format) => take(commands.exportMinutes(recordingId, template, format)),
  copyMinutes: (recordingId, template) => done(commands.copyMinutes(recordingId, template)),
  languageModels: () => take(commands.languageModels()),
  highlights: (recordingId) => take(commands.highlights(recordingId)),
  corrections: (recordingId) => take(commands.corrections(recordingId)),
  makeCorrections: (recordingId, model) => take(commands.makeCorrections(recordingId, model)),
  decideCorrections: (recordingId, segmentIdxs, state) => done(commands.decideCorrections(recordingId, segmentIdxs, state)),
  editSegment: (recordingId, segmentIdx, text) => done(commands.editSegment(recordingId, segmentIdx, text)),
  makeTitle: (recordingId) => take(commands.makeTitle(recordingId)),
  outdated: (recordingId) => take(commands.outdated(recordingId)),
  renew: (recordingId) => take(commands.renew(recordingId)),

  models: () => take(commands.models()),
  downloadModel: (id, tell) => take(commands.downloadModel(id, channel(tell))),
  cancelModelWork: (id) => done(commands.cancelModelWork(id)),
  importModel: (from, tell) => take(commands.importModel(from, channel(tell))),
  verifyModel: (id, tell) => take(commands.verifyModel(id, channel(tell))),
  removeModel: (id) => done(commands.removeModel(id)),

  logs: (limit) => take(commands.logs(limit)),
  diagnostics: () => take(commands.diagnostics()),

  listen: (tell) => events.appEvent.listen((event) => tell(event.payload)),
  closeWindow: () => done(commands.closeWindow()),
};

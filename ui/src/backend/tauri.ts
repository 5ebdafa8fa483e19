// The door to the window's process. Each method is one command of the same name in snake_case.
import { Channel, convertFileSrc, invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";

import { BackendError, type AppEvent, type Backend, type CommandError } from "./backend";

const isCommandError = (error: unknown): error is CommandError =>
  typeof error === "object" && error !== null && "code" in error && "message" in error;

async function call<T>(command: string, args: Record<string, unknown> = {}): Promise<T> {
  try {
    return await invoke<T>(command, args);
  } catch (error) {
    if (isCommandError(error)) throw new BackendError(error);
    // A command that does not exist or an answer that cannot be read: a mistake of the program.
    throw new BackendError({ code: "other", message: String(error) });
  }
}

function channel<T>(tell: (message: T) => void): Channel<T> {
  const made = new Channel<T>();
  made.onmessage = tell;
  return made;
}

export const tauriBackend: Backend = {
  appInfo: () => call("app_info"),
  libraryState: () => call("library_state"),
  reopenLibrary: () => call("reopen_library"),
  chooseLibrary: () => call("choose_library"),
  beginNewLibrary: () => call("begin_new_library"),
  showPlace: (place) => call("show_place", { place }),
  settings: () => call("settings"),
  saveSettings: (settings) => call("save_settings", { settings }),

  recordings: (listing) => call("recordings", { listing }),
  recording: (recordingId) => call("recording", { recordingId }),
  tags: () => call("tags"),
  transcript: (recordingId) => call("transcript", { recordingId }),
  words: (recordingId, fromMs, toMs) => call("words", { recordingId, fromMs, toMs }),
  search: (words, limit) => call("search", { words, limit }),
  rename: (recordingId, title) => call("rename", { recordingId, title }),
  addTag: (recordingId, tag) => call("add_tag", { recordingId, tag }),
  removeTag: (recordingId, tag) => call("remove_tag", { recordingId, tag }),
  trash: (recordingId) => call("trash", { recordingId }),
  restore: (recordingId) => call("restore", { recordingId }),
  emptyTrash: () => call("empty_trash"),
  peaks: (recordingId) => call("peaks", { recordingId }),
  mediaUrl: async (recordingId) => convertFileSrc(String(recordingId), "media"),
  showMedia: (recordingId) => call("show_media", { recordingId }),

  exportToFile: (recordingId, format) => call("export_to_file", { recordingId, format }),
  copyTranscript: (recordingId, format) => call("copy_transcript", { recordingId, format }),
  copyText: (text) => call("copy_text", { text }),

  chooseFiles: () => call("choose_files"),
  chooseFolder: () => call("choose_folder"),
  addPaths: (paths, onDuplicate, tell) => call("add_paths", { paths, onDuplicate, tell: channel(tell) }),
  stopAdding: () => call("stop_adding"),
  takeOpenedPaths: () => call("take_opened_paths"),

  jobs: () => call("jobs"),
  transcribe: (recordingId, choice) => call("transcribe", { recordingId, choice }),
  cancelJob: (jobId) => call("cancel_job", { jobId }),
  retryJob: (jobId) => call("retry_job", { jobId }),
  moveJob: (jobId, position) => call("move_job", { jobId, position }),

  models: () => call("models"),
  downloadModel: (id, tell) => call("download_model", { id, tell: channel(tell) }),
  cancelModelWork: (id) => call("cancel_model_work", { id }),
  importModel: (from, tell) => call("import_model", { from, tell: channel(tell) }),
  verifyModel: (id, tell) => call("verify_model", { id, tell: channel(tell) }),
  removeModel: (id) => call("remove_model", { id }),

  logs: (limit) => call("logs", { limit }),
  diagnostics: () => call("diagnostics"),

  listen: (tell) => listen<AppEvent>("app-event", (event) => tell(event.payload)),
  closeWindow: () => call("close_window"),
};

import { commands, events } from "../bindings";
import type { CommandError } from "../bindings";
import { BackendError, type Backend } from "./backend";

type Answer<T> = { status: "ok"; data: T } | { status: "error"; error: CommandError };

async function unwrap<T>(answer: Promise<Answer<T>>): Promise<T> {
  const result = await answer;
  if (result.status === "ok") return result.data;
  throw new BackendError(result.error);
}

export const tauriBackend: Backend = {
  recordings: (offset, limit) => unwrap(commands.recordings(offset, limit)),
  transcript: (recordingId) => unwrap(commands.transcript(recordingId)),
  search: (words, limit) => unwrap(commands.search(words, limit)),
  libraryInfo: () => unwrap(commands.libraryInfo()),
  listen: (tell) => events.libraryEvent.listen((event) => tell(event.payload)),
};

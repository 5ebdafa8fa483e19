// The only door between the page and the core. `tauri.ts` asks the window's process, `mock.ts`
// answers out of memory; nothing else in the page knows which of them it has.
import type { CommandError, LibraryEvent, LibraryInfo, Recording, SearchHit, Segment } from "../bindings";

export type { CommandError, LibraryEvent, LibraryInfo, Recording, SearchHit, Segment, SegmentFlag } from "../bindings";

/** Every method rejects with a `BackendError`. */
export interface Backend {
  /** Recordings, newest first: at most `limit` after the newest `offset`. */
  recordings(offset: number, limit: number): Promise<Recording[]>;
  /** The newest transcript of a recording, in order of time. */
  transcript(recordingId: number): Promise<Segment[]>;
  /** Titles and segments in which all the words occur, best first. */
  search(words: string, limit: number): Promise<SearchHit[]>;
  /** Where the library is and whether it can be written. */
  libraryInfo(): Promise<LibraryInfo>;
  /** Calls back at every change until the returned function is called. */
  listen(tell: (event: LibraryEvent) => void): Promise<() => void>;
}

/** A use case failed; the message is a sentence for the user. */
export class BackendError extends Error {
  readonly code: CommandError["code"];

  constructor(error: CommandError) {
    super(error.message);
    this.code = error.code;
  }
}

import { BackendError, type ErrorCode } from "../backend/backend";
import { m } from "../i18n";

/** What went wrong, as the page shows it. */
export interface Problem {
  code: ErrorCode;
  /** A sentence for the user. */
  message: string;
}

/** The core's own sentence; the page finds words only for mistakes of its own. */
export function problemOf(error: unknown): Problem {
  if (error instanceof BackendError) return { code: error.code, message: error.message };
  console.error(error);
  return { code: "other", message: m.failed_unexpectedly() };
}

// What went wrong, in the language of the window. Of a sentence of the core that has no Korean form, such as the
// system's own words, the kind of trouble and the way out come first, and the particulars after them.
import type { CommandError, ErrorCode } from "../backend/backend";
import { locale, m } from "./index";
import { inKorean } from "./sentences";

const OWN: Record<ErrorCode, (() => string) | null> = {
  not_found: () => m.error_not_found(),
  unsupported_media: () => m.error_unsupported_media(),
  no_audio: () => m.error_no_audio(),
  model_missing: () => m.error_model_missing(),
  model_invalid: () => m.error_model_invalid(),
  worker_died: () => m.error_worker_died(),
  disk_full: () => m.error_disk_full(),
  read_only: () => m.error_read_only(),
  newer_library: () => m.error_newer_library(),
  damaged_library: () => m.error_damaged_library(),
  duplicate: () => m.error_duplicate(),
  out_of_memory: () => m.error_out_of_memory(),
  invalid_input: null,
  other: null,
};

export function errorText({ code, message }: CommandError): string {
  const own = OWN[code]?.() ?? "";
  if (message === "") return own === "" ? m.failed_unexpectedly() : own;
  if (locale.current === "en") return message;
  const korean = inKorean(message);
  if (korean !== null) return korean;
  // A sentence that is Korean already needs no other before it.
  return own === "" || /[가-힣]/.test(message.replace(/“.*?”/g, "")) ? message : `${own} (${message})`;
}

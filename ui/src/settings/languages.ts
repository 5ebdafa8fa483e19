import { m } from "../i18n";
import { languageName } from "../i18n/format";

/** Korean and English first, then by name. */
export function languageOptions(codes: readonly string[]): { value: string; label: string }[] {
  const rest = codes
    .filter((code) => code !== "ko" && code !== "en")
    .map((code) => ({ value: code, label: languageName(code) }))
    .sort((a, b) => a.label.localeCompare(b.label));
  const first = ["ko", "en"].map((code) => ({ value: code, label: languageName(code) }));
  return [{ value: "auto", label: m.language_auto() }, ...first, ...rest];
}

import type { Recording } from "../backend/backend";
import { day } from "../i18n/format";

export type Row =
  | { kind: "day"; key: string; text: string }
  | { kind: "recording"; key: number; recording: Recording };

/** The list with a heading before each day's recordings. */
export function withDays(recordings: readonly Recording[], now: Date = new Date()): Row[] {
  const rows: Row[] = [];
  let last = "";
  for (const recording of recordings) {
    const text = day(recording.created_at, now);
    if (text !== last) rows.push({ kind: "day", key: `day ${text}`, text });
    last = text;
    rows.push({ kind: "recording", key: recording.id, recording });
  }
  return rows;
}

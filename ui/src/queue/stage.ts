import type { JobKind, Stage } from "../backend/backend";
import { m } from "../i18n";

/** What a job makes, in a word. */
export function kindText(kind: JobKind): string {
  switch (kind) {
    case "minutes":
      return m.minutes();
    case "correct":
      return m.corrections();
    case "title":
      return m.title();
    default:
      return m.settings_transcription();
  }
}

function workText(kind: JobKind): string {
  switch (kind) {
    case "minutes":
      return m.stage_minutes();
    case "correct":
      return m.stage_correct();
    case "title":
      return m.stage_title();
    default:
      return m.stage_transcribing();
  }
}

/** What a job is doing, in words. */
export function stageText(stage: Stage, kind: JobKind): string {
  switch (stage) {
    case "waiting":
      return m.stage_waiting();
    case "loading_model":
      return m.stage_loading_model();
    case "finished":
      return m.stage_finished();
    default:
      return workText(kind);
  }
}

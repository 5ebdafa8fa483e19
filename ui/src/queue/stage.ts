import type { Stage } from "../backend/backend";
import { m } from "../i18n";

/** What a job is doing, in words. */
export function stageText(stage: Stage): string {
  switch (stage) {
    case "waiting":
      return m.stage_waiting();
    case "loading_model":
      return m.stage_loading_model();
    case "transcribing":
      return m.stage_transcribing();
    case "finished":
      return m.stage_finished();
  }
}

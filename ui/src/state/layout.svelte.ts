// Transcript, minutes and answers: side by side where there is room, one at a time where there is none.

/** From this width of the recording's place on there is room for both. */
export const SPLIT_PX = 740;

export class LayoutStore {
  width = $state(0);
  /** Of everything beside the library. */
  mainWidth = $state(0);
  /** Which of them is seen where there is room for one. */
  tab: "transcript" | "minutes" = $state("transcript");
  /** Whether the minutes stand beside the text; none until the user said so. */
  wanted: boolean | null = $state(null);

  readonly split = $derived(this.width >= SPLIT_PX);
  /** Answers stand beside what is read. */
  readonly answersBeside = $derived(this.mainWidth >= SPLIT_PX);

  /** `byThemselves`: there is something to see in them. */
  shows(byThemselves: boolean): boolean {
    return this.split ? (this.wanted ?? byThemselves) : this.tab === "minutes";
  }

  toggle(byThemselves: boolean): void {
    if (this.split) this.wanted = !this.shows(byThemselves);
    else this.tab = this.tab === "minutes" ? "transcript" : "minutes";
  }

  showMinutes(): void {
    if (this.split) this.wanted = true;
    else this.tab = "minutes";
  }

  /** A line was followed to what it rests on. */
  showTranscript(): void {
    this.tab = "transcript";
  }
}

// The sound of the open recording. One audio element for the life of the window.
import { m } from "../i18n";

export const RATES = [0.75, 1, 1.25, 1.5, 1.75, 2] as const;
export const SKIP_MS = 5_000;

export class PlayerStore {
  playing = $state(false);
  /** Where it is, followed at every frame while it plays. */
  atMs = $state(0);
  durationMs = $state(0);
  rate = $state(1);
  /** A copy that can be played is being made. */
  preparing = $state(false);
  /** Why it cannot be heard; a sentence. */
  trouble: string | null = $state(null);

  readonly #audio: HTMLAudioElement;
  #url: string | null = $state(null);
  #frame = 0;
  #pendingMs: number | null = null;
  /** Makes a copy that every audio element can decode; none once it was tried. */
  #makeCopy: (() => Promise<string>) | null = null;
  /** The original cannot be decoded here. */
  #refused = false;

  constructor(audio: HTMLAudioElement = new Audio()) {
    this.#audio = audio;
    audio.preload = "metadata";
    audio.addEventListener("play", () => this.#follow());
    audio.addEventListener("pause", () => this.#rest());
    audio.addEventListener("ended", () => this.#rest());
    audio.addEventListener("loadedmetadata", () => {
      if (Number.isFinite(audio.duration)) this.durationMs = audio.duration * 1000;
      if (this.#pendingMs !== null) this.seek(this.#pendingMs);
      this.#pendingMs = null;
    });
    audio.addEventListener("error", () => {
      if (this.#url === null) return;
      // The copy takes a while, so it is made when somebody wants to hear it.
      if (this.#makeCopy) this.#refused = true;
      else this.trouble = m.player_cannot_play();
      this.#rest();
    });
  }

  load(url: string | null, durationMs: number | null, makeCopy: (() => Promise<string>) | null = null): void {
    if (url === this.#url) {
      if (durationMs !== null && durationMs > 0) this.durationMs = durationMs;
      else if (url === null) this.atMs = 0;
      return;
    }
    this.#audio.pause();
    // A place may have been asked for before the sound was there.
    this.#pendingMs = url !== null && this.#url === null && this.atMs > 0 ? this.atMs : null;
    this.#url = url;
    this.atMs = this.#pendingMs ?? 0;
    this.durationMs = durationMs ?? 0;
    this.trouble = null;
    this.preparing = false;
    this.#makeCopy = makeCopy;
    this.#refused = false;
    if (url === null) this.#audio.removeAttribute("src");
    else this.#audio.src = url;
    this.#audio.playbackRate = this.rate;
  }

  get ready(): boolean {
    return this.#url !== null && this.trouble === null;
  }

  toggle(): void {
    if (this.playing) this.#audio.pause();
    else void this.play();
  }

  async play(fromMs: number | null = null): Promise<void> {
    if (!this.ready) return;
    if (fromMs !== null) this.seek(fromMs);
    if (this.#refused) return this.#playCopy();
    try {
      await this.#audio.play();
    } catch (error) {
      // A pause that comes before the sound does is no trouble.
      if (!(error instanceof DOMException) || error.name === "AbortError") return;
      if (this.#makeCopy) await this.#playCopy();
      else this.trouble ??= m.player_cannot_play();
    }
  }

  async #playCopy(): Promise<void> {
    const [url, makeCopy] = [this.#url, this.#makeCopy];
    if (!makeCopy || this.preparing) return;
    this.preparing = true;
    const copy = await makeCopy().catch(() => null);
    // Another recording may have been opened meanwhile.
    if (this.#url !== url) return;
    this.preparing = false;
    this.#makeCopy = null;
    this.#refused = false;
    if (copy === null) {
      this.trouble = m.player_cannot_play();
      return;
    }
    this.#pendingMs = this.atMs;
    this.#audio.src = copy;
    this.#audio.playbackRate = this.rate;
    await this.play();
  }

  pause(): void {
    this.#audio.pause();
  }

  seek(ms: number): void {
    const target = Math.max(0, Math.min(ms, this.durationMs || ms));
    this.atMs = target;
    if (this.#audio.readyState === 0) this.#pendingMs = target;
    else this.#audio.currentTime = target / 1000;
  }

  skip(byMs: number): void {
    this.seek(this.atMs + byMs);
  }

  setRate(rate: number): void {
    this.rate = rate;
    this.#audio.playbackRate = rate;
  }

  /** The element tells the time four times a second; the eye wants it at every frame. */
  #follow(): void {
    this.playing = true;
    cancelAnimationFrame(this.#frame);
    const step = () => {
      this.atMs = this.#audio.currentTime * 1000;
      this.#frame = requestAnimationFrame(step);
    };
    step();
  }

  #rest(): void {
    cancelAnimationFrame(this.#frame);
    this.playing = false;
    if (this.#audio.readyState > 0) this.atMs = this.#audio.currentTime * 1000;
  }
}

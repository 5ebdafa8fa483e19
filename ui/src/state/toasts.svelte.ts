// Short words about what was just done, with a way back where there is one. At most three at once:
// what happens to many things is told in one of them.
import type { JobKind } from "../backend/backend";
import { m } from "../i18n";
import { errorText } from "../i18n/errors";
import type { Problem } from "./problem";

/** The job that writes over what a way back would bring back. */
export interface Writer {
  kind: JobKind;
  recordingId: number;
}

export interface Toast {
  id: number;
  tone: "plain" | "bad";
  text: string;
  action: { label: string; run: () => void } | null;
  /** The action is the way back of what was done. */
  undoes: boolean;
  /** What ends that way, where something does. */
  writer: Writer | null;
}

const MAX_TOASTS = 3;
const LINGER_MS = 6_000;
/** Who can still take something back gets longer. */
const LINGER_WITH_ACTION_MS = 12_000;

export class Toasts {
  list: Toast[] = $state([]);
  #nextId = 1;
  #timers = new Map<number, ReturnType<typeof setTimeout>>();

  show(text: string, action: Toast["action"] = null): void {
    this.#add("plain", text, action);
  }

  /** Says what was done, with the way back. There is one at a time: an older one may lead back behind what is newer. */
  offerUndo(text: string, run: () => void, writer: Writer | null): void {
    this.#dismissWhere(({ undoes }) => undoes);
    const toast = this.#add("plain", text, { label: m.undo(), run: () => (this.dismiss(toast.id), run()) }, writer, true);
  }

  /** What was done last, while its way back is offered. */
  get undoable(): Toast | null {
    return this.list.find(({ undoes }) => undoes) ?? null;
  }

  /** Something else was written there, or is about to be; without a kind it may be anything of the recording. */
  dropUndo(recordingId: number, kind: JobKind | null): void {
    this.#dismissWhere(({ writer }) => writer?.recordingId === recordingId && (kind === null || writer.kind === kind));
  }

  /** Errors stay until they are dismissed. */
  fail(problem: Problem, action: Toast["action"] = null): void {
    this.#add("bad", errorText(problem), action);
  }

  dismiss(id: number): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
    this.list = this.list.filter((toast) => toast.id !== id);
  }

  /** Reading takes time: nothing disappears under the pointer or the focus. */
  hold(id: number): void {
    clearTimeout(this.#timers.get(id));
  }

  letGo(id: number): void {
    const toast = this.list.find((candidate) => candidate.id === id);
    if (toast && toast.tone === "plain") this.#expire(toast);
  }

  #dismissWhere(isOver: (toast: Toast) => boolean): void {
    for (const { id } of this.list.filter(isOver)) this.dismiss(id);
  }

  #add(tone: Toast["tone"], text: string, action: Toast["action"], writer: Writer | null = null, undoes = false): Toast {
    const same = this.list.find((toast) => toast.text === text && toast.tone === tone);
    if (same) this.dismiss(same.id);
    const toast: Toast = { id: this.#nextId++, tone, text, action, undoes, writer };
    this.list = [...this.list, toast].slice(-MAX_TOASTS);
    if (tone === "plain") this.#expire(toast);
    return toast;
  }

  #expire(toast: Toast): void {
    clearTimeout(this.#timers.get(toast.id));
    const linger = toast.action ? LINGER_WITH_ACTION_MS : LINGER_MS;
    this.#timers.set(
      toast.id,
      setTimeout(() => this.dismiss(toast.id), linger),
    );
  }
}

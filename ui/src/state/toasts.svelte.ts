// Short words about what was just done, with a way back where there is one. At most three at once:
// what happens to many things is told in one of them.
import { errorText } from "../i18n/errors";
import type { Problem } from "./problem";

export interface Toast {
  id: number;
  tone: "plain" | "bad";
  text: string;
  action: { label: string; run: () => void } | null;
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

  #add(tone: Toast["tone"], text: string, action: Toast["action"]): void {
    const same = this.list.find((toast) => toast.text === text && toast.tone === tone);
    if (same) this.dismiss(same.id);
    const toast: Toast = { id: this.#nextId++, tone, text, action };
    this.list = [...this.list, toast].slice(-MAX_TOASTS);
    if (tone === "plain") this.#expire(toast);
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

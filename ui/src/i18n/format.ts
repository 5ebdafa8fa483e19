// Times, sizes and days as the chosen language writes them.
import { m } from "./index";
import { locale } from "./locale.svelte";

const cache = new Map<string, Intl.DateTimeFormat | Intl.NumberFormat | Intl.DisplayNames>();

/** Making a formatter takes a millisecond, and lists ask for thousands. */
function cached<T extends Intl.DateTimeFormat | Intl.NumberFormat | Intl.DisplayNames>(key: string, make: () => T): T {
  const full = `${locale.current}:${key}`;
  const known = cache.get(full);
  if (known) return known as T;
  const made = make();
  cache.set(full, made);
  return made;
}

const two = (n: number) => String(n).padStart(2, "0");

/** A place in a recording: `0:07`, `12:05`, `1:02:03`. */
export function clock(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [h, min, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h > 0 ? `${h}:${two(min)}:${two(s)}` : `${min}:${two(s)}`;
}

/** The same for people who listen to it. */
export function spokenClock(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [h, min, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  if (h > 0) return m.time_h_min_s({ h, min, s });
  return min > 0 ? m.time_min_s({ min, s }) : m.time_s({ s });
}

/** How long something takes, roughly: nobody waits by the second. */
export function duration(ms: number): string {
  const seconds = Math.max(1, Math.round(ms / 1000));
  if (seconds < 60) return m.time_s({ s: seconds });
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return m.time_min({ min: minutes });
  const [h, min] = [Math.floor(minutes / 60), minutes % 60];
  return min === 0 ? m.time_h({ h }) : m.time_h_min({ h, min });
}

const DECIMAL_STEPS = ["B", "kB", "MB", "GB", "TB"] as const;

export function size(bytes: number): string {
  let [value, step] = [bytes, 0];
  while (value >= 999.5 && step < DECIMAL_STEPS.length - 1) [value, step] = [value / 1000, step + 1];
  const digits = step > 1 && value < 10 ? 1 : 0;
  return `${number(value, digits)} ${DECIMAL_STEPS[step] ?? "TB"}`;
}

export function number(value: number, digits = 0): string {
  const make = () =>
    new Intl.NumberFormat(locale.current, { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return cached(`number${digits}`, make).format(value);
}

/** Rounded down: 100 % means done. */
export const percent = (fraction: number) => `${Math.min(100, Math.floor(fraction * 100))}%`;

/** Audio seconds a second: `3.4×`. */
export const speed = (value: number) => `${number(value, value < 10 ? 1 : 0)}×`;

const startOfDay = (date: Date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();

const DAY_MS = 24 * 60 * 60 * 1000;

/** The day as the list's heading: today, yesterday, a weekday of this week, or the date. */
export function day(at: string, now: Date = new Date()): string {
  const date = new Date(at);
  const daysAgo = Math.round((startOfDay(now) - startOfDay(date)) / DAY_MS);
  if (daysAgo === 0) return m.day_today();
  if (daysAgo === 1) return m.day_yesterday();
  const sameYear = date.getFullYear() === now.getFullYear();
  const make = () =>
    new Intl.DateTimeFormat(locale.current, {
      weekday: daysAgo > 1 && daysAgo < 7 ? "long" : undefined,
      year: sameYear ? undefined : "numeric",
      month: "long",
      day: "numeric",
    } as Intl.DateTimeFormatOptions);
  return cached(`day${sameYear}${daysAgo > 1 && daysAgo < 7}`, make).format(date);
}

export function timeOfDay(at: string): string {
  const make = () => new Intl.DateTimeFormat(locale.current, { hour: "numeric", minute: "2-digit" });
  return cached("time", make).format(new Date(at));
}

export function dateAndTime(at: string): string {
  const make = () =>
    new Intl.DateTimeFormat(locale.current, { dateStyle: "long", timeStyle: "short" });
  return cached("dateTime", make).format(new Date(at));
}

/** A language's name in the language of the interface. */
export function languageName(code: string): string {
  if (code === "auto") return m.language_auto();
  try {
    const make = () => new Intl.DisplayNames(locale.current, { type: "language" });
    return cached("languages", make).of(code) ?? code;
  } catch {
    return code; // Not every code of the models is one that the browser knows.
  }
}

/** A day of the calendar, such as `2026-11-25`. */
export function dayText(day: string): string {
  const date = new Date(`${day}T12:00:00`);
  if (Number.isNaN(date.getTime())) return day;
  return cached("dayText", () => new Intl.DateTimeFormat(locale.current, { dateStyle: "medium" })).format(date);
}

/** Who speaks; the two channels of the recorder have names of their own. */
export function speakerName(label: string): string {
  switch (label) {
    case "me":
      return m.record_me();
    case "others":
      return m.record_others();
    default:
      return label;
  }
}

/** The other way round: who is meant by what was typed. */
export function speakerLabel(name: string): string {
  return ["me", "others"].find((label) => speakerName(label).toLowerCase() === name.toLowerCase()) ?? name;
}

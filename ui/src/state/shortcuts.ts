// Everything by keyboard. One table, from which both the keys and their list in the window come.
import { m } from "../i18n";
import { type App } from "./app.svelte";
import { SKIP_MS } from "./player.svelte";

export interface Shortcut {
  /** As shown; `Mod` is Ctrl, or Cmd on macOS. */
  keys: string[];
  label: () => string;
  matches: (event: KeyboardEvent) => boolean;
  run: (app: App, target: Element | null) => void;
  /** Works while one types, too. */
  whileTyping?: boolean;
}

export const isMac = /Mac/.test(navigator.platform);

const mod = (event: KeyboardEvent) => (isMac ? event.metaKey : event.ctrlKey) && !event.altKey;
const bare = (event: KeyboardEvent) => !event.ctrlKey && !event.metaKey && !event.altKey;
/** By place on the keyboard: with a Korean layout the letter is another one. */
const code = (wanted: string) => (event: KeyboardEvent) => bare(event) && !event.shiftKey && event.code === wanted;
const modCode = (wanted: string) => (event: KeyboardEvent) => mod(event) && !event.shiftKey && event.code === wanted;

const OTHER_FIELDS = ":is(input, textarea, select, [contenteditable]):not([data-search])";

export const focusSearch = () => document.querySelector<HTMLInputElement>("[data-search]")?.focus();

function moveAndSeek(app: App, idx: number): void {
  const { reading, player } = app;
  reading.moveTo(idx);
  const segment = reading.segments?.[reading.cursor];
  if (segment) player.seek(segment.start_ms);
}

/** A passage that has the focus, or else the one that the cursor is at. */
function passage(app: App, target: Element | null): number {
  const row = target?.closest<HTMLElement>("[data-transcript] li")?.dataset["index"];
  return row === undefined ? app.reading.cursor : Number(row);
}

const inMinutes = (event: KeyboardEvent) => event.target instanceof Element && event.target.closest("[data-minutes]") !== null;

const openId = (app: App) => (app.view === "library" ? app.reading.id : null);

export const SHORTCUTS: Shortcut[] = [
  {
    keys: ["Space"],
    label: () => m.key_play(),
    matches: code("Space"),
    run: (app) => (app.view === "record" ? app.recorder.togglePause() : app.player.toggle()),
  },
  { keys: ["←"], label: () => m.key_back(), matches: code("ArrowLeft"), run: (app) => app.player.skip(-SKIP_MS) },
  { keys: ["→"], label: () => m.key_forward(), matches: code("ArrowRight"), run: (app) => app.player.skip(SKIP_MS) },
  { keys: ["J"], label: () => m.key_next(), matches: code("KeyJ"), run: (app) => moveAndSeek(app, app.reading.cursor + 1) },
  { keys: ["K"], label: () => m.key_previous(), matches: code("KeyK"), run: (app) => moveAndSeek(app, app.reading.cursor - 1) },
  {
    keys: ["N"],
    label: () => m.key_next_doubtful(),
    matches: code("KeyN"),
    run: (app) => {
      const idx = app.reading.nextDoubtful();
      if (idx !== null) moveAndSeek(app, idx);
    },
  },
  {
    keys: ["E"],
    label: () => m.key_edit(),
    matches: code("KeyE"),
    run: (app, target) => {
      if (openId(app) !== null && app.canEdit) app.editing.begin(passage(app, target));
    },
  },
  {
    keys: ["M"],
    label: () => m.key_minutes(),
    matches: code("KeyM"),
    run: (app) => {
      if (openId(app) !== null) app.layout.toggle(app.minutesByThemselves);
    },
  },
  {
    keys: ["C"],
    label: () => m.key_corrections(),
    matches: code("KeyC"),
    run: (app) => {
      if (openId(app) !== null) app.review();
    },
  },
  { keys: ["/"], label: () => m.key_search(), matches: (event) => bare(event) && event.key === "/", run: focusSearch },
  { keys: ["Mod", "F"], label: () => m.key_search(), matches: modCode("KeyF"), run: focusSearch, whileTyping: true },
  {
    keys: ["Mod", "Enter"],
    label: () => m.key_ask(),
    // In other fields it belongs to them.
    matches: (event) => mod(event) && event.key === "Enter" && !(event.target instanceof Element && event.target.matches(OTHER_FIELDS)),
    run: (app) => app.askTyped(),
    whileTyping: true,
  },
  { keys: ["R"], label: () => m.key_record(), matches: code("KeyR"), run: (app) => app.showRecorder() },
  {
    keys: ["Mod", "O"],
    label: () => m.key_add(),
    matches: modCode("KeyO"),
    run: (app) => {
      if (!app.library.readOnly) void app.adding.choose("files");
    },
    whileTyping: true,
  },
  {
    keys: ["F2"],
    label: () => m.key_rename(),
    matches: (event) => bare(event) && event.key === "F2",
    run: (app) => {
      if (openId(app) !== null && !app.library.readOnly) app.renaming = true;
    },
  },
  {
    keys: ["Delete"],
    label: () => m.key_delete(),
    // Among the minutes it is a line that goes; and held down it takes no more than one.
    matches: (event) =>
      !event.repeat && !inMinutes(event) && ((bare(event) && event.key === "Delete") || (isMac && mod(event) && event.key === "Backspace")),
    run: (app) => {
      const id = openId(app);
      if (id !== null && !app.library.readOnly) void app.trash(id);
    },
  },
  { keys: ["Mod", "Z"], label: () => m.key_undo(), matches: modCode("KeyZ"), run: (app) => app.undo() },
  {
    keys: ["Mod", ","],
    label: () => m.key_settings(),
    matches: (event) => mod(event) && event.key === ",",
    run: (app) => (app.settingsTab ??= "general"),
    whileTyping: true,
  },
  {
    keys: ["?"],
    label: () => m.key_shortcuts(),
    matches: (event) => bare(event) && event.key === "?",
    run: (app) => (app.dialog = "shortcuts"),
  },
];

/** While proposals are gone through, these come first. */
export const REVIEW_SHORTCUTS: Shortcut[] = [
  { keys: ["J"], label: () => m.key_review_next(), matches: code("KeyJ"), run: (app) => lookAt(app, 1) },
  { keys: ["↓"], label: () => m.key_review_next(), matches: code("ArrowDown"), run: (app) => lookAt(app, 1) },
  { keys: ["K"], label: () => m.key_review_previous(), matches: code("KeyK"), run: (app) => lookAt(app, -1) },
  { keys: ["↑"], label: () => m.key_review_previous(), matches: code("ArrowUp"), run: (app) => lookAt(app, -1) },
  { keys: ["A"], label: () => m.key_accept(), matches: code("KeyA"), run: (app) => void app.corrections.decide("accepted") },
  { keys: ["Enter"], label: () => m.key_accept(), matches: code("Enter"), run: (app) => void app.corrections.decide("accepted") },
  { keys: ["X"], label: () => m.key_refuse(), matches: code("KeyX"), run: (app) => void app.corrections.decide("refused") },
  { keys: ["U"], label: () => m.key_review_undo(), matches: code("KeyU"), run: (app) => void app.corrections.undo() },
  {
    keys: ["Shift", "A"],
    label: () => m.key_accept_all(),
    matches: (event) => bare(event) && event.shiftKey && event.code === "KeyA",
    run: (app) => void app.corrections.acceptUnmarked(),
  },
  { keys: ["Esc"], label: () => m.key_review_end(), matches: code("Escape"), run: (app) => app.corrections.end() },
];

function lookAt(app: App, by: number): void {
  app.corrections.move(by);
  const segment = app.reading.segments?.[app.reading.cursor];
  if (segment) app.player.seek(segment.start_ms);
}

const TYPING = "input, textarea, select, [contenteditable]";
/** Space and arrows belong to these where one of them has the focus; in the text they play all the same. */
const OWN_KEYS = "button, a, [role=menuitem], [role=option], [role=slider], [role=tab], [role=listbox]";

export function handleKey(event: KeyboardEvent, app: App): void {
  // A syllable that is being put together is not a command.
  if (event.isComposing || event.defaultPrevented) return;
  const target = event.target instanceof Element ? event.target : null;
  // A dialog or a menu has the keyboard to itself.
  if (document.querySelector("[role=dialog][data-state=open], [role=alertdialog][data-state=open], [role=menu]")) return;
  const typing = target?.closest(TYPING) !== null && target !== null;
  const needed = bare(event) && (event.code === "Space" || event.code === "Enter" || event.code.startsWith("Arrow"));
  if (needed && target?.closest(OWN_KEYS) && !target.closest("[data-player-keys]")) return;
  const reviewing = openId(app) !== null && app.corrections.reviewing;
  const found = [...(reviewing ? REVIEW_SHORTCUTS : []), ...SHORTCUTS].find((shortcut) => (shortcut.whileTyping || !typing) && shortcut.matches(event));
  if (!found) return;
  event.preventDefault();
  found.run(app, target);
}

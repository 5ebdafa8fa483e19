// Everything by keyboard. One table, from which both the keys and their list in the window come.
import { m } from "../i18n";
import { type App } from "./app.svelte";
import { SKIP_MS } from "./player.svelte";

export interface Shortcut {
  /** As shown; `Mod` is Ctrl, or Cmd on macOS. */
  keys: string[];
  label: () => string;
  matches: (event: KeyboardEvent) => boolean;
  run: (app: App) => void;
  /** Works while one types, too. */
  whileTyping?: boolean;
}

export const isMac = /Mac/.test(navigator.platform);

const mod = (event: KeyboardEvent) => (isMac ? event.metaKey : event.ctrlKey) && !event.altKey;
const bare = (event: KeyboardEvent) => !event.ctrlKey && !event.metaKey && !event.altKey;
/** By place on the keyboard: with a Korean layout the letter is another one. */
const code = (wanted: string) => (event: KeyboardEvent) => bare(event) && !event.shiftKey && event.code === wanted;
const modCode = (wanted: string) => (event: KeyboardEvent) => mod(event) && !event.shiftKey && event.code === wanted;

export const focusSearch = () => document.querySelector<HTMLInputElement>("[data-search]")?.focus();

function moveAndSeek(app: App, idx: number): void {
  const { reading, player } = app;
  reading.moveTo(idx);
  const segment = reading.segments?.[reading.cursor];
  if (segment) player.seek(segment.start_ms);
}

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
  { keys: ["/"], label: () => m.key_search(), matches: (event) => bare(event) && event.key === "/", run: focusSearch },
  { keys: ["Mod", "F"], label: () => m.key_search(), matches: modCode("KeyF"), run: focusSearch, whileTyping: true },
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
    matches: (event) => (bare(event) && event.key === "Delete") || (isMac && mod(event) && event.key === "Backspace"),
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
  const needed = event.code === "Space" || event.code.startsWith("Arrow");
  if (needed && target?.closest(OWN_KEYS) && !target.closest("[data-player-keys]")) return;
  const found = SHORTCUTS.find((shortcut) => (shortcut.whileTyping || !typing) && shortcut.matches(event));
  if (!found) return;
  event.preventDefault();
  found.run(app);
}

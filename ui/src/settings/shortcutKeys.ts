// The keys of a shortcut: out of what was pressed, and as people read them.
import { isMac } from "../state/shortcuts";

/** In the order in which they are named; `Super` is the Windows key, or Cmd on macOS. */
const MODIFIERS = [
  { name: "Ctrl", held: (event: KeyboardEvent) => event.ctrlKey, mac: "⌃" },
  { name: "Alt", held: (event: KeyboardEvent) => event.altKey, mac: "⌥" },
  { name: "Shift", held: (event: KeyboardEvent) => event.shiftKey, mac: "⇧" },
  { name: "Super", held: (event: KeyboardEvent) => event.metaKey, mac: "⌘" },
];

/** By place on the keyboard; modifiers and locks are no keys of their own. */
const KEY =
  /^(Key[A-Z]|Digit\d|F([1-9]|1\d|2[0-4])|Numpad(\d|Add|Subtract|Multiply|Divide|Decimal)|Arrow(Up|Down|Left|Right)|Space|Home|End|PageUp|PageDown|Insert|Delete|Backspace|Enter|Minus|Equal|Comma|Period|Slash|Backslash|Semicolon|Quote|Backquote|Bracket(Left|Right)|Media(PlayPause|Stop))$/;

const SIGNS: Record<string, string> = {
  ArrowUp: "↑", ArrowDown: "↓", ArrowLeft: "←", ArrowRight: "→", Minus: "-", Equal: "=", Comma: ",", Period: ".",
  Slash: "/", Backslash: "\\", Semicolon: ";", Quote: "'", Backquote: "`", BracketLeft: "[", BracketRight: "]",
};

export const heldKeys = (event: KeyboardEvent): string[] =>
  MODIFIERS.filter(({ held }) => held(event)).map(({ name }) => name);

/** As it is kept, `Ctrl+Shift+KeyR`; null as long as only modifiers are held. */
export const shortcutOf = (event: KeyboardEvent): string | null =>
  KEY.test(event.code) ? [...heldKeys(event), event.code].join("+") : null;

/** What is written on the keys. */
export function keyNames(keys: string[]): string[] {
  return keys.map((key) => {
    const modifier = MODIFIERS.find(({ name }) => name === key);
    if (modifier) return isMac ? modifier.mac : key === "Super" ? "Win" : key;
    return SIGNS[key] ?? key.replace(/^(Key|Digit)/, "").replace(/^Numpad/, "Num ");
  });
}

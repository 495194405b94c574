/** One register of commands behind the keys, the palette and the hints on buttons. */

import { signal } from "@preact/signals";
import type { Icon } from "../shared/icons";
import { dialog } from "./dialog";
import { preferences } from "./preferences";

export interface Command {
  id: string;
  /** Says what it does; a function, so that it speaks the language of the moment. */
  label: () => string;
  /** "j", "g i", "Mod+Enter", "Mod+Shift+Enter"; Mod is Ctrl, or Command on a Mac. */
  keys?: string;
  icon?: Icon;
  /** Whether it can be done now; left out: always. */
  when?: () => boolean;
  /** Works in fields and above dialogs too, because its key writes nothing. */
  everywhere?: boolean;
  hidden?: boolean;
  run: () => void;
}

const CHORD_TIME = 1200;
const ON_MAC = /Mac|iPhone|iPad/.test(navigator.platform);

export const commands = signal<readonly Command[]>([]);

export function register(...added: Command[]): void {
  commands.value = [...commands.peek(), ...added];
}

let chord = "";
let chordAt = 0;

addEventListener("keydown", (event) => {
  // AltGr and Alt write letters on many keyboards; a composing input method owns every key.
  if (event.isComposing || event.keyCode === 229 || event.altKey || event.getModifierState("AltGraph")) return;
  if (event.defaultPrevented) return;
  const pressed = name(event);
  const withChord = event.timeStamp - chordAt < CHORD_TIME ? `${chord} ${pressed}` : pressed;
  const command = find(withChord, event) ?? find(pressed, event);
  [chord, chordAt] = isLetter(pressed) ? [pressed, event.timeStamp] : ["", 0];
  if (!command) return;
  event.preventDefault();
  command.run();
});

function find(keys: string, event: KeyboardEvent): Command | undefined {
  return commands.peek().find((one) => one.keys === keys && allowed(one, event) && (one.when?.() ?? true));
}

function allowed(command: Command, event: KeyboardEvent): boolean {
  if (command.everywhere) return true;
  if (dialog.peek() || inField(event.target) || inMenu()) return false;
  return preferences.peek().letters || !isLetter(command.keys?.split(" ")[0] ?? "");
}

function inField(target: EventTarget | null): boolean {
  const element = target as HTMLElement | null;
  return Boolean(element?.closest?.("input:not([type=radio],[type=checkbox]), textarea, select, [contenteditable]"));
}

function inMenu(): boolean {
  return Boolean(document.querySelector(".menu:popover-open"));
}

function isLetter(keys: string): boolean {
  return keys.length === 1;
}

function name(event: KeyboardEvent): string {
  const mod = event.ctrlKey || event.metaKey ? "Mod+" : "";
  const named = event.key.length > 1 || mod !== "";
  const shift = event.shiftKey && named ? "Shift+" : "";
  return mod + shift + (event.key.length === 1 ? latin(event) : event.key);
}

/** On a layout without Latin letters the place of the key decides. */
function latin(event: KeyboardEvent): string {
  if (/^[\x20-\x7e]$/.test(event.key)) return event.key.toLowerCase();
  return /^Key([A-Z])$/.exec(event.code)?.[1]?.toLowerCase() ?? event.key;
}

/** The keys of a command as people read them: "Ctrl ↵". */
export function hint(keys: string | undefined): string {
  if (!keys) return "";
  return keys
    .replace("Mod", ON_MAC ? "⌘" : "Ctrl")
    .replace("Enter", "↵")
    .replace("Escape", "Esc")
    .replace("ArrowDown", "↓")
    .replace("ArrowUp", "↑")
    .replaceAll("+", " ");
}

/** The same for assistive technology. */
export function shortcuts(keys: string | undefined): string | undefined {
  return keys?.replace("Mod", ON_MAC ? "Meta" : "Control");
}

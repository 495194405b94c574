/** All commands by their words, with the keys that do the same. */

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { Search } from "../shared/icons";
import { closeDialog, Dialog } from "./dialog";
import { type Command, commands, hint } from "./keyboard";
import { go } from "./router";
import { t } from "./text";

export function Palette(): JSX.Element {
  const typed = useSignal("");
  const at = useSignal(0);
  const found = matching(typed.value);
  const index = Math.min(at.value, found.length - 1);

  function choose(command: Command | undefined): void {
    if (!command) return;
    closeDialog();
    // After the dialog has given the focus back, so that a command may move it on.
    setTimeout(command.run);
  }

  function press(event: KeyboardEvent): void {
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1 };
    const step = steps[event.key];
    if (step) at.value = (index + step + found.length) % Math.max(1, found.length);
    else if (event.key === "Enter") choose(found[index]);
    else return;
    event.preventDefault();
  }

  return (
    <Dialog title={t("palette.title")} class="palette" bare>
      <div class="palette-field">
        <Search />
        <input
          role="combobox"
          aria-expanded="true"
          aria-controls="palette-list"
          aria-activedescendant={found[index] ? `command-${index}` : undefined}
          aria-label={t("palette.title")}
          placeholder={t("palette.placeholder")}
          value={typed.value}
          autofocus
          autocomplete="off"
          onInput={(event) => {
            typed.value = event.currentTarget.value;
            at.value = 0;
          }}
          onKeyDown={press}
        />
      </div>
      <ul id="palette-list" class="palette-list" role="listbox" aria-label={t("palette.title")}>
        {found.map((command, place) => (
          <Line key={command.id} command={command} place={place} chosen={place === index} choose={choose} />
        ))}
      </ul>
    </Dialog>
  );
}

interface LineProps {
  command: Command;
  place: number;
  chosen: boolean;
  choose: (command: Command) => void;
}

function Line({ command, place, chosen, choose }: LineProps): JSX.Element {
  const Sign = command.icon;
  return (
    <li
      id={`command-${place}`}
      role="option"
      aria-selected={chosen}
      class={chosen ? "palette-line chosen" : "palette-line"}
      ref={(element) => {
        if (chosen) element?.scrollIntoView({ block: "nearest" });
      }}
      onClick={() => choose(command)}
    >
      <span class="menu-sign">{Sign && <Sign />}</span>
      <span dir="auto">{command.label()}</span>
      {command.keys && <kbd>{hint(command.keys)}</kbd>}
    </li>
  );
}

/** Commands that can be done now and hold every word typed; a word that none holds can be searched for. */
function matching(typed: string): Command[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  const possible = commands.value.filter((one) => !one.hidden && (one.when?.() ?? true));
  const found = possible.filter((one) => words.every((word) => one.label().toLowerCase().includes(word)));
  if (!words.length) return found;
  const search: Command = {
    id: "find-typed",
    label: () => t("palette.find", { q: typed }),
    icon: Search,
    run: () => go({ region: "find", view: "all", customer: null, q: typed }),
  };
  return [...found, search];
}

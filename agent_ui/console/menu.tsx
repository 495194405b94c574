/** A button that opens a menu: arrow keys, first letters, Escape, and the focus goes back where it was. */

import type { ComponentChildren, JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { Check, type Icon } from "../shared/icons";

export interface MenuItem {
  label: string;
  icon?: Icon | undefined;
  /** A second line: why it is as it is, or why it cannot be chosen. */
  hint?: string | undefined;
  keys?: string | undefined;
  chosen?: boolean | undefined;
  off?: boolean | undefined;
  danger?: boolean | undefined;
  /** A heading above this item, where a new group begins. */
  group?: string | undefined;
  run: () => void;
}

interface MenuProps {
  items: MenuItem[] | (() => MenuItem[]);
  /** The button's name, where its content does not say enough. */
  label?: string;
  class?: string;
  children: ComponentChildren;
  hint?: string;
  keys?: string;
  id?: string;
  disabled?: boolean;
}

const GAP = 4;

export function MenuButton({ items, label, class: name, children, hint, keys, id, disabled }: MenuProps): JSX.Element {
  const [shown, setShown] = useState<MenuItem[] | null>(null);
  const button = useRef<HTMLButtonElement>(null);
  const list = useRef<HTMLDivElement>(null);

  function open(): void {
    setShown(typeof items === "function" ? items() : items);
    requestAnimationFrame(() => {
      if (!list.current || !button.current) return;
      list.current.showPopover();
      putBeside(list.current, button.current);
      choices(list.current).find((item) => item.ariaChecked === "true" || !item.ariaDisabled)?.focus();
    });
  }

  function close(): void {
    list.current?.hidePopover();
    button.current?.focus();
  }

  function choose(item: MenuItem): void {
    if (item.off) return;
    close();
    item.run();
  }

  return (
    <>
      <button
        type="button"
        ref={button}
        id={id}
        class={name ?? "button"}
        aria-label={label}
        aria-haspopup="menu"
        aria-expanded={shown !== null}
        aria-keyshortcuts={keys}
        title={hint ?? label}
        disabled={disabled}
        onClick={open}
        onKeyDown={(event) => {
          if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
          event.preventDefault();
          open();
        }}
      >
        {children}
      </button>
      {shown && (
        <div
          ref={list}
          class="menu"
          role="menu"
          aria-label={label}
          popover="auto"
          onToggle={(event: Event) => {
            if ((event as ToggleEvent).newState === "closed") setShown(null);
          }}
          onKeyDown={(event) => walk(event, close)}
        >
          {shown.map((item, index) => (
            <Choice key={index} item={item} choose={choose} />
          ))}
        </div>
      )}
    </>
  );
}

function Choice({ item, choose }: { item: MenuItem; choose: (item: MenuItem) => void }): JSX.Element {
  const Sign = item.icon;
  return (
    <>
      {item.group && (
        <div class="menu-group" role="presentation">
          {item.group}
        </div>
      )}
      <button
        type="button"
        class={item.danger ? "menu-item danger" : "menu-item"}
        role={item.chosen === undefined ? "menuitem" : "menuitemradio"}
        aria-checked={item.chosen}
        aria-disabled={item.off || undefined}
        tabIndex={-1}
        onClick={() => choose(item)}
      >
        <span class="menu-sign">{item.chosen ? <Check size={14} /> : Sign && <Sign />}</span>
        <span class="menu-words">
          <span dir="auto">{item.label}</span>
          {item.hint && <span class="menu-hint">{item.hint}</span>}
        </span>
        {item.keys && <kbd aria-hidden="true">{item.keys}</kbd>}
      </button>
    </>
  );
}

function choices(list: HTMLElement): HTMLElement[] {
  return [...list.querySelectorAll<HTMLElement>(".menu-item")];
}

function walk(event: KeyboardEvent, close: () => void): void {
  const all = choices(event.currentTarget as HTMLElement);
  const here = all.indexOf(document.activeElement as HTMLElement);
  const next = target(event.key, all, here);
  if (event.key === "Tab" || event.key === "Escape") close();
  else if (!next) return;
  else next.focus();
  event.preventDefault();
  event.stopPropagation();
}

function target(key: string, all: HTMLElement[], here: number): HTMLElement | undefined {
  if (key === "ArrowDown") return all[(here + 1) % all.length];
  if (key === "ArrowUp") return all[(here - 1 + all.length) % all.length];
  if (key === "Home") return all[0];
  if (key === "End") return all.at(-1);
  if (key.length !== 1 || key === " ") return undefined;
  const later = [...all.slice(here + 1), ...all.slice(0, here + 1)];
  return later.find((item) => item.innerText.trim().toLowerCase().startsWith(key.toLowerCase()));
}

/** Under the button where there is room, else above it, and never over the edge. */
function putBeside(list: HTMLElement, button: HTMLElement): void {
  const at = button.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = list;
  const rightToLeft = getComputedStyle(button).direction === "rtl";
  const fitsBelow = at.bottom + GAP + height <= innerHeight;
  const wanted = rightToLeft || at.left + width > innerWidth - 8 ? at.right - width : at.left;
  list.style.left = `${Math.max(8, Math.min(wanted, innerWidth - width - 8))}px`;
  list.style.top = `${Math.max(8, fitsBelow ? at.bottom + GAP : at.top - GAP - height)}px`;
}

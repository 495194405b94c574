/** Canned replies: found by a slash, filled with what is known, and never sent with a gap. */

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { canned, me, open } from "./connection";
import type { Canned } from "./protocol";
import { current } from "./requests";
import { t } from "./text";

const GAP = /\{\{?\s*((?:customer|agent|request|order)\.[a-z_]+)\s*\}?\}/g;

/** Fill every gap that has a value here and now; the others stay to be seen. */
export function fillGaps(text: string): string {
  const known: Record<string, string | undefined> = {
    "customer.name": open.peek()?.customer.name,
    "agent.name": me.peek()?.name,
    "request.number": current.peek()?.number,
    "order.number": newestOrder(),
  };
  return text.replace(GAP, (whole, name: string) => known[name] || whole);
}

function newestOrder(): string | undefined {
  const ofRequest = current.peek()?.orders[0]?.number;
  if (ofRequest) return ofRequest;
  const orders = [...(open.peek()?.orders.values() ?? [])].filter((one) => !one.masked);
  orders.sort((a, b) => ((a.order.placed_at ?? "") < (b.order.placed_at ?? "") ? 1 : -1));
  return orders[0]?.number;
}

export function gapsIn(text: string): string[] {
  return [...text.matchAll(GAP)].map(([, name]) => name ?? "");
}

/** The word after a slash with which a line begins, where the caret stands; null where there is none. */
export function slashWord(text: string, caret: number): string | null {
  const line = text.slice(text.lastIndexOf("\n", caret - 1) + 1, caret);
  return /^\/[^\s/]*$/.test(line) ? line.slice(1) : null;
}

interface PickerProps {
  query: string;
  choose: (text: string) => void;
  close: () => void;
  /** Takes the focus into a field of its own; else the composer keeps it and passes its keys on. */
  own: boolean;
}

export function CannedPicker({ query, choose, close, own }: PickerProps): JSX.Element {
  const [typed, setTyped] = useState(query);
  const [at, setAt] = useState(0);
  const field = useRef<HTMLInputElement>(null);
  const wanted = (own ? typed : query).toLowerCase();
  const found = matching(wanted);
  const chosen = found[Math.min(at, found.length - 1)];

  useEffect(() => {
    field.current?.focus();
  }, []);
  useEffect(() => {
    if (own) return;
    const keys = (event: KeyboardEvent) => press(event);
    addEventListener("keydown", keys, true);
    return () => removeEventListener("keydown", keys, true);
  });

  function press(event: KeyboardEvent): void {
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1 };
    const step = steps[event.key];
    if (step) setAt((found.length + Math.min(at, found.length - 1) + step) % Math.max(1, found.length));
    else if (event.key === "Enter" && chosen && !event.ctrlKey && !event.metaKey) choose(fillGaps(chosen.text));
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  return (
    <div class="canned">
      {own && (
        <input
          ref={field}
          class="input"
          aria-label={t("canned.find")}
          placeholder={t("canned.find")}
          value={typed}
          onInput={(event) => setTyped(event.currentTarget.value)}
          onKeyDown={press}
        />
      )}
      <div class="canned-body">
        <ul class="canned-list" role="listbox" aria-label={t("canned.title")}>
          {found.map((one) => (
            <Option key={one.id} one={one} chosen={one === chosen} choose={choose} />
          ))}
        </ul>
        {chosen && (
          <p class="canned-preview" dir="auto">
            {fillGaps(chosen.text)}
          </p>
        )}
        {!found.length && <p class="canned-none">{t("canned.none")}</p>}
      </div>
    </div>
  );
}

/** Those whose name begins with the words, then those that hold them anywhere. */
function matching(wanted: string): Canned[] {
  const found = canned.value.filter((one) => `${one.name} ${one.text}`.toLowerCase().includes(wanted));
  const rank = ({ name }: Canned) => (name.toLowerCase().startsWith(wanted) ? 0 : name.toLowerCase().includes(wanted) ? 1 : 2);
  return found.sort((a, b) => rank(a) - rank(b)).slice(0, 8);
}

function Option({ one, chosen, choose }: { one: Canned; chosen: boolean; choose: (text: string) => void }): JSX.Element {
  return (
    <li
      role="option"
      aria-selected={chosen}
      class={chosen ? "canned-option chosen" : "canned-option"}
      dir="auto"
      onMouseDown={(event) => {
        event.preventDefault();
        choose(fillGaps(one.text));
      }}
    >
      {one.name}
    </li>
  );
}

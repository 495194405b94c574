/** What an agent has begun to write: at once in the browser, soon after on the server, never lost, never elsewhere. */

import { effect, type Signal, signal } from "@preact/signals";
import { call, drafts, link, state } from "./connection";
import { recall, remember } from "./preferences";
import type { Attachment, Draft, Entry, Mode } from "./protocol";
import { go, route } from "./router";

export interface Written {
  text: string;
  endpoint: number | null;
  account: string | null;
  /** Who gets a copy, as it was typed; null while nobody is wanted. */
  cc: string | null;
  attachments: Attachment[];
  /** What the agent had seen when they wrote; the hub refuses what was overtaken since. */
  base: Record<string, number> | null;
  request: number | null;
  savedAt: string | null;
  /** Not yet on the server. */
  unsaved: boolean;
}

export type Writing = Extract<Mode, "reply" | "note">;

const SAVE_AFTER = 600;
const EMPTY: Written = {
  text: "",
  endpoint: null,
  account: null,
  cc: null,
  attachments: [],
  base: null,
  request: null,
  savedAt: null,
  unsaved: false,
};

const held = new Map<string, Signal<Written>>();
const timers = new Map<string, number>();

/** Which of the two the composer shows, by customer. */
const modes = signal<ReadonlyMap<number, Writing>>(new Map());

export function modeOf(customer: number): Writing {
  return modes.value.get(customer) ?? "reply";
}

export function setMode(customer: number, mode: Writing): void {
  modes.value = new Map(modes.peek()).set(customer, mode);
}

function keyOf(customer: number, mode: Writing): string {
  return `onethread.draft.${state.me}.${customer}.${mode}`;
}

/** The text that belongs to this customer and mode, from this browser or from the server. */
export function written(customer: number, mode: Writing): Signal<Written> {
  const key = keyOf(customer, mode);
  const known = held.get(key);
  if (known) return known;
  const here = recall<Written>(key);
  // What an older version kept may lack what is new.
  const found = signal<Written>(here?.unsaved ? { ...EMPTY, ...here } : (fromServer(customer, mode) ?? EMPTY));
  held.set(key, found);
  if (here?.unsaved) saveSoon(customer, mode);
  return found;
}

function fromServer(customer: number, mode: Writing): Written | null {
  const draft = drafts.peek().find((one) => one.customer_id === customer && one.mode === mode);
  return draft ? asWritten(draft) : null;
}

function asWritten(draft: Draft): Written {
  const { text, endpoint_id, account, attachments, base, request_id, saved_at, fields } = draft;
  const cc = typeof fields?.["cc"] === "string" ? fields["cc"] : null;
  return { text, endpoint: endpoint_id, account, cc, attachments, base, request: request_id, savedAt: saved_at, unsaved: false };
}

export function write(customer: number, mode: Writing, change: Partial<Written>): void {
  const draft = written(customer, mode);
  draft.value = { ...draft.peek(), ...change, unsaved: true };
  remember(keyOf(customer, mode), draft.value);
  saveSoon(customer, mode);
}

function saveSoon(customer: number, mode: Writing): void {
  const key = keyOf(customer, mode);
  clearTimeout(timers.get(key));
  timers.set(key, window.setTimeout(() => save(customer, mode), SAVE_AFTER));
}

async function save(customer: number, mode: Writing): Promise<void> {
  const draft = written(customer, mode);
  const sent = draft.peek();
  if (!sent.unsaved || link.peek().is !== "open") return;
  const { text, endpoint, account, cc, attachments, base, request } = sent;
  const fields = cc ? { cc } : null;
  try {
    const given = { customer, mode, text, endpoint, account, base, request, fields, attachments: attachments.map(({ id }) => id) };
    const answer = await call<{ draft: Draft | null }>("draft", withoutEmpty(given));
    if (draft.peek() !== sent) return;
    draft.value = { ...sent, savedAt: answer.draft?.saved_at ?? null, unsaved: false };
    remember(keyOf(customer, mode), null);
  } catch {
    // It stays here, and is tried again with the next letter or when the line is back.
  }
}

function withoutEmpty(given: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null));
}

/** Forget a text that was sent; the hub drops its copy when it stores the entry. */
export function forget(customer: number, mode: Writing): void {
  clearTimeout(timers.get(keyOf(customer, mode)));
  written(customer, mode).value = EMPTY;
  remember(keyOf(customer, mode), null);
  call("draft", { customer, mode, text: "" }).catch(() => undefined);
}

/** Put a reply's words back where they can be changed and sent again, above whatever was begun since. */
export function restore({ customer_id: customer, text, details }: Entry): void {
  const now = written(customer, "reply").peek();
  const both = now.text && now.text !== text ? `${text}\n\n${now.text}` : text;
  const cc = Array.isArray(details["cc"]) ? details["cc"].join(", ") : null;
  write(customer, "reply", { text: both, cc: now.cc || cc });
  setMode(customer, "reply");
  if (route.peek().customer !== customer) go({ region: "inbox", customer });
  focusComposer();
}

/** At once where it is there, so that the next key is written and no command; else when it has been drawn. */
export function focusComposer(): void {
  const focus = () => document.querySelector<HTMLElement>("#composer-text")?.focus();
  focus();
  requestAnimationFrame(focus);
}

/** A draft that another tab sent or emptied goes away here too. */
function dropRemoved(kept: readonly Draft[]): void {
  for (const [key, draft] of held) {
    const { unsaved, savedAt } = draft.peek();
    if (unsaved || !savedAt) continue;
    if (!kept.some((one) => keyOf(one.customer_id ?? 0, one.mode as Writing) === key)) draft.value = EMPTY;
  }
}

/** Another tab's text comes in where this one has nothing newer. */
effect(() => {
  dropRemoved(drafts.value);
  for (const draft of drafts.value) {
    if (draft.mode !== "reply" && draft.mode !== "note") continue;
    const here = draft.customer_id ? held.get(keyOf(draft.customer_id, draft.mode)) : undefined;
    if (here && !here.peek().unsaved && (here.peek().savedAt ?? "") < draft.saved_at) here.value = asWritten(draft);
  }
});

effect(() => {
  if (link.value.is !== "open") return;
  for (const [key, draft] of held) {
    if (!draft.peek().unsaved) continue;
    const [customer, mode] = key.split(".").slice(-2);
    saveSoon(Number(customer), mode as Writing);
  }
});

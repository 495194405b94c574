/** Calls that are being noted: one tab each, kept as they are typed, so that a reload loses nothing. */

import { signal } from "@preact/signals";
import { call, callKey, onScreenPop } from "./connection";
import { recall, remember } from "./preferences";
import type { Candidate, Entry } from "./protocol";
import { go } from "./router";
import { now, t } from "./text";
import { toast } from "./toasts";

export const OUTCOMES = ["answered", "promised", "call_back", "left_message", "handed_over"] as const;

export interface CallTab {
  key: string;
  phone: string;
  direction: "in" | "out";
  startedAt: string;
  savedAt: string | null;
  /** Null: nobody chosen yet; 0: somebody who is not among the candidates. */
  customer: number | null;
  name: string;
  request: number | null;
  text: string;
  outcome: string;
  promise: string;
  dueAt: string;
  candidates: Candidate[];
}

const KEY = "onethread.calls";
const SAVE_AFTER = 600;

export const callTabs = signal<readonly CallTab[]>(recall<CallTab[]>(KEY) ?? []);
export const currentTab = signal<string | null>(callTabs.peek()[0]?.key ?? null);

/** A new tab, shown at once; what is known already is filled in. */
export function newCall(known: Partial<CallTab> = {}): void {
  const tab: CallTab = {
    key: callKey(),
    phone: "",
    direction: "in",
    startedAt: new Date(now()).toISOString(),
    savedAt: null,
    customer: null,
    name: "",
    request: null,
    text: "",
    outcome: "",
    promise: "",
    dueAt: "",
    candidates: [],
    ...known,
  };
  keep([...callTabs.peek(), tab]);
  currentTab.value = tab.key;
  go({ region: "calls", view: "", customer: null });
}

onScreenPop(({ phone, candidates }) => {
  const only = candidates.length === 1 ? candidates[0] : undefined;
  const ring = { phone: phone ?? "", candidates, customer: only?.customer_id ?? null };
  toast(t("calls.rings", { phone: phone ?? t("calls.withheld") }), { label: t("calls.note"), run: () => newCall(ring) });
});

let timer = 0;

export function changeCall(key: string, change: Partial<CallTab>): void {
  keep(callTabs.peek().map((one) => (one.key === key ? { ...one, ...change } : one)));
  clearTimeout(timer);
  timer = window.setTimeout(() => saveDraft(key), SAVE_AFTER);
}

/** The hub keeps a copy, one for each tab. */
function saveDraft(key: string): void {
  const tab = callTabs.peek().find((one) => one.key === key);
  if (!tab) return;
  const saved = () => keep(callTabs.peek().map((one) => (one.key === key ? { ...one, savedAt: new Date(now()).toISOString() } : one)));
  const { phone, name, direction, outcome, promise, dueAt: due_at, startedAt: started_at } = tab;
  const fields = { phone, name, direction, outcome, promise, due_at, started_at };
  call("draft", { ...forCustomer(tab), mode: "call", slot: key, text: tab.text, fields }).then(saved, () => undefined);
}

function forCustomer({ customer, request }: CallTab): object {
  return { ...(customer ? { customer } : {}), ...(request ? { request } : {}) };
}

export function closeCall(key: string): void {
  clearTimeout(timer);
  const rest = callTabs.peek().filter((one) => one.key !== key);
  keep(rest);
  currentTab.value = rest[0]?.key ?? null;
  call("draft", { mode: "call", slot: key, text: "" }).catch(() => undefined);
}

/** Whether what was typed is a phone number. */
export function isNumber(typed: string): boolean {
  return /^[+\d][\d ()/.-]+$/.test(typed.trim());
}

let asked = 0;

export async function findCallers(key: string, q: string): Promise<void> {
  const mine = ++asked;
  if (q.trim().length < 3) return changeCall(key, { candidates: [] });
  const { candidates } = await call<{ candidates: Candidate[] }>("callers", { q: q.trim() });
  if (mine === asked) changeCall(key, { candidates });
}

/** Append the call to its customer's conversation. */
export async function saveCall(tab: CallTab): Promise<number> {
  const seconds = Math.round((now() - Date.parse(tab.startedAt)) / 1000);
  const given = {
    ...(tab.customer ? { customer: tab.customer } : {}),
    ...(tab.phone ? { phone: tab.phone } : {}),
    // A number that was typed to find somebody is not what they are called.
    ...(tab.customer || !tab.name || isNumber(tab.name) ? {} : { name: tab.name }),
    ...(tab.request ? { request: tab.request } : {}),
    direction: tab.direction,
    text: tab.text.trim(),
    outcome: tab.outcome || "answered",
    ...(tab.promise ? { promise: tab.promise } : {}),
    ...(tab.dueAt ? { due_at: new Date(tab.dueAt).toISOString() } : {}),
    started_at: tab.startedAt,
    duration_s: Math.min(seconds, 4 * 3600),
  };
  const answer = await call<{ entry: Entry; customer_id: number }>("call_note", given, tab.key);
  closeCall(tab.key);
  return answer.customer_id;
}

function keep(next: readonly CallTab[]): void {
  callTabs.value = next;
  remember(KEY, next.length ? next : null);
}

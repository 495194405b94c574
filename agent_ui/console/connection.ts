/** The console's one line to the hub, its state as signals, and calls whose answers go into that state. */

import { batch, computed, signal } from "@preact/signals";
import { callKey, connect, type Frame, type LinkState, type Problem } from "../shared/socket";
import type { Capabilities, Changes, Event, NewsFrame, Presence, ScreenPop } from "./protocol";
import * as store from "./store";
import { setClock } from "./text";

export { callKey, type Problem };

export const state = store.createState(document.body.dataset["view"]);
const revisions = {
  base: signal(0),
  drafts: signal(0),
  counts: signal(0),
  list: signal(0),
  conversation: signal(0),
};

function derived<T>(part: store.Part, read: () => T) {
  return computed(() => {
    revisions[part].value;
    return read();
  });
}

export const ready = signal(false);
export const link = signal<LinkState>({ is: "connecting" });
export const me = derived("base", () => state.agents.get(state.me) ?? null);
export const company = derived("base", () => state.company);
export const agents = derived("base", () => sortedByName(state.agents.values()));
export const teams = derived("base", () => sortedByName(state.teams.values()));
export const accounts = derived("base", () => sortedByName(state.accounts.values()));
export const canned = derived("base", () => sortedByName(state.canned.values()));
export const drafts = derived("drafts", () => [...state.drafts.values()]);
export const counts = derived("counts", () => ({ ...state.counts }));
export const list = derived("list", () => ({ ...state.list, rows: store.rowsOf(state) }));
export const open = derived("conversation", () => {
  const held = state.conversation;
  return held && { ...held, entries: store.entriesOf(held), byId: held.entries };
});
export type Open = NonNullable<typeof open.value>;
export const toReopen = derived("conversation", () => state.reopen);

export const presence = signal<ReadonlyMap<number, Presence>>(new Map());
/** How many changes came in at once after an outage; shown for a moment, then null again. */
export const caughtUp = signal<number | null>(null);

type Listener = (event: Event) => void;
const listeners = new Set<Listener>();
const popListeners = new Set<(pop: ScreenPop) => void>();

/** Hear every event that arrives live, as notifications do; those of a catch-up are left out. */
export function onEvent(listener: Listener): void {
  listeners.add(listener);
}

export function onScreenPop(listener: (pop: ScreenPop) => void): void {
  popListeners.add(listener);
}

let waiting: NewsFrame[] = [];
let frameRequest = 0;
let frameTimer = 0;
let resuming = false;

const line = connect({
  path: "/console/socket",
  hello: () => ({ position: state.position, watch: store.watch(state) }),
  onFrame: receive,
  onBeat: setClock,
  onState(next) {
    if (next.is === "lost") {
      resuming = true;
      presence.value = new Map();
    }
    link.value = next;
  },
});

function receive(frame: Frame): void {
  if (frame.presence) return hear(frame.presence as Presence);
  if (!frame.snapshot && !frame.events) return;
  waiting.push(frame as NewsFrame);
  if (waiting.length > 1) return;
  // A hidden tab draws no frames but must still count and ring.
  frameRequest = requestAnimationFrame(flush);
  frameTimer = window.setTimeout(flush, 100);
}

function flush(): void {
  cancelAnimationFrame(frameRequest);
  clearTimeout(frameTimer);
  const frames = waiting;
  waiting = [];
  const touched = new Set<store.Part>();
  const events: Event[] = [];
  for (const frame of frames) {
    for (const part of store.apply(state, frame)) touched.add(part);
    if ("events" in frame) events.push(...frame.events);
  }
  show(touched);
  ready.value = true;
  if (resuming) {
    if (events.length) caughtUp.value = events.length;
    resuming = false;
    return;
  }
  for (const event of events) for (const listener of listeners) listener(event);
}

function show(touched: Iterable<store.Part>): void {
  batch(() => {
    for (const part of touched) revisions[part].value++;
  });
}

function hear(news: Presence): void {
  if (news.call) for (const listener of popListeners) listener(news.call);
  if (news.customer === null) return;
  presence.value = new Map(presence.peek()).set(news.customer, news);
}

function sortedByName<T extends { name: string }>(objects: Iterable<T>): T[] {
  return [...objects].sort((a, b) => a.name.localeCompare(b.name));
}

/** The singular under which an answer names an object of each collection. */
const COLLECTIONS = {
  request: "requests",
  entry: "entries",
  customer: "customers",
  draft: "drafts",
  agent: "agents",
  team: "teams",
  canned: "canned",
} as const;

/** Call the hub; the objects of its answer go into the state before the caller goes on. */
export async function call<T = unknown>(verb: string, given: object, key?: string): Promise<T> {
  const answer = await line.call<T>(verb, given, key);
  if (waiting.length) flush();
  keep(answer as Record<string, unknown>);
  return answer;
}

function keep(answer: Record<string, unknown>): void {
  const changes: Record<string, unknown[]> = {};
  for (const [name, collection] of Object.entries(COLLECTIONS)) {
    const object = answer[name];
    if (object && typeof object === "object" && "version" in object) changes[collection] = [object];
  }
  show(store.put(state, changes as Changes));
}

/** Whether an account's channel tells us that a message arrived; where the hub says nothing of it, we assume so. */
export function canConfirm(account: string | null): boolean {
  const { receipts, instant } = canDo(account);
  return receipts !== false || instant === true;
}

/** What an account's channel can do. */
export function canDo(account: string | null): Partial<Capabilities> {
  return accounts.value.find((one) => one.name === account)?.capabilities ?? {};
}

/** Whether an answer by this account reaches whoever sits there, so that its address says nothing to people. */
export function reachesSession(account: string): boolean {
  const { bound_to: boundTo, carries_any: carriesAny } = canDo(account);
  return boundTo === "session" && !carriesAny;
}

/** Change the state by hand, as the answers of `list`, `open` and `entries` do. */
export function change(part: store.Part, by: () => void): void {
  by();
  show([part]);
}

/** The session has ended, as the page says when it is asked; the line tries no more. */
export function endSession(): void {
  line.close();
  link.value = { is: "over", code: "signed_out", text: "" };
}

export const tell = line.tell;
export const retryNow = line.retry;

/** The visitor's session with the hub: one connection, its token, and what both sides tell each other. */

import { batch, effect, untracked } from "@preact/signals";
import { connect, type Frame, type Link, type LinkState } from "../shared/socket";
import { page } from "./page";
import type { Hello, Me, Message, Snapshot, WidgetEvent } from "./protocol";
import * as state from "./state";
import { browser } from "./storage";

const LONGEST_FAREWELL = 3_000;

let line: Link | null = null;
let acknowledged = "";
let position: string | null = null;
let identity: string | null = null;
let shopPage = { url: location.origin + location.pathname, title: document.title };

export const token = () => browser.get("token");

function hello(): Hello {
  return { account: page.account.name, token: token() || null, identity, position, language: page.language, page: shopPage };
}

/** Connects, or connects anew: after an identity was given, and after the hub had said that it is over. */
export function start(): void {
  line?.close();
  acknowledged = "";
  position = null;
  line = connect({ path: "/widget/socket", hello, onFrame: (frame) => batch(() => take(frame)), onState });
}

function onState(now: LinkState): void {
  // A shop's word that does not hold, such as one from a page left open for hours, must not cost the chat.
  if (now.is === "over" && identity) {
    identity = null;
    return start();
  }
  state.link.value = now;
  if (now.is !== "open") state.typing.value = "";
}

function take({ snapshot, events, presence, position: reached }: Frame): void {
  if (snapshot) takeSnapshot(snapshot as Snapshot);
  if (events) (events as WidgetEvent[]).forEach(takeEvent);
  if (snapshot || events) acknowledge();
  if (presence) state.typing.value = (presence as { typing: string | null }).typing ?? "";
  if (reached) position = reached;
}

/** Only what a browser says it has counts as delivered. */
function acknowledge(): void {
  const last = state.messages.value.findLast((message) => message.from === "us");
  if (!last || last.id === acknowledged) return;
  acknowledged = last.id;
  // The line counts as open only after its first frame.
  queueMicrotask(() => line?.tell({ got: last.id }));
}

function takeSnapshot(snapshot: Snapshot): void {
  const last = state.messages.value.at(-1);
  // What came in an outage is news as well; what another session brings is not.
  if (last && snapshot.token === token()) snapshot.messages.filter(({ at }) => at > last.at).forEach(arrive);
  // A shop's token lives an hour at most; once it was taken, the session's own token is enough.
  identity = null;
  browser.put("token", snapshot.token);
  state.takeSnapshot(snapshot);
}

function takeEvent(event: WidgetEvent): void {
  for (const message of event.changes?.messages ?? []) arrive(message);
  state.takeEvent(event);
}

type Arrival = (message: Message) => void;
const arrivals: Arrival[] = [];

/** Calls back for each message that is new, not for what a first snapshot or an earlier page brings. */
export function onArrival(listener: Arrival): void {
  arrivals.push(listener);
}

function arrive(message: Message): void {
  if (message.gone || state.messages.value.some(({ id }) => id === message.id)) return;
  for (const listener of arrivals) listener(message);
}

export function call<Ok>(verb: string, given: object, key?: string): Promise<Ok> {
  return line ? line.call<Ok>(verb, given, key) : new Promise(() => {});
}

export function tell(news: object): void {
  line?.tell(news);
}

export function retry(): void {
  line?.retry();
}

export function visit(where: { url: string; title: string }): void {
  shopPage = where;
}

export function identify(proof: string): void {
  identity = proof || null;
}

export async function leaveEmail(email: string, name: string): Promise<void> {
  const { me } = await call<{ me: Me }>("email", name ? { email, name } : { email });
  state.me.value = me;
}

export async function fetchEarlier(): Promise<void> {
  const before = state.messages.value[0]?.id;
  if (!before) return;
  const earlier = await call<{ messages: Message[]; more: boolean }>("more", { before });
  batch(() => {
    state.putMessages(earlier.messages);
    state.more.value = earlier.more;
  });
}

/** Makes the hub and this browser forget the session; without a connection the browser forgets it alone. */
export async function forget(): Promise<void> {
  if (state.link.value.is === "open") {
    const late = new Promise((resolve) => setTimeout(resolve, LONGEST_FAREWELL));
    await Promise.race([call("leave", {}).catch(() => {}), late]);
  }
  browser.put("token", "");
  browser.put("seen", "");
  identity = null;
  batch(() => {
    state.seenAt.value = "";
    state.messages.value = [];
    state.me.value = { name: "", email_hint: "", identified: false };
    state.people.value = [];
    state.goTo("home");
  });
  start();
}

function markSeen(): void {
  const last = state.messages.value.findLast((message) => message.from === "us");
  if (!last || last.at <= state.seenAt.value || state.link.value.is !== "open") return;
  if (!state.looking.value || state.place.value !== "thread") return;
  state.seenAt.value = last.at;
  browser.put("seen", last.at);
  call("seen", { up_to: last.id }).catch(() => {});
}

/** Tells the hub what was seen, and whether anybody is looking, as soon as it changes. */
export function watch(): void {
  document.addEventListener("visibilitychange", () => {
    state.visible.value = document.visibilityState === "visible";
  });
  addEventListener("focus", () => {
    if (document.activeElement === document.body) state.entered.value++;
  });
  effect(markSeen);
  effect(() => {
    const away = !state.looking.value;
    if (state.link.value.is === "open") untracked(() => tell({ away }));
  });
}

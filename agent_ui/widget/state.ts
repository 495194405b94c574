/** All that the frame knows, as signals, and the one rule by which snapshots and events change it. */

import { computed, signal } from "@preact/signals";
import type { LinkState } from "../shared/socket";
import { page, framed } from "./page";
import type { Account, Hours, Me, Message, Snapshot, WidgetEvent } from "./protocol";
import { browser, tab } from "./storage";

export type Place = "home" | "thread";

export const link = signal<LinkState>({ is: "connecting" });
export const ready = signal(false);
export const account = signal<Account>(page.account);
export const hours = signal<Hours>({ now: true, text: "" });
export const pace = signal("");
export const me = signal<Me>({ name: "", email_hint: "", identified: false });
export const messages = signal<readonly Message[]>([]);
export const more = signal(false);
export const people = signal<readonly string[]>([]);
export const typing = signal("");

export const shown = signal(!framed);
export const visible = signal(document.visibilityState === "visible");
export const place = signal<Place>(tab.get("place") === "thread" ? "thread" : "home");
export const seenAt = signal(browser.get("seen"));
export const sound = signal(browser.get("sound") !== "off");

/** Grows when focus comes into the frame and no element has it; whoever leads a page takes it then. */
export const entered = signal(0);

export const looking = computed(() => shown.value && visible.value);
export const unread = computed(() => messages.value.filter((message) => message.from === "us" && message.at > seenAt.value).length);

/** Who answers: the last one said to be there, or else the last one who wrote. */
export const person = computed(() => people.value.at(-1) || messages.value.findLast(({ from, author }) => from === "us" && author)?.author || "");

/** Closed hours and nothing written yet: the thread begins as a letter. */
export const letter = computed(() => ready.value && !hours.value.now && messages.value.length === 0);

export function takeSnapshot(snapshot: Snapshot): void {
  account.value = snapshot.account;
  hours.value = snapshot.open;
  pace.value = snapshot.pace?.text ?? "";
  me.value = snapshot.me;
  const earlier = before(snapshot);
  if (!earlier.length) more.value = snapshot.more;
  people.value = snapshot.people.map((person) => person.name);
  typing.value = "";
  messages.value = [];
  putMessages([...earlier, ...snapshot.messages]);
  ready.value = true;
}

/** What was fetched before and is older than all of the snapshot: one may be reading it, so it stays where the two meet. */
function before({ messages: [first] }: Snapshot): readonly Message[] {
  const place = messages.value.findIndex(({ id }) => id === first?.id);
  return messages.value.slice(0, Math.max(place, 0));
}

export function takeEvent(event: WidgetEvent): void {
  if (event.me) me.value = event.me;
  if (event.open) hours.value = event.open;
  if (event.pace !== undefined) pace.value = event.pace?.text ?? "";
  if (event.people) people.value = event.people.map((person) => person.name);
  putMessages(event.changes?.messages ?? []);
}

/** Puts each message under its id, unless a higher version is there; one that is gone is removed. */
export function putMessages(changed: readonly Message[]): void {
  if (!changed.length) return;
  const known = new Map(messages.value.map((message) => [message.id, message]));
  for (const message of changed) {
    if ((known.get(message.id)?.version ?? -1) > message.version) continue;
    if (message.gone) known.delete(message.id);
    else known.set(message.id, message);
  }
  messages.value = [...known.values()].sort((one, other) => (one.at < other.at ? -1 : one.at > other.at ? 1 : 0));
}

export function goTo(where: Place): void {
  place.value = where;
  tab.put("place", where);
}

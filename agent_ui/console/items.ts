/** Makes of a conversation's entries what the timeline shows: days, requests, bursts, folded order events. Pure. */

import type { Entry, Request } from "./protocol";

export type Item =
  | { is: "day"; key: string; time: string }
  | { is: "request"; key: string; request: Request; again: boolean }
  | { is: "burst"; key: string; entries: Entry[] }
  | { is: "note" | "call" | "visit" | "line"; key: string; entry: Entry }
  | { is: "orders"; key: string; entries: Entry[] };

const BURST_MS = 60_000;
const BURST_MOST = 10;

const KINDS: Record<Entry["kind"], Item["is"]> = {
  message: "burst",
  note: "note",
  call: "call",
  store_visit: "visit",
  order: "orders",
  assignment: "line",
  status: "line",
  merge: "line",
};

interface Walk {
  items: Item[];
  day: string;
  request: number | null;
  begun: Set<number>;
}

/** `dayOf` names the day of a time in the reader's zone. */
export function timelineItems(
  entries: readonly Entry[],
  requests: ReadonlyMap<number, Request>,
  dayOf: (time: string) => string,
): Item[] {
  const walk: Walk = { items: [], day: "", request: null, begun: new Set() };
  for (const entry of entries) {
    divideDays(walk, entry, dayOf(entry.shown_at));
    divideRequests(walk, entry, requests);
    add(walk.items, entry);
  }
  return walk.items;
}

/** What is an event carries its own date; only what people said begins a day. */
function divideDays(walk: Walk, entry: Entry, day: string): void {
  if (day === walk.day || !speaks(entry)) return;
  walk.day = day;
  walk.items.push({ is: "day", key: `day-${day}-${entry.id}`, time: entry.shown_at });
}

function divideRequests(walk: Walk, entry: Entry, requests: ReadonlyMap<number, Request>): void {
  const request = requests.get(entry.request_id ?? 0);
  if (!request || request.id === walk.request || !speaks(entry)) return;
  const again = walk.begun.has(request.id);
  walk.begun.add(request.id);
  walk.request = request.id;
  walk.items.push({ is: "request", key: `request-${request.id}-${entry.id}`, request, again });
}

/** Only what people said or noted tells that the talk has gone to another request. */
function speaks(entry: Entry): boolean {
  return entry.kind === "message" || entry.kind === "call" || entry.kind === "note" || entry.kind === "store_visit";
}

function add(items: Item[], entry: Entry): void {
  const last = items.at(-1);
  const is = KINDS[entry.kind] ?? "line";
  if (is === "burst" && last?.is === "burst" && goesOn(last.entries, entry)) last.entries.push(entry);
  else if (is === "orders" && last?.is === "orders") last.entries.push(entry);
  else if (is === "burst" || is === "orders") items.push({ is, key: `entry-${entry.id}`, entries: [entry] });
  else items.push({ is, key: `entry-${entry.id}`, entry } as Item);
}

function goesOn(burst: Entry[], entry: Entry): boolean {
  const first = burst[0];
  const last = burst.at(-1);
  return (
    first !== undefined &&
    last !== undefined &&
    burst.length < BURST_MOST &&
    last.channel === entry.channel &&
    last.direction === entry.direction &&
    last.author.id === entry.author.id &&
    last.author.kind === entry.author.kind &&
    last.author.name === entry.author.name &&
    last.delivery?.state === entry.delivery?.state &&
    String(last.details["cc"] ?? "") === String(entry.details["cc"] ?? "") &&
    !troubled(last) &&
    Date.parse(entry.shown_at) - Date.parse(first.shown_at) < BURST_MS
  );
}

function troubled(entry: Entry): boolean {
  return entry.subject !== "" || entry.delivery?.state === "failed" || entry.delivery?.state === "uncertain";
}

export function entriesOfItem(item: Item): Entry[] {
  if (item.is === "day" || item.is === "request") return [];
  return "entries" in item ? item.entries : [item.entry];
}

/** Take over what is unchanged, so that only what changed is drawn again. */
export function reuse(before: readonly Item[], items: Item[]): Item[] {
  const known = new Map(before.map((item) => [item.key, item]));
  return items.map((item) => {
    const old = known.get(item.key);
    return old && alike(old, item) ? old : item;
  });
}

function alike(a: Item, b: Item): boolean {
  if (a.is === "request" && b.is === "request") return a.request === b.request && a.again === b.again;
  const [ours, theirs] = [entriesOfItem(a), entriesOfItem(b)];
  return a.is === b.is && ours.length === theirs.length && ours.every((entry, index) => entry === theirs[index]);
}

/** From where to where of the items is drawn: about `most` entries that end with the item before `until`. */
export function windowOf(items: readonly Item[], until: number, most: number): [number, number] {
  return [earlier(items, until, most), until];
}

/** The place that lies about so many entries before this one. */
export function earlier(items: readonly Item[], from: number, entries: number): number {
  let at = from;
  for (let left = entries; at > 0 && left > 0; at--) left -= weight(items[at - 1]);
  return at;
}

/** The place that lies about so many entries after this one. */
export function later(items: readonly Item[], from: number, entries: number): number {
  let at = from;
  for (let left = entries; at < items.length && left > 0; at++) left -= weight(items[at]);
  return at;
}

/** Days and requests take their room too. */
function weight(item: Item | undefined): number {
  return item ? Math.max(1, entriesOfItem(item).length) : 0;
}

/** Where an answer can go and why: every endpoint with every way, and the one that is chosen by itself. Pure. */

import type { Customer, Endpoint, Entry, Way } from "./protocol";

export interface Destination {
  endpoint: Endpoint;
  way: Way;
  /** When they last wrote from there, if that was on this account. */
  lastWrote: string | null;
}

const STRENGTH: Record<string, number> = { claimed: 0, link: 1, code: 2, staff: 2, signed: 3 };

/** `carriesAny` tells of an account whether it takes answers to whatever address wrote through it. */
export function destinations(
  customer: Customer,
  entries: readonly Entry[],
  carriesAny: (account: string) => boolean,
): Destination[] {
  return customer.endpoints.flatMap((endpoint) =>
    waysOf(endpoint, entries, carriesAny).map((way) => ({ endpoint, way, lastWrote: lastFrom(entries, endpoint, way) })),
  );
}

/** An account that carries answers for any address names none by itself; it is the one they came through. */
function waysOf(endpoint: Endpoint, entries: readonly Entry[], carriesAny: (account: string) => boolean): Way[] {
  if (endpoint.ways.length) return endpoint.ways;
  const last = entries.findLast(
    (entry) => entry.direction === "in" && entry.endpoint?.id === endpoint.id && carriesAny(entry.account),
  );
  return last ? [{ account: last.account, channel: last.channel, why_not: "" }] : [];
}

function lastFrom(entries: readonly Entry[], endpoint: Endpoint, way: Way): string | null {
  const last = entries.findLast(
    (entry) => entry.direction === "in" && entry.endpoint?.id === endpoint.id && entry.account === way.account,
  );
  return last?.shown_at ?? null;
}

/** The way on which they wrote last and can still be reached; else the best proven address. */
export function preferred(all: readonly Destination[]): Destination | null {
  const usable = all.filter(({ way }) => !way.why_not);
  return [...usable].sort(better)[0] ?? null;
}

function better(a: Destination, b: Destination): number {
  if (a.lastWrote !== b.lastWrote) return (a.lastWrote ?? "") < (b.lastWrote ?? "") ? 1 : -1;
  return strength(b.endpoint) - strength(a.endpoint);
}

function strength(endpoint: Endpoint): number {
  return STRENGTH[endpoint.assurance ?? ""] ?? -1;
}

/** The destination chosen by hand or kept in a draft, if it is still one. */
export function find(all: readonly Destination[], endpoint: number | null, account: string | null): Destination | null {
  return all.find((one) => one.endpoint.id === endpoint && (!account || one.way.account === account)) ?? null;
}

/** The way they wrote on last, whether or not it still leads to them. */
export function wroteLastOn(all: readonly Destination[]): Destination | null {
  return [...all].filter((one) => one.lastWrote).sort(better)[0] ?? null;
}

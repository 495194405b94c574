/** Which entries of a conversation are shown: all, those of one request, only what was said, only notes and calls. */

import { signal } from "@preact/signals";
import type { Entry } from "./protocol";
import { current } from "./requests";

export type Filter = "all" | "request" | "said" | "internal";
export const FILTERS: readonly Filter[] = ["all", "request", "said", "internal"];

export const filter = signal<Filter>("all");

export function filtered(entries: readonly Entry[]): readonly Entry[] {
  const request = current.value?.id;
  switch (filter.value) {
    case "all":
      return entries;
    case "request":
      return entries.filter((entry) => entry.request_id === request);
    case "said":
      return entries.filter((entry) => entry.kind === "message");
    case "internal":
      return entries.filter((entry) => entry.kind === "note" || entry.kind === "call");
  }
}

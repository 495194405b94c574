/** Where the agent is, kept in the address so that reload, back and a second tab work. */

import { computed, signal } from "@preact/signals";

export type Region = "inbox" | "calls" | "find" | "settings";

export interface Route {
  region: Region;
  /** The inbox's view or the settings' section. */
  view: string;
  customer: number | null;
  request: number | null;
  entry: number | null;
  q: string;
}

const START: Route = { region: "inbox", view: "mine", customer: null, request: null, entry: null, q: "" };
const REGIONS: readonly string[] = ["inbox", "calls", "find", "settings"];

export const route = signal<Route>(parse(location.hash));
export const place = computed(() => `${route.value.region}/${route.value.view}`);

let shown = location.hash;

addEventListener("hashchange", follow);

function follow(): void {
  if (location.hash === shown) return;
  shown = location.hash;
  route.value = parse(shown);
}

export function address(change: Partial<Route>, from: Route = route.peek()): string {
  const { region, view, customer, request, entry, q } = { ...from, request: null, entry: null, ...change };
  const query = new URLSearchParams();
  if (request) query.set("request", String(request));
  if (entry) query.set("entry", String(entry));
  if (q && region === "find") query.set("q", q);
  const asked = query.size ? `?${query}` : "";
  return `#/${[region, view || "-", customer].filter(Boolean).join("/")}${asked}`;
}

/** Go there at once: the next key may already be meant for what stands there. */
export function go(change: Partial<Route>): void {
  location.hash = address(change);
  follow();
}

/** Change the address without a step in the history, as for a word that is being typed. */
export function correct(change: Partial<Route>): void {
  const { request, entry } = route.peek();
  history.replaceState(history.state, "", address({ request, entry, ...change }));
  follow();
}

function parse(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?");
  const [region = "", view = "", customer = ""] = path.split("/");
  if (!REGIONS.includes(region)) return START;
  const asked = new URLSearchParams(query);
  return {
    region: region as Region,
    view: view === "-" ? "" : decodeURIComponent(view),
    customer: Number(customer) || null,
    request: Number(asked.get("request")) || null,
    entry: Number(asked.get("entry")) || null,
    q: asked.get("q") ?? "",
  };
}

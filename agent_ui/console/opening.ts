/** Follows the route: asks the hub for the list and the conversation that the address names, and tells who reads. */

import { effect, signal } from "@preact/signals";
import { call, change, link, type Problem, ready, state, tell, toReopen } from "./connection";
import type { Conversation, Doing, Entry, ListPage, Place } from "./protocol";
import { correct, route } from "./router";
import { addEntries, closeConversation, entriesFloor, showConversation, showList } from "./store";

type Loading = { is: "idle" } | { is: "loading" } | { is: "failed"; problem: Problem };

export const listLoading = signal<Loading>({ is: "idle" });
export const conversationLoading = signal<Loading>({ is: "idle" });
export const olderLoading = signal<Loading>({ is: "idle" });
/** The entry that a search or a link pointed to; shown once with a ring around it. */
export const pointedAt = signal<number | null>(null);

/** Views whose rows come from the hub; drafts are a collection of their own. */
export const VIEWS = ["mine", "unassigned", "open", "snoozed", "failed", "resolved"] as const;

export function hubView(view: string): string {
  return view === "mine" ? `mine:${state.me}` : view;
}

let viewAsked = "";
let conversationAsked = "";

/** Start to follow the route; called once, after every signal is there. */
export function follow(): void {
  effect(() => {
    if (!ready.value) return;
    const { region, view } = route.value;
    if (region === "inbox" && view !== "drafts") openList(view || "mine");
  });
  effect(() => {
    if (!ready.value) return;
    const { customer, entry } = route.value;
    if (customer) openConversation(customer, entry);
    else leaveConversation();
  });
  effect(() => {
    if (toReopen.value !== null) refresh(toReopen.value);
  });
}

export function openList(view: string, again = false): void {
  const wanted = hubView(view);
  if (viewAsked === wanted && !again) return;
  viewAsked = wanted;
  if (state.list.view === wanted && !again) return;
  run(listLoading, async () => {
    const page = await call<ListPage>("list", { view: wanted });
    if (viewAsked === wanted) change("list", () => showList(state, page));
  });
}

export function moreRows(): void {
  const { view, floor } = state.list;
  if (!floor || listLoading.peek().is === "loading") return;
  run(listLoading, async () => {
    const page = await call<ListPage>("list", { view, after: floor });
    change("list", () => showList(state, page, true));
  });
}

function openConversation(customer: number, entry: number | null): void {
  const wanted = `${customer}/${entry ?? ""}`;
  if (conversationAsked === wanted) return;
  conversationAsked = wanted;
  if (!entry && state.conversation?.customer.id === customer) return;
  if (entry && state.conversation?.entries.has(entry)) {
    pointedAt.value = entry;
    return;
  }
  askFor(customer, entry, wanted);
}

function askFor(customer: number, entry: number | null, wanted: string): void {
  run(conversationLoading, async () => {
    const page = await call<Conversation>("open", entry ? { entry } : { customer });
    if (conversationAsked !== wanted) return;
    change("conversation", () => showConversation(state, page));
    pointedAt.value = entry;
    // A customer that was merged into another is shown as the one they are now.
    if (page.customer.id !== customer) correct({ customer: page.customer.id });
    read(page.customer.id, "reading");
  });
}

/** Ask for the open conversation again, as far down as it is shown. */
async function refresh(customer: number): Promise<void> {
  const floor = state.conversation ? entriesFloor(state.conversation) : null;
  try {
    const page = await call<Conversation>("open", { customer, floor });
    if (state.reopen !== customer) return;
    change("conversation", () => showConversation(state, page));
    if (page.customer.id !== customer && route.peek().customer === customer) correct({ customer: page.customer.id });
  } catch {
    // The screen stays as it was; whatever happens to it next asks again.
  }
}

export function reopen(): void {
  const { customer, entry } = route.peek();
  if (customer) askFor(customer, entry, conversationAsked);
}

/** Show the newest page again, after a jump far back. */
export function openNewest(): void {
  const { customer } = route.peek();
  if (!customer) return;
  correct({ entry: null });
  conversationAsked = `${customer}/`;
  askFor(customer, null, conversationAsked);
}

function leaveConversation(): void {
  if (!conversationAsked) return;
  conversationAsked = "";
  change("conversation", () => closeConversation(state));
  call("close", {}).catch(() => undefined);
  read(null, "reading");
}

export function olderEntries(): Promise<void> {
  const open = state.conversation;
  if (!open?.floor || olderLoading.peek().is === "loading") return Promise.resolve();
  const { id } = open.customer;
  const before: Place = open.floor;
  return run(olderLoading, async () => {
    const page = await call<{ entries: Entry[]; floor: Place | null }>("entries", { customer: id, before });
    change("conversation", () => addEntries(state, id, page));
  });
}

async function run(loading: typeof listLoading, load: () => Promise<void>): Promise<void> {
  loading.value = { is: "loading" };
  try {
    await load();
    loading.value = { is: "idle" };
  } catch (problem) {
    loading.value = { is: "failed", problem: problem as Problem };
  }
}

const TELL_AGAIN = 20_000;
let reading: { customer: number | null; doing: Doing } = { customer: null, doing: "reading" };
let toldAt = 0;

/** Tell colleagues what this agent does; repeated while it lasts, because it is forgotten soon. */
export function read(customer: number | null, doing: Doing): void {
  const same = reading.customer === customer && reading.doing === doing;
  if (same && Date.now() - toldAt < TELL_AGAIN) return;
  reading = { customer, doing };
  toldAt = Date.now();
  tell(reading);
}

setInterval(() => reading.customer && document.visibilityState === "visible" && read(reading.customer, reading.doing), TELL_AGAIN);
effect(() => {
  if (link.value.is === "open" && reading.customer) tell(reading);
});

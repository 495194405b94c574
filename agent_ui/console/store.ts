/** The console's whole state and the one rule that brings it forward: pure, without DOM, the same in browser and tests. */

import type {
  Account,
  Agent,
  Canned,
  Changes,
  Company,
  Conversation,
  Customer,
  Draft,
  Entry,
  Event,
  Floor,
  Kept,
  ListPage,
  NewsFrame,
  Order,
  Place,
  Request,
  Row,
  Snapshot,
  Team,
  Watch,
} from "./protocol";

type Shelf<T extends Kept> = Map<number, T>;

export interface OpenConversation {
  customer: Customer;
  floor: Place | null;
  entries: Shelf<Entry>;
  requests: Shelf<Request>;
  orders: Shelf<Order>;
}

export interface State {
  position: string | null;
  me: number;
  company: Company | null;
  agents: Shelf<Agent>;
  teams: Shelf<Team>;
  accounts: Shelf<Account>;
  canned: Shelf<Canned>;
  drafts: Shelf<Draft>;
  counts: Record<string, number>;
  list: { view: string; floor: Place | null; rows: Shelf<Row> };
  conversation: OpenConversation | null;
  /** The customer to be asked for again, because events alone do not tell what belongs on that screen now. */
  reopen: number | null;
}

/** What a change touched, so that only the parts of the screen that show it are drawn again. */
export type Part = "base" | "drafts" | "counts" | "list" | "conversation";

/** So many requests, and so many orders, a screen holds of one customer: the hub says which are the newest. */
const MOST_SHOWN = 100;

export function createState(view = "mine"): State {
  return {
    position: null,
    me: 0,
    company: null,
    agents: new Map(),
    teams: new Map(),
    accounts: new Map(),
    canned: new Map(),
    drafts: new Map(),
    counts: {},
    list: { view, floor: null, rows: new Map() },
    conversation: null,
    reopen: null,
  };
}

/** Bring the state forward by one frame of the hub and say what changed. */
export function apply(state: State, frame: NewsFrame): Set<Part> {
  const touched = new Set<Part>();
  if ("snapshot" in frame) applySnapshot(state, frame.snapshot, touched);
  else for (const event of frame.events) applyEvent(state, event, touched);
  state.position = frame.position;
  return touched;
}

function applySnapshot(state: State, snapshot: Snapshot, touched: Set<Part>): void {
  state.me = snapshot.me;
  state.company = snapshot.company;
  state.agents = shelve(snapshot.agents);
  state.teams = shelve(snapshot.teams);
  state.accounts = shelve(snapshot.accounts);
  state.canned = shelve(snapshot.canned);
  state.drafts = shelve(snapshot.drafts);
  state.counts = {};
  for (const [name, number] of Object.entries(snapshot.counts)) count(state, name, number);
  showList(state, snapshot.list);
  const before = state.conversation?.customer.id;
  state.conversation = snapshot.conversation && openConversation(snapshot.conversation);
  // Whoever was merged into another meanwhile is shown as the one they are now.
  state.reopen = before && state.conversation?.customer.id !== before ? before : null;
  for (const part of ["base", "drafts", "counts", "list", "conversation"] as const) touched.add(part);
}

function applyEvent(state: State, event: Event, touched: Set<Part>): void {
  put(state, event.changes, touched);
  for (const [name, delta] of Object.entries(event.counts ?? {})) {
    count(state, name, delta);
    touched.add("counts");
  }
  if (!event.company) return;
  state.company = event.company;
  touched.add("base");
}

/** A counter at zero is left out, so that it does not matter whether a snapshot names it; so are other colleagues' own. */
function count(state: State, name: string, delta: number): void {
  if (name.startsWith("mine:") && name !== `mine:${state.me}`) return;
  const number = (state.counts[name] ?? 0) + delta;
  if (number) state.counts[name] = number;
  else delete state.counts[name];
}

/** Put objects into their collections, unless newer ones are there, and cut the windows anew. */
export function put(state: State, changes: Changes, touched: Set<Part> = new Set()): Set<Part> {
  for (const name of ["agents", "teams", "accounts", "canned"] as const) {
    const shelf = state[name] as Shelf<Kept>;
    if (place(shelf, changes[name] as Kept[] | undefined)) touched.add("base");
  }
  if (place(state.drafts, changes.drafts)) touched.add("drafts");
  if (place(state.list.rows, changes.rows, (row) => inList(state, row))) touched.add("list");
  const open = state.conversation;
  if (!open) return touched;
  if (isRegrouped(open, changes)) state.reopen = open.customer.id;
  if (putOpen(open, changes)) touched.add("conversation");
  if (open.requests.size > MOST_SHOWN || open.orders.size > MOST_SHOWN) state.reopen = open.customer.id;
  if (state.reopen !== null) touched.add("conversation");
  return touched;
}

/** Whether more may belong on this screen now than events tell, or other accounts can carry its answers. */
function isRegrouped(open: OpenConversation, changes: Changes): boolean {
  const { id, version } = open.customer;
  if (changes.accounts?.length) return true;
  return (changes.customers ?? []).some((customer) =>
    customer.id === id
      ? customer.version >= version && reach(customer) !== reach(open.customer)
      : customer.joined.includes(id),
  );
}

/** By what a customer's entries and orders are theirs: conversations, addresses and what proves them. */
function reach({ conversations, endpoints, says }: Customer): string {
  return JSON.stringify([conversations, endpoints.map(({ id, proven_at: proven }) => [id, proven !== null]), says]);
}

function putOpen(open: OpenConversation, changes: Changes): boolean {
  const id = open.customer.id;
  let changed = false;
  for (const customer of changes.customers ?? []) {
    if (customer.id !== id || customer.version < open.customer.version) continue;
    open.customer = customer;
    changed = true;
  }
  const entries = place(open.entries, changes.entries, (entry) => inWindow(open, entry));
  const requests = place(open.requests, changes.requests, (request) => request.customer_id === id);
  const orders = place(open.orders, changes.orders, (order) => order.customer_ids.includes(id));
  return changed || entries || requests || orders;
}

function place<T extends Kept>(shelf: Shelf<T>, objects: T[] | undefined, belongs?: (object: T) => boolean): boolean {
  let changed = false;
  for (const object of objects ?? []) {
    const held = shelf.get(object.id);
    if (held && held.version > object.version) continue;
    if (!object.gone && (!belongs || belongs(object))) {
      shelf.set(object.id, object);
      changed = true;
    } else if (shelf.delete(object.id)) changed = true;
  }
  return changed;
}

function inList(state: State, row: Row): boolean {
  const { view, floor } = state.list;
  return row.views.includes(view) && (!floor || before(rowPlace(row), floor) || same(rowPlace(row), floor));
}

function inWindow(open: OpenConversation, entry: Entry): boolean {
  if (entry.hidden || entry.customer_id !== open.customer.id) return false;
  return !open.floor || !before(entryPlace(entry), open.floor);
}

/** Show a first page of a list, or, of the list that is shown, the page after it. */
export function showList(state: State, page: ListPage, goesOn = false): void {
  const rows = goesOn && state.list.view === page.view ? state.list.rows : new Map<number, Row>();
  place(rows, page.rows);
  state.list = { view: page.view, floor: page.floor, rows };
}

export function showConversation(state: State, page: Conversation): void {
  state.conversation = openConversation(page);
  state.reopen = null;
}

export function closeConversation(state: State): void {
  state.conversation = null;
  state.reopen = null;
}

/** Put older entries above those of the open conversation. */
export function addEntries(state: State, customer: number, page: { entries: Entry[]; floor: Place | null }): void {
  const open = state.conversation;
  if (!open || open.customer.id !== customer) return;
  open.floor = page.floor;
  place(open.entries, page.entries, (entry) => inWindow(open, entry));
}

function openConversation(page: Conversation): OpenConversation {
  return {
    customer: page.customer,
    floor: page.floor,
    entries: shelve(page.entries.filter((entry) => !entry.hidden)),
    requests: shelve(page.requests),
    orders: shelve(page.orders),
  };
}

/** What the hub must know to answer a hello with a snapshot of the same windows. */
export function watch(state: State): Watch {
  return {
    view: state.list.view,
    view_floor: state.position === null ? null : (state.list.floor ?? "all"),
    customer: state.conversation?.customer.id ?? null,
    entries_floor: state.conversation && entriesFloor(state.conversation),
  };
}

/** How far down the open timeline is held, so that it is asked for again as it is. */
export function entriesFloor(open: OpenConversation): Floor {
  return open.floor ?? "all";
}

export function rowsOf(state: State): Row[] {
  return [...state.list.rows.values()].sort((a, b) => order(rowPlace(a), rowPlace(b)));
}

export function entriesOf(open: OpenConversation): Entry[] {
  return [...open.entries.values()].sort((a, b) => order(entryPlace(a), entryPlace(b)));
}

/** The last seq of each conversation of which this screen holds entries. */
export function lastSeqs(open: OpenConversation): Record<string, number> {
  const last: Record<string, number> = {};
  for (const { conversation_id: id, seq } of open.entries.values()) last[id] = Math.max(last[id] ?? 0, seq);
  return last;
}

function shelve<T extends Kept>(objects: T[]): Shelf<T> {
  return new Map(objects.filter((object) => !object.gone).map((object) => [object.id, object]));
}

function rowPlace(row: Row): Place {
  return [row.rank, row.id];
}

export function entryPlace(entry: Entry): Place {
  return [entry.shown_at, entry.id];
}

function order(a: Place, b: Place): number {
  return before(a, b) ? -1 : same(a, b) ? 0 : 1;
}

function before(a: Place, b: Place): boolean {
  return a[0] < b[0] || (a[0] === b[0] && a[1] < b[1]);
}

function same(a: Place, b: Place): boolean {
  return a[0] === b[0] && a[1] === b[1];
}

/** The state as one text, the same for the same state whatever way led there. */
export function canonical(state: State): string {
  const { position: _position, reopen: _reopen, ...rest } = state;
  return JSON.stringify(ordered(rest));
}

function ordered(value: unknown): unknown {
  if (value instanceof Map) return [...value.values()].sort((a: Kept, b: Kept) => a.id - b.id).map(ordered);
  if (Array.isArray(value)) return value.map(ordered);
  if (value === null || typeof value !== "object") return value;
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(fields.map(([name, field]) => [name, ordered(field)]));
}

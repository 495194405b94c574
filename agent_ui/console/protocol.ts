/** What travels between the console and the hub, as agent_ui/README.md describes it. */

export type Id = number;
export type Time = string;
export type Place = [string | number, Id];
/** How far a window reaches; null, where one may be missing, asks for a first page. */
export type Floor = Place | "all";

export type Assurance = "claimed" | "link" | "code" | "signed" | "staff";
export type RequestStatus =
  | "new"
  | "open"
  | "waiting_customer"
  | "waiting_third_party"
  | "ready_in_store"
  | "resolved";
export type DeliveryState =
  | "scheduled"
  | "queued"
  | "sending"
  | "sent"
  | "delivered"
  | "read"
  | "failed"
  | "uncertain"
  | "cancelled";
export type Role = "store" | "agent" | "supervisor" | "admin";

/** A part of the hub; `code` is empty where it is well. */
export interface Check {
  name: string;
  code: string;
  text: string;
  remedy: string;
}

export interface Queue {
  count: number;
  oldest_s: number;
}

export interface AccountHealth {
  id: Id;
  name: string;
  channel: string;
  label: string;
  address: string;
  state: string;
  state_reason: string;
  last_in: Time | null;
  last_out: Time | null;
  unread: Queue;
  unsent: Queue;
}

export interface Failure {
  delivery_id: Id;
  entry_id: Id;
  customer_id: Id;
  customer_name: string;
  request: string;
  account: string;
  channel: string;
  state: DeliveryState;
  reason: string;
  code: string;
  at: Time;
}

/** How the hub itself is. */
export interface System {
  version: string;
  up_s: number;
  checks: Check[];
  database: string;
  database_bytes: number;
  disk: { free: number; total: number };
  nodes: { name: string; is_this: boolean; leases: number }[];
  accounts: AccountHealth[];
  unread: Queue;
  unsent: Queue;
  failed: number;
  failures: Failure[];
}

/** Everything that a collection holds: newer versions replace older ones, `gone` removes. */
export interface Kept {
  id: Id;
  version: number;
  gone?: boolean;
}

export interface Row extends Kept {
  number: string;
  customer_id: Id;
  conversation_id: Id;
  customer_name: string;
  assurance: Assurance | null;
  subject: string;
  topic: string;
  status: RequestStatus;
  owner_id: Id | null;
  team_id: Id | null;
  priority: string;
  snoozed_until: Time | null;
  opened_at: Time;
  waiting_since: Time | null;
  last_at: Time;
  unread: boolean;
  failed: boolean;
  rank: number;
  views: string[];
  last: {
    entry_id: Id;
    kind: EntryKind;
    channel: string;
    direction: "in" | "out" | null;
    author: string;
    /** It came by a form of the shop's site. */
    form: boolean;
    text: string;
  } | null;
}

export interface Request extends Kept {
  number: string;
  customer_id: Id;
  conversation_id: Id;
  subject: string;
  topic: string;
  status: RequestStatus;
  status_text: string;
  owner_id: Id | null;
  team_id: Id | null;
  priority: string;
  store: string;
  snoozed_until: Time | null;
  opened_at: Time;
  first_response_at: Time | null;
  resolved_at: Time | null;
  waiting_since: Time | null;
  clocks: { first_response_s: number | null; resolution_s: number | null };
  orders: OrderName[];
}

export interface OrderName {
  source: string;
  number: string;
}

export interface Address {
  id: Id;
  kind: string;
  address: string;
}

export interface Way {
  account: string;
  channel: string;
  /** Empty: it can go there now. */
  why_not: string;
}

export interface Endpoint extends Address {
  scope: string;
  held: boolean;
  assurance: Assurance | "";
  method: string;
  proven_at: Time | null;
  shared: boolean;
  ways: Way[];
}

export interface Customer extends Kept {
  name: string;
  language: string;
  kind: "person" | "spam" | "not_customer";
  provisional: boolean;
  assurance: Assurance | null;
  assurance_method: string;
  proven_at: Time | null;
  endpoints: Endpoint[];
  says: { kind: string; address: string }[];
  conversations: { id: Id }[];
  joined: Id[];
  numbers: OrderName[];
  loyalty: unknown;
  consent: unknown;
  segments: string[];
  fields: Record<string, unknown>;
  suggestions: { id: Id; customer_id: Id; name: string; evidence: string[] }[];
}

export type EntryKind =
  | "message"
  | "note"
  | "call"
  | "store_visit"
  | "order"
  | "assignment"
  | "status"
  | "merge";

export interface Attachment {
  id: Id;
  filename: string;
  content_type: string;
  size: number;
  image: boolean;
}

export interface Entry extends Kept {
  conversation_id: Id;
  customer_id: Id;
  seq: number;
  shown_at: Time;
  kind: EntryKind;
  direction: "in" | "out" | null;
  channel: string;
  account: string;
  author: { kind: "customer" | "agent" | "participant" | "system" | "shop"; id: Id | null; name: string };
  subject: string;
  text: string;
  quoted_from: number | null;
  has_html: boolean;
  remote_images: number;
  attachments: Attachment[];
  endpoint: Address | null;
  assurance: Assurance | null;
  assurance_method: string;
  before_proof: boolean;
  request_id: Id | null;
  provider_time: Time | null;
  received_time: Time;
  automatic: boolean;
  backfilled: boolean;
  unreadable: boolean;
  orders: (OrderName & { version?: number; start: number; end: number })[];
  delivery: Delivery | null;
  details: EntryDetails;
  hidden?: boolean;
}

export interface EntryDetails {
  form?: boolean;
  outcome?: string | null;
  promise?: string | null;
  due_at?: Time | null;
  duration_s?: number | null;
  started_at?: Time | null;
  source?: string;
  number?: string;
  milestone?: string;
  as_of?: Time;
  from?: Id | string | null;
  to?: Id | string | null;
  team?: Id | null;
  [more: string]: unknown;
}

export interface Delivery extends Kept {
  state: DeliveryState;
  reason: string;
  code: string;
  account: string;
  channel: string;
  endpoint: Address | null;
  sent_at: Time | null;
  delivered_at: Time | null;
  read_at: Time | null;
  next_try_at: Time | null;
  undo_until: Time | null;
  tries: number;
  can_retry: boolean;
  moved_to: Address | null;
}

export interface OrderLine {
  sku?: string;
  name: string;
  quantity?: number;
  price?: number;
  image?: string;
}

export interface Order extends Kept, OrderName {
  customer_ids: Id[];
  as_of: Time;
  masked: boolean;
  order: {
    status: string;
    placed_at?: Time;
    updated_at?: Time;
    total?: number;
    currency?: string;
    lines?: OrderLine[];
    payments?: { method: string; amount?: number; status?: string }[];
    shipments?: { carrier?: string; tracking?: string; status?: string; expected?: Time; url?: string }[];
    returns?: { number?: string; status?: string }[];
    pickup?: { store?: string; code?: string; shelf?: string; status?: string; collect_by?: Time } | null;
    store?: string;
  };
}

export type Mode = "reply" | "note" | "call" | "first";

export interface Draft extends Kept {
  customer_id: Id | null;
  customer_name: string;
  request_id: Id | null;
  mode: Mode;
  slot: string;
  endpoint_id: Id | null;
  account: string | null;
  text: string;
  attachments: Attachment[];
  base: Record<string, number> | null;
  fields: Record<string, unknown> | null;
  saved_at: Time;
}

export interface Agent extends Kept {
  name: string;
  email: string | null;
  role: Role;
  away: boolean;
  disabled: boolean;
  /** A program that acts by a token; nobody to give a request to. */
  is_token: boolean;
}

export interface Team extends Kept {
  name: string;
  agents: Id[];
}

export interface Account extends Kept {
  name: string;
  channel: string;
  label: string;
  address: string;
  capabilities: Partial<Capabilities>;
  state: string;
  state_reason: string;
}

export interface Capabilities {
  bound_to: "address" | "session";
  carries_any: boolean;
  reply: boolean;
  start: boolean;
  receipts: boolean;
  subject: boolean;
  copies: boolean;
  instant: boolean;
  max_file: number;
  undo_seconds: number;
}

export interface Canned extends Kept {
  name: string;
  text: string;
  language: string;
}

export interface Changes {
  agents?: Agent[];
  teams?: Team[];
  accounts?: Account[];
  canned?: Canned[];
  rows?: Row[];
  customers?: Customer[];
  entries?: Entry[];
  requests?: Request[];
  orders?: Order[];
  drafts?: Draft[];
}

export interface Event {
  kind: string;
  at: Time;
  by: Id | null;
  customer: Id | null;
  changes: Changes;
  counts?: Record<string, number>;
  company?: Company;
}

export interface Company {
  name: string;
  country: string;
  time_zone: string;
  language: string;
}

export interface ListPage {
  view: string;
  rows: Row[];
  floor: Place | null;
}

export interface Conversation {
  customer: Customer;
  entries: Entry[];
  floor: Place | null;
  requests: Request[];
  orders: Order[];
  position?: string;
}

export interface Snapshot {
  me: Id;
  company: Company;
  agents: Agent[];
  teams: Team[];
  accounts: Account[];
  canned: Canned[];
  drafts: Draft[];
  counts: Record<string, number>;
  list: ListPage;
  conversation: Conversation | null;
}

export type NewsFrame =
  | { snapshot: Snapshot; position: string }
  | { events: Event[]; position: string };

export interface Watch {
  view: string;
  view_floor: Floor | null;
  customer: Id | null;
  entries_floor: Floor | null;
}

export type Doing = "reading" | "reply" | "note";

export interface Presence {
  customer: Id | null;
  agents?: { id: Id; doing: Doing }[];
  visitor?: { online: boolean; typing: boolean; text?: string } | null;
  call?: ScreenPop;
}

export interface ScreenPop {
  phone: string | null;
  candidates: Candidate[];
}

export interface Candidate {
  customer_id: Id;
  name: string;
  evidence: string[];
  assurance: Assurance | null;
  requests: Request[];
  orders: Order[];
}

export interface Hit {
  id: Id;
  customer_id: Id | null;
  title: string;
  snippet: string;
  at: Time;
  marks: [number, number][];
  source?: string;
  number?: string;
  status?: string;
  channel?: string;
}

export interface Found {
  groups: { customers?: Hit[]; requests?: Hit[]; orders?: Hit[]; messages?: Hit[] };
  next: string | null;
}

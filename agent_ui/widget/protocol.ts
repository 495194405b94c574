/** The shapes that travel on the widget's socket; agent_ui/README.md says what they mean. */

export interface Attachment {
  id: string;
  filename: string;
  content_type: string;
  size: number;
  image: boolean;
  url: string;
}

export interface Message {
  id: string;
  version: number;
  at: string;
  from: "visitor" | "us";
  author: string;
  text: string;
  attachments: Attachment[];
  state: "sent" | "delivered" | "read" | null;
  /** The key of the call that brought it, for one's own. */
  key: string | null;
  gone?: boolean;
}

export interface Brand {
  accent?: string;
  on_accent?: string;
  radius?: number;
  logo_text?: string;
  theme?: "light" | "dark" | null;
}

export interface Account {
  name: string;
  label: string;
  language: string;
  brand: Brand;
}

export interface Hours {
  now: boolean;
  text: string;
}

export interface Me {
  name: string;
  email_hint: string;
  identified: boolean;
}

export interface Pace {
  text: string;
}

export interface Person {
  name: string;
}

export interface Snapshot {
  token: string;
  account: Account;
  open: Hours;
  pace: Pace | null;
  me: Me;
  messages: Message[];
  more: boolean;
  people: Person[];
}

export interface WidgetEvent {
  kind: string;
  changes?: { messages?: Message[] };
  me?: Me;
  open?: Hours;
  pace?: Pace | null;
  people?: Person[];
}

/** Of the shop, on which the widget stands. */
export interface Page {
  url: string;
  title: string;
}

export interface Hello {
  account: string;
  token: string | null;
  identity: string | null;
  position: string | null;
  language: string;
  page: Page;
}

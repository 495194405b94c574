/** The frame's side of the talk with the launcher: only with this page's parent, and only if the account names its origin. */

import { effect } from "@preact/signals";
import { read, TO_FRAME, type Greeting, type ToFrame, type ToShop } from "./bridge";
import { discardAll, resume } from "./outbox";
import { framed, page } from "./page";
import { forget, identify, start, visit } from "./session";
import { account, goTo, me, messages, ready, shown, unread } from "./state";

const LONGEST_WAIT = 3_000;

let shop = "";

function tell(message: ToShop): void {
  if (shop) window.parent.postMessage(message, shop);
}

function greet({ page, identity, shown: open, left }: Greeting): void {
  visit({ url: String(page?.url ?? ""), title: String(page?.title ?? "") });
  identify(String(identity ?? ""));
  shown.value = open === true;
  reopen();
  if (left === true) void leave();
  tell({ onethread: "ready" });
  report();
}

/** Keeps the launcher told of what it shows: the count, the colours, and whether there is something to come back to. */
function report(): void {
  effect(() => tell({ onethread: "unread", value: shown.value ? 0 : unread.value }));
  effect(() => {
    if (ready.value) tell({ onethread: "kept", value: messages.value.length > 0 || me.value.identified });
  });
  effect(() => {
    const { accent, on_accent } = account.value.brand;
    if (accent) tell({ onethread: "look", value: `${accent} ${on_accent ?? "#ffffff"}` });
  });
}

export async function leave(): Promise<void> {
  discardAll();
  await forget();
}

/** Whether the account lets pages of this origin hold the chat; `page.origins` are the sources of the page's frame-ancestors. */
function mayHold(origin: string): boolean {
  const withAnyPort = `${origin.replace(/:\d+$/, "")}:*`;
  return page.origins.some((source) => source === origin || source === withAnyPort || origin.startsWith(`${source}//`));
}

function hear({ source, origin, data }: MessageEvent): void {
  if (source !== window.parent || !mayHold(origin)) return;
  const message = read<ToFrame>(TO_FRAME, data);
  if (message?.onethread === "hello" && !shop) {
    shop = origin;
    greet(message.value);
  }
  if (message?.onethread === "shown") show(message.value);
  if (message?.onethread === "identify") prove(message.value);
  if (message?.onethread === "leave") void leave();
}

function show(now: boolean): void {
  if (now && unread.value) goTo("thread");
  shown.value = now;
}

function prove(identity: string): void {
  identify(identity);
  reopen();
}

/** A new connection, on which everything that waited goes on. */
export function reopen(): void {
  start();
  resume();
}

/** In an app's web view there is no launcher; the app itself may identify the visitor and end the chat. */
function standAlone(): void {
  shown.value = true;
  window.onethread = (verb, value) => {
    if (verb === "identify") prove(String(value));
    if (verb === "leave") void leave();
  };
  reopen();
}

export function close(): void {
  tell({ onethread: "close" });
}

export function begin(): void {
  if (!framed) return standAlone();
  addEventListener("message", hear);
  // Held by a page without our launcher: the chat works there as well.
  setTimeout(() => shop || standAlone(), LONGEST_WAIT);
}

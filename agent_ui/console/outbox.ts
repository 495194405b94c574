/** Answers on their way to the hub: each has one key, survives a reload, and is refused rather than sent blindly. */

import { signal } from "@preact/signals";
import { call, callKey, type Problem, state } from "./connection";
import { forget, write, type Written, written } from "./drafts";
import { recall, remember } from "./preferences";
import type { Delivery, Entry } from "./protocol";
import { now, t } from "./text";
import { toast } from "./toasts";
import { takeBack } from "./delivery";

export interface Sending {
  key: string;
  customer: number;
  at: string;
  channel: string | null;
  given: Record<string, unknown> & { text: string };
  kept: Written;
}

/** Why a reply was not sent, shown in the composer of its customer until the agent decides. */
export interface Refusal {
  problem: Problem;
  missed: Entry[];
}

const KEY = "onethread.outbox";

export const outbox = signal<readonly Sending[]>(recall<Sending[]>(KEY) ?? []);
export const refusals = signal<ReadonlyMap<number, Refusal>>(new Map());

let lastSent: { entry: Entry; delivery: Delivery } | null = null;

/** Hand a reply over; it shows at once as waiting to be sent. */
export function send(customer: number, given: Sending["given"], channel: string | null): void {
  const sending: Sending = {
    key: callKey(),
    customer,
    at: new Date(now()).toISOString(),
    channel,
    given,
    kept: written(customer, "reply").peek(),
  };
  setOutbox([...outbox.peek(), sending]);
  dismissRefusal(customer);
  forget(customer, "reply");
  void deliver(sending);
}

/** What a reload interrupted goes on with the same keys, so that nothing is sent twice. */
export function goOn(): void {
  for (const sending of outbox.peek()) void deliver(sending);
}

async function deliver(sending: Sending): Promise<void> {
  try {
    const answer = await call<{ entry: Entry; delivery: Delivery }>("reply", sending.given, sending.key);
    lastSent = answer;
  } catch (problem) {
    refuse(sending, problem as Problem);
  } finally {
    setOutbox(outbox.peek().filter(({ key }) => key !== sending.key));
  }
}

function refuse(sending: Sending, problem: Problem): void {
  const { customer, kept } = sending;
  const begun = written(customer, "reply").peek().text;
  write(customer, "reply", { ...kept, text: begun ? `${kept.text}\n\n${begun}` : kept.text });
  const missed = (problem["missed"] ?? []) as Entry[];
  refusals.value = new Map(refusals.peek()).set(customer, { problem, missed });
  if (state.conversation?.customer.id !== customer) toast(t("refused.elsewhere"), undefined, true);
}

export function dismissRefusal(customer: number): void {
  const rest = new Map(refusals.peek());
  rest.delete(customer);
  refusals.value = rest;
}

/** Take back the newest reply while its time lasts. */
export function undoSend(): boolean {
  if (!lastSent?.delivery.undo_until || Date.parse(lastSent.delivery.undo_until) <= now()) return false;
  takeBack(lastSent.entry, lastSent.delivery);
  lastSent = null;
  return true;
}

function setOutbox(next: readonly Sending[]): void {
  outbox.value = next;
  remember(KEY, next.length ? next : null);
}

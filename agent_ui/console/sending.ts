/** Sends what the composer holds at that moment; what has files on their way goes out once they are all stored. */

import { effect, signal, untracked } from "@preact/signals";
import { gapsIn } from "./canned";
import { call, canDo, type Open, open, state } from "./connection";
import { copiesIn, wrongCopy } from "./copies";
import { type Destination, destinations, find, preferred } from "./destinations";
import { focusComposer, forget, setMode, type Writing, write, type Written, written } from "./drafts";
import { read } from "./opening";
import { send } from "./outbox";
import { current } from "./requests";
import { lastSeqs } from "./store";
import { orTell } from "./toasts";
import { type Upload, uploads } from "./uploads";

export interface SendOptions {
  resolve?: boolean;
  send_at?: string;
  /** Having seen what was missed. */
  anyway?: boolean;
}

/** What was told to go: where and against what is settled then, the words and files are read when it goes. */
interface Submission {
  customer: number;
  mode: Writing;
  to: Destination | null;
  base: Record<string, number>;
  request: number | null;
  options: SendOptions;
}

/** What waits for its files, by customer and mode. */
const waiting = signal<ReadonlyMap<string, Submission>>(new Map());

export function destinationsOf(shown: Open): Destination[] {
  return destinations(shown.customer, shown.entries, (account) => canDo(account).carries_any === true);
}

/** The destination chosen in the draft, else the one that suggests itself. */
export function destinationOf(all: readonly Destination[], draft: Written): Destination | null {
  return find(all, draft.endpoint, draft.account) ?? preferred(all);
}

/** Names the composer to which files belong. */
export function ownerOf(customer: number, mode: Writing): string {
  return `${customer}.${mode}`;
}

export function filesOnTheWay(customer: number, mode: Writing): Upload[] {
  return uploads.value.filter((one) => one.owner === ownerOf(customer, mode));
}

export function isWaiting(customer: number, mode: Writing): boolean {
  return waiting.value.has(ownerOf(customer, mode));
}

/** What waits for its files does not go out by itself any more. */
export function holdBack(customer: number, mode: Writing): void {
  if (!isWaiting(customer, mode)) return;
  const rest = new Map(waiting.peek());
  rest.delete(ownerOf(customer, mode));
  waiting.value = rest;
}

/** Whether there is something to send and nothing against it; a failed upload must be tried again or removed first. */
export function canSend(customer: number, mode: Writing, draft: Written, to: Destination | null): boolean {
  const files = filesOnTheWay(customer, mode);
  if (files.some(({ failure }) => failure)) return false;
  if (!draft.text.trim() && !draft.attachments.length && !files.length) return false;
  if (mode === "note") return true;
  return to !== null && !to.way.why_not && !gapsIn(draft.text).length && !(takesCopies(to) && wrongCopy(draft.cc));
}

export function takesCopies(to: Destination | null): boolean {
  return to !== null && canDo(to.way.account).copies === true;
}

/** Send what is written in the open conversation, or add it as a note. */
export function submit(customer: number, mode: Writing, options: SendOptions = {}): void {
  const shown = open.peek();
  if (shown?.customer.id !== customer) return;
  const draft = written(customer, mode).peek();
  const to = destinationOf(destinationsOf(shown), draft);
  if (!canSend(customer, mode, draft, to)) return;
  const seen = state.conversation ? lastSeqs(state.conversation) : {};
  const base = options.anyway ? seen : (draft.base ?? seen);
  const submission = { customer, mode, to, base, request: current.peek()?.id ?? null, options };
  if (filesOnTheWay(customer, mode).length) {
    waiting.value = new Map(waiting.peek()).set(ownerOf(customer, mode), submission);
  } else dispatch(submission);
}

function dispatch(submission: Submission): void {
  const { customer, mode } = submission;
  // Another tab may have sent it meanwhile.
  if (!canSend(customer, mode, written(customer, mode).peek(), submission.to)) return;
  if (mode === "note") addNote(submission);
  else sendReply(submission);
  if (state.conversation?.customer.id !== customer) return;
  read(customer, "reading");
  focusComposer();
}

function sendReply({ customer, to, base, request, options }: Submission): void {
  if (!to) return;
  const draft = written(customer, "reply").peek();
  const cc = takesCopies(to) ? copiesIn(draft.cc) : [];
  send(
    customer,
    {
      customer,
      base,
      ...(request ? { request } : {}),
      endpoint: to.endpoint.id,
      // The way on which only answers go back is the hub's to find.
      ...(to.endpoint.ways.length ? { account: to.way.account } : {}),
      text: draft.text.trim(),
      ...(cc.length ? { cc } : {}),
      ...attached(draft),
      ...(options.resolve ? { resolve: true } : {}),
      ...(options.send_at ? { send_at: options.send_at } : {}),
    },
    to.way.channel,
  );
}

function addNote({ customer, request }: Submission): void {
  const draft = written(customer, "note").peek();
  forget(customer, "note");
  setMode(customer, "reply");
  orTell(
    call("note", { customer, text: draft.text.trim(), ...(request ? { request } : {}), ...attached(draft) }).catch(
      (problem: unknown) => {
        write(customer, "note", { text: draft.text, attachments: draft.attachments });
        setMode(customer, "note");
        throw problem;
      },
    ),
  );
}

function attached({ attachments }: Written): { attachments?: number[] } {
  return attachments.length ? { attachments: attachments.map(({ id }) => id) } : {};
}

/** A file that failed holds everything back; the last one stored lets it go. */
effect(() => {
  for (const submission of waiting.value.values()) {
    const { customer, mode } = submission;
    const files = filesOnTheWay(customer, mode);
    const failed = files.some(({ failure }) => failure);
    if (files.length && !failed) continue;
    holdBack(customer, mode);
    if (!failed) untracked(() => dispatch(submission));
  }
});

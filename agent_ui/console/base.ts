/** What the agent has seen of a conversation: the base against which the hub judges whether a reply is stale. */

import { state } from "./connection";
import type { Written } from "./drafts";
import { lastSeqs } from "./store";

/** What stands on the screen for a second, at the end of the timeline, counts as seen once the agent writes on. */
const SEEN_AFTER = 1000;

const screen = { customer: 0, seqs: {} as Record<string, number>, since: 0, readable: true };

/** The timeline says what it shows and whether its newest entry is in sight. */
export function noteScreen(readable: boolean): void {
  const held = state.conversation;
  if (!held) return;
  screen.readable = readable;
  const seqs = lastSeqs(held);
  if (screen.customer === held.customer.id && JSON.stringify(seqs) === JSON.stringify(screen.seqs)) return;
  Object.assign(screen, { customer: held.customer.id, seqs, since: Date.now() });
}

/** The base for a text that is being written now. */
export function baseFor(held: Written): Record<string, number> | null {
  const shown = state.conversation;
  if (!shown) return held.base;
  const begins = !held.base || !held.text;
  return begins || seen(shown.customer.id) ? lastSeqs(shown) : held.base;
}

function seen(customer: number): boolean {
  if (screen.customer !== customer || !screen.readable) return false;
  return document.visibilityState === "visible" && Date.now() - screen.since >= SEEN_AFTER;
}

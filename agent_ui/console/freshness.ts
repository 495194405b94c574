/** After an outage: whether this session still counts, and whether the hub serves a newer console than this one. */

import { effect, signal } from "@preact/signals";
import { endSession, link } from "./connection";

/** The hub has a newer console; the agent decides when to load it. */
export const outdated = signal(false);

const ASK_AFTER = 2000;
const ASK_EVERY = 30_000;

let wasLost = false;
let timer = 0;

/** A socket that is refused says not why, so the page is asked, as a browser would ask for it. */
async function ask(): Promise<void> {
  try {
    const answer = await fetch(location.pathname, { redirect: "manual", cache: "no-store" });
    if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) {
      endSession();
    } else if (answer.ok && link.peek().is === "open") compare(await answer.text());
  } catch {
    // There is no hub to ask; the connection's own strip says so.
  }
}

function askAgain(): void {
  timer = 0;
  if (link.peek().is !== "lost") return;
  void ask();
  timer = window.setTimeout(askAgain, ASK_EVERY);
}

/** The bundle's name carries a hash of its content. */
function compare(page: string): void {
  const mine = document.querySelector<HTMLScriptElement>("script[src]")?.getAttribute("src");
  outdated.value = Boolean(mine) && !page.includes(mine ?? "");
}

export function watchFreshness(): void {
  effect(() => {
    const { is } = link.value;
    if (is === "lost") timer ||= window.setTimeout(askAgain, ASK_AFTER);
    else if (is === "open" && wasLost) void ask();
    wasLost = is === "lost" || (wasLost && is !== "open");
  });
}

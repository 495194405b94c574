/** Keeps the focus on something that is there, when a region comes or goes under it. */

import { effect } from "@preact/signals";
import { open } from "./connection";
import { drawerOpen } from "./panel-state";
import { route } from "./router";

/** The row from which the conversation was opened. */
let lastRow = 0;

function isLost(): boolean {
  const { activeElement } = document;
  return !activeElement || activeElement === document.body || !activeElement.checkVisibility();
}

function toFirst(...selectors: string[]): void {
  for (const selector of selectors) {
    const found = document.querySelector<HTMLElement>(selector);
    if (!found?.checkVisibility()) continue;
    found.focus();
    return;
  }
}

/** After the screen has been drawn, so that what is focused is what is there now. */
function afterDrawing(act: () => void): void {
  requestAnimationFrame(() => setTimeout(act));
}

function followConversation(): void {
  const { customer, request } = route.value;
  if (request) lastRow = request;
  if (customer && open.value?.customer.id !== customer) return;
  afterDrawing(() => {
    if (!isLost()) return;
    if (customer) toFirst(".timeline");
    else toFirst(`[data-row="${lastRow}"]`, ".row[tabindex='0']", ".rail-place[aria-current]");
  });
}

export function keepFocus(): void {
  // Nothing is lost before somebody has done something.
  let begun = false;
  addEventListener("pointerdown", () => (begun = true), { once: true });
  addEventListener("keydown", () => (begun = true), { once: true });
  effect(() => {
    route.value;
    open.value?.customer.id;
    if (begun) followConversation();
  });
  let wasOpen = false;
  effect(() => {
    const isOpen = drawerOpen.value;
    if (isOpen !== wasOpen) afterDrawing(() => toFirst(isOpen ? ".panel-close" : ".drawer-button"));
    wasOpen = isOpen;
  });
}

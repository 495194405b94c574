/** What the panel at the side shows besides the customer: the order that somebody asked to see, and whether it is open. */

import { signal } from "@preact/signals";
import type { OrderName } from "./protocol";

export const shownOrder = signal<OrderName | null>(null);
/** The drawer on screens too narrow for the panel. */
export const drawerOpen = signal(false);

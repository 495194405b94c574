/** What this browser keeps for the widget; in memory, for as long as the page lives, where storage is blocked. */

import { page } from "./page";

export interface Shelf {
  /** False when what is put here is gone with the page. */
  lasting: boolean;
  get(name: string): string;
  put(name: string, value: string): void;
}

function shelf(kind: "localStorage" | "sessionStorage"): Shelf {
  const memory = new Map<string, string>();
  const key = (name: string) => `onethread.${page.account.name}.${name}`;
  let storage: Storage | null = null;
  try {
    storage = window[kind];
    storage.setItem(key("probe"), "");
    storage.removeItem(key("probe"));
  } catch {
    storage = null;
  }
  return {
    lasting: storage !== null,
    get: (name) => (storage ? storage.getItem(key(name)) : memory.get(name)) ?? "",
    put(name, value) {
      memory.set(name, value);
      if (value) storage?.setItem(key(name), value);
      else storage?.removeItem(key(name));
    },
  };
}

/** For this browser: the session's token, what was seen, whether to sound. */
export const browser = shelf("localStorage");

/** For this tab: what is written and not sent, and where the visitor is. */
export const tab = shelf("sessionStorage");

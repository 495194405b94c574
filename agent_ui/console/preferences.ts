/** What this agent likes on this computer: theme, density, keys, sound; kept in the browser. */

import { effect, signal } from "@preact/signals";

export interface Preferences {
  theme: "system" | "light" | "dark";
  density: "comfortable" | "compact";
  letters: boolean;
  sound: boolean;
  notifications: boolean;
  panel: boolean;
}

const KEY = "onethread.preferences";
const START: Preferences = {
  theme: "system",
  density: "comfortable",
  letters: true,
  sound: false,
  notifications: false,
  panel: true,
};

export const preferences = signal<Preferences>({ ...START, ...recall<Partial<Preferences>>(KEY) });

export function prefer(change: Partial<Preferences>): void {
  preferences.value = { ...preferences.value, ...change };
  remember(KEY, preferences.value);
}

effect(() => {
  const { theme, density } = preferences.value;
  const root = document.documentElement;
  if (theme === "system") delete root.dataset["theme"];
  else root.dataset["theme"] = theme;
  root.dataset["density"] = density;
});

/** What this browser keeps under a name; null where nothing is kept or storage is forbidden. */
export function recall<T>(key: string): T | null {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "null") as T | null;
  } catch {
    return null;
  }
}

export function remember(key: string, value: unknown): void {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // A browser that keeps nothing still has the copy on the server.
  }
}

/** Days, times and sizes in the visitor's language and zone. */

import { page, t } from "./page";

// The visitor's own country decides between 14:02 and 2:02 PM, as far as it speaks the language of the page.
const locale = navigator.language.startsWith(page.language) ? navigator.language : page.language;
const clock = new Intl.DateTimeFormat(locale, { hour: "numeric", minute: "2-digit" });
const date = new Intl.DateTimeFormat(locale, { weekday: "long", day: "numeric", month: "long" });
const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });

export function timeOf(at: string): string {
  return clock.format(new Date(at));
}

export function dayOf(at: string): string {
  const then = new Date(at).toDateString();
  const yesterday = new Date();
  if (then === yesterday.toDateString()) return t("today");
  yesterday.setDate(yesterday.getDate() - 1);
  return then === yesterday.toDateString() ? t("yesterday") : date.format(new Date(at));
}

export function sizeOf(bytes: number): string {
  return bytes < 1_000_000
    ? t("size_kb", { size: whole.format(Math.max(1, Math.round(bytes / 1000))) })
    : t("size_mb", { size: whole.format(bytes / 1_000_000) });
}

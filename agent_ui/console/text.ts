/** Words, times, amounts and sizes in the agent's language; every text of the console comes from the catalogue. */

import { signal } from "@preact/signals";
import { console as german } from "../messages/de.json";
import { console as english } from "../messages/en.json";
import { type Catalogue, type Gaps, translator } from "../shared/catalogue";

export type Key = keyof typeof english;

const language = document.documentElement.lang.startsWith("de") ? "de" : "en";
const locale = language === "en" ? "en-GB" : language;
const catalogue: Catalogue = language === "de" ? german : english;
const translate = translator(language, catalogue, english);

export function t(key: Key, gaps?: Gaps): string {
  return translate(key, gaps);
}

/** A text for a name that comes from the hub, or `otherwise` where the catalogue does not know it. */
export function named(group: string, name: string, otherwise?: string): string {
  const key = `${group}.${name}`;
  return key in english ? translate(key) : (otherwise ?? name);
}

/** The difference between the hub's clock and this computer's. */
const offset = signal(0);
/** Moves every fifteen seconds, so that waiting times grow on a quiet screen too. */
const tick = signal(0);
setInterval(() => tick.value++, 15_000);

export function setClock(hubTime: string): void {
  const difference = Date.parse(hubTime) - Date.now();
  if (Math.abs(difference - offset.value) > 1500) offset.value = difference;
}

/** Now by the hub's clock; what reads it while drawing is drawn again as time goes on. */
export function now(): number {
  tick.value;
  return Date.now() + offset.value;
}

function formatter(options: Intl.DateTimeFormatOptions): (time: string | number) => string {
  const format = new Intl.DateTimeFormat(locale, options);
  return (time) => format.format(new Date(time));
}

export const clock = formatter({ hour: "2-digit", minute: "2-digit" });
const dayLong = formatter({ day: "numeric", month: "long" });
const dayShort = formatter({ day: "numeric", month: "short" });
const dayOfYear = formatter({ day: "numeric", month: "long", year: "numeric" });
const dayOfYearShort = formatter({ day: "numeric", month: "short", year: "numeric" });
const weekday = formatter({ weekday: "long", day: "numeric", month: "long" });
export const fullTime = formatter({ dateStyle: "full", timeStyle: "long" });
const dayKeyFormat = formatter({ year: "numeric", month: "2-digit", day: "2-digit" });

export const dayKey = (time: string): string => dayKeyFormat(time);

function isToday(time: string | number): boolean {
  return dayKeyFormat(time) === dayKeyFormat(now());
}

function isThisYear(time: string | number): boolean {
  return new Date(time).getFullYear() === new Date(now()).getFullYear();
}

/** "3 March", with its year where it is not this one. */
export function day(time: string): string {
  return isThisYear(time) ? dayLong(time) : dayOfYear(time);
}

export function shortDay(time: string): string {
  if (isToday(time)) return clock(time);
  return isThisYear(time) ? dayShort(time) : dayOfYearShort(time);
}

export function dayHeading(time: string): string {
  if (isToday(time)) return t("day.today");
  return isThisYear(time) ? weekday(time) : dayOfYear(time);
}

/** "today, 13:52" or "3 March, 09:14". */
export function moment(time: string): string {
  return isToday(time) ? t("time.today", { time: clock(time) }) : t("time.day", { day: day(time), time: clock(time) });
}

/** How long ago, in the words of the list: "6 min", "2 h 10 min", "3 days". */
export function span(seconds: number): string {
  const minutes = Math.max(0, Math.floor(seconds / 60));
  if (minutes < 60) return t("span.minutes", { n: minutes });
  if (minutes < 24 * 60) {
    return t("span.hours", { h: Math.floor(minutes / 60), min: String(minutes % 60).padStart(2, "0") });
  }
  return t("span.days", { n: Math.floor(minutes / (24 * 60)) });
}

export function secondsSince(time: string): number {
  return (now() - Date.parse(time)) / 1000;
}

export function due(time: string): { text: string; late: boolean; today: boolean } {
  const late = Date.parse(time) < now();
  const today = isToday(time);
  const at = today ? t("time.today", { time: clock(time) }) : t("time.day", { day: day(time), time: clock(time) });
  return { text: t(late ? "due.was" : "due.is", { at }), late, today };
}

const byteFormat = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });

export function fileSize(bytes: number): string {
  if (bytes < 1024 * 1024) return t("size.kb", { n: Math.max(1, Math.round(bytes / 1024)) });
  if (bytes < 1024 ** 3) return t("size.mb", { size: byteFormat.format(bytes / 1024 ** 2) });
  return t("size.gb", { size: byteFormat.format(bytes / 1024 ** 3) });
}

/** An amount given in the currency's minor unit. */
export function money(minor: number, currency: string): string {
  try {
    const format = new Intl.NumberFormat(locale, { style: "currency", currency });
    const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
    return format.format(minor / 10 ** digits);
  } catch {
    return `${minor / 100} ${currency}`;
  }
}

export function initials(name: string): string {
  const words = name.replace(/[^\p{L}\p{N} ]/gu, " ").trim().split(/\s+/);
  const last = words.length > 1 ? words[words.length - 1] : "";
  return ((words[0]?.[0] ?? "") + (last?.[0] ?? "")).toUpperCase();
}

// The country codes of two digits; those with 1 or 7 have one digit, all others three.
const TWO_DIGITS = /^(2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58])/;

/** A bare international number in groups; one that somebody has grouped stays as it is. */
export function phoneNumber(address: string): string {
  if (!/^\+\d{8,}$/.test(address)) return address;
  const digits = address.slice(1);
  const code = /^[17]/.test(digits) ? 1 : TWO_DIGITS.test(digits) ? 2 : 3;
  const rest = digits.slice(code).replace(/\d{3}(?=\d{2})/g, "$& ");
  return `+${digits.slice(0, code)} ${rest}`;
}

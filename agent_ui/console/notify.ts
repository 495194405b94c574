/** Tells an agent that somebody waits: a count in the title, a sound, a notice of the browser, a word for screen readers. */

import { computed, effect, signal } from "@preact/signals";
import { counts, me, onEvent, state } from "./connection";
import { hubView } from "./opening";
import { prefer, preferences } from "./preferences";
import type { Entry, Event, Row } from "./protocol";
import { go } from "./router";
import { t } from "./text";

/** What screen readers are told; several arrivals become one sentence. */
export const spoken = signal("");

const SPEAK_EVERY = 3000;
const RING_EVERY = 2500;

let arrived = 0;
let speakTimer = 0;
let rangAt = 0;
let audio: AudioContext | null = null;

export async function allowNotifications(on: boolean): Promise<void> {
  if (!on) return prefer({ notifications: false });
  const permission = await Notification.requestPermission();
  prefer({ notifications: permission === "granted" });
}

/** Two short soft tones, made here so that no file is needed. */
export function ring(): void {
  // A browser plays nothing on a page that nobody has touched yet.
  if (Date.now() - rangAt < RING_EVERY || !navigator.userActivation.hasBeenActive) return;
  rangAt = Date.now();
  audio ??= new AudioContext();
  for (const [pitch, after] of [[660, 0], [880, 0.12]] as const) {
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    const start = audio.currentTime + after;
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0.0001, start);
    volume.gain.exponentialRampToValueAtTime(0.12, start + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.0001, start + 0.25);
    tone.connect(volume).connect(audio.destination);
    tone.start(start);
    tone.stop(start + 0.3);
  }
}

function hear(event: Event): void {
  if (event.by === state.me) return;
  const entry = event.changes.entries?.find(isFromCustomer);
  if (!entry || me.peek()?.away) return;
  const row = event.changes.rows?.find((one) => one.customer_id === entry.customer_id);
  if (!concernsMe(row)) return;
  speak();
  if (preferences.peek().sound) ring();
  if (document.visibilityState === "hidden" && preferences.peek().notifications) announce(entry);
}

function isFromCustomer(entry: Entry): boolean {
  return entry.direction === "in" && !entry.automatic && !entry.backfilled && !entry.hidden;
}

/** What is mine, and what is nobody's yet. */
function concernsMe(row: Row | undefined): boolean {
  return !row || row.owner_id === null || row.owner_id === state.me;
}

/** The words of the message stay off a screen that may be locked. */
function announce(entry: Entry): void {
  const note = new Notification(t("notify.title", { name: entry.author.name }), { tag: `customer-${entry.customer_id}` });
  note.onclick = () => {
    window.focus();
    go({ region: "inbox", customer: entry.customer_id });
    note.close();
  };
}

function speak(): void {
  arrived++;
  speakTimer ||= window.setTimeout(() => {
    spoken.value = t("notify.spoken", { n: arrived });
    arrived = speakTimer = 0;
  }, SPEAK_EVERY);
}

const waiting = computed(() => counts.value[hubView("mine")] ?? 0);

export function startNotifying(): void {
  onEvent(hear);
  effect(() => {
    document.title = waiting.value ? t("title.count", { n: waiting.value }) : t("title");
  });
}

/** The thread itself: a window of at most 150 entries that moves over a conversation of any length and keeps its place. */

import { effect, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { ArrowDown, Clock } from "../shared/icons";
import { noteScreen } from "./base";
import { me, type Open, presence } from "./connection";
import { TimelineItem } from "./entry";
import { filtered } from "./filter";
import { earlier, entriesOfItem, type Item, later, reuse, timelineItems, windowOf } from "./items";
import { olderEntries, olderLoading, openNewest, pointedAt } from "./opening";
import { outbox, type Sending } from "./outbox";
import { Dots } from "./row";
import { channelName, channelSign } from "./signs";
import { PanelError, Skeleton } from "./states";
import { clock, dayKey, t } from "./text";

const MOST = 110;
const STEP = 50;
const NEAR = 1200;
const AT_END = 60;

interface Anchor {
  key: string;
  top: number;
}

export function Timeline({ shown }: { shown: Open }): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const before = useRef<Item[]>([]);
  const anchor = useRef<Anchor | null>(null);
  const atEnd = useRef(true);
  const lastTop = useRef(0);
  const away = useSignal(false);
  const until = useSignal<string | null>(null);

  const items = reuse(before.current, timelineItems(filtered(shown.entries), shown.requests, dayKey));
  before.current = items;
  const [from, to] = windowOf(items, endIndex(items, until.value), MOST);
  anchor.current = atEnd.current ? null : firstVisible(box.current);

  useLayoutEffect(() => {
    if (!box.current) return;
    if (atEnd.current && until.value === null && pointedAt.value === null) toEnd(box.current);
    else keepPlace(box.current, anchor.current);
    noteScreen(atEnd.current);
  });

  useEffect(() => keepEndOnResize(box.current, atEnd), []);
  useEffect(() => {
    if (outbox.value.some((one) => one.customer === shown.customer.id)) jump(box.current, until, atEnd, away);
  }, [outbox.value.length]);
  useEffect(() => effect(() => point(items, until, atEnd)), [shown.customer.id, items.length]);

  function scrolled(): void {
    const { current } = box;
    if (!current) return;
    const near = until.peek() === null && distanceToEnd(current) < AT_END;
    // Only going up leaves the end; a composer that grows moves the end away from us, and we follow.
    if (near) atEnd.current = true;
    else if (current.scrollTop < lastTop.current - 1) atEnd.current = false;
    lastTop.current = current.scrollTop;
    away.value = !atEnd.current;
    if (atEnd.current) noteScreen(true);
    if (current.scrollTop < NEAR) goUp(items, from, to, until);
    else if (distanceToEnd(current) < NEAR && until.peek() !== null) goDown(items, to, until);
  }

  return (
    <div class="timeline-frame">
      <div class="timeline" ref={box} onScroll={scrolled} tabIndex={0} role="region" aria-label={t("timeline.label")}>
        <ol class="thread">
          <Beginning shown={shown} from={from} />
          {items.slice(from, to).map((item) => (
            <TimelineItem key={item.key} item={item} />
          ))}
          {until.value === null && <OnTheirWay customer={shown.customer.id} />}
          {until.value === null && <Typing customer={shown.customer.id} />}
        </ol>
      </div>
      {away.value && <ToNewest shown={shown} jump={() => jump(box.current, until, atEnd, away)} />}
    </div>
  );
}

function endIndex(items: readonly Item[], until: string | null): number {
  const found = until === null ? -1 : items.findIndex((item) => item.key === until);
  return found < 0 ? items.length : found + 1;
}

function distanceToEnd(box: HTMLElement): number {
  return box.scrollHeight - box.scrollTop - box.clientHeight;
}

function toEnd(box: HTMLElement): void {
  box.scrollTop = box.scrollHeight;
}

function goUp(items: readonly Item[], from: number, to: number, until: { value: string | null }): void {
  if (from === 0) return void olderEntries();
  until.value = items[Math.max(1, earlier(items, to, STEP)) - 1]?.key ?? null;
}

function goDown(items: readonly Item[], to: number, until: { value: string | null }): void {
  const end = later(items, to, STEP);
  until.value = end >= items.length ? null : (items[end - 1]?.key ?? null);
}

/** The first entry on the screen and where it stands, to put it back there after the list has changed. */
function firstVisible(box: HTMLElement | null): Anchor | null {
  if (!box) return null;
  const edge = box.getBoundingClientRect().top;
  for (const element of box.querySelectorAll<HTMLElement>("[data-entry]")) {
    const { top, bottom } = element.getBoundingClientRect();
    if (bottom > edge) return { key: element.dataset["entry"] ?? "", top };
  }
  return null;
}

function keepPlace(box: HTMLElement, anchor: Anchor | null): void {
  const element = anchor && box.querySelector(`[data-entry="${anchor.key}"]`);
  if (element && anchor) box.scrollTop += element.getBoundingClientRect().top - anchor.top;
}

function keepEndOnResize(box: HTMLElement | null, atEnd: { current: boolean }): (() => void) | undefined {
  if (!box) return undefined;
  const observer = new ResizeObserver(() => atEnd.current && toEnd(box));
  observer.observe(box);
  return () => observer.disconnect();
}

/** Bring the entry that a link points to into the window and into sight, once. */
function point(items: readonly Item[], until: { value: string | null }, atEnd: { current: boolean }): void {
  const wanted = pointedAt.value;
  if (wanted === null) return;
  const at = items.findIndex((item) => entriesOfItem(item).some(({ id }) => id === wanted));
  if (at < 0) return;
  const end = later(items, at, STEP);
  atEnd.current = false;
  until.value = end === items.length ? null : (items[end - 1]?.key ?? null);
  requestAnimationFrame(() => {
    const element = document.querySelector(`#entry-${wanted}`);
    element?.scrollIntoView({ block: "center" });
    element?.classList.add("pointed");
    setTimeout(() => element?.classList.remove("pointed"), 2400);
    pointedAt.value = null;
  });
}

function jump(
  box: HTMLElement | null,
  until: { value: string | null },
  atEnd: { current: boolean },
  away: { value: boolean },
): void {
  atEnd.current = true;
  away.value = false;
  if (until.value === null && box) toEnd(box);
  until.value = null;
  if (location.hash.includes("entry=")) openNewest();
}

function Beginning({ shown, from }: { shown: Open; from: number }): JSX.Element | null {
  const loading = olderLoading.value;
  if (loading.is === "failed") {
    return (
      <li>
        <PanelError problem={loading.problem} retry={() => void olderEntries()} />
      </li>
    );
  }
  if (from > 0 || shown.floor) {
    return (
      <li class="older" aria-hidden="true">
        <Skeleton rows={1} />
      </li>
    );
  }
  return (
    <li class="beginning">
      <span>{t("timeline.beginning")}</span>
    </li>
  );
}

function ToNewest({ shown, jump: go }: { shown: Open; jump: () => void }): JSX.Element {
  const seenUpTo = useRef(shown.entries.at(-1)?.id ?? 0);
  const fresh = shown.entries.filter(({ id, author }) => id > seenUpTo.current && author.id !== me.value?.id).length;
  return (
    <button type="button" class="to-newest" onClick={go}>
      <ArrowDown size={14} />
      {fresh ? t("timeline.fresh", { n: fresh }) : t("timeline.newest")}
    </button>
  );
}

/** Replies that the hub has not confirmed yet. */
function OnTheirWay({ customer }: { customer: number }): JSX.Element {
  const mine = outbox.value.filter((one) => one.customer === customer);
  return (
    <>
      {mine.map((one) => (
        <Waiting key={one.key} one={one} />
      ))}
    </>
  );
}

function Waiting({ one }: { one: Sending }): JSX.Element {
  const Sign = channelSign(one.channel);
  return (
    <li class="burst ours">
      <span class="node node-ours" aria-hidden="true">
        <Sign size={14} />
      </span>
      <p class="head">
        <b class="head-ours">{me.value?.name}</b>
        <span class="head-channel">
          {channelName(one.channel)} · {clock(one.at)}
        </span>
        <span class="delivery waiting">
          <Clock size={14} />
          {t("delivery.queued")}
        </span>
      </p>
      <div class="bubble-line ours">
        <div class="bubble ours">
          <div class="words" dir="auto">
            {one.given.text}
          </div>
        </div>
      </div>
    </li>
  );
}

function Typing({ customer }: { customer: number }): JSX.Element | null {
  const visitor = presence.value.get(customer)?.visitor;
  if (!visitor?.typing) return null;
  return (
    <li class="burst typing-item">
      <span class="node node-dot" aria-hidden="true" />
      <div class="bubble-line">
        <div class="bubble typing">
          {visitor.text ? <span dir="auto">{visitor.text} </span> : null}
          <Dots />
          <span class="unseen">{t("row.typing")}</span>
        </div>
      </div>
    </li>
  );
}

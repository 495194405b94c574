/** The entries of the timeline, each kind in its own shape. */

import type { ComponentChildren, JSX } from "preact";
import { memo } from "preact/compat";
import { useState } from "preact/hooks";
import * as icons from "../shared/icons";
import { Attachments } from "./attachments";
import { open } from "./connection";
import { DeliveryStrip, DeliveryWord } from "./delivery";
import { EntryMenu } from "./entry-menu";
import type { Item } from "./items";
import { At, Node } from "./entry-parts";
import { EventLine, OrderEvents } from "./entry-line";
import type { Entry } from "./protocol";
import { unitOffset } from "./offsets";
import { shownOrder } from "./panel-state";
import { requestTitle } from "./requests";
import { channelName, channelOf, channelSign, customerName, Due, isProven, nameOf, ProofBadge, Status } from "./signs";
import { dayHeading, named, span, t } from "./text";
import { Unreadable } from "./unreadable";

export const TimelineItem = memo(function TimelineItem({ item }: { item: Item }): JSX.Element {
  switch (item.is) {
    case "day":
      return <DayLine time={item.time} />;
    case "request":
      return <RequestBand item={item} />;
    case "burst":
      return <Burst entries={item.entries} />;
    case "note":
      return <Note entry={item.entry} />;
    case "call":
    case "visit":
      return <Call entry={item.entry} />;
    case "orders":
      return <OrderEvents entries={item.entries} />;
    case "line":
      return <EventLine entry={item.entry} />;
  }
});

function DayLine({ time }: { time: string }): JSX.Element {
  return (
    <li class="day">
      <span>{dayHeading(time)}</span>
    </li>
  );
}

function RequestBand({ item }: { item: Extract<Item, { is: "request" }> }): JSX.Element {
  const { request, again } = item;
  return (
    <li class={again ? "band again" : "band"} id={again ? undefined : `request-${request.id}`}>
      <Node kind="node-request">
        <icons.Tag size={14} />
      </Node>
      <h2>
        <span class="band-number">{t(again ? "band.again" : "band.request", { number: request.number })}</span>{" "}
        <span class="band-title" dir="auto">
          {requestTitle(request)}
        </span>
      </h2>
      <Status status={request.status} />
    </li>
  );
}

function Burst({ entries }: { entries: Entry[] }): JSX.Element | null {
  const first = entries[0];
  const last = entries.at(-1);
  if (!first || !last) return null;
  const ours = first.direction === "out";
  const Sign = channelSign(channelOf(first), first.endpoint?.kind);
  return (
    <li class={ours ? "burst ours" : "burst"}>
      <Node kind={ours ? "node-ours" : ""}>
        <Sign size={14} />
      </Node>
      <Head first={first} last={last} ours={ours} />
      <Others entry={first} />
      {first.subject && (
        <p class="subject" dir="auto">
          {first.subject}
        </p>
      )}
      {entries.map((entry) => (
        <Bubble key={entry.id} entry={entry} />
      ))}
      <DeliveryStrip entry={last} />
    </li>
  );
}

function Head({ first, last, ours }: { first: Entry; last: Entry; ours: boolean }): JSX.Element {
  const stranger = first.author.kind === "participant";
  return (
    <p class="head">
      <b class={ours ? "head-ours" : undefined} dir="auto">
        {first.author.name || callerName(first)}
      </b>
      <span class="head-channel">
        {channelName(channelOf(first))} · <At time={first.shown_at} />
      </span>
      {stranger && <span class="warn">{t("entry.stranger")}</span>}
      {first.automatic && <span class="badge-word">{t("entry.automatic")}</span>}
      {first.backfilled && <span class="badge-word">{t("entry.backfilled")}</span>}
      {first.before_proof && <span class="badge-word">{t("entry.beforeproof")}</span>}
      {!ours && <ArrivalProof entry={first} />}
      {last.delivery && <DeliveryWord delivery={last.delivery} />}
    </p>
  );
}

/** A colleague wrote it down, or the telephone system reported it, perhaps with who was on the line. */
function whoNoted({ author, details }: Entry): string {
  if (author.kind === "agent") return t("entry.notedby", { name: author.name });
  const colleague = typeof details["agent"] === "string" ? details["agent"] : "";
  return colleague ? t("entry.with", { name: colleague }) : t("entry.reported");
}

/** The customer on whose screen this stands. */
function callerName({ customer_id: id }: Entry): string {
  const customer = open.value?.customer;
  return customer?.id === id ? nameOf(customer) : customerName("", id);
}

/** Who else got it, or to whom it was sent on. */
function Others({ entry }: { entry: Entry }): JSX.Element | null {
  const { cc, forwarded, to } = entry.details;
  const words = [
    ...(forwarded && typeof to === "string" ? [t("entry.forwarded", { to })] : []),
    ...(Array.isArray(cc) && cc.length ? [t("entry.cc", { to: cc.join(", ") })] : []),
  ];
  return words.length ? <p class="others">{words.join(" · ")}</p> : null;
}

/** What this one arrival proved about its sender; nothing where nothing is known. */
function ArrivalProof({ entry }: { entry: Entry }): JSX.Element | null {
  if (!entry.assurance) return null;
  const proven = isProven(entry.assurance);
  const Sign = proven ? icons.Proven : icons.Claimed;
  return (
    <span class={proven ? "proof good" : "proof quiet"}>
      <Sign size={14} />
      {proven ? named("arrival", entry.assurance_method || entry.assurance, t("proof.verified")) : t("proof.claimed")}
    </span>
  );
}

function Bubble({ entry }: { entry: Entry }): JSX.Element {
  const ours = entry.direction === "out";
  return (
    <div class={ours ? "bubble-line ours" : "bubble-line"}>
      <div
        class={`bubble${ours ? " ours" : ""}${entry.delivery?.state === "cancelled" ? " cancelled" : ""}`}
        id={`entry-${entry.id}`}
        data-entry={entry.id}
      >
        <Attachments files={entry.attachments ?? []} />
        {entry.unreadable && <Unreadable entry={entry} />}
        <Words entry={entry} />
        {entry.has_html && <AsMail entry={entry} />}
      </div>
      <EntryMenu entry={entry} />
    </div>
  );
}

function Words({ entry }: { entry: Entry }): JSX.Element | null {
  const [quoted, setQuoted] = useState(false);
  const cut = entry.quoted_from === null ? entry.text.length : unitOffset(entry.text, entry.quoted_from ?? Infinity);
  const rest = entry.text.slice(cut);
  const lines = rest.trim() ? rest.trim().split("\n").length : 0;
  if (!entry.text) return null;
  return (
    <div class="words" dir="auto">
      {linked(entry, 0, cut)}
      {lines > 0 && " "}
      {lines > 0 && (
        <button type="button" class="quoted-button" aria-expanded={quoted} onClick={() => setQuoted(!quoted)}>
          <icons.More size={12} />
          {t("entry.quoted", { n: lines })}
        </button>
      )}
      {quoted && <span class="quoted">{rest.trim()}</span>}
    </div>
  );
}

/** The text with the order numbers in it as doors to the orders. */
function linked(entry: Entry, from: number, to: number): ComponentChildren[] {
  const parts: ComponentChildren[] = [];
  let at = from;
  for (const order of [...(entry.orders ?? [])].sort((a, b) => a.start - b.start)) {
    const start = unitOffset(entry.text, order.start);
    const end = unitOffset(entry.text, order.end);
    if (start < at || end > to) continue;
    parts.push(entry.text.slice(at, start));
    parts.push(
      <button
        key={order.start}
        type="button"
        class="order-link"
        onClick={() => {
          shownOrder.value = { source: order.source, number: order.number };
        }}
      >
        {entry.text.slice(start, end)}
      </button>,
    );
    at = end;
  }
  parts.push(entry.text.slice(at, to).trimEnd());
  return parts;
}

/** The mail as it was written, in a frame of its own that runs nothing and loads nothing from elsewhere. */
function AsMail({ entry }: { entry: Entry }): JSX.Element {
  const [shown, setShown] = useState(false);
  const [remote, setRemote] = useState(false);
  return (
    <div class="as-mail">
      <button type="button" class="button quiet small" aria-expanded={shown} onClick={() => setShown(!shown)}>
        <icons.Mail size={14} />
        {t(shown ? "entry.astext" : "entry.asmail")}
      </button>
      {shown && entry.remote_images && !remote && (
        <button type="button" class="button quiet small" onClick={() => setRemote(true)}>
          <icons.Picture size={14} />
          {t("entry.images")}
        </button>
      )}
      {shown && (
        <iframe
          class="mail-frame"
          title={t("entry.mailframe", { name: entry.author.name })}
          src={`/entries/${entry.id}/mail?remote=${remote ? 1 : 0}`}
        />
      )}
    </div>
  );
}

function Note({ entry }: { entry: Entry }): JSX.Element {
  return (
    <li class="note-item">
      <Node kind="node-note">
        <icons.Lock size={14} />
      </Node>
      <div class="note" id={`entry-${entry.id}`} data-entry={entry.id}>
        <b class="note-label">{t("entry.internal")}</b>
        <span class="note-by">
          {entry.author.name} · <At time={entry.shown_at} />
        </span>
        <div class="note-words" dir="auto">
          {mentions(entry.text)}
        </div>
        <Attachments files={entry.attachments ?? []} />
      </div>
      <EntryMenu entry={entry} />
    </li>
  );
}

/** A colleague's name after an @ stands out. */
function mentions(text: string): ComponentChildren[] {
  return text.split(/(@[\p{L}\p{N}._-]+)/u).map((part, index) => (index % 2 ? <b key={index}>{part}</b> : part));
}

function Call({ entry }: { entry: Entry }): JSX.Element {
  const { outcome, promise, due_at: dueAt, duration_s: seconds, started_at: started } = entry.details;
  const visit = entry.kind === "store_visit";
  const out = entry.direction === "out";
  const Sign = visit ? icons.Store : out ? icons.CallOut : icons.CallIn;
  const title = visit ? "entry.visit" : out ? "entry.callto" : "entry.callfrom";
  return (
    <li class="call-item">
      <Node kind="">
        <Sign size={14} />
      </Node>
      <div class="call" id={`entry-${entry.id}`} data-entry={entry.id}>
        <div class="call-head">
          <b dir="auto">{t(title, { name: callerName(entry) })}</b>
          <span class="head-channel">
            <At time={started ?? entry.shown_at} />
            {seconds && seconds >= 60 ? ` · ${span(seconds)}` : ""} · {whoNoted(entry)}
          </span>
          <ProofBadge assurance={entry.assurance ?? (visit ? null : "claimed")} />
        </div>
        {entry.text && (
          <p class="call-words" dir="auto">
            {entry.text}
          </p>
        )}
        {(outcome || promise) && (
          <dl class="call-facts">
            {outcome && (
              <div>
                <dt>{t("call.outcome")}</dt>
                <dd dir="auto">{named("outcome", outcome)}</dd>
              </div>
            )}
            {promise && (
              <div>
                <dt>{t("call.promise")}</dt>
                <dd>
                  <span dir="auto">{promise}</span>
                  {dueAt && (
                    <>
                      , <Due at={dueAt} />
                    </>
                  )}
                </dd>
              </div>
            )}
          </dl>
        )}
        <Attachments files={entry.attachments ?? []} />
      </div>
      <EntryMenu entry={entry} />
    </li>
  );
}

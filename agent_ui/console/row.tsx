/** One row of the inbox: who waits, how long, on which channel, with which words, for which request. */

import type { JSX } from "preact";
import { memo } from "preact/compat";
import { Pencil, Warning } from "../shared/icons";
import { agents, drafts, me, presence } from "./connection";
import type { Draft, Row } from "./protocol";
import { ownerName, requestTitle } from "./requests";
import { address, route } from "./router";
import { Avatar, channelName, channelSign, customerName, ProofMark, Status } from "./signs";
import { now, secondsSince, shortDay, span, t } from "./text";

const AMBER = 30 * 60;
const RED = 2 * 3600;

interface RowProps {
  row: Row;
  chosen: boolean;
  focusable: boolean;
}

export const InboxRow = memo(function InboxRow({ row, chosen, focusable }: RowProps): JSX.Element {
  const failed = Boolean(row.failed);
  return (
    <li class="row-item">
      <a
        class={`row${chosen ? " chosen" : ""}${row.unread ? " unread" : ""}`}
        href={address({ customer: row.customer_id, request: row.id }, route.peek())}
        data-row={row.id}
        aria-current={chosen ? "true" : undefined}
        tabIndex={focusable ? 0 : -1}
      >
        {row.unread ? <span class="row-dot" /> : null}
        <span class="row-first">
          <span class="row-name" dir="auto">
            {customerName(row.customer_name, row.customer_id)}
          </span>
          {row.unread ? <span class="unseen">{t("row.unread")}</span> : null}
          <ProofMark assurance={row.assurance} />
          <Waiting row={row} failed={failed} />
        </span>
        <Words row={row} failed={failed} />
        <span class="row-third">
          <span class="row-subject" dir="auto">
            {requestTitle(row)}
          </span>
          <span class="row-status">
            <Status status={row.status} />
          </span>
          <RowEnd row={row} />
        </span>
      </a>
    </li>
  );
});

function Waiting({ row, failed }: { row: Row; failed: boolean }): JSX.Element {
  if (row.snoozed_until && Date.parse(row.snoozed_until) > now()) {
    return <span class="row-time">{t("row.until", { time: shortDay(row.snoozed_until) })}</span>;
  }
  if (!row.waiting_since) return <span class="row-time">{shortDay(row.last_at)}</span>;
  const seconds = secondsSince(row.waiting_since);
  const tone = failed || seconds >= RED ? "late" : seconds >= AMBER ? "ageing" : "";
  return (
    <span class={`row-time ${tone}`}>
      <span class="unseen">{t("row.waiting")}</span>
      {span(seconds)}
    </span>
  );
}

function Words({ row, failed }: { row: Row; failed: boolean }): JSX.Element {
  const typing = presence.value.get(row.customer_id)?.visitor?.typing;
  const { last } = row;
  const channel = last?.form ? "form" : (last?.channel ?? null);
  const Sign = channelSign(channel);
  if (failed) {
    return (
      <span class="row-second bad">
        <Warning size={14} />
        <span>{t("row.failed")}</span>
        <span aria-hidden="true">·</span>
        <span class="row-words" dir="auto">
          {last?.text}
        </span>
      </span>
    );
  }
  return (
    <span class="row-second">
      <Sign size={14} />
      <span class="row-channel">{channelName(channel) || t("channel.phone")}</span>
      <span aria-hidden="true">·</span>
      {typing ? (
        <span class="row-words said">
          <Dots /> {t("row.typing")}
        </span>
      ) : (
        <span class={row.unread ? "row-words said" : "row-words"} dir="auto">
          {whoSaid(row)}
          {last?.text}
        </span>
      )}
    </span>
  );
}

function whoSaid(row: Row): string {
  const { last } = row;
  if (!last) return "";
  if (last.kind === "note") return `${t("row.note")} `;
  if (last.direction !== "out") return "";
  const { author } = last;
  return `${author === me.value?.name || !author ? t("row.you") : t("row.said", { name: author })} `;
}

export function Dots(): JSX.Element {
  return (
    <span class="dots" aria-hidden="true">
      <i />
      <i />
      <i />
    </span>
  );
}

/** A draft marks the request that it answers, and where it was begun without one, all of its customer's. */
function belongsTo(draft: Draft, row: Row): boolean {
  const begun = draft.text !== "" || draft.attachments.length > 0;
  return begun && draft.customer_id === row.customer_id && (draft.request_id ?? row.id) === row.id;
}

function RowEnd({ row }: { row: Row }): JSX.Element {
  const hasDraft = drafts.value.some((one) => belongsTo(one, row));
  const there = (presence.value.get(row.customer_id)?.agents ?? []).filter(({ id }) => id !== me.value?.id);
  const mine = route.value.view === "mine";
  const owner = mine || there.length || !row.owner_id ? null : ownerName(row.owner_id);
  return (
    <span class="row-end">
      {hasDraft && (
        <span class="row-draft">
          <Pencil size={12} />
          {t("row.draft")}
        </span>
      )}
      {there.slice(0, 2).map(({ id }) => {
        const name = agents.value.find((one) => one.id === id)?.name ?? "";
        return (
          <span key={id}>
            <Avatar name={name} id={id} size="small" online />
            <span class="unseen">{t("presence.reading", { name })}</span>
          </span>
        );
      })}
      {owner && (
        <span class="row-owner" title={owner}>
          <span class="unseen">{t("owner.is", { name: owner })}</span>
          <span aria-hidden="true">{owner.split(" ")[0]}</span>
        </span>
      )}
    </span>
  );
}

/** How far an answer got, as a word with its sign, and what can be done when it did not arrive. */

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Check, Checks, Clock, type Icon, Question, Retry, Undo, Warning } from "../shared/icons";
import { call, canConfirm } from "./connection";
import type { Delivery, DeliveryState, Entry } from "./protocol";
import { restore } from "./drafts";
import { channelName } from "./signs";
import { clock, moment, named, now, t } from "./text";
import { orTell, toast } from "./toasts";

const SIGNS: Record<DeliveryState, Icon> = {
  scheduled: Clock,
  queued: Clock,
  sending: Clock,
  sent: Check,
  delivered: Checks,
  read: Checks,
  failed: Warning,
  uncertain: Question,
  cancelled: Undo,
};

/** The one word beside the head of an answer. */
export function DeliveryWord({ delivery }: { delivery: Delivery }): JSX.Element {
  const Sign = SIGNS[delivery.state];
  return (
    <span class={`delivery ${delivery.state}`} title={timesOf(delivery)}>
      <Sign size={14} />
      {wordOf(delivery)}
    </span>
  );
}

function wordOf(delivery: Delivery): string {
  const { state, next_try_at: next } = delivery;
  if (triesAgain(delivery) && next) return t("delivery.again", { time: clock(next) });
  if (state === "scheduled" && next) return t("delivery.scheduled", { time: moment(next) });
  if (state === "sent" && !canConfirm(delivery.account)) return t("delivery.unconfirmed");
  return named("delivery", state);
}

function triesAgain({ state, tries }: Delivery): boolean {
  return state === "queued" && tries > 0;
}

function timesOf(delivery: Delivery): string {
  const times = [
    delivery.sent_at && t("delivery.at.sent", { time: moment(delivery.sent_at) }),
    delivery.delivered_at && t("delivery.at.delivered", { time: moment(delivery.delivered_at) }),
    delivery.read_at && t("delivery.at.read", { time: moment(delivery.read_at) }),
  ];
  return times.filter(Boolean).join(" · ");
}

/** What stands beneath a bubble: the way back while it lasts, a failure with its reason, a change of channel. */
export function DeliveryStrip({ entry }: { entry: Entry }): JSX.Element | null {
  const { delivery } = entry;
  const undoable = useUntil(delivery?.undo_until ?? null);
  if (!delivery) return null;
  if (undoable && ["scheduled", "queued"].includes(delivery.state)) return <UndoStrip entry={entry} delivery={delivery} />;
  if (delivery.state === "failed" || delivery.state === "uncertain") return <Failure entry={entry} delivery={delivery} />;
  if (triesAgain(delivery) && delivery.reason) return <p class="moved-on">{delivery.reason}</p>;
  if (!delivery.moved_to) return null;
  const { channel, moved_to: to } = delivery;
  return <p class="moved-on">{t("delivery.moved", { channel: channelName(channel), address: to.address })}</p>;
}

/** True until a time, and drawn again when it has come. */
function useUntil(time: string | null): boolean {
  const [, draw] = useState(0);
  const left = time === null ? 0 : Date.parse(time) - now();
  useEffect(() => {
    if (left <= 0) return;
    const timer = setTimeout(() => draw((times) => times + 1), left + 50);
    return () => clearTimeout(timer);
  }, [time]);
  return left > 0;
}

function UndoStrip({ entry, delivery }: { entry: Entry; delivery: Delivery }): JSX.Element {
  return (
    <p class="undo-strip">
      <button type="button" class="button quiet small" onClick={() => takeBack(entry, delivery)}>
        <Undo size={14} />
        {t("delivery.undo")}
      </button>
    </p>
  );
}

/** Stop a reply that has not left yet, and give its words back to the composer. */
export function takeBack(entry: Entry, delivery: Delivery): void {
  orTell(
    call("cancel", { delivery: delivery.id }).then(() => {
      restore(entry);
      toast(t(entry.attachments.length ? "delivery.takenbackfiles" : "delivery.takenback"));
    }),
  );
}

function Failure({ entry, delivery }: { entry: Entry; delivery: Delivery }): JSX.Element {
  const failed = delivery.state === "failed";
  return (
    <div class={failed ? "strip strip-bad" : "strip strip-warn"} role="group" aria-label={named("delivery", delivery.state)}>
      <Warning />
      <p>
        {delivery.reason || t(failed ? "delivery.nowhy" : "delivery.uncertainwhy")}{" "}
        {delivery.code && <span class="code">{t("code", { code: delivery.code })}</span>}
      </p>
      <span class="strip-actions">
        {delivery.can_retry && (
          <button
            type="button"
            class="button small"
            onClick={() => orTell(call("retry", { delivery: delivery.id }))}
          >
            <Retry size={14} />
            {t(failed ? "retry" : "delivery.sendagain")}
          </button>
        )}
        <button type="button" class="button quiet small" onClick={() => restore(entry)}>
          {t("delivery.otherway")}
        </button>
        <button type="button" class="button quiet small" onClick={() => copy(entry.text)}>
          {t("copytext")}
        </button>
      </span>
    </div>
  );
}

export function copy(text: string): void {
  navigator.clipboard.writeText(text).then(
    () => toast(t("copied")),
    () => toast(t("problem.unknown"), undefined, true),
  );
}

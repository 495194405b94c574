/** The conversation: days, bursts, what is on its way, who types; it stays where one reads and says what is new below. */

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { ArrowDown } from "../../shared/icons";
import { outgoing } from "../outbox";
import { t } from "../page";
import type { Message } from "../protocol";
import { useSteadyScroll } from "../scroll";
import { fetchEarlier } from "../session";
import { hours, letter, link, messages, more, ready, typing } from "../state";
import { browser } from "../storage";
import { dayOf } from "../words";
import { Address } from "./address";
import { Burst, Leaving } from "./bubble";
import { Letter } from "./letter";
import { Loading } from "./notices";

const BURST = 180_000;

type Row = { day: string; key: string } | { burst: Message[]; key: string };

/** Cuts the messages into days, and the days into bursts of one person. */
function rowsOf(list: readonly Message[]): Row[] {
  const rows: Row[] = [];
  let before: Message | undefined;
  for (const message of list) {
    const day = dayOf(message.at);
    const newDay = !before || dayOf(before.at) !== day;
    const last = rows.at(-1);
    if (newDay) rows.push({ day, key: `day ${message.id}` });
    if (!newDay && last && "burst" in last && before && goesOn(before, message)) last.burst.push(message);
    else rows.push({ burst: [message], key: message.id });
    before = message;
  }
  return rows;
}

function goesOn(before: Message, message: Message): boolean {
  return before.from === message.from && before.author === message.author && Date.parse(message.at) - Date.parse(before.at) < BURST;
}

function Typing() {
  if (!typing.value) return null;
  return (
    <li class="typing">
      <span class="dots" aria-hidden="true">
        <i />
        <i />
        <i />
      </span>
      {t("typing", { name: typing.value })}
    </li>
  );
}

function Rows() {
  const own = messages.value.findLast((message) => message.from === "visitor");
  const offline = link.value.is !== "open";
  return (
    <ol>
      {rowsOf(messages.value).map((row) =>
        "day" in row ? (
          <li key={row.key} class="day">
            {row.day}
          </li>
        ) : (
          <Burst key={row.key} messages={row.burst} withState={!outgoing.value.length && row.burst.some(({ id }) => id === own?.id)} />
        ),
      )}
      {outgoing.value.map((message) => (
        <Leaving key={message.key} message={message} offline={offline} />
      ))}
      <Typing />
    </ol>
  );
}

/** Fetches the page before when the top comes into sight. */
function Earlier() {
  const mark = useRef<HTMLButtonElement>(null);
  const busy = useSignal(false);

  async function fetch(): Promise<void> {
    if (busy.value) return;
    busy.value = true;
    await fetchEarlier().catch(() => {});
    busy.value = false;
  }

  useEffect(() => {
    const watcher = new IntersectionObserver(([entry]) => entry?.isIntersecting && void fetch());
    if (mark.current) watcher.observe(mark.current);
    return () => watcher.disconnect();
  }, []);

  return (
    <button ref={mark} type="button" class="link earlier" onClick={() => void fetch()}>
      {t(busy.value ? "earlier_loading" : "earlier")}
    </button>
  );
}

function Conversation() {
  const { box, content, below, toEnd } = useSteadyScroll();
  return (
    <div class="thread">
      <div class="scroller" ref={box} tabIndex={0} role="region" aria-label={t("conversation")}>
        <div class="content" ref={content}>
          {more.value && <Earlier />}
          {!messages.value.length && !outgoing.value.length && <p class="opening">{t("opening")}</p>}
          {!hours.value.now && <p class="hint">{t("closed_thread")}</p>}
          {!browser.lasting && <p class="hint">{t("not_kept")}</p>}
          <Rows />
          <Address />
        </div>
      </div>
      {below.value > 0 && (
        <button type="button" class="below" onClick={toEnd}>
          <ArrowDown size={14} /> {t("new", { n: below.value })}
        </button>
      )}
    </div>
  );
}

export function Thread() {
  if (!ready.value && !outgoing.value.length) return <Loading />;
  return letter.value && !outgoing.value.length ? <Letter /> : <Conversation />;
}

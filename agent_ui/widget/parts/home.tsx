/** The first page: who is there and when, the conversation that is open, and the way to begin one. */

import { Bag, Box, Chat, Forward, Info } from "../../shared/icons";
import { write } from "../outbox";
import { t } from "../page";
import type { Message } from "../protocol";
import { goTo, hours, me, messages, pace, ready, unread } from "../state";
import { browser } from "../storage";
import { timeOf } from "../words";
import { Loading } from "./notices";

const STARTERS = [
  ["order", Box],
  ["return", Bag],
  ["advice", Info],
] as const;

function begin(words: string): void {
  if (words) write(words);
  goTo("thread");
}

function lastWords(message: Message): string {
  const words = message.text || message.attachments.map((file) => file.filename).join(", ");
  return message.from === "us" && message.author ? `${message.author}: ${words}` : words;
}

function Preview({ message }: { message: Message }) {
  return (
    <section>
      <h2>{t("your_chat")}</h2>
      <button type="button" class="card preview" onClick={() => goTo("thread")}>
        <span class="words" dir="auto">
          {lastWords(message)}
        </span>
        <span class="side">
          {unread.value ? <b class="new">{t("new", { n: unread.value })}</b> : <time dateTime={message.at}>{timeOf(message.at)}</time>}
        </span>
        <Forward />
      </button>
    </section>
  );
}

function Starters() {
  return (
    <section>
      <h2>{t("starters")}</h2>
      <ul class="card rows">
        {STARTERS.map(([name, Sign]) => (
          <li>
            <button type="button" onClick={() => begin(t(`start_${name}_words`))}>
              <Sign size={20} /> <span>{t(`start_${name}`)}</span> <Forward />
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

export function Home() {
  if (!ready.value) {
    return (
      <main aria-labelledby="title">
        <Loading />
      </main>
    );
  }
  const last = messages.value.at(-1);
  const name = me.value.name.split(" ")[0];
  return (
    <main class="home" aria-labelledby="title">
      <h2 class="hello">{name ? t("hello_name", { name }) : t("hello")}</h2>
      <p class="promise">{hours.value.now ? pace.value || t("hello_open") : t("hello_closed")}</p>
      {last && <Preview message={last} />}
      <button type="button" class="primary" onClick={() => begin("")}>
        <Chat size={20} /> {t(hours.value.now || last ? "start" : "start_letter")}
      </button>
      {!last && <Starters />}
      {!browser.lasting && <p class="hint">{t("not_kept")}</p>}
    </main>
  );
}

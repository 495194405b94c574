/** What one person said in one go: bubbles, files, and under them the time and what became of it. */

import type { ComponentChildren } from "preact";
import { Check, Checks, Clock, File as FileSign, Warning } from "../../shared/icons";
import { discard, type Outgoing, resend } from "../outbox";
import { t } from "../page";
import type { Attachment, Message } from "../protocol";
import type { Upload } from "../upload";
import { sizeOf, timeOf } from "../words";
import { Linked } from "./linked";

function Picture({ source, name }: { source: string; name: string }) {
  return <img src={source} alt={t("picture", { name })} width={220} height={165} loading="lazy" />;
}

function FileLine({ name, size }: { name: string; size: number }) {
  return (
    <>
      <FileSign size={20} />
      <span class="name">{name}</span> <span class="size">{sizeOf(size)}</span>
    </>
  );
}

function Attached({ file }: { file: Attachment }) {
  return (
    <a class={file.image ? "picture" : "file"} href={file.url} target="_blank" rel="noopener">
      {file.image ? <Picture source={file.url} name={file.filename} /> : <FileLine name={file.filename} size={file.size} />}
    </a>
  );
}

function Attaching({ upload }: { upload: Upload }) {
  return upload.preview ? (
    <span class="picture">
      <Picture source={upload.preview} name={upload.file.name} />
    </span>
  ) : (
    <span class="file">
      <FileLine name={upload.file.name} size={upload.file.size} />
    </span>
  );
}

function Bubble({ text, children }: { text: string; children: ComponentChildren }) {
  return (
    <div class="bubble">
      {text && (
        <p dir="auto">
          <Linked text={text} />
        </p>
      )}
      {children}
    </div>
  );
}

const STATES = {
  sent: ["state_sent", Check],
  delivered: ["state_delivered", Checks],
  read: ["state_read", Checks],
} as const;

function State({ state }: { state: "sent" | "delivered" | "read" }) {
  const [key, Sign] = STATES[state];
  return (
    <span class={state}>
      <Sign size={14} /> {t(key)}
    </span>
  );
}

/** Messages of one side that follow each other at once; the last one of ours to be answered carries its state. */
export function Burst({ messages, withState }: { messages: readonly Message[]; withState: boolean }) {
  const last = messages.at(-1) as Message;
  const own = last.from === "visitor";
  return (
    <li class={own ? "own burst" : "burst"}>
      <span class="said">{own ? t("you") : last.author || t("us")}</span>
      {messages.map((message) => (
        <Bubble key={message.id} text={message.text}>
          {message.attachments.map((file) => (
            <Attached key={file.id} file={file} />
          ))}
        </Bubble>
      ))}
      <p class="under">
        {!own && last.author && <span dir="auto">{last.author}</span>}
        <time dateTime={last.at}>{timeOf(last.at)}</time>
        {own && withState && last.state && <State state={last.state} />}
      </p>
    </li>
  );
}

function Failed({ message }: { message: Outgoing }) {
  return (
    <div class="failed" role="alert">
      <p>
        <Warning size={14} /> {t("not_sent")} {message.problem}
      </p>
      <button type="button" class="link" onClick={() => resend(message.key)}>
        {t("again")}
      </button>
      <button type="button" class="link" onClick={() => discard(message.key)}>
        {t("discard")}
      </button>
    </div>
  );
}

function Underway({ message, offline }: { message: Outgoing; offline: boolean }) {
  const sending = message.uploads.map(({ state }) => state.value).find((state) => state.is === "sending");
  const words = offline ? t("waiting") : sending ? t("sending_part", { part: `${Math.round(sending.part * 100)} %` }) : t("sending");
  return (
    <p class="under">
      <span class="waiting">
        <Clock size={14} /> {words}
      </span>
    </p>
  );
}

/** A message that the hub has not taken yet. */
export function Leaving({ message, offline }: { message: Outgoing; offline: boolean }) {
  return (
    <li class="own burst">
      <span class="said">{t("you")}</span>
      <Bubble text={message.text}>
        {message.uploads.map((upload) => (
          <Attaching key={upload.key} upload={upload} />
        ))}
      </Bubble>
      {message.problem ? <Failed message={message} /> : <Underway message={message} offline={offline} />}
    </li>
  );
}

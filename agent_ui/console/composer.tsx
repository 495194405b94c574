/** Where answers and notes are written: always says where it goes and why, keeps every letter, sends once. */

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Clip, Close, Down, File as FileSign, Lock, Slash } from "../shared/icons";
import { baseFor } from "./base";
import { CannedPicker, gapsIn, slashWord } from "./canned";
import { call, canDo, link, type Open, state } from "./connection";
import { type Destination, destinations, find, preferred } from "./destinations";
import { focusComposer, forget, modeOf, setMode, type Writing, write, type Written, written } from "./drafts";
import { hint } from "./keyboard";
import { MenuButton, type MenuItem } from "./menu";
import { read } from "./opening";
import { send } from "./outbox";
import { current, snoozeTimes } from "./requests";
import { Refused } from "./refused";
import { channelName } from "./signs";
import { lastSeqs } from "./store";
import { clock, named, t } from "./text";
import { To } from "./to-menu";
import { orTell } from "./toasts";
import { upload, uploads } from "./uploads";

export function Composer({ shown }: { shown: Open }): JSX.Element {
  const customer = shown.customer.id;
  const mode = modeOf(customer);
  const draft = written(customer, mode).value;
  const all = destinations(shown.customer, shown.entries);
  const to = find(all, draft.endpoint, draft.account) ?? preferred(all);
  const [dropping, setDropping] = useState(false);
  const attach = (files: Iterable<File>) => attachFiles(customer, mode, files);

  return (
    <section
      class={`composer composing-${mode}${dropping ? " dropping" : ""}`}
      aria-label={t(mode === "note" ? "mode.note" : "mode.reply")}
      onDragOver={(event) => {
        event.preventDefault();
        setDropping(true);
      }}
      onDragLeave={() => setDropping(false)}
      onDrop={(event) => {
        event.preventDefault();
        setDropping(false);
        attach(event.dataTransfer?.files ?? []);
      }}
    >
      <div class="composer-top">
        <ModeTabs customer={customer} mode={mode} />
        {mode === "reply" ? <To all={all} to={to} customer={customer} /> : <span class="composer-why">{t("note.who")}</span>}
      </div>
      <Refused customer={customer} again={(override) => sendReply(customer, to, draft, { override })} />
      <Field customer={customer} mode={mode} draft={draft} to={to} attach={attach} />
      <Gaps text={draft.text} />
      <Files customer={customer} mode={mode} draft={draft} />
      <Foot customer={customer} mode={mode} draft={draft} to={to} attach={attach} />
    </section>
  );
}

function ModeTabs({ customer, mode }: { customer: number; mode: Writing }): JSX.Element {
  const tab = (name: Writing, keys: string) => (
    <button
      type="button"
      class={mode === name ? "mode-tab chosen" : "mode-tab"}
      aria-pressed={mode === name}
      aria-keyshortcuts={keys}
      title={`${t(`mode.${name}`)} (${keys})`}
      onClick={() => {
        setMode(customer, name);
        focusComposer();
      }}
    >
      {name === "note" && <Lock size={14} />}
      <span>{t(`mode.${name}`)}</span>
    </button>
  );
  return (
    <span class="mode-tabs" role="group" aria-label={t("mode.label")}>
      {tab("reply", "r")}
      {tab("note", "n")}
    </span>
  );
}

interface PartProps {
  customer: number;
  mode: Writing;
  draft: Written;
  to: Destination | null;
  attach: (files: Iterable<File>) => void;
}

function Field({ customer, mode, draft, to, attach }: PartProps): JSX.Element {
  const field = useRef<HTMLTextAreaElement>(null);
  const [slash, setSlash] = useState<string | null>(null);
  const quiet = useRef(0);

  function typed(text: string, caret: number): void {
    write(customer, mode, { text, base: baseFor(draft), request: current.peek()?.id ?? null });
    setSlash(mode === "reply" ? slashWord(text, caret) : null);
    read(customer, mode);
    clearTimeout(quiet.current);
    quiet.current = window.setTimeout(() => read(customer, "reading"), 6000);
  }

  function insert(text: string): void {
    const caret = field.current?.selectionStart ?? draft.text.length;
    const begin = draft.text.lastIndexOf("\n", caret - 1) + 1;
    typed(draft.text.slice(0, begin) + text + draft.text.slice(caret), 0);
    setSlash(null);
  }

  useEffect(() => () => clearTimeout(quiet.current), []);

  return (
    <div class="composer-field">
      {slash !== null && <CannedPicker query={slash} choose={insert} close={() => setSlash(null)} own={false} />}
      <textarea
        id="composer-text"
        ref={field}
        dir="auto"
        rows={2}
        aria-label={t(mode === "note" ? "mode.note" : "composer.label")}
        placeholder={placeholder(mode, to)}
        value={draft.text}
        onInput={(event) => typed(event.currentTarget.value, event.currentTarget.selectionStart)}
        onPaste={(event) => {
          const files = event.clipboardData?.files;
          if (!files?.length) return;
          event.preventDefault();
          attach(files);
        }}
        onKeyDown={(event) => {
          if (event.key === "Escape" && slash === null) document.querySelector<HTMLElement>(".timeline")?.focus();
          if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
          event.preventDefault();
          if (mode === "note") addNote(customer, draft);
          else sendReply(customer, to, draft, { resolve: event.shiftKey });
        }}
      />
    </div>
  );
}

function placeholder(mode: Writing, to: Destination | null): string {
  if (link.value.is === "lost") return t("composer.offline");
  if (mode === "note") return t("composer.note");
  return to ? t("composer.reply", { channel: channelName(to.way.channel) }) : t("composer.noway");
}

function Gaps({ text }: { text: string }): JSX.Element | null {
  const gaps = gapsIn(text);
  if (!gaps.length) return null;
  return <p class="strip strip-warn">{t("canned.gap", { gaps: gaps.join(", ") })}</p>;
}

function Files({ customer, mode, draft }: Pick<PartProps, "customer" | "mode" | "draft">): JSX.Element | null {
  const owner = `${customer}.${mode}`;
  const going = uploads.value.filter((one) => one.owner === owner);
  if (!draft.attachments.length && !going.length) return null;
  return (
    <ul class="composer-files">
      {draft.attachments.map((file) => (
        <li key={file.id}>
          <FileSign size={14} />
          <span dir="auto">{file.filename}</span>
          <button
            type="button"
            class="icon-button small"
            aria-label={t("file.remove", { name: file.filename })}
            onClick={() => write(customer, mode, { attachments: draft.attachments.filter(({ id }) => id !== file.id) })}
          >
            <Close size={12} />
          </button>
        </li>
      ))}
      {going.map((one) => (
        <li key={one.key} class={one.progress === null ? "bad" : undefined}>
          <span dir="auto">{one.name}</span>
          {one.progress === null ? (
            <button type="button" class="button quiet small" onClick={one.again}>
              {t("retry")}
            </button>
          ) : (
            <progress value={one.progress} aria-label={t("file.progress", { name: one.name })} />
          )}
          <button type="button" class="icon-button small" aria-label={t("file.stop", { name: one.name })} onClick={one.stop}>
            <Close size={12} />
          </button>
        </li>
      ))}
    </ul>
  );
}

function attachFiles(customer: number, mode: Writing, files: Iterable<File>): void {
  for (const file of files) {
    upload(file, `${customer}.${mode}`, (stored) =>
      write(customer, mode, { attachments: [...written(customer, mode).peek().attachments, stored] }),
    );
  }
}

function Foot({ customer, mode, draft, to, attach }: PartProps): JSX.Element {
  const picker = useRef<HTMLInputElement>(null);
  const [cannedOpen, setCannedOpen] = useState(false);
  const insert = (text: string) => {
    setCannedOpen(false);
    write(customer, mode, { text: draft.text ? `${draft.text}\n${text}` : text, base: baseFor(draft) });
    focusComposer();
  };
  return (
    <div class="composer-foot">
      {cannedOpen && <CannedPicker query="" choose={insert} close={() => setCannedOpen(false)} own />}
      <input
        ref={picker}
        type="file"
        multiple
        hidden
        aria-label={t("file.attach")}
        onChange={(event) => {
          attach(event.currentTarget.files ?? []);
          event.currentTarget.value = "";
        }}
      />
      <button type="button" class="icon-button" aria-label={t("file.attach")} title={t("file.attach")} onClick={() => picker.current?.click()}>
        <Clip />
      </button>
      {mode === "reply" && (
        <button
          type="button"
          class="icon-button"
          aria-label={t("canned.title")}
          title={`${t("canned.title")} (/)`}
          aria-expanded={cannedOpen}
          onClick={() => setCannedOpen(!cannedOpen)}
        >
          <Slash />
        </button>
      )}
      <span class="draft-state">{draftState(draft, mode === "reply" ? to : null)}</span>
      {mode === "note" ? (
        <button type="button" class="button note-button" disabled={!draft.text.trim()} onClick={() => addNote(customer, draft)}>
          {t("note.add")} <kbd aria-hidden="true">{hint("Mod+Enter")}</kbd>
        </button>
      ) : (
        <SendButton customer={customer} draft={draft} to={to} />
      )}
    </div>
  );
}

function draftState({ text, attachments, unsaved, savedAt }: Written, to: Destination | null): string {
  if (!text && !attachments.length) return "";
  if (link.value.is === "lost") return t("draft.here");
  if (unsaved || !savedAt) return "";
  const saved = t("draft.savedat", { time: clock(savedAt) });
  const undo = to ? (canDo(to.way.account).undo_seconds ?? 0) : 0;
  return undo ? t("composer.undo", { saved, n: undo }) : saved;
}

function SendButton({ customer, draft, to }: Pick<PartProps, "customer" | "draft" | "to">): JSX.Element {
  const off = !canSend(draft, to);
  const lost = link.value.is === "lost";
  const channel = to?.way.channel ?? "";
  const words = lost ? t("send.later") : sendWords(channel);
  const items = (): MenuItem[] => [
    { label: t("send.solve"), keys: hint("Mod+Shift+Enter"), run: () => sendReply(customer, to, draft, { resolve: true }) },
    ...snoozeTimes()
      .slice(1)
      .map(({ label, until }, index) => ({
        label,
        group: index === 0 ? t("send.at") : undefined,
        run: () => sendReply(customer, to, draft, { send_at: until.toISOString() }),
      })),
  ];
  return (
    <span class="split">
      <button
        type="button"
        class="button primary"
        disabled={off}
        aria-keyshortcuts="Control+Enter"
        onClick={() => sendReply(customer, to, draft, {})}
      >
        {words} <kbd aria-hidden="true">{hint("Mod+Enter")}</kbd>
      </button>
      <MenuButton class="button primary split-more" label={t("send.more")} items={items} disabled={off}>
        <Down size={14} />
      </MenuButton>
    </span>
  );
}

function sendWords(channel: string): string {
  return channel ? named("send", channel, t("send.any", { channel: channelName(channel) })) : t("write.send");
}

function canSend(draft: Written, to: Destination | null): to is Destination {
  const something = draft.text.trim() !== "" || draft.attachments.length > 0;
  return something && to !== null && !to.way.why_not && !gapsIn(draft.text).length;
}

interface SendOptions {
  resolve?: boolean;
  send_at?: string;
  override?: boolean;
}

function sendReply(customer: number, to: Destination | null, draft: Written, options: SendOptions): void {
  if (!canSend(draft, to)) return;
  const shown = state.conversation;
  const request = current.peek()?.id;
  send(
    customer,
    {
      customer,
      base: (options.override ? shown && lastSeqs(shown) : draft.base) ?? (shown ? lastSeqs(shown) : {}),
      ...(request ? { request } : {}),
      endpoint: to.endpoint.id,
      // The way on which only answers go back is the hub's to find.
      ...(to.endpoint.ways.length ? { account: to.way.account } : {}),
      text: draft.text.trim(),
      ...(draft.attachments.length ? { attachments: draft.attachments.map(({ id }) => id) } : {}),
      ...(options.resolve ? { resolve: true } : {}),
      ...(options.send_at ? { send_at: options.send_at } : {}),
    },
    to.way.channel,
  );
  read(customer, "reading");
  focusComposer();
}

function addNote(customer: number, draft: Written): void {
  const text = draft.text.trim();
  if (!text) return;
  const request = current.peek()?.id;
  forget(customer, "note");
  setMode(customer, "reply");
  read(customer, "reading");
  orTell(
    call("note", { customer, text, ...(request ? { request } : {}) }).catch((problem: unknown) => {
      write(customer, "note", { text });
      setMode(customer, "note");
      throw problem;
    }),
  );
}


/** What stands beneath the composer's field: files and canned replies, what became of the draft, and sending. */

import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { Clip, Down, Slash } from "../shared/icons";
import { baseFor } from "./base";
import { CannedPicker } from "./canned";
import { attachFiles } from "./composer-files";
import type { PartProps } from "./composer-part";
import { canDo, link } from "./connection";
import type { Destination } from "./destinations";
import { focusComposer, write, type Written, written } from "./drafts";
import { hint } from "./keyboard";
import { MenuButton, type MenuItem } from "./menu";
import { snoozeTimes } from "./requests";
import { canSend, filesOnTheWay, holdBack, isWaiting, submit } from "./sending";
import { channelName } from "./signs";
import { clock, named, t } from "./text";

export function ComposerFoot(part: PartProps): JSX.Element {
  const { customer, mode, draft, to } = part;
  const waits = isWaiting(customer, mode);
  return (
    <div class="composer-foot">
      <AttachButton {...part} />
      {mode === "reply" && <CannedButton {...part} />}
      <span class="draft-state" role={waits ? "status" : undefined}>
        {waits ? t("send.waits", { n: filesOnTheWay(customer, mode).length }) : draftState(draft, mode === "reply" ? to : null)}
      </span>
      {waits ? <HoldBack {...part} /> : mode === "note" ? <AddNote {...part} /> : <SendButton {...part} />}
    </div>
  );
}

function AttachButton({ customer, mode }: PartProps): JSX.Element {
  const picker = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={picker}
        type="file"
        multiple
        hidden
        aria-label={t("file.attach")}
        onChange={(event) => {
          attachFiles(customer, mode, event.currentTarget.files ?? []);
          event.currentTarget.value = "";
        }}
      />
      <button type="button" class="icon-button" aria-label={t("file.attach")} title={t("file.attach")} onClick={() => picker.current?.click()}>
        <Clip />
      </button>
    </>
  );
}

function CannedButton({ customer, mode }: PartProps): JSX.Element {
  const [shown, setShown] = useState(false);
  const insert = (text: string) => {
    setShown(false);
    const held = written(customer, mode).peek();
    write(customer, mode, { text: held.text ? `${held.text}\n${text}` : text, base: baseFor(held) });
    focusComposer();
  };
  return (
    <>
      {shown && <CannedPicker query="" choose={insert} close={() => setShown(false)} own />}
      <button
        type="button"
        class="icon-button"
        aria-label={t("canned.title")}
        title={`${t("canned.title")} (/)`}
        aria-expanded={shown}
        onClick={() => setShown(!shown)}
      >
        <Slash />
      </button>
    </>
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

/** It goes out by itself as soon as its files are stored, unless it is held back. */
function HoldBack({ customer, mode }: PartProps): JSX.Element {
  return (
    <button type="button" class="button" onClick={() => holdBack(customer, mode)}>
      {t("send.holdback")}
    </button>
  );
}

function AddNote({ customer, mode, draft, to }: PartProps): JSX.Element {
  return (
    <button
      type="button"
      class="button note-button"
      disabled={!canSend(customer, mode, draft, to)}
      aria-keyshortcuts="Control+Enter"
      onClick={() => submit(customer, mode)}
    >
      {t("note.add")} <kbd aria-hidden="true">{hint("Mod+Enter")}</kbd>
    </button>
  );
}

function SendButton({ customer, mode, draft, to }: PartProps): JSX.Element {
  const off = !canSend(customer, mode, draft, to);
  const channel = to?.way.channel ?? "";
  const words = link.value.is === "lost" ? t("send.later") : sendWords(channel);
  const items = (): MenuItem[] => [
    { label: t("send.solve"), keys: hint("Mod+Shift+Enter"), run: () => submit(customer, mode, { resolve: true }) },
    ...snoozeTimes()
      .slice(1)
      .map(({ label, until }, index) => ({
        label,
        group: index === 0 ? t("send.at") : undefined,
        run: () => submit(customer, mode, { send_at: until.toISOString() }),
      })),
  ];
  return (
    <span class="split">
      <button
        type="button"
        class="button primary"
        disabled={off}
        aria-keyshortcuts="Control+Enter"
        onClick={() => submit(customer, mode)}
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

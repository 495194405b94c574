/** The field at the foot of the thread: grows with the text, sends with Enter where there is a keyboard. */

import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { Send } from "../../shared/icons";
import { draft, sendDraft, uploads, write } from "../outbox";
import { byTouch, t } from "../page";
import { tell } from "../session";
import { entered, looking } from "../state";
import { AttachButton, Attachments, CameraButton, takePaste } from "./files";

const TALLEST = 132;
const STILL_TYPING = 3_000;
const STOPPED = 6_000;

/** Tells that the visitor types, at most every few seconds, and that they stopped; never what. */
function useTyping() {
  const toldAt = useRef(0);
  const timer = useRef(0);

  function stop(): void {
    clearTimeout(timer.current);
    if (toldAt.current) tell({ typing: false });
    toldAt.current = 0;
  }

  function go(): void {
    clearTimeout(timer.current);
    timer.current = window.setTimeout(stop, STOPPED);
    if (performance.now() - toldAt.current < STILL_TYPING && toldAt.current) return;
    toldAt.current = performance.now();
    tell({ typing: true });
  }

  return { go, stop };
}

export function Composer() {
  const field = useRef<HTMLTextAreaElement>(null);
  const typing = useTyping();
  const empty = !draft.value.trim() && !uploads.value.length;

  useLayoutEffect(() => {
    const area = field.current;
    if (!area) return;
    area.style.height = "auto";
    area.style.height = `${Math.min(area.scrollHeight + 2, TALLEST)}px`;
  }, [draft.value]);

  useEffect(() => {
    const area = field.current;
    if (!looking.value || byTouch || !area) return;
    area.focus();
    area.setSelectionRange(area.value.length, area.value.length);
  }, [looking.value, entered.value]);

  function submit(event?: Event): void {
    event?.preventDefault();
    if (sendDraft()) typing.stop();
    field.current?.focus();
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || byTouch) return;
    submit(event);
  }

  function onInput(text: string): void {
    write(text);
    if (text) typing.go();
    else typing.stop();
  }

  return (
    <form class="composer" onSubmit={submit}>
      <Attachments />
      <div class="line">
        <AttachButton />
        {empty && <CameraButton />}
        <textarea
          ref={field}
          rows={1}
          dir="auto"
          maxLength={10_000}
          aria-label={t("message")}
          placeholder={t("message_example")}
          enterkeyhint={byTouch ? "enter" : "send"}
          value={draft.value}
          onKeyDown={onKeyDown}
          onPaste={takePaste}
          onInput={(event) => onInput(event.currentTarget.value)}
          onBlur={typing.stop}
        />
        <button type="submit" class="send" aria-label={t("send")} aria-disabled={empty}>
          <Send size={20} />
        </button>
      </div>
    </form>
  );
}

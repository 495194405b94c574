/** The composer's field: what is typed is kept at once, files are pasted into it, and the keyboard sends it. */

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { baseFor } from "./base";
import { CannedPicker, slashWord } from "./canned";
import { attachFiles } from "./composer-files";
import type { PartProps } from "./composer-part";
import { link } from "./connection";
import type { Destination } from "./destinations";
import { type Writing, write, written } from "./drafts";
import { read } from "./opening";
import { current } from "./requests";
import { holdBack, submit } from "./sending";
import { t } from "./text";

export function Field({ customer, mode, draft, to }: PartProps): JSX.Element {
  const field = useRef<HTMLTextAreaElement>(null);
  const [slash, setSlash] = useState<string | null>(null);
  const quiet = useRef(0);

  function typed(text: string, caret: number): void {
    const base = baseFor(written(customer, mode).peek());
    write(customer, mode, { text, base, request: current.peek()?.id ?? null });
    // Half a word must not leave with a file that has just arrived.
    holdBack(customer, mode);
    setSlash(mode === "reply" ? slashWord(text, caret) : null);
    read(customer, mode);
    clearTimeout(quiet.current);
    quiet.current = window.setTimeout(() => read(customer, "reading"), 6000);
  }

  function insert(text: string): void {
    const now = written(customer, mode).peek().text;
    const caret = field.current?.selectionStart ?? now.length;
    const begin = now.lastIndexOf("\n", caret - 1) + 1;
    typed(now.slice(0, begin) + text + now.slice(caret), 0);
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
          attachFiles(customer, mode, files);
        }}
        onKeyDown={(event) => {
          if (event.key === "Escape" && slash === null) document.querySelector<HTMLElement>(".timeline")?.focus();
          if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
          event.preventDefault();
          submit(customer, mode, mode === "reply" && event.shiftKey ? { resolve: true } : {});
        }}
      />
    </div>
  );
}

function placeholder(mode: Writing, to: Destination | null): string {
  if (link.value.is === "lost") return t("composer.offline");
  if (mode === "note") return t("composer.note");
  return to ? t("composer.reply") : t("composer.noway");
}

/** Where answers and notes are written: always says where it goes and why, keeps every letter, sends once. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { Lock } from "../shared/icons";
import { gapsIn } from "./canned";
import { attachFiles, Files } from "./composer-files";
import { ComposerFoot } from "./composer-foot";
import { Field } from "./composer-field";
import { CopyButton, CopyLine } from "./composer-copies";
import type { Open } from "./connection";
import { focusComposer, modeOf, setMode, type Writing, written } from "./drafts";
import { Refused } from "./refused";
import { destinationOf, destinationsOf, submit, takesCopies } from "./sending";
import { t } from "./text";
import { To } from "./to-menu";

export function Composer({ shown }: { shown: Open }): JSX.Element {
  const customer = shown.customer.id;
  const mode = modeOf(customer);
  const draft = written(customer, mode).value;
  const all = destinationsOf(shown);
  const to = destinationOf(all, draft);
  const [dropping, setDropping] = useState(false);
  const copies = mode === "reply" && takesCopies(to);
  const part = { customer, mode, draft, to };

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
        attachFiles(customer, mode, event.dataTransfer?.files ?? []);
      }}
    >
      <div class="composer-top">
        <ModeTabs customer={customer} mode={mode} />
        {mode === "reply" ? <To all={all} to={to} customer={shown.customer} /> : <span class="composer-why">{t("note.who")}</span>}
        {copies && draft.cc === null && <CopyButton customer={customer} />}
      </div>
      {copies && draft.cc !== null && <CopyLine customer={customer} cc={draft.cc} />}
      <Refused customer={customer} again={() => submit(customer, "reply", { anyway: true })} />
      <Field {...part} />
      <Gaps text={draft.text} />
      <Files {...part} />
      <ComposerFoot {...part} />
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

function Gaps({ text }: { text: string }): JSX.Element | null {
  const gaps = gapsIn(text);
  if (!gaps.length) return null;
  return <p class="strip strip-warn">{t("canned.gap", { gaps: gaps.join(", ") })}</p>;
}

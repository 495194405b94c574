/** Why a reply was not sent, with what was missed, inside the composer that still holds the words. */

import type { JSX } from "preact";
import { People, Warning } from "../shared/icons";
import { me } from "./connection";
import { focusComposer } from "./drafts";
import { dismissRefusal, type Refusal, refusals } from "./outbox";
import type { Entry } from "./protocol";
import { clock, t } from "./text";
import { problemText } from "./toasts";

interface RefusedProps {
  customer: number;
  again: (override: boolean) => void;
}

export function Refused({ customer, again }: RefusedProps): JSX.Element | null {
  const refusal = refusals.value.get(customer);
  if (!refusal) return null;
  const edit = () => {
    dismissRefusal(customer);
    focusComposer();
  };
  if (refusal.problem.code === "stale") return <Stale refusal={refusal} edit={edit} again={() => again(true)} />;
  return (
    <div class="strip strip-bad" role="alert">
      <Warning />
      <p>
        <b>{t("refused.nothing")}</b> {problemText(refusal.problem)} {found(refusal)}
        <span class="code">{t("code", { code: refusal.problem.code })}</span>
      </p>
      <span class="strip-actions">
        <button type="button" class="button small" onClick={edit}>
          {t("refused.edit")}
        </button>
      </span>
    </div>
  );
}

/** What in the text belongs to another address, as the hub found it. */
function found({ problem }: Refusal): string {
  const parts = problem["found"];
  return Array.isArray(parts) && parts.length ? `${t("refused.found", { parts: parts.join(", ") })} ` : "";
}

function Stale({ refusal, edit, again }: { refusal: Refusal; edit: () => void; again: () => void }): JSX.Element {
  const last = refusal.missed.at(-1);
  return (
    <div class="strip strip-info stale" role="alert">
      <People />
      <div>
        <p>
          <b>{last ? whatHappened(last) : t("stale.changed")}</b> {t("stale.nothing")}
        </p>
        {refusal.missed.slice(-3).map((entry) => (
          <p key={entry.id} class="missed" dir="auto">
            <b>{entry.author?.name}</b> {entry.text?.slice(0, 160)}
          </p>
        ))}
      </div>
      <span class="strip-actions">
        <button type="button" class="button small" onClick={edit}>
          {t("refused.edit")}
        </button>
        <button type="button" class="button quiet small" onClick={again}>
          {t("stale.anyway")}
        </button>
      </span>
    </div>
  );
}

function whatHappened(entry: Entry): string {
  const gaps = { name: entry.author?.name ?? "", time: entry.shown_at ? clock(entry.shown_at) : "" };
  if (entry.kind === "assignment") return t("stale.assigned", gaps);
  const colleague = entry.author?.kind === "agent" && entry.author.id !== me.value?.id;
  return t(colleague ? "stale.answered" : "stale.wrote", gaps);
}

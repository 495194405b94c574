/** The small lines between what people said: what became of orders, whose a request is, and how it stands. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import * as icons from "../shared/icons";
import { At, Node } from "./entry-parts";
import type { Entry, RequestStatus } from "./protocol";
import { ownerName, teamName } from "./requests";
import { named, t } from "./text";

const GOALS = ["delivered", "ready_for_pickup", "pickup", "picked_up", "refunded", "returned"];

export function OrderEvents({ entries }: { entries: Entry[] }): JSX.Element | null {
  const [all, setAll] = useState(false);
  const newest = entries.at(-1);
  if (!newest) return null;
  const shown = all ? entries : [newest];
  return (
    <>
      {shown.map((entry) => {
        const goal = GOALS.includes(entry.details.milestone ?? "");
        return (
          <li key={entry.id} class="line" id={`entry-${entry.id}`} data-entry={entry.id}>
            <Node kind={goal ? "node-dot reached" : "node-dot"} />
            {goal ? <icons.Store size={14} /> : <icons.Box size={14} />}
            <span class="line-words">
              {orderWords(entry)}{" "}
              {!all && entries.length > 1 && (
                <button type="button" class="more-events" aria-expanded={false} onClick={() => setAll(true)}>
                  {t("entry.moreorders", { n: entries.length - 1 })}
                </button>
              )}
            </span>
            <At time={entry.shown_at} />
          </li>
        );
      })}
    </>
  );
}

function orderWords(entry: Entry): string {
  const { number = "", milestone = "" } = entry.details;
  const what = named("milestone", milestone, entry.text || milestone);
  return t("entry.order", { number, what });
}

export function EventLine({ entry }: { entry: Entry }): JSX.Element {
  return (
    <li class="line" id={`entry-${entry.id}`} data-entry={entry.id}>
      <Node kind="node-dot" />
      <span class="line-words">{lineWords(entry)}</span>
      <At time={entry.shown_at} />
    </li>
  );
}

function lineWords(entry: Entry): string {
  const { from, to } = entry.details;
  const by = entry.author.name;
  if (entry.kind === "assignment") return assignmentWords(entry);
  if (entry.kind === "status") return t("entry.status", { by, from: statusName(from), to: statusName(to) });
  return entry.text || named("kind", entry.kind);
}

/** Whose it became: a colleague's, a team's or nobody's; where the owner stayed, only the team has changed. */
function assignmentWords({ author, details }: Entry): string {
  const { from, to, team } = details;
  const by = author.name;
  if (from === to || (to === null && team)) {
    return team ? t("entry.toteam", { by, team: teamName(team) }) : t("entry.noteam", { by });
  }
  if (to === null) return t("entry.released", { by });
  return to === author.id ? t("entry.taken", { by }) : t("entry.assigned", { by, to: ownerName(Number(to)) });
}

function statusName(status: unknown): string {
  return typeof status === "string" ? named("status", status as RequestStatus) : "";
}

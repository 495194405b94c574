/** What an agent does with a request, each with its notice and its way back. */

import { computed } from "@preact/signals";
import { agents, call, list, me, open, teams } from "./connection";
import type { Customer, Entry, Request, RequestStatus } from "./protocol";
import { route } from "./router";
import { day, named, now, t } from "./text";
import { done, orTell } from "./toasts";

const OPEN_FIRST: Record<RequestStatus, number> = {
  new: 0,
  open: 0,
  ready_in_store: 1,
  waiting_customer: 1,
  waiting_third_party: 1,
  resolved: 2,
};

/** The open conversation's requests, those that are open first, the newest first among them. */
export const requests = computed<Request[]>(() =>
  [...(open.value?.requests.values() ?? [])].sort(
    (a, b) => OPEN_FIRST[a.status] - OPEN_FIRST[b.status] || (a.opened_at < b.opened_at ? 1 : -1),
  ),
);

/** The request that buttons and keys act on: the one chosen, else the first that is open. */
export const current = computed<Request | null>(() => {
  const chosen = route.value.request;
  return requests.value.find((one) => one.id === chosen) ?? requests.value[0] ?? null;
});

export function requestTitle(request: { subject: string; topic: string }): string {
  return request.subject || (request.topic && named("topic", request.topic)) || t("request.untitled");
}

export function ownerName(owner: number | null, team: number | null | undefined = null): string {
  if (owner) return agents.value.find((one) => one.id === owner)?.name ?? t("agent.former");
  return team ? teamName(team) : t("assign.nobody");
}

export function teamName(team: number): string {
  return teams.value.find((one) => one.id === team)?.name ?? t("team.former");
}

export function assign(request: Request, owner: number | null, team: number | null): void {
  const before = { owner: request.owner_id, team: request.team_id };
  const name = ownerName(owner, team);
  orTell(
    call("assign", { request: request.id, owner, team }).then(() =>
      done(t("assign.done", { number: request.number, name }), () =>
        orTell(call("assign", { request: request.id, ...before })),
      ),
    ),
  );
}

export function take(request: Request): void {
  const mine = me.peek();
  if (mine && request.owner_id !== mine.id) assign(request, mine.id, request.team_id);
}

export function setStatus(request: Request, status: RequestStatus): void {
  const before = request.status === "new" && status !== "resolved" ? "open" : request.status;
  orTell(
    call("status", { request: request.id, status }).then(() =>
      done(t(status === "resolved" ? "solve.done" : "reopen.done", { number: request.number }), () =>
        orTell(call("status", { request: request.id, status: before })),
      ),
    ),
  );
}

export function solve(request: Request): void {
  if (request.status !== "resolved") setStatus(request, "resolved");
}

export function snooze(request: Request, until: string | null): void {
  const before = request.snoozed_until;
  const text = until
    ? t("snooze.done", { number: request.number, day: day(until) })
    : t("snooze.woken", { number: request.number });
  orTell(
    call("snooze", { request: request.id, until }).then(() =>
      done(text, () => orTell(call("snooze", { request: request.id, until: before }))),
    ),
  );
}

export function moveEntry(entry: Entry, to: Request): void {
  const before = entry.request_id;
  orTell(
    call("move", { entry: entry.id, request: to.id }).then(() =>
      done(t("move.done", { number: to.number }), () => {
        if (before) orTell(call("move", { entry: entry.id, request: before }));
      }),
    ),
  );
}

export function mark(customer: Customer, as: Customer["kind"]): void {
  const before = customer.kind;
  orTell(
    call("mark", { customer: customer.id, as }).then(() =>
      done(t(`mark.done.${as}`, { name: customer.name }), () =>
        orTell(call("mark", { customer: customer.id, as: before })),
      ),
    ),
  );
}

/** The times offered for a snooze, by the agent's own clock and week. */
export function snoozeTimes(): { label: string; until: Date }[] {
  const at = (days: number, hour: number) => {
    const date = new Date(now());
    date.setDate(date.getDate() + days);
    date.setHours(hour, 0, 0, 0);
    return date;
  };
  const today = new Date(now());
  const toMonday = (8 - today.getDay()) % 7 || 7;
  const times = [
    { label: t("snooze.hours"), until: new Date(now() + 3 * 3_600_000) },
    { label: t("snooze.evening"), until: at(0, 17) },
    { label: t("snooze.tomorrow"), until: at(1, 9) },
    { label: t("snooze.monday"), until: at(toMonday, 9) },
    { label: t("snooze.week"), until: at(7, 9) },
  ];
  // On a Sunday tomorrow is Monday, on a Monday a week from now.
  const first = (until: Date) => times.find((one) => one.until.getTime() === until.getTime());
  return times.filter((one) => one.until.getTime() > now() + 15 * 60_000 && first(one.until) === one);
}

/** The request next to this one in the list, to go on with after it is solved. */
export function neighbour(step: 1 | -1): { customer: number; request: number } | null {
  const rows = list.peek().rows;
  // The address knows first, while the conversation it names is still on its way.
  const id = route.peek().request ?? current.peek()?.id;
  const here = rows.findIndex((row) => row.id === id);
  const next = rows[here < 0 ? 0 : here + step];
  return next ? { customer: next.customer_id, request: next.id } : null;
}

/** One customer's conversation: who they are, whose request it is, the thread, and where the answer is written. */

import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { Alarm, Back, Bag, Block, Check, Down, Download, Eye, More, Pencil, Plus, Print, Tag } from "../shared/icons";
import { Composer } from "./composer";
import { agents, call, list, me, type Open, open, presence, teams } from "./connection";
import { dialog } from "./dialog";
import { FILTERS, filter } from "./filter";
import { MenuButton, type MenuItem } from "./menu";
import { conversationLoading, reopen } from "./opening";
import { drawerOpen } from "./panel-state";
import type { Request } from "./protocol";
import { NewRequest, ChangeRequest, OwnSnooze } from "./request-dialogs";
import { assign, current, mark, ownerName, requests, requestTitle, setStatus, snooze, snoozeTimes, solve } from "./requests";
import { address, correct, route } from "./router";
import { Avatar, nameOf, ProofBadge, Status } from "./signs";
import { PanelError, Skeleton, useLate } from "./states";
import { moment, t } from "./text";
import { Timeline } from "./timeline";

const SEEN_AFTER = 800;

export function Conversation(): JSX.Element {
  const shown = open.value;
  const wanted = route.value.customer;
  const loading = conversationLoading.value;
  const fits = shown !== null && (loading.is !== "loading" || shown.customer.id === wanted);
  const late = useLate(!fits);

  if (loading.is === "failed") {
    return (
      <section class="conversation">
        <PanelError problem={loading.problem} retry={reopen} />
      </section>
    );
  }
  if (!shown || (!fits && late)) return <section class="conversation">{late && <Skeleton rows={5} />}</section>;
  return (
    <section class="conversation" key={shown.customer.id} aria-label={t("conversation.label", { name: nameOf(shown.customer) })}>
      <Header shown={shown} />
      <Timeline shown={shown} />
      <Composer shown={shown} />
      <MarkSeen />
    </section>
  );
}

/** Tells the hub that the chosen request was read, once it was on the screen for a moment. */
function MarkSeen(): null {
  const request = current.value;
  const row = list.value.rows.find((one) => one.id === request?.id);
  const unread = Boolean(row?.unread);
  useEffect(() => {
    if (!request || !unread) return;
    const timer = setTimeout(() => {
      if (document.visibilityState === "visible") call("seen", { request: request.id }).catch(() => undefined);
    }, SEEN_AFTER);
    return () => clearTimeout(timer);
  }, [request?.id, unread, row?.version]);
  return null;
}

function Header({ shown }: { shown: Open }): JSX.Element {
  const { customer } = shown;
  const request = current.value;
  return (
    <header class="conversation-head">
      <div class="head-line">
        <a class="icon-button back" href={address({ customer: null }, route.value)} aria-label={t("back")}>
          <Back size={20} />
        </a>
        <div class="head-who">
          <h1 dir="auto">{nameOf(customer)}</h1>
          <ProofBadge assurance={customer.assurance} />
          {customer.kind !== "person" && <span class="badge-word">{t(`customer.${customer.kind}`)}</span>}
        </div>
        <Viewers customer={customer.id} />
        <div class="head-actions">
          {request && <Owner request={request} />}
          {request && <SnoozeMenu request={request} />}
          <button
            type="button"
            class="button drawer-button"
            aria-expanded={drawerOpen.value}
            aria-keyshortcuts="]"
            aria-label={t("panel.label")}
            onClick={() => {
              drawerOpen.value = !drawerOpen.value;
            }}
          >
            <Bag />
            <span class="wide-only">{t("panel.label")}</span>
            <kbd class="wide-only" aria-hidden="true">
              ]
            </kbd>
          </button>
          <MenuButton class="icon-button" label={t("more")} items={() => moreItems(shown)}>
            <More />
          </MenuButton>
        </div>
      </div>
      <div class="chips-line">
        <Chips />
        {request && <SolveButton request={request} />}
      </div>
    </header>
  );
}

function Viewers({ customer }: { customer: number }): JSX.Element | null {
  const there = (presence.value.get(customer)?.agents ?? []).filter(({ id }) => id !== me.value?.id);
  if (!there.length) return null;
  return (
    <span class="viewers" role="status">
      {there.slice(0, 2).map(({ id, doing }) => {
        const name = agents.value.find((one) => one.id === id)?.name ?? "";
        return (
          <span key={id} class={doing === "reading" ? "viewer" : "viewer writing"}>
            <Avatar name={name} id={id} size="small" online />
            <span class="viewer-words">{t(`presence.${doing}`, { name: name.split(" ")[0] ?? name })}</span>
          </span>
        );
      })}
      {there.length > 2 && <span>{t("presence.more", { n: there.length - 2 })}</span>}
    </span>
  );
}

function Chips(): JSX.Element {
  const chosen = current.value;
  const shown = requests.value.filter((one) => one.status !== "resolved" || one.id === chosen?.id);
  return (
    <ul class="chips" aria-label={t("requests.open")}>
      {shown.map((request) => (
        <li key={request.id}>
          <button
            type="button"
            class="chip"
            aria-pressed={request.id === chosen?.id}
            onClick={() => {
              correct({ request: request.id });
              document.querySelector(`#request-${request.id}`)?.scrollIntoView({ block: "start" });
            }}
          >
            <Status status={request.status} word={false} />
            <span class="chip-number">{request.number}</span>
            <span class="chip-title" dir="auto">
              {requestTitle(request)}
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}

function SolveButton({ request }: { request: Request }): JSX.Element {
  if (request.status === "resolved") {
    return (
      <button type="button" class="button" onClick={() => setStatus(request, "open")}>
        {t("reopen")}
      </button>
    );
  }
  return (
    <button type="button" class="button" aria-keyshortcuts="e" title={`${t("solve")} (e)`} onClick={() => solve(request)}>
      <Check />
      <span class="solve-word">{t("solve")}</span>
    </button>
  );
}

function Owner({ request }: { request: Request }): JSX.Element {
  const name = ownerName(request.owner_id, request.team_id);
  return (
    <MenuButton class="button owner-button" id="owner-menu" keys="a" label={t("assign.label", { name })} items={() => owners(request)}>
      {request.owner_id ? <Avatar name={name} id={request.owner_id} size="small" /> : null}
      <span class="owner-name">{name}</span>
      <Down size={12} />
    </MenuButton>
  );
}

function owners(request: Request): MenuItem[] {
  const mine = me.peek();
  const people = agents.peek().filter((one) => !one.disabled && !one.is_token && one.role !== "store");
  people.sort((a, b) => Number(b.id === mine?.id) - Number(a.id === mine?.id) || Number(a.away) - Number(b.away));
  return [
    ...people.map((one) => ({
      label: one.id === mine?.id ? t("assign.me", { name: one.name }) : one.name,
      hint: one.away ? t("agent.away") : undefined,
      keys: one.id === mine?.id ? "i" : undefined,
      chosen: one.id === request.owner_id,
      run: () => assign(request, one.id, request.team_id),
    })),
    ...teams.peek().map((team, index) => ({
      label: team.name,
      group: index === 0 ? t("assign.teams") : undefined,
      chosen: !request.owner_id && team.id === request.team_id,
      run: () => assign(request, null, team.id),
    })),
    { label: t("assign.nobody"), group: t("assign.none"), chosen: !request.owner_id && !request.team_id, run: () => assign(request, null, null) },
  ];
}

function SnoozeMenu({ request }: { request: Request }): JSX.Element {
  const { snoozed_until: until } = request;
  const items = (): MenuItem[] => [
    ...(until ? [{ label: t("snooze.wake"), hint: t("snooze.until", { time: moment(until) }), run: () => snooze(request, null) }] : []),
    ...snoozeTimes().map(({ label, until: time }, index) => ({
      label,
      hint: moment(time.toISOString()),
      group: index === 0 ? t("snooze.title") : undefined,
      run: () => snooze(request, time.toISOString()),
    })),
    {
      label: t("snooze.own"),
      run: () => {
        dialog.value = () => <OwnSnooze request={request} />;
      },
    },
  ];
  return (
    <MenuButton
      class={until ? "icon-button on" : "icon-button"}
      id="snooze-menu"
      keys="h"
      label={until ? t("snooze.until", { time: moment(until) }) : t("snooze.label")}
      hint={`${t("snooze.label")} (h)`}
      items={items}
    >
      <Alarm />
    </MenuButton>
  );
}

function moreItems({ customer }: Open): MenuItem[] {
  const request = current.peek();
  const ask = (content: () => JSX.Element) => () => {
    dialog.value = content;
  };
  const items: MenuItem[] = [];
  if (request) items.push({ label: t("request.change"), icon: Pencil, run: ask(() => <ChangeRequest request={request} />) });
  items.push({ label: t("request.new"), icon: Plus, run: ask(() => <NewRequest customer={customer.id} />) });
  FILTERS.forEach((name, index) =>
    items.push({
      label: t(`filter.${name}`),
      icon: name === "request" ? Tag : Eye,
      group: index === 0 ? t("filter.title") : undefined,
      chosen: filter.peek() === name,
      run: () => {
        filter.value = name;
      },
    }),
  );
  const exported = `/conversations/${customer.id}/export?format=`;
  items.push(
    { label: t("export.print"), icon: Print, group: t("export.title"), run: () => window.open(`${exported}html`, "_blank", "noopener") },
    { label: t("export.json"), icon: Download, run: () => location.assign(`${exported}json`) },
  );
  return [...items, ...kindItems(customer)];
}

function kindItems(customer: Open["customer"]): MenuItem[] {
  const group = t("mark.title");
  if (customer.kind !== "person") return [{ label: t("mark.person"), group, icon: Check, run: () => mark(customer, "person") }];
  return [
    { label: t("mark.notcustomer"), hint: t("mark.notcustomer.hint"), group, icon: Block, run: () => mark(customer, "not_customer") },
    { label: t("mark.spam"), icon: Block, danger: true, run: () => mark(customer, "spam") },
  ];
}

/** Nothing is chosen: the keys with which to go on. */
export function NoConversation(): JSX.Element {
  const keys: [string, string[]][] = [
    [t("hint.next"), ["j", "k"]],
    [t("hint.find"), ["/"]],
    [t("hint.call"), ["c"]],
    [t("hint.all"), ["Ctrl K"]],
  ];
  return (
    <section class="conversation nothing">
      <div>
        <h2>{t("nothing.title")}</h2>
        <p>{t("nothing.text")}</p>
        <dl class="key-list">
          {keys.map(([what, pressed]) => (
            <div key={what}>
              <dt>{what}</dt>
              <dd>
                {pressed.map((one) => (
                  <kbd key={one}>{one}</kbd>
                ))}
              </dd>
            </div>
          ))}
        </dl>
      </div>
    </section>
  );
}


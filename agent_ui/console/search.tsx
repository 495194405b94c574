/** Search over everything that was ever written, bought or asked, newest first, with the found words marked. */

import { effect, signal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { Box, Chat, type Icon, Person, Search as SearchSign, Tag } from "../shared/icons";
import { call, type Problem, ready } from "./connection";
import { walkRows } from "./inbox";
import { unitOffset } from "./offsets";
import { shownOrder } from "./panel-state";
import type { Found, Hit, RequestStatus } from "./protocol";
import { address, correct, route } from "./router";
import { channelSign, customerName, Status } from "./signs";
import { PanelError, Skeleton, useLate } from "./states";
import { shortDay, t } from "./text";

const SCOPES = ["all", "customers", "requests", "orders", "messages"] as const;
type Group = Exclude<(typeof SCOPES)[number], "all">;

const SIGNS: Record<Group, Icon> = { customers: Person, requests: Tag, orders: Box, messages: Chat };
const FIND_AFTER = 180;

interface Results {
  q: string;
  found: Found | null;
  busy: boolean;
  problem: Problem | null;
}

const results = signal<Results>({ q: "", found: null, busy: false, problem: null });
let timer = 0;

effect(() => {
  const { region, q } = route.value;
  if (region !== "find" || !ready.value || results.peek().q === q) return;
  clearTimeout(timer);
  results.value = { ...results.peek(), q, busy: q.trim() !== "", problem: null };
  if (q.trim()) timer = window.setTimeout(() => void find(q), FIND_AFTER);
  else results.value = { q, found: null, busy: false, problem: null };
});

async function find(q: string): Promise<void> {
  try {
    const found = await call<Found>("search", { q: q.trim() });
    if (results.peek().q === q) results.value = { q, found, busy: false, problem: null };
  } catch (problem) {
    if (results.peek().q === q) results.value = { q, found: null, busy: false, problem: problem as Problem };
  }
}

async function more(): Promise<void> {
  const { q, found } = results.peek();
  if (!found?.next) return;
  const page = await call<Found>("search", { q: q.trim(), after: found.next });
  if (results.peek().q !== q) return;
  const groups = { ...found.groups };
  for (const group of Object.keys(page.groups) as Group[]) groups[group] = [...(groups[group] ?? []), ...(page.groups[group] ?? [])];
  results.value = { q, found: { groups, next: page.next }, busy: false, problem: null };
}

export function Find(): JSX.Element {
  const { q, view } = route.value;
  const field = useRef<HTMLInputElement>(null);
  const { found, busy, problem } = results.value;
  const late = useLate(busy && !found);

  useLayoutEffect(() => {
    if (!route.peek().customer) field.current?.focus();
  }, []);

  return (
    <section class="inbox find" aria-label={t("rail.find")}>
      <header class="inbox-head">
        <h1>{t("rail.find")}</h1>
      </header>
      <search class="find-form">
        <SearchSign />
        <input
          ref={field}
          id="find"
          type="search"
          class="find-input"
          aria-label={t("find.label")}
          placeholder={t("find.placeholder")}
          value={q}
          autocomplete="off"
          onInput={(event) => correct({ q: event.currentTarget.value })}
        />
      </search>
      <nav class="tabs" aria-label={t("find.scope")}>
        <span class="tabs-row">
        {SCOPES.map((scope) => (
          <a
            key={scope}
            class="tab"
            href={address({ view: scope, customer: null }, route.value)}
            aria-current={(view || "all") === scope ? "page" : undefined}
          >
            {t(`find.${scope}`)}
          </a>
        ))}
        </span>
      </nav>
      {problem && <PanelError problem={problem} retry={() => void find(q)} />}
      {late && <Skeleton rows={6} />}
      {found && <Groups found={found} scope={view || "all"} />}
      {!found && !busy && !problem && <p class="find-hint">{t("find.hint")}</p>}
    </section>
  );
}

function Groups({ found, scope }: { found: Found; scope: string }): JSX.Element {
  const groups = SCOPES.slice(1).filter((name) => scope === "all" || scope === name) as Group[];
  const total = groups.reduce((sum, name) => sum + (found.groups[name]?.length ?? 0), 0);
  return (
    <div class="rows" onKeyDown={walkRows} tabIndex={-1}>
      <p class="unseen" role="status">
        {t("find.count", { n: total })}
      </p>
      {total === 0 && <p class="find-hint">{t("find.nothing")}</p>}
      {groups.map((name) => {
        const hits = found.groups[name] ?? [];
        return hits.length > 0 && <HitGroup key={name} name={name} hits={scope === "all" ? hits.slice(0, 6) : hits} />;
      })}
      {Boolean(found.next) && scope !== "all" && (
        <button type="button" class="button more-hits" onClick={() => void more()}>
          {t("find.more")}
        </button>
      )}
    </div>
  );
}

function HitGroup({ name, hits }: { name: Group; hits: Hit[] }): JSX.Element {
  return (
    <section>
      <h2 class="hit-group">{t(`find.${name}`)}</h2>
      <ul>
        {hits.map((hit) => (
          <HitRow key={hit.id} name={name} hit={hit} />
        ))}
      </ul>
    </section>
  );
}

function HitRow({ name, hit }: { name: Group; hit: Hit }): JSX.Element {
  const Sign = name === "messages" ? channelSign(hit.channel ?? null) : SIGNS[name];
  const target = {
    customer: hit.customer_id,
    entry: name === "messages" ? hit.id : null,
    request: name === "requests" ? hit.id : null,
  };
  const here = isShown(name, hit);
  return (
    <li class="row-item">
      <a
        class={here ? "row hit chosen" : "row hit"}
        href={address(target, route.value)}
        aria-current={here ? "true" : undefined}
        onClick={() => {
          shownOrder.value = name === "orders" ? { source: hit.source ?? "", number: hit.number ?? hit.title } : null;
        }}
      >
        <span class="row-first">
          <Sign size={14} />
          <span class="row-name" dir="auto">
            {hit.title || customerName("", hit.customer_id ?? 0)}
          </span>
          {hit.at && <span class="row-time">{shortDay(hit.at)}</span>}
        </span>
        <span class="row-second hit-words" dir="auto">
          {marked(hit)}
        </span>
        {name === "requests" && hit.status && (
          <span class="row-third">
            <Status status={hit.status as RequestStatus} />
          </span>
        )}
      </a>
    </li>
  );
}

/** Whether this hit is what stands beside the list. */
function isShown(name: Group, hit: Hit): boolean {
  const { customer, entry, request } = route.value;
  if (customer !== hit.customer_id) return false;
  if (name === "messages") return entry === hit.id;
  if (name === "requests") return request === hit.id;
  if (name === "orders") return !entry && !request && shownOrder.value?.number === hit.number;
  return !entry && !request && !shownOrder.value;
}

function marked({ snippet, marks }: Hit): ComponentChildren[] {
  const parts: ComponentChildren[] = [];
  let at = 0;
  for (const [from, to] of marks ?? []) {
    const [start, end] = [unitOffset(snippet, from), unitOffset(snippet, to)];
    parts.push(snippet.slice(at, start), <mark key={start}>{snippet.slice(start, end)}</mark>);
    at = end;
  }
  parts.push(snippet.slice(at));
  return parts;
}

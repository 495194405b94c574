/** The list of who waits: views with their counts, rows that never move under the pointer, what is new in a bar. */

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { ArrowDown, Check, Clock, Down, Pencil, Plus, Search, Warning } from "../shared/icons";
import { counts, drafts, link, list, ready } from "./connection";
import { dialog } from "./dialog";
import { hubView, listLoading, moreRows, openList, VIEWS } from "./opening";
import { InboxRow } from "./row";
import { MenuButton } from "./menu";
import type { Draft, Row } from "./protocol";
import { address, go, route } from "./router";
import { current } from "./requests";
import { customerName } from "./signs";
import { clock, moment, named, shortDay, t } from "./text";
import { PanelError, Skeleton, useLate } from "./states";
import { newMessageDialog } from "./write-first";

const TABS: readonly string[] = ["mine", "unassigned"];

export function Inbox(): JSX.Element {
  const { view } = route.value;
  return (
    <section class="inbox" aria-label={t("rail.inbox")}>
      <header class="inbox-head">
        <h1>{t("rail.inbox")}</h1>
        <button
          type="button"
          class="icon-button"
          aria-label={t("write.title")}
          title={t("write.title")}
          onClick={() => {
            dialog.value = newMessageDialog();
          }}
        >
          <Plus />
        </button>
      </header>
      <a class="find-field" href={address({ region: "find", view: "all", customer: null, q: "" })}>
        <Search />
        <span>{t("find.placeholder")}</span>
        <kbd aria-hidden="true">/</kbd>
      </a>
      <Tabs view={view} />
      {view === "drafts" ? <Drafts /> : <Rows key={view} view={view} />}
    </section>
  );
}

/** How many rows a view holds; null where nobody counts them. */
function countOf(view: string): number | null {
  if (view === "resolved") return null;
  if (view === "drafts") return drafts.value.filter((one) => one.text).length;
  return counts.value[hubView(view)] ?? 0;
}

function Tabs({ view }: { view: string }): JSX.Element {
  const failed = countOf("failed");
  const inRow = [...TABS, ...(failed || view === "failed" ? ["failed"] : ["open"])];
  const hidden = [...VIEWS, "drafts"].filter((name) => !inRow.includes(name));
  const chosenHidden = hidden.includes(view);
  return (
    <nav class="tabs" aria-label={t("views.label")}>
      <span class="tabs-row">
        {inRow.map((name) => (
        <a
          key={name}
          class={name === "failed" && failed ? "tab bad" : "tab"}
          href={address({ view: name, customer: null }, route.value)}
          aria-current={view === name ? "page" : undefined}
        >
          {name === "failed" && failed ? <Warning size={14} /> : null}
          {/* Four words do not fit: beside a view from the menu the sign stands for the word. */}
          <span class={name === "failed" && chosenHidden ? "unseen" : undefined}>{named("view", name)}</span>{" "}
          <span class="tab-count">{countOf(name)}</span>
        </a>
        ))}
      </span>
      <MenuButton
        class={chosenHidden ? "tab tab-more chosen" : "tab tab-more"}
        {...(chosenHidden ? {} : { label: t("views.more") })}
        items={() =>
          hidden.map((name) => ({
            label: counted(name),
            chosen: name === view,
            run: () => go({ view: name, customer: null }),
          }))
        }
      >
        <span class="tab-word">{chosenHidden ? named("view", view) : t("views.rest")}</span>
        {chosenHidden && countOf(view) !== null && <span class="tab-count">{countOf(view)}</span>}
        <Down size={14} />
      </MenuButton>
    </nav>
  );
}

function counted(view: string): string {
  const n = countOf(view);
  return n === null ? named("view", view) : t("views.counted", { label: named("view", view), n });
}

/** The order of the rows as shown: it changes only while neither pointer nor focus is in the list. */
function useSteadyRows(rows: readonly Row[], box: { current: HTMLElement | null }) {
  const shown = useSignal<number[]>([]);
  const busy = useSignal(false);
  const ids = rows.map((row) => row.id);
  const present = new Set(ids);
  const kept = shown.value.filter((id) => present.has(id));
  const added = ids.filter((id) => !kept.includes(id));
  const steady = busy.value && kept.length > 0;
  const atTop = (box.current?.scrollTop ?? 0) < 8;
  const hold = steady || !atTop;

  useEffect(() => {
    if (!hold) shown.value = ids;
  }, [hold, ids.join()]);

  const byId = new Map(rows.map((row) => [row.id, row]));
  const order = hold && kept.length ? kept : ids;
  return {
    rows: order.map((id) => byId.get(id)).filter((row): row is Row => row !== undefined),
    fresh: hold && kept.length ? added.length : 0,
    setBusy: (value: boolean) => {
      busy.value = value;
    },
    showAll: () => {
      shown.value = ids;
      busy.value = false;
      box.current?.scrollTo(0, 0);
    },
  };
}

function Rows({ view }: { view: string }): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const frame = useRef<HTMLDivElement>(null);
  const fits = ready.value && list.value.view === hubView(view || "mine");
  const steady = useSteadyRows(fits ? list.value.rows : [], box);
  const late = useLate(!fits);
  const loading = listLoading.value;
  const chosen = current.value?.id;
  const inList = steady.rows.some((row) => row.id === chosen);

  if (loading.is === "failed") return <PanelError problem={loading.problem} retry={() => openList(view, true)} />;
  if (!fits) return late ? <Skeleton rows={8} /> : <div class="rows" />;
  if (!steady.rows.length) return <EmptyView view={view} />;
  return (
    <div
      class="rows-frame"
      ref={frame}
      onPointerEnter={(event) => event.pointerType === "mouse" && steady.setBusy(true)}
      onPointerLeave={() => steady.setBusy(false)}
      onFocusIn={() => steady.setBusy(true)}
      onFocusOut={(event) => !frame.current?.contains(event.relatedTarget as Node) && steady.setBusy(false)}
    >
      <Age />
      {steady.fresh > 0 && (
        <button type="button" class="fresh-bar" onClick={steady.showAll}>
          <ArrowDown size={14} />
          {t("rows.fresh", { n: steady.fresh })}
        </button>
      )}
      <div class="rows" ref={box} onScroll={(event) => nearEnd(event.currentTarget) && moreRows()} onKeyDown={walkRows}>
        <ul>
          {steady.rows.map((row, index) => (
            <InboxRow
              key={row.id}
              row={row}
              chosen={row.id === chosen}
              focusable={inList ? row.id === chosen : index === 0}
            />
          ))}
        </ul>
        {list.value.floor && <Skeleton rows={1} />}
      </div>
    </div>
  );
}

function nearEnd(box: HTMLElement): boolean {
  return box.scrollHeight - box.scrollTop - box.clientHeight < 400;
}

/** One tab stop for the whole list; arrow keys, Home and End walk inside it. */
export function walkRows(event: KeyboardEvent): void {
  const all = [...(event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>("a.row, button.row")];
  const here = all.indexOf(document.activeElement as HTMLElement);
  const steps: Record<string, number> = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: all.length - 1 };
  const next = all[steps[event.key] ?? -1];
  if (!next) return;
  event.preventDefault();
  next.focus();
}

function Age(): JSX.Element | null {
  const { value } = link;
  if (value.is !== "lost") return null;
  return (
    <p class="list-age">
      <Clock size={14} /> {t("rows.age", { time: clock(value.since) })}
    </p>
  );
}

function EmptyView({ view }: { view: string }): JSX.Element {
  const snoozed = countOf("snoozed") ?? 0;
  const unassigned = countOf("unassigned") ?? 0;
  const takeOldest = view === "mine" && unassigned > 0;
  return (
    <div class="empty">
      <span class="empty-ring">
        <Check size={24} />
      </span>
      <h2>{named("emptytitle", view)}</h2>
      <p>{view === "mine" && snoozed ? t("empty.snoozed", { n: snoozed }) : named("emptywhy", view, "")}</p>
      {takeOldest && (
        <button type="button" class="button primary" onClick={() => go({ view: "unassigned", customer: null })}>
          {t("empty.unassigned", { n: unassigned })}
        </button>
      )}
    </div>
  );
}

function Drafts(): JSX.Element {
  const written = drafts.value.filter((one) => one.text).sort((a, b) => (a.saved_at < b.saved_at ? 1 : -1));
  if (!written.length) return <EmptyView view="drafts" />;
  return (
    <div class="rows" onKeyDown={walkRows}>
      <ul>
        {written.map((draft, index) => (
          <DraftRow key={draft.id} draft={draft} first={index === 0} />
        ))}
      </ul>
    </div>
  );
}

function DraftRow({ draft, first }: { draft: Draft; first: boolean }): JSX.Element {
  const target =
    draft.mode === "call"
      ? address({ region: "calls", view: "", customer: null })
      : address({ customer: draft.customer_id, request: draft.request_id });
  const chosen = route.value.customer === draft.customer_id;
  return (
    <li class="row-item">
      <a class={chosen ? "row chosen" : "row"} href={target} tabIndex={first ? 0 : -1} aria-current={chosen ? "true" : undefined}>
        <span class="row-first">
          <span class="row-name" dir="auto">
            {draft.customer_id ? customerName(draft.customer_name, draft.customer_id) : t("draft.nobody")}
          </span>
          <span class="row-time">{shortDay(draft.saved_at)}</span>
        </span>
        <span class="row-second">
          <Pencil size={14} />
          <span class="row-channel">{named("mode", draft.mode)}</span>
          <span aria-hidden="true">·</span>
          <span class="row-words" dir="auto">
            {draft.text}
          </span>
        </span>
        <span class="row-third">{t("draft.saved", { time: moment(draft.saved_at) })}</span>
      </a>
    </li>
  );
}


/** How the hub itself is, for administrators: its parts, its accounts, what waits, what was not delivered. Looks again by itself. */

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { Check as Tick, Clock, Retry, Warning } from "../shared/icons";
import { call, link, type Problem } from "./connection";
import type { AccountHealth, Check, Failure, Queue, System as Seen } from "./protocol";
import { address, route } from "./router";
import { Group } from "./settings";
import { channelName, channelSign } from "./signs";
import { PanelError, Skeleton, useLate } from "./states";
import { clock, fileSize, moment, named, now, span, t } from "./text";
import { orTell, problemText } from "./toasts";

const AGAIN_MS = 5_000;

interface Look {
  seen: Seen | null;
  at: number;
  problem: Problem | null;
}

const look = signal<Look>({ seen: null, at: 0, problem: null });
let busy = false;

async function lookAgain(): Promise<void> {
  if (busy) return;
  busy = true;
  try {
    look.value = { seen: await call<Seen>("system", {}), at: now(), problem: null };
  } catch (problem) {
    look.value = { ...look.peek(), problem: problem as Problem };
  } finally {
    busy = false;
  }
}

function lookWhileShown(): () => void {
  const lookIfShown = () => {
    if (document.visibilityState === "visible") void lookAgain();
  };
  lookIfShown();
  const timer = setInterval(lookIfShown, AGAIN_MS);
  document.addEventListener("visibilitychange", lookIfShown);
  return () => {
    clearInterval(timer);
    document.removeEventListener("visibilitychange", lookIfShown);
  };
}

export function System(): JSX.Element {
  useEffect(lookWhileShown, []);
  const { seen, at, problem } = look.value;
  const late = useLate(!seen && !problem);
  if (!seen) {
    return (
      <Group title={t("settings.system")}>
        {problem ? <PanelError problem={problem} retry={() => void lookAgain()} /> : late && <Skeleton rows={6} />}
      </Group>
    );
  }
  return (
    <Group title={t("settings.system")} hint={t("system.asof", { time: clock(at) })}>
      {(problem || link.value.is === "lost") && <Outdated problem={problem} at={at} />}
      <Parts checks={seen.checks} />
      <BadAccounts count={seen.accounts.filter(({ state }) => state === "failing").length} />
      <Waiting seen={seen} />
      <Accounts accounts={seen.accounts} />
      <Failures seen={seen} />
      <About seen={seen} />
    </Group>
  );
}

function Outdated({ problem, at }: { problem: Problem | null; at: number }): JSX.Element {
  return (
    <div class="strip strip-warn" role="status">
      <Warning />
      <p>
        {t("system.outdated", { time: clock(at) })} {problem && problemText(problem)}
      </p>
    </div>
  );
}

/** One line where all is well; else each fault with what to do. */
function Parts({ checks }: { checks: Check[] }): JSX.Element {
  const faults = checks.filter((check) => check.code);
  if (!faults.length) {
    return (
      <p class="system-verdict good">
        <Tick />
        {t("system.well", { n: checks.length })}
      </p>
    );
  }
  return (
    <div role="alert">
      <ul class="system-faults">
        {faults.map((check) => (
          <li key={check.name} class="strip strip-bad">
            <Warning />
            <p>
              <b>{named("systempart", check.name)}</b> {named("systemfault", check.code, check.text)}{" "}
              {named("systemremedy", check.code, check.remedy)}
            </p>
          </li>
        ))}
      </ul>
    </div>
  );
}

function BadAccounts({ count }: { count: number }): JSX.Element | null {
  if (!count) return null;
  return (
    <div class="strip strip-warn" role="status">
      <Warning />
      <p>{t("system.badaccounts", { n: count })}</p>
    </div>
  );
}

function Waiting({ seen }: { seen: Seen }): JSX.Element {
  return (
    <dl class="system-figures">
      <Figure label={t("system.unread")} {...seen.unread} />
      <Figure label={t("system.unsent")} {...seen.unsent} />
      <Figure label={t("system.failed")} count={seen.failed} bad={seen.failed > 0} />
    </dl>
  );
}

function Figure({ label, count, oldest_s: oldest, bad }: Partial<Queue> & { label: string; count: number; bad?: boolean }): JSX.Element {
  return (
    <div>
      <dt>{label}</dt>
      <dd class={bad ? "bad" : ""}>
        <b>{count}</b>
        {count && oldest !== undefined ? <span>{t("system.oldest", { span: span(oldest) })}</span> : null}
      </dd>
    </div>
  );
}

function Accounts({ accounts }: { accounts: AccountHealth[] }): JSX.Element {
  return (
    <section class="system-part">
      <h2>{t("settings.accounts")}</h2>
      <ul class="settings-list">
        {accounts.map((account) => (
          <Account key={account.id} account={account} />
        ))}
      </ul>
    </section>
  );
}

function Account({ account }: { account: AccountHealth }): JSX.Element {
  const Sign = channelSign(account.channel);
  const fine = account.state !== "failing";
  const title = account.address || account.label || account.name;
  return (
    <li class="settings-item">
      <Sign size={20} />
      <span class="settings-words">
        <b dir="auto">{title}</b>
        <span>{[channelName(account.channel), account.name].filter((word) => word !== title).join(" · ")}</span>
        <span>{trafficOf(account)}</span>
        {account.state_reason && (
          <span class={fine ? "" : "bad"} dir="auto">
            {account.state_reason}
          </span>
        )}
      </span>
      <State state={account.state} />
    </li>
  );
}

function State({ state }: { state: string }): JSX.Element {
  const kind = state === "failing" ? "bad" : state === "connecting" ? "" : "good";
  const Sign = { bad: Warning, good: Tick, "": Clock }[kind];
  return (
    <span class={`settings-state ${kind}`}>
      <Sign size={14} />
      {named("accountstate", state)}
    </span>
  );
}

function trafficOf({ last_in: came, last_out: went, unread, unsent }: AccountHealth): string {
  return [
    came ? t("system.lastin", { time: moment(came) }) : t("system.nothingin"),
    went && t("system.lastout", { time: moment(went) }),
    unread.count && t("system.unreadhere", { n: unread.count, span: span(unread.oldest_s) }),
    unsent.count && t("system.unsenthere", { n: unsent.count, span: span(unsent.oldest_s) }),
  ]
    .filter(Boolean)
    .join(" · ");
}

function Failures({ seen: { failures, failed } }: { seen: Seen }): JSX.Element {
  return (
    <section class="system-part">
      <h2>{t("system.failures")}</h2>
      {failures.length === 0 && <p class="panel-hint">{t("system.nofailures")}</p>}
      <ul class="settings-list">
        {failures.map((failure) => (
          <FailureItem key={failure.delivery_id} failure={failure} />
        ))}
      </ul>
      {failed > 0 && (
        <p>
          <a href={address({ region: "inbox", view: "failed", customer: null }, route.value)}>{t("system.allfailed", { n: failed })}</a>
        </p>
      )}
    </section>
  );
}

function FailureItem({ failure }: { failure: Failure }): JSX.Element {
  const Sign = channelSign(failure.channel);
  const there = { region: "inbox" as const, view: "failed", customer: failure.customer_id, entry: failure.entry_id };
  const lost = failure.state === "failed";
  const again = t(lost ? "retry" : "delivery.sendagain");
  return (
    <li class="settings-item">
      <Sign size={20} />
      <span class="settings-words">
        <a href={address(there, route.value)} dir="auto">
          {failure.customer_name}
        </a>
        <span>
          {failure.request} · {channelName(failure.channel)} · {failure.account} · {moment(failure.at)}
        </span>
        <span class={lost ? "bad" : "warn"} dir="auto">
          {failure.reason || t(lost ? "delivery.nowhy" : "delivery.uncertainwhy")}
          {failure.code && ` · ${t("code", { code: failure.code })}`}
        </span>
      </span>
      <button
        type="button"
        class="button small"
        aria-label={t("system.retry", { action: again, name: failure.customer_name })}
        onClick={() => orTell(call("retry", { delivery: failure.delivery_id }).then(lookAgain))}
      >
        <Retry size={14} />
        {again}
      </button>
    </li>
  );
}

function nodeOf({ name, is_this: isThis, leases }: Seen["nodes"][number]): string {
  const words = isThis ? t("system.thisnode", { name }) : name;
  return leases ? t("system.leases", { node: words, n: leases }) : words;
}

function About({ seen }: { seen: Seen }): JSX.Element {
  const { free, total } = seen.disk;
  const rows: [string, string][] = [
    [t("system.version"), seen.version],
    [t("system.up"), span(seen.up_s)],
    [t("system.database"), `${named("systemdatabase", seen.database)} · ${fileSize(seen.database_bytes)}`],
    [t("system.disk"), t("system.free", { free: fileSize(free), total: fileSize(total) })],
    [t("system.nodes"), seen.nodes.map(nodeOf).join(", ")],
  ];
  return (
    <section class="system-part">
      <h2>{t("system.about")}</h2>
      <dl class="system-about">
        {rows.map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

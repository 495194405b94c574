/** Who the customer is and how sure we are, what they wait for, and what they bought: beside the conversation. */

import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Close, Down, Link } from "../shared/icons";
import { type Open, open, reachesSession } from "./connection";
import { OrderCard } from "./order";
import { conversationLoading } from "./opening";
import { drawerOpen, shownOrder } from "./panel-state";
import type { Endpoint, Order } from "./protocol";
import { current, ownerName, requests, requestTitle } from "./requests";
import { address, correct, route } from "./router";
import { Avatar, channelSign, customerName, isProven, nameOf, ProofBadge, proofSource, Status } from "./signs";
import { useLate } from "./states";
import { day, named, phoneNumber, t } from "./text";

const LANGUAGES = new Intl.DisplayNames([document.documentElement.lang || "en"], { type: "language" });

export function Panel(): JSX.Element | null {
  const shown = open.value;
  const wanted = shownOrder.value;
  const loading = conversationLoading.value;
  const late = useLate(loading.is === "loading");
  const box = useRef<HTMLElement>(null);

  useEffect(() => {
    if (!wanted) return;
    drawerOpen.value = true;
    box.current?.querySelector(`[data-order="${wanted.number}"]`)?.scrollIntoView({ block: "nearest" });
  }, [wanted]);

  // Nobody's orders may stand beside somebody else's words.
  if (!shown || late || loading.is === "failed") return null;
  return (
    <section class={drawerOpen.value ? "panel drawn" : "panel"} ref={box} aria-label={t("panel.label")} tabIndex={0}>
      <button
        type="button"
        class="icon-button panel-close"
        aria-label={t("panel.close")}
        onClick={() => {
          drawerOpen.value = false;
        }}
      >
        <Close />
      </button>
      <Identity shown={shown} />
      <OpenRequests />
      <Orders shown={shown} />
      <More shown={shown} />
    </section>
  );
}

function Section({ title, count, children }: { title: string; count?: number; children: ComponentChildren }): JSX.Element {
  return (
    <section class="panel-section">
      <h3>
        {title} {count !== undefined && <span class="quiet-count">{count}</span>}
      </h3>
      {children}
    </section>
  );
}

function Identity({ shown }: { shown: Open }): JSX.Element {
  const { customer } = shown;
  return (
    <section class="panel-section identity">
      <div class="identity-head">
        <Avatar name={customer.name} id={customer.id} size="large" />
        <div>
          <h2 dir="auto">{nameOf(customer)}</h2>
          <p class="identity-proof">
            <ProofBadge assurance={customer.assurance} />
            <span>{proofSource(customer.assurance_method, customer.proven_at)}</span>
          </p>
        </div>
      </div>
      {customer.provisional && <p class="panel-hint">{t("customer.provisional")}</p>}
      <ul class="endpoints">
        {customer.endpoints.map((endpoint) => (
          <EndpointLine key={endpoint.id} endpoint={endpoint} />
        ))}
        {customer.says.map((claim) => (
          <li key={claim.address} class="endpoint claim">
            <Sign kind={claim.kind} />
            <span class="endpoint-address" dir="auto">
              {claim.address}
            </span>
            <span class="endpoint-proof">{t("customer.says")}</span>
          </li>
        ))}
      </ul>
      {customer.suggestions.map((one) => (
        <p key={one.id} class="suggestion">
          <Link size={14} />
          <span>
            {t("customer.perhaps")}{" "}
            <a href={address({ customer: one.customer_id }, route.value)} dir="auto">
              {customerName(one.name, one.customer_id)}
            </a>
            <span class="suggestion-why">{one.evidence.join(" · ")}</span>
          </span>
        </p>
      ))}
    </section>
  );
}

function Sign({ kind, channel = null }: { kind: string; channel?: string | null }): JSX.Element {
  const Picture = channelSign(channel, kind);
  return <Picture size={14} />;
}

function EndpointLine({ endpoint }: { endpoint: Endpoint }): JSX.Element {
  const proven = isProven(endpoint.assurance);
  const words = endpoint.shared
    ? t("endpoint.shared")
    : endpoint.assurance
      ? named("assurance", endpoint.assurance)
      : t("endpoint.unproven");
  return (
    <li class="endpoint">
      <Sign kind={endpoint.kind} channel={endpoint.ways[0]?.channel ?? null} />
      <span class="endpoint-address" dir="auto">
        {inSession(endpoint) ? t("endpoint.session") : phoneNumber(endpoint.address)}
      </span>
      <span class={proven && !endpoint.shared ? "endpoint-proof good" : "endpoint-proof"} title={proofSource(endpoint.method, endpoint.proven_at)}>
        {words}
      </span>
    </li>
  );
}

/** An endpoint that reaches whoever sits there has a name that says nothing to people. */
function inSession({ ways }: Endpoint): boolean {
  return ways.length > 0 && ways.every(({ account }) => reachesSession(account));
}

function OpenRequests(): JSX.Element | null {
  const waiting = requests.value.filter((one) => one.status !== "resolved");
  const solved = requests.value.length - waiting.length;
  if (!requests.value.length) return null;
  return (
    <Section title={t("requests.open")} count={waiting.length}>
      <ul class="panel-requests">
        {waiting.map((request) => (
          <li key={request.id}>
            <button
              type="button"
              class="panel-request"
              aria-pressed={request.id === current.value?.id}
              onClick={() => correct({ request: request.id })}
            >
              <span class="panel-number">{request.number}</span>
              <span class="panel-title">
                <span dir="auto">{requestTitle(request)}</span>
                <span class="panel-owner">
                  <span class="unseen">{t("owner.word")} </span>
                  {ownerName(request.owner_id, request.team_id)}
                </span>
              </span>
              <Status status={request.status} />
            </button>
          </li>
        ))}
      </ul>
      {solved > 0 && <p class="panel-hint">{t("requests.solved", { n: solved })}</p>}
    </Section>
  );
}

function Orders({ shown }: { shown: Open }): JSX.Element | null {
  const orders = [...shown.orders.values()].sort(newestFirst);
  const wanted = shownOrder.value;
  const elsewhere = wanted && !orders.some((one) => one.number === wanted.number);
  if (!orders.length && !elsewhere) return null;
  return (
    <Section title={t("orders.title")} count={orders.length}>
      {elsewhere && (
        <p class="panel-hint">
          {t("orders.elsewhere", { number: wanted.number })}{" "}
          <a href={address({ region: "find", view: "all", customer: null, q: wanted.number })}>{t("orders.find")}</a>
        </p>
      )}
      {orders.map((order, index) => (
        <OrderCard
          key={order.id}
          kept={order}
          open={index === 0 || order.number === wanted?.number}
          shown={order.number === wanted?.number}
        />
      ))}
    </Section>
  );
}

function newestFirst(a: Order, b: Order): number {
  return (a.order.placed_at ?? a.as_of) < (b.order.placed_at ?? b.as_of) ? 1 : -1;
}

/** What is seldom needed folds into one line. */
function More({ shown }: { shown: Open }): JSX.Element | null {
  const { customer } = shown;
  const facts: [string, string][] = [];
  const language = customer.language && LANGUAGES.of(customer.language);
  if (language) facts.push([t("more.language"), language]);
  for (const { source, number } of customer.numbers) facts.push([t("more.number", { source }), number]);
  if (customer.segments.length) facts.push([t("more.segments"), customer.segments.join(", ")]);
  facts.push(...asFacts(t("more.loyalty"), customer.loyalty), ...asFacts(t("more.consent"), customer.consent));
  for (const [name, value] of Object.entries(customer.fields)) facts.push([name, asText(value)]);
  if (!facts.length) return null;
  return (
    <details class="panel-section panel-more">
      <summary>
        {t("more.title")}
        <Down size={14} />
      </summary>
      <dl class="facts">
        {facts.map(([name, value], index) => (
          <div key={index}>
            <dt>{name}</dt>
            <dd dir="auto">{value}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

function asFacts(title: string, value: unknown): [string, string][] {
  if (value === null || value === undefined) return [];
  if (typeof value !== "object") return [[title, asText(value)]];
  return Object.entries(value).map(([name, one]) => [`${title}: ${name}`, asText(one)]);
}

function asText(value: unknown): string {
  if (typeof value === "boolean") return t(value ? "yes" : "no");
  if (typeof value === "string" && /^\d{4}-\d\d-\d\d/.test(value)) return day(value);
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

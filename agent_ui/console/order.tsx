/** One order as the shop told it last: lines, steps, pickup, and how old each figure is. */

import type { JSX } from "preact";
import { Box, Store, Warning } from "../shared/icons";
import type { Order } from "./protocol";
import { day, money, moment, named, shortDay, t } from "./text";

type Shop = Order["order"];

const SENT = ["placed", "paid", "shipped", "delivered"] as const;
const COLLECTED = ["placed", "paid", "pickup", "picked_up"] as const;
const OVER = ["returned", "refunded", "cancelled"];

interface OrderCardProps {
  kept: Order;
  open: boolean;
  shown: boolean;
}

export function OrderCard({ kept, open, shown }: OrderCardProps): JSX.Element {
  const { order, number, masked, as_of: asOf } = kept;
  return (
    <details class={shown ? "order shown" : "order"} open={open} data-order={number}>
      <summary class="order-head">
        <b>{number}</b>
        <span class="order-paid">
          {order.placed_at && shortDay(order.placed_at)}
          {paid(order) && ` · ${paid(order)}`}
        </span>
        <span class="order-total">
          {order.total !== undefined && order.currency ? money(order.total, order.currency) : named("orderstatus", order.status)}
        </span>
      </summary>
      {masked && <p class="panel-hint">{t("orders.masked")}</p>}
      <Lines order={order} />
      <Steps order={order} />
      <Pickup order={order} />
      <Shipments order={order} />
      <p class="order-foot">
        <span>{t("orders.source", { source: kept.source })}</span>
        <span class="order-age">{t("orders.asof", { time: shortDay(asOf) })}</span>
      </p>
    </details>
  );
}

function paid({ payments }: Shop): string {
  const first = payments?.[0];
  return first ? named("payment", first.method, first.method) : "";
}

function Lines({ order }: { order: Shop }): JSX.Element {
  return (
    <ul class="order-lines">
      {(order.lines ?? []).map((line, index) => (
        <li key={index}>
          <span class="order-picture" aria-hidden="true">
            <Box size={20} />
          </span>
          <span class="order-name" dir="auto">
            {line.name}
            {line.quantity && line.quantity > 1 ? <span class="order-quantity"> × {line.quantity}</span> : null}
          </span>
          {line.price !== undefined && order.currency && <span class="order-price">{money(line.price, order.currency)}</span>}
        </li>
      ))}
    </ul>
  );
}

/** Four steps at most; a return or a cancellation is told in words instead. */
function Steps({ order }: { order: Shop }): JSX.Element {
  const steps: readonly string[] = order.pickup ? COLLECTED : SENT;
  const status = order.status === "late" ? "shipped" : order.status === "closed" ? steps.at(-1) : order.status;
  const reached = steps.indexOf(status ?? "");
  if (OVER.includes(order.status) || reached < 0) {
    return <p class="order-status">{named("orderstatus", order.status)}</p>;
  }
  return (
    <ol class="steps">
      {steps.map((step, index) => (
        <li
          key={step}
          class={index < reached ? "step reached" : index === reached ? "step reached current" : "step"}
          aria-current={index === reached ? "step" : undefined}
        >
          <span class="step-dot" aria-hidden="true" />
          <span class="step-name">{named("step", step)}</span>
          <span class="step-day">{dayOfStep(order, step)}</span>
        </li>
      ))}
    </ol>
  );
}

function dayOfStep(order: Shop, step: string): string {
  if (step === "placed" && order.placed_at) return shortDay(order.placed_at);
  if (step === order.status && order.updated_at) return shortDay(order.updated_at);
  return "";
}

function Pickup({ order }: { order: Shop }): JSX.Element | null {
  const { pickup } = order;
  if (!pickup?.store || order.status === "picked_up") return null;
  const shelf = pickup.shelf ? t("orders.shelf", { store: pickup.store, shelf: pickup.shelf }) : pickup.store;
  return (
    <p class={order.status === "pickup" ? "pickup ready" : "pickup"}>
      <Store size={14} />
      <span>
        <b dir="auto">{shelf}</b>
        {pickup.collect_by && ` · ${t("orders.collectby", { day: day(pickup.collect_by) })}`}
      </span>
    </p>
  );
}

function Shipments({ order }: { order: Shop }): JSX.Element | null {
  if (!order.shipments?.length) return null;
  return (
    <ul class="shipments">
      {order.shipments.map((one, index) => (
        <li key={index} class={order.status === "late" ? "warn" : undefined}>
          {order.status === "late" && <Warning size={14} />}
          {one.url && /^https?:\/\//.test(one.url) ? (
            <a href={one.url} target="_blank" rel="noreferrer">
              {[one.carrier, one.tracking].filter(Boolean).join(" ")}
            </a>
          ) : (
            <span>{[one.carrier, one.tracking].filter(Boolean).join(" ")}</span>
          )}
          {one.status && <span>{named("shipment", one.status, one.status)}</span>}
          {one.expected && order.status !== "delivered" && <span>{t("orders.expected", { time: arrival(one.expected) })}</span>}
        </li>
      ))}
    </ul>
  );
}

/** A shop that names only the day has no hour to show. */
function arrival(expected: string): string {
  return expected.length <= 10 ? day(expected) : moment(expected);
}

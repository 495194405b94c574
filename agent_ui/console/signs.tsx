/** The small marks with one meaning everywhere: channel, status, proof, person, time that is due. */

import type { JSX } from "preact";
import * as icons from "../shared/icons";
import { accounts } from "./connection";
import type { Assurance, Customer, Entry, RequestStatus } from "./protocol";
import { due, initials, moment, named, phoneNumber, t } from "./text";

const CHANNEL_SIGNS: Record<string, icons.Icon> = {
  email: icons.Mail,
  webchat: icons.Chat,
  phone: icons.Phone,
  sms: icons.Chat,
  whatsapp: icons.Messenger,
  messenger: icons.Messenger,
  telegram: icons.Plane,
  form: icons.Form,
  counter: icons.Store,
  generic: icons.Code,
};

/** Signs for addresses that belong to no channel alone. */
const ADDRESS_SIGNS: Record<string, icons.Icon> = {
  email: icons.Mail,
  phone: icons.Phone,
  external: icons.Person,
  visitor: icons.Chat,
};

export function channelSign(channel: string | null, addressKind?: string): icons.Icon {
  return CHANNEL_SIGNS[channel ?? ""] ?? ADDRESS_SIGNS[addressKind ?? ""] ?? icons.Messenger;
}

/** The word for a channel: ours where the catalogue has one, else what its account calls itself. */
export function channelName(channel: string | null): string {
  if (!channel) return "";
  const account = accounts.value.find((one) => one.channel === channel);
  return named("channel", channel, account?.label ?? channel);
}

/** Somebody of whom neither name nor address is known is a visitor with a number. */
export function customerName(name: string, id: number): string {
  return phoneNumber(name) || t("customer.visitor", { number: String(id) });
}

/** What a customer is called: by their address where nobody knows their name. */
export function nameOf({ id, name, endpoints }: Customer): string {
  const known = endpoints.find((one) => one.held && (one.kind === "email" || one.kind === "phone"));
  return customerName(name || (known?.address ?? ""), id);
}

/** A form of the shop's site comes through an account of another channel. */
export function channelOf({ channel, details }: Entry): string {
  return details.form ? "form" : channel;
}

export function Status({ status, word = true }: { status: RequestStatus; word?: boolean }): JSX.Element {
  const name = named("status", status);
  return (
    <span class={`status ${status}`}>
      <svg class="status-shape" width="10" height="10" viewBox="0 0 10 10" aria-hidden="true">
        <circle class="status-ring" cx="5" cy="5" r="3.6" />
        {status === "open" && <path class="status-half" d="M5 1.4a3.6 3.6 0 0 0 0 7.2z" />}
      </svg>
      {word ? name : <span class="unseen">{name}</span>}
    </span>
  );
}

export function isProven(assurance: Assurance | "" | null): boolean {
  return Boolean(assurance) && assurance !== "claimed";
}

/** The shield alone, as it stands after a name in the list. */
export function ProofMark({ assurance }: { assurance: Assurance | null }): JSX.Element | null {
  if (!assurance) return null;
  if (isProven(assurance)) return <icons.Proven size={14} class="good" label={t("proof.verified")} />;
  return <icons.Claimed size={14} class="quiet" label={t("proof.claimed")} />;
}

export function ProofBadge({ assurance }: { assurance: Assurance | null }): JSX.Element | null {
  if (!assurance) return null;
  const proven = isProven(assurance);
  const Sign = proven ? icons.Proven : icons.Claimed;
  return (
    <span class={proven ? "badge proven" : "badge claimed"}>
      <Sign size={14} />
      {t(proven ? "proof.verified" : "proof.claimed")}
    </span>
  );
}

/** How and when somebody was proven: "by shop sign-in, today 13:51". */
export function proofSource(method: string | null, at: string | null): string {
  if (!method) return at ? moment(at) : "";
  const how = named("method", method, method);
  return at ? t("proof.source", { how, at: moment(at) }) : how;
}

export function Avatar(props: { name: string; id?: number | null; online?: boolean; size?: "small" | "large" }) {
  const { name, id, online, size } = props;
  const tint = ((id ?? name.length) % 3) + 1;
  return (
    <span class={`avatar tint-${tint} ${size ?? ""}`} data-initials={initials(name) || "?"} aria-hidden="true">
      {online && <span class="avatar-online" />}
    </span>
  );
}

export function Due({ at }: { at: string }): JSX.Element {
  const { text, late, today } = due(at);
  return <strong class={late ? "bad" : today ? "warn" : "later"}>{text}</strong>;
}

export function Key({ keys }: { keys: string }): JSX.Element {
  return <kbd aria-hidden="true">{keys}</kbd>;
}

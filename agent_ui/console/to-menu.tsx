/** Where a reply goes: the endpoint as a menu of every way, with the reason why it was chosen or cannot be. */

import type { JSX } from "preact";
import { Down } from "../shared/icons";
import { presence, reachesSession } from "./connection";
import { type Destination, wroteLastOn } from "./destinations";
import { focusComposer, write } from "./drafts";
import { MenuButton, type MenuItem } from "./menu";
import type { Customer } from "./protocol";
import { channelName, channelSign } from "./signs";
import { named, phoneNumber, secondsSince, span, t } from "./text";

export function To({ all, to, customer }: { all: Destination[]; to: Destination | null; customer: Customer }): JSX.Element {
  if (!to) return <NoWay all={all} customer={customer} />;
  const here = presence.value.get(customer.id)?.visitor?.online === true;
  const Sign = channelSign(to.way.channel, to.endpoint.kind);
  const items: MenuItem[] = all.map((one) => ({
    label: addressOf(one),
    hint: one.way.why_not ? named("whynot", one.way.why_not) : whyUsable(one, here),
    icon: channelSign(one.way.channel, one.endpoint.kind),
    chosen: one.endpoint.id === to.endpoint.id && one.way.account === to.way.account,
    off: Boolean(one.way.why_not),
    run: () => {
      write(customer.id, "reply", { endpoint: one.endpoint.id, account: one.way.account });
      focusComposer();
    },
  }));
  return (
    <>
      <span class="to-word">{t("to.label")}</span>
      <MenuButton class="button to-button" label={t("to.menu", { address: addressOf(to) })} items={items} id="to-menu">
        <Sign size={14} />
        <span class="to-address">{addressOf(to)}</span>
        <Down size={12} />
      </MenuButton>
      <span class="composer-why">{why(all, to, here)}</span>
    </>
  );
}

/** Nothing can be written to them: why not, and the number where one is known. */
function NoWay({ all, customer }: { all: Destination[]; customer: Customer }): JSX.Element {
  const phone = customer.endpoints.find(({ kind }) => kind === "phone")?.address;
  const last = wroteLastOn(all) ?? all[0];
  const reason = last?.way.why_not ? named("whynot", last.way.why_not) : "";
  return (
    <span class="composer-why no-way warn">
      {t(phone ? "to.call" : "to.none")}{" "}
      {phone ? <a href={`tel:${phone.replace(/[^+\d]/g, "")}`}>{phoneNumber(phone)}</a> : reason && t("to.because", { reason })}
    </span>
  );
}

function addressOf({ endpoint, way }: Destination): string {
  const name = channelName(way.channel);
  return reachesSession(way.account) || !endpoint.address ? name : t("to.address", { channel: name, address: phoneNumber(endpoint.address) });
}

/** Why this one: what happened on the way they used last, or when they wrote here. */
function why(all: Destination[], to: Destination, here: boolean): string {
  if (to.way.why_not) return named("whynot", to.way.why_not);
  const last = wroteLastOn(all);
  if (last && last !== to && last.way.why_not) return named("whynot", last.way.why_not);
  return whyUsable(to, here);
}

/** `here`: they sit in front of the chat now. */
function whyUsable({ endpoint, way, lastWrote }: Destination, here: boolean): string {
  if (lastWrote) {
    const seconds = secondsSince(lastWrote);
    if (reachesSession(way.account) && !here) return t("to.left", { span: span(seconds) });
    return seconds < 60 ? t("to.wrotenow") : t("to.wrote", { span: span(seconds) });
  }
  if (endpoint.shared) return t("to.shared");
  return endpoint.assurance && endpoint.assurance !== "claimed" ? t("to.proven") : t("to.claimed");
}

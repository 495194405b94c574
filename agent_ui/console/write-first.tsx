/** A first message to somebody: to an address of a known customer or to a new one, by an account that may begin. */

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { accounts, call, open } from "./connection";
import { Choose, Field } from "./fields";
import type { Account, Customer, Entry } from "./protocol";
import { FormDialog } from "./request-dialogs";
import { go } from "./router";
import { channelName } from "./signs";
import { t } from "./text";

export function newMessageDialog(to?: Customer): () => JSX.Element {
  return () => <NewMessage to={to ?? null} />;
}

/** Accounts through which a conversation can be begun; where the hub does not say, its channels that write to addresses. */
function canBegin({ capabilities, channel, state }: Account): boolean {
  if (state === "off" || state === "disabled") return false;
  if (Array.isArray(capabilities)) return capabilities.includes("start_conversation") || capabilities.includes("start");
  const can = (capabilities ?? {}) as Record<string, unknown>;
  const said = can["start_conversation"] ?? can["start"] ?? can["starts"];
  return said === undefined ? channel === "email" : Boolean(said);
}

function NewMessage({ to }: { to: Customer | null }): JSX.Element {
  const usable = accounts.value.filter(canBegin);
  const account = useSignal(usable[0]?.name ?? "");
  const known = (to ?? open.value?.customer)?.endpoints.find((one) => one.kind === "email")?.address;
  const recipient = useSignal(to ? (known ?? "") : "");
  const name = useSignal("");
  const subject = useSignal("");
  const text = useSignal("");
  const channel = usable.find((one) => one.name === account.value)?.channel ?? "email";
  const byMail = channel === "email";

  async function act(): Promise<void> {
    const answer = await call<{ entry: Entry; customer_id: number }>("write_first", {
      to: { kind: byMail ? "email" : "phone", address: recipient.value.trim() },
      account: account.value,
      text: text.value.trim(),
      ...(byMail && subject.value ? { subject: subject.value } : {}),
      ...(name.value ? { name: name.value } : {}),
    });
    go({ region: "inbox", customer: answer.customer_id });
  }

  return (
    <FormDialog title={t("write.title")} submit={t("write.send")} act={act}>
      <Choose
        label={t("write.account")}
        value={account}
        options={usable.map((one) => ({
          value: one.name,
          label: [channelName(one.channel), one.address ?? one.label].filter(Boolean).join(" · "),
        }))}
        hint={usable.length ? undefined : t("write.noaccount")}
      />
      <Field label={t("write.to")} value={recipient} type={byMail ? "email" : "tel"} required autofocus hint={t("write.tohint")} />
      <Field label={t("write.name")} value={name} />
      {byMail && <Field label={t("request.subject")} value={subject} />}
      <Field label={t("write.text")} value={text} lines={6} required />
    </FormDialog>
  );
}

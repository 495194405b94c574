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

/** Accounts through which a conversation can be begun: those that write from an address of their own come first. */
function beginners(): Account[] {
  const usable = accounts.value.filter(({ capabilities }) => capabilities.start === true);
  return usable.sort((a, b) => Number(b.address !== "") - Number(a.address !== ""));
}

function NewMessage({ to }: { to: Customer | null }): JSX.Element {
  const usable = beginners();
  const account = useSignal(usable[0]?.name ?? "");
  const known = (to ?? open.value?.customer)?.endpoints.find((one) => one.kind === "email")?.address;
  const recipient = useSignal(to ? (known ?? "") : "");
  const name = useSignal("");
  const subject = useSignal("");
  const text = useSignal("");
  const chosen = usable.find((one) => one.name === account.value);
  const anyAddress = chosen?.capabilities.carries_any === true;
  const byMail = (anyAddress ? recipient.value : (chosen?.address ?? "@")).includes("@");

  async function act(): Promise<void> {
    const answer = await call<{ entry: Entry; customer_id: number }>("write_first", {
      to: { kind: byMail ? "email" : "phone", address: recipient.value.trim() },
      account: account.value,
      text: text.value.trim(),
      ...(subject.value ? { subject: subject.value } : {}),
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
          label: [channelName(one.channel), one.address || one.label].filter(Boolean).join(" · "),
        }))}
        hint={usable.length ? undefined : t("write.noaccount")}
      />
      <Field label={t("write.to")} value={recipient} type={anyAddress ? "text" : byMail ? "email" : "tel"} required autofocus hint={t("write.tohint")} />
      <Field label={t("write.name")} value={name} />
      {chosen?.capabilities.subject && <Field label={t("request.subject")} value={subject} />}
      <Field label={t("write.text")} value={text} lines={6} required />
    </FormDialog>
  );
}

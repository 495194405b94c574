/** The small forms around a request: its words and priority, a new one, a snooze until a time of one's own. */

import { useSignal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { call, type Problem } from "./connection";
import { closeDialog, Dialog } from "./dialog";
import { Choose, Field, FormError } from "./fields";
import type { Request } from "./protocol";
import { snooze } from "./requests";
import { correct } from "./router";
import { t } from "./text";

const PRIORITIES = ["low", "normal", "urgent"] as const;
export const TOPICS = ["order", "return", "exchange", "complaint", "pickup", "invoice", "product", "other"] as const;

function topics(): { value: string; label: string }[] {
  return [{ value: "", label: t("topic.none") }, ...TOPICS.map((value) => ({ value, label: t(`topic.${value}`) }))];
}

interface FormProps {
  title: string;
  submit: string;
  act: () => Promise<unknown>;
  children: ComponentChildren;
}

export function FormDialog({ title, submit, act, children }: FormProps): JSX.Element {
  const problem = useSignal<Problem | null>(null);
  const busy = useSignal(false);

  async function run(event: Event): Promise<void> {
    event.preventDefault();
    busy.value = true;
    try {
      await act();
      closeDialog();
    } catch (refused) {
      problem.value = refused as Problem;
    } finally {
      busy.value = false;
    }
  }

  return (
    <Dialog title={title}>
      <form class="form" onSubmit={run}>
        {children}
        <FormError problem={problem.value} />
        <div class="form-foot">
          <button type="button" class="button" onClick={closeDialog}>
            {t("cancel")}
          </button>
          <button type="submit" class="button primary" disabled={busy.value}>
            {submit}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

export function ChangeRequest({ request }: { request: Request }): JSX.Element {
  const subject = useSignal(request.subject);
  const topic = useSignal(request.topic);
  const priority = useSignal(request.priority || "normal");
  const kept = topics().some(({ value }) => value === topic.value);
  const act = () =>
    call("request", {
      request: request.id,
      subject: subject.value,
      ...(topic.value ? { topic: topic.value } : {}),
      priority: priority.value,
    });
  return (
    <FormDialog title={t("request.changetitle", { number: request.number })} submit={t("save")} act={act}>
      <Field label={t("request.subject")} value={subject} autofocus />
      <Choose
        label={t("request.topic")}
        value={topic}
        options={kept ? topics() : [...topics(), { value: topic.value, label: topic.value }]}
      />
      <Choose
        label={t("request.priority")}
        value={priority}
        options={PRIORITIES.map((value) => ({ value, label: t(`priority.${value}`) }))}
      />
    </FormDialog>
  );
}

export function NewRequest({ customer }: { customer: number }): JSX.Element {
  const subject = useSignal("");
  const topic = useSignal("");
  const act = async () => {
    const given = { customer, subject: subject.value, ...(topic.value ? { topic: topic.value } : {}) };
    const { request } = await call<{ request: Request }>("open_request", given);
    correct({ request: request.id });
  };
  return (
    <FormDialog title={t("request.new")} submit={t("request.open")} act={act}>
      <Field label={t("request.subject")} value={subject} required autofocus />
      <Choose label={t("request.topic")} value={topic} options={topics()} />
    </FormDialog>
  );
}

export function OwnSnooze({ request }: { request: Request }): JSX.Element {
  const until = useSignal("");
  const act = async () => {
    snooze(request, new Date(until.value).toISOString());
  };
  return (
    <FormDialog title={t("snooze.label")} submit={t("snooze.label")} act={act}>
      <Field label={t("snooze.when")} value={until} type="datetime-local" required autofocus hint={t("snooze.hint")} />
    </FormDialog>
  );
}

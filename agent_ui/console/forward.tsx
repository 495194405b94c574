/** Forwarding one message to a third party by e-mail. */

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { call, type Problem } from "./connection";
import { closeDialog, Dialog } from "./dialog";
import { Field, FormError } from "./fields";
import type { Entry } from "./protocol";
import { t } from "./text";
import { toast } from "./toasts";

export function forwardDialog(entry: Entry): () => JSX.Element {
  return () => <ForwardDialog entry={entry} />;
}

function ForwardDialog({ entry }: { entry: Entry }): JSX.Element {
  const to = useSignal("");
  const text = useSignal("");
  const problem = useSignal<Problem | null>(null);

  async function send(event: Event): Promise<void> {
    event.preventDefault();
    try {
      await call("forward", { entry: entry.id, to: to.value, text: text.value });
      closeDialog();
      toast(t("forward.done", { to: to.value }));
    } catch (refused) {
      problem.value = refused as Problem;
    }
  }

  return (
    <Dialog title={t("forward.title")}>
      <form class="form" onSubmit={send}>
        <blockquote class="forwarded" dir="auto">
          {entry.text.slice(0, 280)}
        </blockquote>
        <Field label={t("forward.to")} value={to} type="email" required placeholder={t("forward.example")} />
        <Field label={t("forward.text")} value={text} lines={4} />
        <FormError problem={problem.value} />
        <div class="form-foot">
          <button type="button" class="button" onClick={closeDialog}>
            {t("cancel")}
          </button>
          <button type="submit" class="button primary">
            {t("forward.send")}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

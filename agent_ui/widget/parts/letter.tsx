/** The chat in closed hours: a letter, message first and address second, answered by e-mail into the same conversation. */

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { draft, sendDraft, uploads, write } from "../outbox";
import { byTouch, t } from "../page";
import { leaveEmail } from "../session";
import { entered, looking, me } from "../state";
import { asking, EmailField, EmailProblem, NameField } from "./address";
import { AttachButton, Attachments, takePaste } from "./files";

export function Letter() {
  const email = useSignal("");
  const name = useSignal("");
  const problem = useSignal("");
  const form = useRef<HTMLFormElement>(null);
  const text = useRef<HTMLTextAreaElement>(null);
  const known = me.value.identified || me.value.email_hint !== "";

  useEffect(() => {
    if (looking.value && !byTouch) text.current?.focus();
  }, [looking.value, entered.value]);

  function submit(event: Event): void {
    event.preventDefault();
    if (!draft.value.trim() && !uploads.value.length) return text.current?.focus();
    const address = form.current?.querySelector<HTMLInputElement>("input[type=email]");
    problem.value = address && !address.validity.valid ? t("problem_email") : "";
    if (problem.value) return address?.focus();
    sendDraft();
    // Without an address that was taken, the card in the thread asks for it once more.
    if (address) leaveEmail(email.value.trim(), name.value.trim()).catch(() => (asking.value = true));
  }

  return (
    <div class="letter">
      <form ref={form} noValidate onSubmit={submit}>
        <p>{t("letter_text")}</p>
        <label>
          {t("message")}
          <textarea ref={text} rows={5} required dir="auto" maxLength={10_000} value={draft.value} onPaste={takePaste} onInput={(event) => write(event.currentTarget.value)} />
        </label>
        <Attachments />
        {!known && (
          <>
            <div>
              <EmailField email={email} problem={problem} />
              <EmailProblem text={problem.value} />
            </div>
            <NameField name={name} />
          </>
        )}
        <div class="actions">
          <button type="submit" class="primary">
            {t("letter_send")}
          </button>
          <AttachButton />
        </div>
        <p class="hint">{t("letter_use")}</p>
      </form>
    </div>
  );
}

/** The quiet card that offers to go on by e-mail, and afterwards says where the answer goes. */

import { signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { Check, Warning } from "../../shared/icons";
import { t } from "../page";
import type { Problem } from "../../shared/socket";
import { leaveEmail } from "../session";
import { me, messages } from "../state";
import { tab } from "../storage";

/** Asked for from the menu, or by “Other address”. */
export const asking = signal(false);
const declined = signal(tab.get("declined") === "yes");
/** Given just now: what is said about it takes the place, and the focus, of the question. */
const given = signal(false);
/** The message that was the last one then: it is said back below our own words too, until somebody writes again. */
const givenAfter = signal("");

function decline(): void {
  asking.value = false;
  declined.value = true;
  tab.put("declined", "yes");
}

export function emailProblem({ status }: Problem): string {
  return t(status === 429 ? "problem_often" : status === 422 ? "problem_email" : "problem_send");
}

interface Value {
  value: string;
}

export function EmailField({ email, problem }: { email: Value; problem: Value }) {
  function take({ value, validity }: HTMLInputElement): void {
    email.value = value;
    if (validity.valid) problem.value = "";
  }

  return (
    <label>
      {t("email")}
      <input
        type="email"
        name="email"
        required
        autocomplete="email"
        maxLength={254}
        placeholder={t("email_example")}
        value={email.value}
        aria-invalid={problem.value !== ""}
        aria-describedby={problem.value ? "email-problem" : undefined}
        onInput={(event) => take(event.currentTarget)}
      />
    </label>
  );
}

export function EmailProblem({ text }: { text: string }) {
  return (
    <div role="alert">
      {text && (
        <p id="email-problem" class="problem">
          <Warning size={14} /> {text}
        </p>
      )}
    </div>
  );
}

export function NameField({ name }: { name: Value }) {
  return (
    <label>
      {t("name")} <span class="optional">{t("optional")}</span>
      <input type="text" name="name" autocomplete="name" maxLength={100} value={name.value} onInput={(event) => (name.value = event.currentTarget.value)} />
    </label>
  );
}

function Question() {
  const email = useSignal("");
  const name = useSignal(me.value.name);
  const problem = useSignal("");
  const busy = useSignal(false);
  const form = useRef<HTMLFormElement>(null);

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    problem.value = form.current?.checkValidity() ? "" : t("problem_email");
    if (problem.value || busy.value) return;
    busy.value = true;
    given.value = true;
    await leaveEmail(email.value.trim(), name.value.trim()).then(
      () => {
        givenAfter.value = messages.value.at(-1)?.id ?? "";
        asking.value = false;
      },
      (reason: Problem) => {
        given.value = false;
        problem.value = emailProblem(reason);
      },
    );
    busy.value = false;
  }

  const entering = email.value !== "";
  useEffect(() => {
    if (asking.value) form.current?.querySelector("input")?.focus();
  }, []);
  // What comes in under the field would be hidden where one has read further up.
  useEffect(() => {
    if (entering || problem.value) form.current?.scrollIntoView({ block: "nearest" });
  }, [entering, problem.value]);

  return (
    <form ref={form} class="card address" noValidate onSubmit={(event) => void submit(event)}>
      <p>{t("address_ask")}</p>
      <div class="beside">
        <EmailField email={email} problem={problem} />
        <button type="submit" class="plain" disabled={busy.value}>
          {t("address_save")}
        </button>
      </div>
      <EmailProblem text={problem.value} />
      {entering && <NameField name={name} />}
      <button type="button" class="link" onClick={decline}>
        {t("address_no")}
      </button>
    </form>
  );
}

function Known() {
  const card = useRef<HTMLElement>(null);

  useEffect(() => {
    if (given.value) card.current?.focus();
    given.value = false;
  }, []);

  return (
    <section ref={card} class="card known" tabIndex={-1} aria-labelledby="known-title">
      <Check size={20} />
      <div>
        <h2 id="known-title">{t("known_title")}</h2>
        <p>{t("known_text", { email: me.value.email_hint })}</p>
        {!me.value.identified && (
          <button type="button" class="link" onClick={() => (asking.value = true)}>
            {t("address_other")}
          </button>
        )}
      </div>
    </section>
  );
}

/** Whether an answer is still to come, or the address was given just now. */
function waits(): boolean {
  const last = messages.value.at(-1);
  return last?.from === "visitor" || (last !== undefined && last.id === givenAfter.value);
}

export function Address() {
  const written = messages.value.some((message) => message.from === "visitor");
  if (asking.value) return <Question />;
  if (!written) return null;
  if (me.value.email_hint) return waits() ? <Known /> : null;
  return me.value.identified || declined.value ? null : <Question />;
}

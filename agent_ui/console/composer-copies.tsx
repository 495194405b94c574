/** Who gets a copy of a mail: a button until it is wanted, then a line that says which address is none. */

import type { JSX } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { Close } from "../shared/icons";
import { wrongCopy } from "./copies";
import { focusComposer, write } from "./drafts";
import { holdBack, submit } from "./sending";
import { t } from "./text";

export function CopyButton({ customer }: { customer: number }): JSX.Element {
  return (
    <button
      type="button"
      class="button quiet small cc-button"
      aria-label={t("cc.add")}
      title={t("cc.add")}
      onClick={() => write(customer, "reply", { cc: "" })}
    >
      {t("cc.label")}
    </button>
  );
}

export function CopyLine({ customer, cc }: { customer: number; cc: string }): JSX.Element {
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  const [typing, setTyping] = useState(false);
  // What is still being typed is not yet wrong.
  const wrong = typing ? undefined : wrongCopy(cc);

  useEffect(() => {
    if (!cc) field.current?.focus();
  }, []);

  return (
    <div class="composer-cc">
      <label for={id}>{t("cc.label")}</label>
      <input
        id={id}
        ref={field}
        inputMode="email"
        autocomplete="off"
        spellcheck={false}
        placeholder={t("cc.example")}
        value={cc}
        aria-invalid={Boolean(wrong)}
        aria-describedby={`${id}-wrong`}
        onInput={(event) => {
          holdBack(customer, "reply");
          setTyping(true);
          write(customer, "reply", { cc: event.currentTarget.value });
        }}
        onBlur={() => setTyping(false)}
        onKeyDown={(event) => {
          if (event.key !== "Enter") return;
          event.preventDefault();
          setTyping(false);
          if (event.ctrlKey || event.metaKey) submit(customer, "reply");
          else focusComposer();
        }}
      />
      <button type="button" class="icon-button small" aria-label={t("cc.remove")} onClick={() => remove(customer)}>
        <Close size={12} />
      </button>
      <p class="cc-wrong" id={`${id}-wrong`} role="alert">
        {wrong && t("cc.wrong", { address: wrong })}
      </p>
    </div>
  );
}

function remove(customer: number): void {
  write(customer, "reply", { cc: null });
  focusComposer();
}

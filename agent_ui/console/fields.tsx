/** Form fields with their label above and their error beneath. */

import type { Signal } from "@preact/signals";
import type { InputHTMLAttributes, JSX, TextareaHTMLAttributes } from "preact";
import { useId } from "preact/hooks";
import { Warning } from "../shared/icons";
import type { Problem } from "./connection";
import { problemText } from "./toasts";

interface FieldProps {
  label: string;
  value: Signal<string>;
  type?: "text" | "email" | "tel" | "datetime-local" | "search";
  lines?: number;
  hint?: string;
  placeholder?: string;
  required?: boolean;
  autofocus?: boolean;
}

export function Field({ label, value, type = "text", lines, hint, placeholder, required, autofocus }: FieldProps): JSX.Element {
  const id = useId();
  const shared: InputHTMLAttributes<HTMLInputElement> & TextareaHTMLAttributes<HTMLTextAreaElement> = {
    id,
    class: "input",
    value: value.value,
    placeholder,
    required,
    autofocus,
    "aria-describedby": hint ? `${id}-hint` : undefined,
    dir: "auto",
    onInput: (event) => {
      value.value = event.currentTarget.value;
    },
  };
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {lines ? <textarea {...shared} rows={lines} /> : <input {...shared} type={type as "text"} />}
      {hint && (
        <p class="field-hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}

interface ChooseProps {
  label: string;
  value: Signal<string>;
  options: { value: string; label: string; off?: boolean }[];
  hint?: string | undefined;
}

export function Choose({ label, value, options, hint }: ChooseProps): JSX.Element {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select
        id={id}
        class="input"
        value={value.value}
        aria-describedby={hint ? `${id}-hint` : undefined}
        onChange={(event) => {
          value.value = event.currentTarget.value;
        }}
      >
        {options.map((one) => (
          <option key={one.value} value={one.value} disabled={one.off}>
            {one.label}
          </option>
        ))}
      </select>
      {hint && (
        <p class="field-hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}

export function FormError({ problem }: { problem: Problem | null }): JSX.Element {
  return (
    <div role="alert">
      {problem && (
        <p class="form-error">
          <Warning size={14} />
          {problemText(problem)}
        </p>
      )}
    </div>
  );
}

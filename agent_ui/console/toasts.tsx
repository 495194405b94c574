/** Short notices at the foot of the screen: what was done, how to undo it, and what could not be done. */

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { Check, Close, Warning } from "../shared/icons";
import type { Problem } from "./connection";
import { named, t } from "./text";

interface Toast {
  id: number;
  text: string;
  bad?: boolean;
  action?: { label: string; run: () => void } | undefined;
}

const SHOWN_FOR = 8_000;
const MOST = 3;

const toasts = signal<Toast[]>([]);
let lastId = 0;

export function toast(text: string, action?: Toast["action"], bad = false): void {
  const id = ++lastId;
  toasts.value = [...toasts.value.slice(1 - MOST), { id, text, action, bad }];
  setTimeout(() => dismiss(id), SHOWN_FOR);
}

/** Say what was done and offer the way back; `z` takes the newest one. */
export function done(text: string, undo: () => void): void {
  toast(text, { label: t("undo"), run: undo });
}

export function undoLast(): boolean {
  const last = toasts.value.findLast((one) => one.action);
  if (!last) return false;
  dismiss(last.id);
  last.action?.run();
  return true;
}

/** A problem in plain words, with its code for those who must look for it. */
export function problemText(problem: unknown): string {
  const { code, detail, title } = problem as Problem;
  return named("problem", code ?? "", detail ?? title ?? t("problem.unknown"));
}

/** For calls whose failure has no better place than a notice. */
export function orTell(promise: Promise<unknown>): void {
  promise.catch((problem: unknown) => toast(problemText(problem), undefined, true));
}

function dismiss(id: number): void {
  toasts.value = toasts.value.filter((one) => one.id !== id);
}

export function Toasts(): JSX.Element {
  return (
    <div class="toasts" role="status">
      {toasts.value.map((one) => (
        <div key={one.id} class={one.bad ? "toast bad-toast" : "toast"}>
          {one.bad ? <Warning /> : <Check />}
          <span dir="auto">{one.text}</span>
          {one.action && (
            <button
              type="button"
              class="button small"
              onClick={() => {
                dismiss(one.id);
                one.action?.run();
              }}
            >
              {one.action.label}
            </button>
          )}
          <button type="button" class="icon-button small" aria-label={t("close")} onClick={() => dismiss(one.id)}>
            <Close size={14} />
          </button>
        </div>
      ))}
    </div>
  );
}

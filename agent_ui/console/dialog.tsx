/** A dialog above everything: focus stays inside, Escape closes, and the focus goes back where it was. */

import { signal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import { Close } from "../shared/icons";
import { t } from "./text";

/** The dialog that is open; one at a time. */
export const dialog = signal<(() => JSX.Element) | null>(null);

export function closeDialog(): void {
  dialog.value = null;
}

export function DialogHost(): JSX.Element | null {
  const Content = dialog.value;
  return Content && <Content />;
}

interface DialogProps {
  title: string;
  class?: string;
  children: ComponentChildren;
  /** The title is for screen readers alone. */
  bare?: boolean;
}

export function Dialog({ title, class: name, children, bare }: DialogProps): JSX.Element {
  const box = useRef<HTMLDialogElement>(null);
  const id = useId();

  // Before the next key, so that what is typed at once goes into the dialog.
  useLayoutEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    box.current?.showModal();
    return () => before?.isConnected && before.focus();
  }, []);

  return (
    <dialog
      ref={box}
      class={`dialog ${name ?? ""}`}
      aria-labelledby={id}
      onClose={closeDialog}
      onClick={(event) => event.target === box.current && closeDialog()}
    >
      <div class={bare ? "unseen" : "dialog-head"}>
        <h2 id={id}>{title}</h2>
        {!bare && (
          <button type="button" class="icon-button" aria-label={t("close")} onClick={closeDialog}>
            <Close />
          </button>
        )}
      </div>
      {children}
    </dialog>
  );
}

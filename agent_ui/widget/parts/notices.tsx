/** What is said about the panel as a whole: still loading, no connection, over, or broken. */

import { useSignal } from "@preact/signals";
import { Component, type ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { Info, Retry, Warning } from "../../shared/icons";
import { t } from "../page";
import { retry } from "../session";
import { leave, reopen } from "../shop";
import { link, ready } from "../state";

const PATIENCE = 1_500;

/** The shape of what comes, from the first moment on and in its final size. */
export function Loading() {
  return (
    <div class="loading" aria-busy="true">
      <p class="said">{t("connecting")}</p>
      <i />
      <i />
      <i />
    </div>
  );
}

function Strip({ sign, text, action, onAction }: { sign: ComponentChildren; text: string; action: string; onAction: () => void }) {
  return (
    <div class="strip">
      {sign}
      <p>{text}</p>
      <button type="button" class="link" onClick={onAction}>
        {action}
      </button>
    </div>
  );
}

function Over({ code }: { code: string }) {
  if (code === "replaced") return <Strip sign={<Info />} text={t("over_replaced")} action={t("over_here")} onAction={reopen} />;
  if (code === "no_such_account") return <Strip sign={<Info />} text={t("over_closed")} action={t("reload")} onAction={() => location.reload()} />;
  if (code === "no_such_visitor") return <Strip sign={<Info />} text={t("over_ended")} action={t("over_again")} onAction={() => void leave()} />;
  return <Strip sign={<Warning />} text={t("broken")} action={t("reload")} onAction={() => location.reload()} />;
}

/** Says that there is no connection once it lasts: most gaps are over before they are noticed. */
export function Connection() {
  const slow = useSignal(false);
  const state = link.value;
  const open = state.is === "open" && ready.value;

  useEffect(() => {
    slow.value = false;
    if (open) return;
    const timer = setTimeout(() => (slow.value = true), PATIENCE);
    return () => clearTimeout(timer);
  }, [open]);

  return (
    <div role="status">
      {state.is === "over" ? (
        <Over code={state.code} />
      ) : (
        slow.value && !open && <Strip sign={<Retry />} text={t(ready.value ? "offline" : "offline_first")} action={t("try_now")} onAction={retry} />
      )}
    </div>
  );
}

/** Catches what our own code breaks; the words of the visitor are kept outside of what is drawn. */
export class Guard extends Component<{ children: ComponentChildren }, { broken: boolean }> {
  override state = { broken: false };

  override componentDidCatch(error: unknown): void {
    this.setState({ broken: true });
    reportError(error);
  }

  override render() {
    if (!this.state.broken) return this.props.children;
    return (
      <main class="fallback">
        <p role="alert">{t("broken")}</p>
        <button type="button" class="plain" onClick={() => location.reload()}>
          {t("reload")}
        </button>
      </main>
    );
  }
}

/** What a region shows while it waits, when it is empty and when something failed. */

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Retry, Warning } from "../shared/icons";
import { link, type Problem } from "./connection";
import { t } from "./text";
import { problemText } from "./toasts";

const SKELETON_AFTER = 200;

/** True once something has been true for 200 ms: short waits show nothing. */
export function useLate(waiting: boolean): boolean {
  const [late, setLate] = useState(false);
  useEffect(() => {
    setLate(false);
    if (!waiting) return;
    const timer = setTimeout(() => setLate(true), SKELETON_AFTER);
    return () => clearTimeout(timer);
  }, [waiting]);
  return late && waiting;
}

/** Rows in their final size, without words but for the reason why they may take long. */
export function Skeleton({ rows }: { rows: number }): JSX.Element {
  return (
    <>
      {link.value.is === "lost" && <p class="skeleton-why">{t("lost.opens")}</p>}
      <div class="skeleton" aria-hidden="true">
        {Array.from({ length: rows }, (_, index) => (
          <div key={index} class="skeleton-row">
            <i />
            <i />
            <i />
          </div>
        ))}
      </div>
    </>
  );
}

export function PanelError({ problem, retry }: { problem: Problem; retry: () => void }): JSX.Element {
  return (
    <div class="panel-error" role="alert">
      <Warning />
      <div>
        <p>{problemText(problem)}</p>
        <button type="button" class="button small" onClick={retry}>
          <Retry size={14} />
          {t("retry")}
        </button>
        <span class="code">{t("code", { code: problem.code })}</span>
      </div>
    </div>
  );
}

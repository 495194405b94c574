/** The strip across the top: the connection alone, since when it is gone, what is kept, and what came in meanwhile. */

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { Check, Info, Plug, Retry } from "../shared/icons";
import { caughtUp, drafts, link, retryNow } from "./connection";
import { outdated } from "./freshness";
import { outbox } from "./outbox";
import { clock, t } from "./text";

const SHOW_AFTER = 1500;
const CAUGHT_UP_FOR = 4000;

export function ConnectionStrip(): JSX.Element | null {
  const { value } = link;
  if (value.is === "over") return <Over code={value.code} />;
  if (value.is === "lost") return <Lost since={value.since} nextTry={value.nextTry} />;
  if (outdated.value) return <NewVersion />;
  return <CaughtUp />;
}

function Lost({ since, nextTry }: { since: number; nextTry: number }): JSX.Element | null {
  const time = useSignal(Date.now());
  useEffect(() => {
    const timer = setInterval(() => {
      time.value = Date.now();
    }, 500);
    return () => clearInterval(timer);
  }, []);
  if (time.value - since < SHOW_AFTER) return null;
  const waiting = outbox.value.length;
  const seconds = Math.max(0, Math.ceil((nextTry - time.value) / 1000));
  return (
    <div class="top-strip lost" role="status">
      <Plug />
      <p>
        <b>{t("lost.since", { time: clock(since) })}</b> {waiting ? t("lost.kept", { n: waiting }) : t("lost.write")}
      </p>
      <span class="top-strip-end">
        <span aria-hidden="true">{t("lost.next", { n: seconds })}</span>
        <button type="button" class="button small" onClick={retryNow}>
          <Retry size={14} />
          {t("lost.now")}
        </button>
      </span>
    </div>
  );
}

function NewVersion(): JSX.Element {
  return (
    <div class="top-strip lost" role="status">
      <Info />
      <p>
        <b>{t("over.newversion")}</b> {t("lost.write")}
      </p>
      <span class="top-strip-end">
        <button type="button" class="button small" onClick={() => location.reload()}>
          {t("over.reload")}
        </button>
      </span>
    </div>
  );
}

function CaughtUp(): JSX.Element | null {
  const changes = caughtUp.value;
  useEffect(() => {
    if (changes === null) return;
    const timer = setTimeout(() => {
      caughtUp.value = null;
    }, CAUGHT_UP_FOR);
    return () => clearTimeout(timer);
  }, [changes]);
  if (changes === null) return null;
  return (
    <div class="caught-up" role="status">
      <Check size={14} />
      {t("lost.caughtup", { n: changes })}
    </div>
  );
}

function Over({ code }: { code: string }): JSX.Element {
  const signedOut = code === "signed_out";
  const kept = drafts.value.filter((one) => one.text).length;
  const back = `/signin?next=${encodeURIComponent(location.pathname + location.hash)}`;
  return (
    <div class="top-strip lost" role="alert">
      <Plug />
      <p>
        <b>{t(signedOut ? "over.signedout" : "over.other")}</b> {t("over.drafts", { n: kept })}
      </p>
      <span class="top-strip-end">
        {signedOut ? (
          <a class="button small" href={back}>
            {t("over.signin")}
          </a>
        ) : (
          <button type="button" class="button small" onClick={() => location.reload()}>
            {t("over.reload")}
          </button>
        )}
      </span>
    </div>
  );
}

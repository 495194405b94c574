/** Who is calling: a number or name that is looked up as it is typed, and candidates with their evidence. */

import type { JSX } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import { CallIn, CallOut } from "../shared/icons";
import { type CallTab, changeCall, findCallers, isNumber } from "./calls";
import type { Candidate } from "./protocol";
import { customerName, ProofBadge } from "./signs";
import { named, phoneNumber, t } from "./text";

const FIND_AFTER = 200;

export function Who({ tab }: { tab: CallTab }): JSX.Element {
  const id = useId();
  const timer = useRef(0);
  const Sign = tab.direction === "in" ? CallIn : CallOut;
  const field = useRef<HTMLInputElement>(null);

  useLayoutEffect(() => {
    if (!tab.phone && !tab.candidates.length) field.current?.focus();
  }, []);

  function find(q: string): void {
    changeCall(tab.key, { phone: isNumber(q) ? q.trim() : tab.phone, name: q, customer: null });
    clearTimeout(timer.current);
    timer.current = window.setTimeout(() => void findCallers(tab.key, q).catch(() => undefined), FIND_AFTER);
  }

  return (
    <section class="call-who" aria-label={t("calls.who")}>
      <div class="call-number">
        <span class="call-sign">
          <Sign size={20} />
        </span>
        <div>
          <b>{phoneNumber(tab.phone) || t("calls.nonumber")}</b>
          <span class="call-direction">
            <DirectionButton tab={tab} value="in" />
            <DirectionButton tab={tab} value="out" />
          </span>
        </div>
      </div>
      <label class="unseen" for={id}>
        {t("calls.find")}
      </label>
      <input
        id={id}
        ref={field}
        class="input"
        type="search"
        placeholder={t("calls.find")}
        value={tab.name || tab.phone}
        autocomplete="off"
        onInput={(event) => find(event.currentTarget.value)}
      />
      <fieldset class="candidates">
        <legend>{t("calls.who")}</legend>
        {tab.candidates.map((one) => (
          <CandidateChoice key={one.customer_id} tab={tab} candidate={one} />
        ))}
        <label class="candidate">
          <input
            type="radio"
            name={`who-${tab.key}`}
            checked={tab.customer === 0 || (tab.customer === null && !tab.candidates.length)}
            onChange={() => changeCall(tab.key, { customer: 0, request: null })}
          />
          <span class="candidate-words">
            <b>{tab.candidates.length ? t("calls.somebody") : t("calls.newcustomer")}</b>
            <span>{t("calls.newwhy")}</span>
          </span>
        </label>
      </fieldset>
      <p class="panel-hint">{t("calls.noproof")}</p>
    </section>
  );
}

function DirectionButton({ tab, value }: { tab: CallTab; value: CallTab["direction"] }): JSX.Element {
  return (
    <button
      type="button"
      class="direction"
      aria-pressed={tab.direction === value}
      onClick={() => changeCall(tab.key, { direction: value })}
    >
      {t(`calls.${value}`)}
    </button>
  );
}

function CandidateChoice({ tab, candidate }: { tab: CallTab; candidate: Candidate }): JSX.Element {
  return (
    <label class="candidate">
      <input
        type="radio"
        name={`who-${tab.key}`}
        checked={tab.customer === candidate.customer_id}
        onChange={() => changeCall(tab.key, { customer: candidate.customer_id, request: candidate.requests[0]?.id ?? null })}
      />
      <span class="candidate-words">
        <b dir="auto">{customerName(candidate.name, candidate.customer_id)}</b>
        {[...new Set(candidate.evidence)].map((why) => (
          <span key={why}>{named("evidence", why)}</span>
        ))}
      </span>
      <ProofBadge assurance={candidate.assurance ?? "claimed"} />
    </label>
  );
}

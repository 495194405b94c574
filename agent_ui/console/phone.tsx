/** The call note in the order of a call: who is it, what do they want, what do we know already. */

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import { CallIn, CallOut, Check, Close, Lock, Phone, Plus } from "../shared/icons";
import { type CallTab, callTabs, changeCall, closeCall, currentTab, findCallers, newCall, OUTCOMES, saveCall } from "./calls";
import type { Problem } from "./connection";
import { setMode } from "./drafts";
import { FormError } from "./fields";
import { hint } from "./keyboard";
import { OrderCard } from "./order";
import type { Candidate } from "./protocol";
import { requestTitle } from "./requests";
import { go } from "./router";
import { Avatar, ProofBadge, Status } from "./signs";
import { clock, t } from "./text";

const FIND_AFTER = 200;

export function Calls(): JSX.Element {
  const tabs = callTabs.value;
  const tab = tabs.find((one) => one.key === currentTab.value) ?? tabs[0];
  return (
    <div class="calls">
      <div class="call-tabs" role="group" aria-label={t("calls.tabs")}>
        {tabs.map((one) => (
          <Tab key={one.key} tab={one} chosen={one === tab} />
        ))}
        <button type="button" class="call-tab" aria-keyshortcuts="c" onClick={() => newCall()}>
          <Plus size={14} />
          {t("calls.new")}
        </button>
      </div>
      {tab ? <CallForm key={tab.key} tab={tab} /> : <NoCalls />}
    </div>
  );
}

function Tab({ tab, chosen }: { tab: CallTab; chosen: boolean }): JSX.Element {
  const name = nameOf(tab);
  return (
    <span class={chosen ? "call-tab chosen" : "call-tab"}>
      <button
        type="button"
        aria-pressed={chosen}
        onClick={() => {
          currentTab.value = tab.key;
        }}
      >
        <span class="call-live" aria-hidden="true" />
        <b dir="auto">{name}</b> <span class="call-time">{clock(tab.startedAt)}</span>
      </button>
      <button type="button" class="icon-button small" aria-label={t("calls.discard", { name })} onClick={() => closeCall(tab.key)}>
        <Close size={12} />
      </button>
    </span>
  );
}

function nameOf(tab: CallTab): string {
  return chosenCandidate(tab)?.name || tab.name || tab.phone || t("calls.unknown");
}

function chosenCandidate(tab: CallTab): Candidate | undefined {
  return tab.candidates.find((one) => one.customer_id === tab.customer);
}

function NoCalls(): JSX.Element {
  return (
    <div class="empty">
      <span class="empty-ring">
        <Phone size={24} />
      </span>
      <h1>{t("calls.none")}</h1>
      <p>{t("calls.nonewhy")}</p>
      <button type="button" class="button primary" onClick={() => newCall()}>
        {t("calls.new")} <kbd aria-hidden="true">c</kbd>
      </button>
    </div>
  );
}

function CallForm({ tab }: { tab: CallTab }): JSX.Element {
  const problem = useSignal<Problem | null>(null);
  const candidate = chosenCandidate(tab);

  async function save(thenWrite: boolean): Promise<void> {
    try {
      const customer = await saveCall(tab);
      if (thenWrite) setMode(customer, "reply");
      go({ region: "inbox", view: "open", customer });
    } catch (refused) {
      problem.value = refused as Problem;
    }
  }

  // Whoever is among the candidates must be told from somebody new.
  const decided = tab.customer !== null || tab.candidates.length === 0;
  const ready = decided && (tab.text.trim() !== "" || tab.outcome !== "");
  return (
    <form
      class="call-form"
      onSubmit={(event) => {
        event.preventDefault();
        void save(false);
      }}
      onKeyDown={(event) => {
        if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || !ready) return;
        event.preventDefault();
        void save(false);
      }}
    >
      <Who tab={tab} />
      <div class="call-note">
        <div class="call-note-body">
          <header class="call-note-head">
            <h1>{t("mode.call")}</h1>
            <span class="badge-word">
              <Lock size={12} />
              {t("calls.internal")}
            </span>
          </header>
          {candidate && candidate.requests.length > 0 && <RequestChoice tab={tab} candidate={candidate} />}
          <Said tab={tab} />
          <Outcome tab={tab} />
          <Promise tab={tab} />
          <FormError problem={problem.value} />
        </div>
        <footer class="call-foot">
          <span class="draft-state">
            {!decided && t("calls.decide")}
            {decided && tab.savedAt && (
              <>
                <Check size={14} /> {t("draft.savedat", { time: clock(tab.savedAt) })}
              </>
            )}
          </span>
          <button type="button" class="button" disabled={!ready} onClick={() => void save(true)}>
            {t("calls.savewrite")}
          </button>
          <button type="submit" class="button primary" disabled={!ready} aria-keyshortcuts="Control+Enter">
            {t("calls.save")} <kbd aria-hidden="true">{hint("Mod+Enter")}</kbd>
          </button>
        </footer>
      </div>
      <Known candidate={candidate} />
    </form>
  );
}

function Who({ tab }: { tab: CallTab }): JSX.Element {
  const id = useId();
  const timer = useRef(0);
  const Sign = tab.direction === "in" ? CallIn : CallOut;
  const field = useRef<HTMLInputElement>(null);

  useLayoutEffect(() => {
    if (!tab.phone && !tab.candidates.length) field.current?.focus();
  }, []);

  function find(q: string): void {
    changeCall(tab.key, { phone: /^[+\d][\d ()/.-]+$/.test(q.trim()) ? q.trim() : tab.phone, name: q, customer: null });
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
          <b>{tab.phone || t("calls.nonumber")}</b>
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
        <b dir="auto">{candidate.name}</b>
        {[...new Set(candidate.evidence)].map((why) => (
          <span key={why}>{why}</span>
        ))}
      </span>
      <ProofBadge assurance={candidate.assurance ?? "claimed"} />
    </label>
  );
}

function RequestChoice({ tab, candidate }: { tab: CallTab; candidate: Candidate }): JSX.Element {
  return (
    <fieldset class="request-choice">
      <legend>{t("calls.request")}</legend>
      {candidate.requests.map((request) => (
        <label key={request.id} class="choice">
          <input
            type="radio"
            name={`request-${tab.key}`}
            checked={tab.request === request.id}
            onChange={() => changeCall(tab.key, { request: request.id })}
          />
          <span class="choice-number">{request.number}</span>
          <b dir="auto">{requestTitle(request)}</b>
          <Status status={request.status} />
        </label>
      ))}
      <label class="choice">
        <input
          type="radio"
          name={`request-${tab.key}`}
          checked={tab.request === null}
          onChange={() => changeCall(tab.key, { request: null })}
        />
        {t("request.new")}
      </label>
    </fieldset>
  );
}

function Said({ tab }: { tab: CallTab }): JSX.Element {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{t("calls.said")}</label>
      <textarea
        id={id}
        class="input said-field"
        dir="auto"
        rows={5}
        value={tab.text}
        onInput={(event) => changeCall(tab.key, { text: event.currentTarget.value })}
      />
    </div>
  );
}

function Outcome({ tab }: { tab: CallTab }): JSX.Element {
  return (
    <fieldset class="segments">
      <legend>{t("call.outcome")}</legend>
      <div>
        {OUTCOMES.map((one) => (
          <label key={one} class="segment">
            <input
              type="radio"
              name={`outcome-${tab.key}`}
              checked={tab.outcome === one}
              onChange={() => changeCall(tab.key, { outcome: one })}
            />
            <span>{t(`outcome.${one}`)}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

function Promise({ tab }: { tab: CallTab }): JSX.Element {
  const id = useId();
  return (
    <div class="promise-fields">
      <div class="field">
        <label for={id}>
          {t("call.promise")} <span class="label-why">{t("calls.heard")}</span>
        </label>
        <input
          id={id}
          class="input"
          dir="auto"
          value={tab.promise}
          onInput={(event) => changeCall(tab.key, { promise: event.currentTarget.value })}
        />
      </div>
      <div class="field">
        <label for={`${id}-due`}>{t("calls.due")}</label>
        <input
          id={`${id}-due`}
          class="input"
          type="datetime-local"
          value={tab.dueAt}
          onInput={(event) => changeCall(tab.key, { dueAt: event.currentTarget.value })}
        />
      </div>
    </div>
  );
}

/** What we know of the one who is chosen, so that nobody asks for it. */
function Known({ candidate }: { candidate: Candidate | undefined }): JSX.Element {
  if (!candidate) {
    return (
      <section class="call-known" aria-label={t("calls.known")}>
        <p class="panel-hint">{t("calls.choose")}</p>
      </section>
    );
  }
  return (
    <section class="call-known" aria-label={t("calls.known")} tabIndex={0}>
      <section class="panel-section identity">
        <div class="identity-head">
          <Avatar name={candidate.name} id={candidate.customer_id} size="large" />
          <div>
            <h2 dir="auto">{candidate.name}</h2>
            <p class="identity-proof">
              <ProofBadge assurance={candidate.assurance ?? "claimed"} />
              <span>{t("calls.bynumber")}</span>
            </p>
          </div>
          <button type="button" class="button" onClick={() => go({ region: "inbox", view: "open", customer: candidate.customer_id })}>
            {t("calls.open")}
          </button>
        </div>
      </section>
      {candidate.requests.length > 0 && (
        <section class="panel-section">
          <h3>
            {t("requests.open")} <span class="quiet-count">{candidate.requests.length}</span>
          </h3>
          <ul class="panel-requests">
            {candidate.requests.map((request) => (
              <li key={request.id} class="panel-request">
                <span class="panel-number">{request.number}</span>
                <span class="panel-title" dir="auto">
                  {requestTitle(request)}
                </span>
                <Status status={request.status} />
              </li>
            ))}
          </ul>
        </section>
      )}
      {candidate.orders.length > 0 && (
        <section class="panel-section">
          <h3>
            {t("orders.title")} <span class="quiet-count">{candidate.orders.length}</span>
          </h3>
          {candidate.orders.map((one, index) => (
            <OrderCard key={one.id} kept={one} open={index === 0} shown={false} />
          ))}
        </section>
      )}
    </section>
  );
}

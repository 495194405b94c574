/** The call note in the order of a call: who is it, what do they want, what do we know already. */

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useId } from "preact/hooks";
import { Check, Close, Lock, Phone, Plus } from "../shared/icons";
import { Known } from "./call-known";
import { Who } from "./call-who";
import { type CallTab, callTabs, changeCall, closeCall, currentTab, newCall, OUTCOMES, saveCall } from "./calls";
import type { Problem } from "./connection";
import { setMode } from "./drafts";
import { FormError } from "./fields";
import { hint } from "./keyboard";
import type { Candidate } from "./protocol";
import { requestTitle } from "./requests";
import { go } from "./router";
import { Status } from "./signs";
import { clock, phoneNumber, t } from "./text";

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
  return chosenCandidate(tab)?.name || tab.name || phoneNumber(tab.phone) || t("calls.unknown");
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

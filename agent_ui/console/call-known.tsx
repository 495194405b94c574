/** What we know of whoever is calling, so that nobody asks for it. */

import type { JSX } from "preact";
import { OrderCard } from "./order";
import type { Candidate } from "./protocol";
import { requestTitle } from "./requests";
import { go } from "./router";
import { Avatar, customerName, ProofBadge, Status } from "./signs";
import { named, t } from "./text";

export function Known({ candidate }: { candidate: Candidate | undefined }): JSX.Element {
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
            <h2 dir="auto">{customerName(candidate.name, candidate.customer_id)}</h2>
            <p class="identity-proof">
              <ProofBadge assurance={candidate.assurance ?? "claimed"} />
              <span>{[...new Set(candidate.evidence)].map((why) => named("evidence", why)).join(" · ")}</span>
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

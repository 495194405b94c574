"""Phone calls: noted by a colleague, or reported by a telephone system. A call is no proof of who called."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal

import msgspec

from hub.addresses import same_or_none
from hub.clock import to_ms, to_text
from hub.database import Database, Reading, Transaction
from hub.errors import Invalid
from hub.ports.message import CallReport
from hub.repositories import accounts as accounts_sql
from hub.repositories import identities as identities_sql
from hub.repositories import requests as requests_sql
from hub.security import Actor, authorize
from hub.services import answers, identities, orders, requests
from hub.services.conversations import NewEntry, append, preview
from hub.services.identities import Arrival, Who
from hub.services.intake import Intake, Offered, Taken, fingerprint, once
from hub.services.request_course import is_missed
from hub.services.request_matching import Clues, for_message
from hub.services.request_numbers import number_of
from hub.services.senders import Context
from hub.services.snapshot import Snapshot
from hub.views import OrderView, RequestView

OUTCOMES = ("answered", "promised", "call_back", "left_message", "handed_over", "")


class CallNote(msgspec.Struct, frozen=True, kw_only=True):
    """What a colleague writes down of a call.

    Without a customer it is filed with whoever holds the e-mail address the caller gave, else the number, else under a
    new one: filing reveals nothing to the caller.
    """

    text: str = ""
    customer: int | None = None
    phone: str | None = None
    email: str | None = None
    name: str = ""
    direction: Literal["in", "out"] = "in"
    request: int | None = None
    subject: str = ""
    outcome: str = ""
    promise: str = ""
    due_at: datetime | None = None
    started_at: datetime | None = None
    duration_s: int | None = None


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who may be calling, and why we think so."""

    customer_id: int
    name: str
    evidence: list[str]
    assurance: str | None
    requests: list[RequestView]
    orders: list[OrderView]


def _caller(tx: Transaction, phone: str | None, name: str, country: str, email: str | None = None) -> Who | None:
    if email:
        return identities.arrive(tx, Arrival(kind="email", address=email, name=name), country)
    if phone:
        return identities.arrive(tx, Arrival(kind="phone", address=phone, name=name), country)
    return None


def _nobody_known(tx: Transaction, name: str) -> Who:
    """A withheld number: somebody of whom we know nothing, so that nothing is mixed up."""
    customer_id, conversation_id = identities.add_customer(tx, name=name, provisional=True)
    tx.touch("customers", customer_id)
    return Who(
        customer_id=customer_id, conversation_id=conversation_id, endpoint_id=0, kind="person", assurance="claimed"
    )


def _of_customer(tx: Transaction, customer_id: int, caller: Who | None) -> Who:
    """The customer a colleague chose; through their own number's conversation where the call came from it."""
    shown = identities.root(tx, customer_id)
    if caller is not None and caller.customer_id == shown.id:
        return caller
    return Who(
        customer_id=shown.id,
        conversation_id=shown.conversation_id,
        endpoint_id=0,
        kind=shown.kind,
        assurance="claimed",
    )


def note(tx: Transaction, actor: Actor, call: CallNote, account: Any, country: str, key: str | None) -> tuple[int, int]:
    """Append a `call` entry as a colleague took it; entry and customer."""
    if not (call.text.strip() or call.promise.strip() or call.outcome):
        raise Invalid("A call note needs some words, an outcome or a promise.")
    if call.outcome not in OUTCOMES:
        raise Invalid(f"The outcomes are {', '.join(OUTCOMES[:-1])}.")
    author, mark = f"agent:{actor.id}", fingerprint(msgspec.json.encode(call))
    before = answers.before(tx, author, key, mark) if key else None
    if before is not None:
        return int(before[0]), int(before[1])
    if call.customer is not None:
        identities.hold_still(tx, identities.known(tx, call.customer))
        normal = same_or_none("phone", call.phone or "", country)
        holder = normal and tx.first(identities_sql.holder, kind="phone", scope="", address=normal)
        known = _caller(tx, call.phone, "", country) if holder else None
        who = _of_customer(tx, call.customer, known)
        if call.phone and normal and not holder:
            _number_of_customer(tx, who, call.phone, normal)
    else:
        who = _caller(tx, call.phone, call.name, country, call.email) or _nobody_known(tx, call.name)
    request = _request(tx, who, call.request, call.subject or call.text, actor.id)
    entry = append(tx, _entry(actor, call, account, who, request.id))
    requests.spoken(tx, request, entry.id, actor.id)
    if key:
        answers.remember(tx, author, key, mark, [entry.id, who.customer_id])
    tx.announce("call.noted", by=actor.id, customer=who.customer_id)
    return entry.id, who.customer_id


def _number_of_customer(tx: Transaction, who: Who, shown: str, normal: str) -> None:
    # The colleague says that this customer called from here: a claim, not proof.
    owner = tx.one(identities_sql.customer_of_conversation, conversation_id=who.conversation_id)
    identities.claim(tx, owner.id, "phone", shown, normal, f"call:{who.customer_id}")


def _request(tx: Transaction, who: Who, request_id: int | None, subject: str, owner_id: int | None) -> Any:
    if request_id is not None:
        request = requests.locked(tx, request_id)
        owner = tx.one(identities_sql.customer_of_conversation, conversation_id=request.conversation_id)
        if identities.root(tx, owner.id).id != who.customer_id:
            raise Invalid("This request is another customer's.")
        return request
    return requests.open_request(
        tx,
        who.conversation_id,
        subject=preview(subject)[:80],
        owner_id=owner_id,
        hidden=who.kind != "person",
    )


def _entry(actor: Actor, call: CallNote, account: Any, who: Who, request_id: int) -> NewEntry:
    details = {
        "outcome": call.outcome,
        "promise": call.promise,
        "due_at": None if call.due_at is None else to_text(to_ms(call.due_at)),
        "started_at": None if call.started_at is None else to_text(to_ms(call.started_at)),
        "duration_s": call.duration_s,
    }
    return NewEntry(
        conversation_id=who.conversation_id,
        kind="call",
        direction=call.direction,
        channel=account.channel,
        account_id=account.id,
        author_kind="agent",
        author_id=actor.id,
        author_name=actor.name,
        text=call.text,
        endpoint_id=who.endpoint_id or None,
        assurance="claimed",
        request_id=request_id,
        provider_time=None if call.started_at is None else to_ms(call.started_at),
        details={name: value for name, value in details.items() if value not in (None, "")},
    )


def report(tx: Transaction, context: Context, call: CallReport) -> Taken:
    """File a call that a telephone system reports."""
    who = _caller(tx, call.phone, "", context.country) or _nobody_known(tx, "")
    conversation_ids = [member.conversation_id for member in identities.group(tx, who.customer_id)]
    request = for_message(tx, conversation_ids, Clues(text=call.text))
    if request is None:
        subject = preview(call.text)[:80]
        request = requests.open_request(tx, who.conversation_id, subject=subject, hidden=who.kind != "person")
    details = {"duration_s": call.duration_s, "recording_url": call.recording_url, "agent": call.agent}
    entry = append(
        tx,
        NewEntry(
            conversation_id=who.conversation_id,
            kind="call",
            direction=call.direction,
            channel=context.channel,
            account_id=context.account_id,
            author_kind="customer" if call.direction == "in" else "system",
            author_name=call.agent if call.direction == "out" else "",
            text=call.text,
            endpoint_id=who.endpoint_id or None,
            assurance="claimed",
            request_id=request.id,
            provider_time=None if call.started_at is None else to_ms(call.started_at),
            details={name: value for name, value in details.items() if value not in (None, "")},
        ),
    )
    missed = is_missed(call.direction, call.agent, call.duration_s)
    (requests.heard if missed else requests.noticed)(tx, request, entry.id, tx.now)
    tx.announce("call.reported", customer=who.customer_id, conversation=who.conversation_id)
    return Taken(
        entry_id=entry.id,
        customer_id=who.customer_id,
        conversation_id=who.conversation_id,
        seq=entry.seq,
        request=number_of(request.id),
    )


def report_now(tx: Transaction, context: Context, call: CallReport, body: bytes) -> Taken:
    """Store the raw report and file it in one unit."""
    return once(tx, context, Offered(call.external_id, body), lambda: (report(tx, context, call), "entry"))


def candidates(rd: Reading, q: str, country: str, snapshot: Snapshot, found: list[int]) -> list[Candidate]:
    """Who may be calling, by address first, with evidence, open requests and orders."""
    evidence: dict[int, list[str]] = {}
    for kind, word in (("phone", "number"), ("email", "email")):
        address = same_or_none(kind, q, country)
        for row in rd.all(identities_sql.by_address, kind=kind, address=address) if address else ():
            words = f"{word}_known" if row.held else f"{word}_said"
            evidence.setdefault(identities.root(rd, row.customer_id).id, []).append(words)
    for customer_id in found:
        evidence.setdefault(identities.root(rd, customer_id).id, [])
    return [_candidate(rd, customer_id, words, q, snapshot) for customer_id, words in list(evidence.items())[:8]]


def _candidate(rd: Reading, customer_id: int, evidence: list[str], q: str, snapshot: Snapshot) -> Candidate:
    customer = snapshot.customer(rd, customer_id)
    rows = rd.all(requests_sql.of_conversations, conversation_ids=[c.id for c in customer.conversations])
    theirs = orders.of_customers(rd, [customer_id, *customer.joined])
    return Candidate(
        customer_id=customer_id,
        name=customer.name or next((e.address for e in customer.endpoints if e.kind in {"email", "phone"}), ""),
        evidence=evidence or [_found_by(q, customer.name, theirs)],
        assurance=customer.assurance,
        requests=snapshot.requests(rd, [row for row in rows if row.status != "resolved"][:10]),
        orders=theirs[:10],
    )


def _found_by(q: str, name: str, theirs: list[OrderView]) -> str:
    """What of a customer the words are that they were found by."""
    said = q.strip().casefold().removeprefix("#")
    if any(view.number.casefold() == said for view in theirs):
        return "order_known"
    words = name.casefold().split()
    called = bool(said) and all(any(word.startswith(part) for word in words) for part in said.split())
    return "name_known" if called else "found"


class Calls:
    """Phone notes and reports."""

    def __init__(self, db: Database, intake: Intake, snapshot: Snapshot, country: Callable[[], str]) -> None:
        self._db = db
        self._intake = intake
        self._snapshot = snapshot
        self._country = country

    async def note(self, actor: Actor, call: CallNote, key: str | None = None) -> tuple[int, int]:
        """Write down a call; (entry, customer). The same key again is the same note."""
        authorize(actor, "notes.write")
        country = self._country()

        def unit(tx: Transaction) -> tuple[int, int]:
            return note(tx, actor, call, tx.one(accounts_sql.by_name, name="phone"), country, key)

        return await self._db.unit(unit)

    async def report(self, account: Any, call: CallReport, body: bytes) -> Taken:
        """File what a telephone system reports; idempotent by external_id."""
        return await self._db.unit(report_now, self._intake.context(account), call, body)

    async def candidates(self, actor: Actor, q: str, found: list[int]) -> list[Candidate]:
        """Who may be calling; `found` are customers that the search found for the same words."""
        authorize(actor, "search")
        return await self._db.view(candidates, q, self._country(), self._snapshot, found)

    async def who_may_call(self, phone: str | None, customer_id: int | None) -> list[Candidate]:
        """Who may be calling from this number, for all consoles at once; `customer_id` is where the call was filed."""
        found = [] if customer_id is None else [customer_id]
        return await self._db.view(candidates, phone or "", self._country(), self._snapshot, found)

"""Visitors: browsers in front of a widget. They see what was said in their own session, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from hub.addresses import masked, normalize
from hub.clock import to_text
from hub.database import Database, Reading, Transaction
from hub.errors import Conflict, Invalid, Unauthenticated
from hub.keyring import Keyring
from hub.ports.channel import Capabilities
from hub.repositories import conversations as entries_sql
from hub.repositories import deliveries as deliveries_sql
from hub.repositories import identities as identities_sql
from hub.repositories import requests as requests_sql
from hub.repositories import visitors as sql
from hub.services import attachments, delivery, identities, requests
from hub.services.conversations import NewEntry, append, preview
from hub.services.identities import Arrival, Who
from hub.services.request_matching import Clues, for_message

MAX_TEXT = 10_000
PAGE = 40
HOUR_MS = 3_600_000
FILE_LINK_HOURS = 13


class NoSuchVisitor(Unauthenticated):
    """This browser's chat has ended. A new one can be started."""

    code = "no_such_visitor"


class SomebodyElse(Conflict):
    """This chat is another person's. A new one can be started."""

    code = "somebody_else"


class VisitorFile(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    filename: str
    content_type: str
    size: int
    image: bool
    url: str


class VisitorMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message as its visitor sees it; `sender` is `from` in JSON."""

    id: str
    version: int
    at: str
    sender: str = msgspec.field(name="from")
    author: str
    text: str
    attachments: list[VisitorFile]
    state: str | None
    # The key with which this visitor's browser sent it, so that it knows its own again.
    key: str | None


class Me(msgspec.Struct, frozen=True, kw_only=True):
    """What the widget knows about its visitor."""

    name: str
    email_hint: str
    identified: bool


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """Who the shop's signed token says this is. `email` only when the shop has verified it."""

    subject: str
    email: str = ""
    name: str = ""
    phone: str = ""


# --- rules ---


def begin(tx: Transaction, account_id: int, token_hash: str) -> int:
    """A new visitor of an account; they become a customer with their first message."""
    visitor_id: int = tx.value(
        sql.add,
        account_id=account_id,
        token_hash=token_hash,
        identity="{}",
        name="",
        email="",
        created_at=tx.now,
        seen_at=tx.now,
    )
    return visitor_id


def _change(tx: Transaction, visitor: Any, **changes: Any) -> None:
    names = ("token_hash", "endpoint_id", "identity", "name", "email", "seen_at", "gone_at")
    values = {name: getattr(visitor, name) for name in names} | changes
    tx.run(sql.change, visitor_id=visitor.id, **values)


def identity_of(visitor: Any) -> Identity | None:
    """Who the shop said this visitor is; None: it said nothing."""
    return msgspec.json.decode(visitor.identity, type=Identity) if visitor.identity != "{}" else None


def forget_email(tx: Transaction, visitor: Any) -> None:
    """The address they gave was not theirs."""
    _change(tx, visitor, email="")


def identify(tx: Transaction, visitor_id: int, account: str, identity: Identity, country: str, token_hash: str) -> None:
    """The shop vouches for who sits here: what this session wrote joins the customer it names."""
    visitor = _locked(tx, visitor_id)
    if _is_somebody_else(visitor, identity):
        raise SomebodyElse
    written = msgspec.json.encode(identity).decode()
    _change(tx, visitor, identity=written, name=identity.name or visitor.name, token_hash=token_hash)
    if visitor.endpoint_id is None:
        return
    endpoint = tx.one(identities_sql.endpoint, endpoint_id=visitor.endpoint_id)
    customer_id = endpoint.customer_id
    for arrival in arrivals_of(account, identity):
        customer_id = identities.prove(tx, customer_id, arrival, country)
    # The shop's token proves the session that brought it, not only the addresses in it.
    identities.strengthen(tx, endpoint, "signed", "shop sign-in")
    tx.announce("visitor.identified", customer=customer_id)


def arrivals_of(account: str, identity: Identity) -> list[Arrival]:
    """The addresses that a shop's token proves, the one that finds most people first."""
    addresses = [("email", "", identity.email)] if identity.email else []
    addresses.append(("external", account, identity.subject))
    return [
        Arrival(kind=kind, scope=scope, address=address, name=identity.name, proof="signed", method="shop sign-in")
        for kind, scope, address in addresses
    ]


def _who(tx: Transaction, visitor: Any, account: str, country: str) -> Who:
    """The visitor's endpoint; the first message makes it, under the proven customer where there is one."""
    if visitor.endpoint_id is not None:
        endpoint = tx.one(identities_sql.endpoint, endpoint_id=visitor.endpoint_id)
        identities.hold_still(tx, endpoint.customer_id)
        tx.run(identities_sql.seen, endpoint_id=endpoint.id, seen_at=tx.now)
        own = tx.one(identities_sql.customer, customer_id=endpoint.customer_id)
        shown = identities.root(tx, own.id)
        return Who(
            customer_id=shown.id,
            conversation_id=own.conversation_id,
            endpoint_id=endpoint.id,
            kind=shown.kind,
            assurance=endpoint.assurance,
        )
    identity = identity_of(visitor)
    if identity is None:
        who = identities.arrive(
            tx, Arrival(kind="visitor", scope=account, address=f"v{visitor.id}", name=visitor.name), country
        )
    else:
        who = _proven(tx, visitor, account, identity, country)
    _change(tx, visitor, endpoint_id=who.endpoint_id)
    if visitor.email:
        _claim(tx, who, visitor, visitor.email)
    return who


def _proven(tx: Transaction, visitor: Any, account: str, identity: Identity, country: str) -> Who:
    arrivals = arrivals_of(account, identity)
    who = identities.arrive(tx, arrivals[0], country)
    for further in arrivals[1:]:
        identities.prove(tx, who.customer_id, further, country)
    arrival = Arrival(kind="visitor", scope=account, address=f"v{visitor.id}", proof="signed", method="shop sign-in")
    owner = tx.one(identities_sql.customer_of_conversation, conversation_id=who.conversation_id)
    endpoint_id = identities.hold(tx, owner.id, arrival, f"v{visitor.id}")
    assert endpoint_id is not None
    tx.touch("customers", who.customer_id)
    return msgspec.structs.replace(who, endpoint_id=endpoint_id, assurance="signed")


def _claim(tx: Transaction, who: Who, visitor: Any, email: str) -> None:
    owner = tx.one(identities_sql.endpoint, endpoint_id=who.endpoint_id).customer_id
    identities.claim(tx, owner, "email", email, normalize("email", email), f"visitor:{visitor.id}")


def say(
    tx: Transaction, visitor_id: int, account: Any, text: str, files: tuple[int, ...], key: str, country: str
) -> int:
    """Append what a visitor wrote; the entry. The same key again is the same message."""
    if not text.strip() and not files:
        raise Invalid("There is nothing to send yet.")
    if len(text) > MAX_TEXT:
        raise Invalid(f"A message may have at most {MAX_TEXT} characters.")
    visitor = _locked(tx, visitor_id)
    before = tx.first(entries_sql.by_key, author_kind="customer", author_id=visitor_id, client_key=key)
    if before is not None:
        return int(before.id)
    who = _who(tx, visitor, account.name, country)
    request = _request(tx, who, text)
    entry = append(
        tx,
        NewEntry(
            conversation_id=who.conversation_id,
            kind="message",
            direction="in",
            channel=account.channel,
            account_id=account.id,
            author_kind="customer",
            author_id=visitor_id,
            author_name=visitor.name,
            text=text,
            endpoint_id=who.endpoint_id,
            assurance=who.assurance,
            assurance_method="shop sign-in" if who.assurance == "signed" else "",
            request_id=request.id,
            client_key=key,
        ),
    )
    attachments.attach_by(tx, f"visitor:{visitor_id}", entry.id, files)
    requests.heard(tx, request, entry.id, tx.now)
    tx.announce("message.received", customer=who.customer_id, conversation=who.conversation_id)
    return entry.id


def _request(tx: Transaction, who: Who, text: str) -> Any:
    conversation_ids = [member.conversation_id for member in identities.group(tx, who.customer_id)]
    found = for_message(tx, conversation_ids, Clues(text=text))
    if found is not None:
        return found
    subject = preview(text)[:80]
    return requests.open_request(tx, who.conversation_id, subject=subject, hidden=who.kind != "person")


def leave_email(tx: Transaction, visitor_id: int, email: str, name: str) -> None:
    """A visitor says how to reach them once they have gone. A claim: it finds nobody and changes nobody."""
    visitor = _locked(tx, visitor_id)
    normalize("email", email)
    _change(tx, visitor, email=email.strip(), name=name.strip()[:100] or visitor.name)
    if visitor.endpoint_id is None:
        return
    endpoint = tx.one(identities_sql.endpoint, endpoint_id=visitor.endpoint_id)
    identities.hold_still(tx, endpoint.customer_id)
    identities.claim(tx, endpoint.customer_id, "email", email, normalize("email", email), f"visitor:{visitor_id}")
    customer = tx.one(identities_sql.customer, customer_id=endpoint.customer_id)
    if name.strip() and not customer.name:
        identities.rename(tx, customer.id, name.strip()[:100])
    tx.run(deliveries_sql.recheck, endpoint_id=endpoint.id, next_try_at=tx.now)
    tx.announce("visitor.left_email", customer=identities.root(tx, customer.id).id)


def came(tx: Transaction, visitor_id: int) -> None:
    """The browser is here."""
    visitor = _endpoint_held_still(tx, visitor_id)
    tx.run(sql.seen, visitor_id=visitor_id, seen_at=tx.now)
    if visitor.endpoint_id is not None:
        tx.run(identities_sql.seen, endpoint_id=visitor.endpoint_id, seen_at=tx.now)


def got(tx: Transaction, visitor_id: int, account_id: int, up_to: int) -> None:
    """The browser says that it has our messages up to this one; before that nothing counts as delivered."""
    visitor = _known(tx, visitor_id)
    if visitor.endpoint_id is not None:
        delivery.arrived(tx, visitor.endpoint_id, account_id, up_to)


def went(tx: Transaction, visitor_id: int) -> None:
    """The browser is gone: answers that wait for it go another way from now on."""
    visitor = _endpoint_held_still(tx, visitor_id)
    if visitor.endpoint_id is not None:
        tx.run(identities_sql.left, endpoint_id=visitor.endpoint_id, left_at=tx.now)
        tx.run(deliveries_sql.recheck, endpoint_id=visitor.endpoint_id, next_try_at=tx.now)


def seen(tx: Transaction, visitor_id: int, up_to: int) -> None:
    """The visitor has read our messages up to this one."""
    visitor = _endpoint_held_still(tx, visitor_id)
    if visitor.endpoint_id is not None:
        delivery.seen_by(tx, visitor.endpoint_id, up_to)


def forget(tx: Transaction, visitor_id: int, gone_hash: str) -> None:
    """This browser forgets its chat: the token opens nothing any more. What was said stays with us."""
    visitor = _locked(tx, visitor_id)
    went(tx, visitor_id)
    _change(tx, visitor, token_hash=gone_hash, gone_at=tx.now)


def _endpoint_held_still(tx: Transaction, visitor_id: int) -> Any:
    visitor = _locked(tx, visitor_id)
    if visitor.endpoint_id is not None:
        endpoint = tx.one(identities_sql.endpoint, endpoint_id=visitor.endpoint_id)
        identities.hold_still(tx, endpoint.customer_id)
    return visitor


def _is_somebody_else(visitor: Any, identity: Identity) -> bool:
    if visitor.identity == "{}":
        return False
    return msgspec.json.decode(visitor.identity, type=Identity).subject != identity.subject


def _locked(tx: Transaction, visitor_id: int) -> Any:
    """The visitor, whom no other node changes until this unit ends."""
    tx.first(sql.lock, visitor_id=visitor_id)
    return _known(tx, visitor_id)


def _known(rd: Reading, visitor_id: int) -> Any:
    visitor = rd.first(sql.visitor, visitor_id=visitor_id)
    if visitor is None or visitor.gone_at is not None:
        raise NoSuchVisitor
    return visitor


# --- what a visitor sees ---


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """The newest messages of one visitor's own session."""

    endpoint_id: int | None
    conversation_id: int | None
    me: Me
    messages: list[VisitorMessage]
    more: bool


class Visitors:
    """What the widget's page and socket do."""

    def __init__(
        self, db: Database, keyring: Keyring, capabilities: Mapping[str, Capabilities], country: Callable[[], str]
    ) -> None:
        self._db = db
        self._keyring = keyring
        self._capabilities = capabilities
        self._country = country

    async def begin(self, account: Any) -> tuple[int, str]:
        """A new visitor; id and the token that only this browser gets."""
        token = self._keyring.new_secret()
        return await self._db.unit(begin, account.id, self._keyring.hash(token)), token

    async def known(self, token: str) -> Any | None:
        """The visitor with this token, None when it opens nothing."""
        mark = self._keyring.hash(token)
        row = await self._db.view(lambda rd: rd.first(sql.by_token, token_hash=mark))
        return row if row is not None and row.gone_at is None else None

    async def is_somebody_else(self, visitor_id: int, identity: Identity) -> bool:
        """Whether this browser was proven to be another person's before."""
        return _is_somebody_else(await self._db.view(_known, visitor_id), identity)

    async def identify(self, visitor_id: int, account: Any, identity: Identity) -> str:
        """The shop's token proved who this is; the session gets a new token."""
        token = self._keyring.new_secret()
        mark = self._keyring.hash(token)
        await self._db.unit(identify, visitor_id, account.name, identity, self._country(), mark)
        return token

    async def say(self, visitor_id: int, account: Any, text: str, files: tuple[int, ...], key: str) -> VisitorMessage:
        """Store what a visitor wrote; the same key again is the same message."""
        entry_id = await self._db.unit(say, visitor_id, account, text, files, key, self._country())
        return await self._db.view(self._one, entry_id)

    async def leave_email(self, visitor_id: int, email: str, name: str = "") -> Me:
        """Note the address under which the visitor wants the answer; the same answer whatever is known of it."""
        await self._db.unit(leave_email, visitor_id, email, name)
        return await self._db.view(lambda rd: self._me(_known(rd, visitor_id)))

    async def came(self, visitor_id: int) -> None:
        await self._db.unit(came, visitor_id)

    async def got(self, visitor_id: int, account_id: int, message_id: str) -> None:
        await self._db.unit(got, visitor_id, account_id, self.entry_of(message_id))

    async def went(self, visitor_id: int) -> None:
        await self._db.unit(went, visitor_id)

    async def seen(self, visitor_id: int, message_id: str) -> None:
        await self._db.unit(seen, visitor_id, self.entry_of(message_id))

    async def forget(self, visitor_id: int) -> None:
        await self._db.unit(forget, visitor_id, self._keyring.hash(self._keyring.new_secret()))

    async def window(self, visitor_id: int, before: str | None = None) -> Window:
        """The visitor's own newest messages, or the page before one of them."""
        return await self._db.view(self.read_window, visitor_id, before)

    def read_window(self, rd: Reading, visitor_id: int, before: str | None = None) -> Window:
        visitor = _known(rd, visitor_id)
        me = self._me(visitor)
        if visitor.endpoint_id is None:
            return Window(endpoint_id=None, conversation_id=None, me=me, messages=[], more=False)
        endpoint = rd.one(identities_sql.endpoint, endpoint_id=visitor.endpoint_id)
        conversation = rd.one(entries_sql.conversation_of_customer, customer_id=endpoint.customer_id)
        rows = rd.all(
            entries_sql.of_endpoint_newest,
            conversation_id=conversation.id,
            endpoint_id=endpoint.id,
            before=self.entry_of(before) if before else 1 << 62,
            limit=PAGE + 1,
        )
        messages = [self._one(rd, row.id) for row in reversed(rows[:PAGE])]
        return Window(
            endpoint_id=endpoint.id,
            conversation_id=conversation.id,
            me=me,
            messages=messages,
            more=len(rows) > PAGE,
        )

    def _me(self, visitor: Any) -> Me:
        """What the browser may know: whom it speaks for, and where we write once it has gone."""
        email = visitor.email or msgspec.json.decode(visitor.identity).get("email", "")
        hint = masked("email", email) if email else ""
        return Me(name=visitor.name, email_hint=hint, identified=visitor.identity != "{}")

    def message(self, rd: Reading, entry_id: int, endpoint_id: int) -> VisitorMessage | None:
        """An entry as the visitor of this endpoint sees it; None when it is not theirs to see."""
        row = rd.first(entries_sql.entry, entry_id=entry_id)
        if row is None or row.endpoint_id != endpoint_id or row.kind != "message":
            return None
        return self._one(rd, entry_id)

    def _one(self, rd: Reading, entry_id: int) -> VisitorMessage:
        row = rd.one(entries_sql.entry, entry_id=entry_id)
        files = rd.all(entries_sql.attachments_of, entry_ids=[entry_id])
        ours = row.direction == "out"
        return VisitorMessage(
            id=self.id_of(entry_id),
            version=row.version,
            at=to_text(row.shown_at),
            sender="us" if ours else "visitor",
            # Visitors get a colleague's first name only.
            author=row.author_name.split()[0] if ours and row.author_name else "",
            text=row.text,
            attachments=[self.file(item, rd.now) for item in files],
            state=None if ours else self._state(rd, row),
            key=row.client_key if not ours else None,
        )

    def _state(self, rd: Reading, row: Any) -> str:
        """A visitor's own message is with us; read once a colleague has looked at its request."""
        request = rd.first(requests_sql.request, request_id=row.request_id) if row.request_id is not None else None
        return "read" if request is not None and not request.unread else "delivered"

    def file(self, row: Any, now: int) -> VisitorFile:
        """A stored file as its visitor sees it, with a signed link that works for some hours."""
        # Whole hours, so that the same file has the same address for a while.
        until = (now // HOUR_MS + FILE_LINK_HOURS) * HOUR_MS
        key = self._keyring.sign("file", str(row.id), until)
        return VisitorFile(
            id=str(row.id),
            filename=row.filename,
            content_type=row.content_type,
            size=row.size,
            image=row.image,
            url=f"/widget/attachments/{row.id}?key={key}",
        )

    # Visitors never see how many entries there are: their ids say nothing and cannot be counted up.

    def id_of(self, entry_id: int) -> str:
        return self._keyring.veil(entry_id)

    def entry_of(self, message_id: str) -> int:
        entry_id = self._keyring.unveil(message_id)
        if entry_id is None:
            raise Invalid("There is no such message.")
        return entry_id

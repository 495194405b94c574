"""Visitors: browsers in front of a widget. They see what was said in their own session, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hub.addresses import normalize
from hub.database import Database, Reading, Transaction
from hub.errors import Invalid
from hub.in_passing import in_passing
from hub.keyring import Keyring
from hub.repositories import conversations as entries_sql
from hub.repositories import deliveries as deliveries_sql
from hub.repositories import identities as identities_sql
from hub.repositories import visitors as sql
from hub.services import attachments, delivery, identities, requests
from hub.services.conversations import NewEntry, append, preview
from hub.services.identities import Who
from hub.services.request_matching import Clues, for_message
from hub.services.visitor_identity import Identity, change, identify, is_somebody_else, known, locked, who_sits
from hub.services.visitor_screen import Me, VisitorMessage, VisitorScreen, Window

MAX_TEXT = 10_000


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


def say(
    tx: Transaction, visitor_id: int, account: Any, text: str, files: tuple[int, ...], key: str, country: str
) -> int:
    """Append what a visitor wrote; the entry. The same key again is the same message."""
    if not text.strip() and not files:
        raise Invalid("There is nothing to send yet.")
    if len(text) > MAX_TEXT:
        raise Invalid(f"A message may have at most {MAX_TEXT} characters.")
    visitor = locked(tx, visitor_id)
    before = tx.first(entries_sql.by_key, author_kind="customer", author_id=visitor_id, client_key=key)
    if before is not None:
        return int(before.id)
    who = who_sits(tx, visitor, account.name, country)
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
    visitor = locked(tx, visitor_id)
    normalize("email", email)
    change(tx, visitor, email=email.strip(), name=name.strip()[:100] or visitor.name)
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
    visitor = known(tx, visitor_id)
    if visitor.endpoint_id is not None:
        delivery.arrived(tx, visitor.endpoint_id, account_id, up_to)


def went(tx: Transaction, visitor_id: int, left_at: int | None = None) -> None:
    """The browser is gone: answers that wait for it go another way from now on, unless it came back since `left_at`."""
    visitor = _endpoint_held_still(tx, visitor_id)
    if left_at is not None and visitor.seen_at > left_at:
        return
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
    visitor = locked(tx, visitor_id)
    went(tx, visitor_id)
    change(tx, visitor, token_hash=gone_hash, gone_at=tx.now)


def _endpoint_held_still(tx: Transaction, visitor_id: int) -> Any:
    visitor = locked(tx, visitor_id)
    if visitor.endpoint_id is not None:
        endpoint = tx.one(identities_sql.endpoint, endpoint_id=visitor.endpoint_id)
        identities.hold_still(tx, endpoint.customer_id)
    return visitor


class Visitors:
    """What the widget's page and socket do."""

    def __init__(self, db: Database, keyring: Keyring, country: Callable[[], str]) -> None:
        self._db = db
        self._keyring = keyring
        self._country = country
        self.screen = VisitorScreen(keyring)

    async def begin(self, account: Any) -> tuple[int, str]:
        """A new visitor; id and the token that only this browser gets."""
        token = self._keyring.new_secret()
        return await self._db.unit(begin, account.id, self._keyring.hash(token)), token

    async def known(self, token: str) -> Any | None:
        """The visitor with this token, None when it opens nothing."""
        mark = self._keyring.hash(token)
        row = await self._db.view(lambda rd: rd.first(sql.by_token, token_hash=mark))
        return row if row is not None and row.gone_at is None else None

    async def is_somebody_else(self, visitor_id: int, account: Any, identity: Identity) -> bool:
        """Whether this browser was proven to be another person's before."""
        return await self._db.view(
            lambda rd: is_somebody_else(rd, known(rd, visitor_id), account.name, identity, self._country())
        )

    async def identify(self, visitor_id: int, account: Any, identity: Identity) -> str:
        """The shop's token proved who this is; the session gets a new token."""
        token = self._keyring.new_secret()
        mark = self._keyring.hash(token)
        await self._db.unit(identify, visitor_id, account.name, identity, self._country(), mark)
        return token

    async def say(self, visitor_id: int, account: Any, text: str, files: tuple[int, ...], key: str) -> VisitorMessage:
        """Store what a visitor wrote; the same key again is the same message."""
        entry_id = await self._db.unit(say, visitor_id, account, text, files, key, self._country())
        return await self._db.view(self.screen.message, entry_id)

    async def leave_email(self, visitor_id: int, email: str, name: str = "") -> Me:
        """Note the address under which the visitor wants the answer; the same answer whatever is known of it."""
        await self._db.unit(leave_email, visitor_id, email, name)
        return await self._db.view(lambda rd: self.screen.me(known(rd, visitor_id)))

    async def came(self, visitor_id: int) -> None:
        await in_passing(self._db.unit(came, visitor_id))

    async def got(self, visitor_id: int, account_id: int, message_id: str) -> None:
        await self._db.unit(got, visitor_id, account_id, self.screen.entry_of(message_id))

    async def went(self, visitor_id: int, left_at: int | None = None) -> None:
        await self._db.unit(went, visitor_id, left_at)

    async def seen(self, visitor_id: int, message_id: str) -> None:
        await self._db.unit(seen, visitor_id, self.screen.entry_of(message_id))

    async def forget(self, visitor_id: int) -> None:
        await self._db.unit(forget, visitor_id, self._keyring.hash(self._keyring.new_secret()))

    async def window(self, visitor_id: int, before: str | None = None) -> Window:
        """The visitor's own newest messages, or the page before one of them."""
        return await self._db.view(self.read_window, visitor_id, before)

    def read_window(self, rd: Reading, visitor_id: int, before: str | None = None) -> Window:
        """The same, within a view."""
        return self.screen.window(rd, known(rd, visitor_id), before)

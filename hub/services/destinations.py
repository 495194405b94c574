"""Where an answer may go, and what of it may go there: the rules that keep one person's affairs from another."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec
import phonenumbers

from hub.database import Reading
from hub.errors import Conflict, Invalid
from hub.ports.channel import Channel
from hub.repositories import accounts as accounts_sql
from hub.repositories import conversations as entries_sql
from hub.repositories import identities as identities_sql
from hub.repositories import orders as orders_sql
from hub.services.identities import STRENGTH, group, usable
from hub.services.mentions import mentions
from hub.services.orders import of_customers, order_of

# What is shorter is found in half of all texts.
_SHORTEST_STREET = 6


class DestinationUnverified(Conflict):
    """This address is not proven, and the text holds what belongs to another address of this customer."""

    code = "destination_unverified"


class NotReachable(Invalid):
    """There is no way to answer there."""

    code = "not_reachable"


class Destination:
    """An endpoint and the account through which an answer goes there."""

    __slots__ = ("account", "channel", "endpoint")

    def __init__(self, endpoint: Any, account: Any, channel: Channel) -> None:
        self.endpoint = endpoint
        self.account = account
        self.channel = channel


def choose(
    rd: Reading,
    channels: Mapping[str, Channel],
    customer_id: int,
    endpoint_id: int | None,
    account: str | None,
) -> Destination:
    """The endpoint a reply goes to: the one named, else that of the message last received. Exactly one, and theirs."""
    members = group(rd, customer_id)
    endpoints = usable(rd.all(identities_sql.endpoints_of, customer_ids=[member.customer_id for member in members]))
    if endpoint_id is None:
        endpoint = _last_heard_from(rd, members, endpoints)
    else:
        endpoint = next((row for row in endpoints if row.id == endpoint_id), None)
        if endpoint is None:
            raise NotReachable("This address is not one of this customer's.")
    if endpoint is None:
        raise NotReachable("This customer has no address that can be answered. Write down how you reached them.")
    chosen = _account(rd, channels, endpoint, account, members)
    if chosen is None:
        raise NotReachable(f"No account can send to {endpoint.shown or 'this address'}.")
    return Destination(endpoint, chosen, channels[chosen.channel])


def _last_heard_from(rd: Reading, members: list[Any], endpoints: list[Any]) -> Any | None:
    heard = [rd.first(entries_sql.last_inbound, conversation_id=member.conversation_id) for member in members]
    newest = max((row for row in heard if row is not None), key=lambda row: row.id, default=None)
    if newest is not None:
        return next((row for row in endpoints if row.id == newest.endpoint_id), None)
    return next((row for row in endpoints if row.held and row.kind == "email"), None)


def _account(
    rd: Reading, channels: Mapping[str, Channel], endpoint: Any, wanted: str | None, members: list[Any]
) -> Any | None:
    """The account named, else the one by which this endpoint last wrote, else any that fits."""
    last = None
    for member in members:
        last = last or rd.first(
            entries_sql.last_from_endpoint, conversation_id=member.conversation_id, endpoint_id=endpoint.id
        )
    came_by = None if last is None else last.account_id
    accounts = [row for row in rd.all(accounts_sql.every) if not row.gone]
    able = [row for row in accounts if _fits(channels, row, endpoint) or _carries(channels, row, came_by)]
    if wanted is not None:
        return next((row for row in able if row.name == wanted), None)
    return next((row for row in able if row.id == came_by), None) or next(iter(able), None)


def _carries(channels: Mapping[str, Channel], account: Any, came_by: int | None) -> bool:
    """Whether the shop's own backend brought it: then the shop's backend takes the answer."""
    channel = channels.get(account.channel)
    return channel is not None and channel.capabilities.carries_any and account.id == came_by


def _fits(channels: Mapping[str, Channel], account: Any, endpoint: Any) -> bool:
    channel = channels.get(account.channel)
    if channel is None or not channel.capabilities.reply:
        return False
    if endpoint.kind == "session" or channel.scoped:
        return bool(endpoint.scope == account.name and endpoint.kind in {"session", channel.address_kind})
    return bool(channel.address_kind == endpoint.kind)


def check(rd: Reading, customer_id: int, endpoint: Any, text: str, files: Mapping[str, str] | None = None) -> list[str]:
    """What in a message belongs to the customer's other endpoints, for an endpoint that is not proven.

    `files` names what goes with it, by the content's name in the file store.
    """
    if STRENGTH[endpoint.assurance] >= STRENGTH["link"] and endpoint.held:
        return []
    files = files or {}
    text = "\n".join([text, *files.values()])
    written = _written_by(rd, endpoint)
    typed = _squeeze(written)
    shown = group(rd, customer_id)
    members = [member.customer_id for member in shown]
    found = _addresses_in(rd, members, endpoint, text, typed)
    own = {row.id for row in rd.all(orders_sql.of_address, kind=endpoint.kind, address=endpoint.address, limit=200)}
    found += _orders_in(rd, own, text, typed)
    found += _streets_in(rd, members, own, text, written)
    found += _files_among(rd, [member.conversation_id for member in shown], endpoint, files)
    return list(dict.fromkeys(found))


def _addresses_in(rd: Reading, members: list[int], endpoint: Any, text: str, typed: str) -> list[str]:
    squeezed = _squeeze(text)
    return [
        other.shown or other.address
        for other in rd.all(identities_sql.endpoints_of, customer_ids=members)
        if other.kind in {"email", "phone"} and other.address != endpoint.address
        if _names(squeezed, other) and not _names(typed, other)
    ]


def _names(squeezed: str, endpoint: Any) -> bool:
    """Whether a text holds this address, however it is written."""
    if endpoint.kind == "phone":
        return str(phonenumbers.parse(endpoint.address).national_number) in squeezed
    return _squeeze(endpoint.address) in squeezed or _squeeze(endpoint.shown or endpoint.address) in squeezed


def _orders_in(rd: Reading, own: set[int], text: str, typed: str) -> list[str]:
    return [
        mention.number
        for mention in mentions(rd, text)
        if _squeeze(mention.number) not in typed and order_of(rd, mention.source, mention.number).id not in own
    ]


def _streets_in(rd: Reading, members: list[int], own: set[int], text: str, written: str) -> list[str]:
    """Where this customer's other orders went: a street is said in few ways, a town tells nobody apart."""
    streets: dict[bool, dict[str, str]] = {True: {}, False: {}}
    for view in of_customers(rd, members):
        sent_to = msgspec.json.decode(view.order, type=_SentTo).shipping_address
        if sent_to is not None and len(re.findall(r"\w", sent_to.street)) >= _SHORTEST_STREET:
            streets[view.id in own][_spellings(sent_to.street)] = sent_to.street
    return [
        street
        for spellings, street in streets[False].items()
        if spellings not in streets[True]
        if re.search(spellings, text.casefold()) and not re.search(spellings, written.casefold())
    ]


def _files_among(rd: Reading, conversation_ids: list[int], endpoint: Any, files: Mapping[str, str]) -> list[str]:
    """Files that came from or went to another address of this customer, whatever they are called now."""
    if not files:
        return []
    rows = rd.all(entries_sql.endpoints_of_files, files=sorted(files), conversation_ids=conversation_ids)
    own = {row.file for row in rows if row.endpoint_id == endpoint.id}
    return sorted({files[row.file] for row in rows if row.file not in own})


class _Street(msgspec.Struct):
    street: str = ""


class _SentTo(msgspec.Struct):
    shipping_address: _Street | None = None


def _spellings(street: str) -> str:
    """A pattern of a street and its number: “Lindenstraße 5” is “Lindenstr. 5”, and not “Lindenstraße 52”."""
    words = re.findall(r"[^\W\d_]+|\d+", street.casefold())
    spelled = [re.sub(r"str(asse|eet)?$", "str(?:asse|eet)?", word) for word in words]
    return r"(?<!\w)" + r"[\W_]*".join(spelled) + r"(?!\d)"


def _written_by(rd: Reading, endpoint: Any) -> str:
    rows = rd.all(entries_sql.words_of_endpoint, endpoint_id=endpoint.id)
    return " ".join(f"{row.subject} {row.text}" for row in rows)


def _squeeze(text: str) -> str:
    """Without spaces and signs, so that a phone number is found however it is written."""
    return re.sub(r"[\s()/.\-]+", "", text).casefold()

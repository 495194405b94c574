"""Writes a shop's story into an empty hub: every table that reading, searching and listing touch."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec

from bench.dataset.colleagues import COLLEAGUES, agent_id, session_secret
from bench.dataset.shop import Shop, place
from bench.dataset.sinks import Sink
from hub.keyring import Keyring
from hub.services.order_text import order_text
from hub.services.request_numbers import number_of
from hub.words import words_of

SOURCE = "shop"
_ENTRY = (
    "id conversation_id seq shown_at kind direction channel account_id author_kind author_name text"
    " endpoint_id assurance assurance_method request_id received_time"
)
_ENDPOINT = "id kind address shown customer_id held assurance method proven_at seen_at"
_INTAKE = "account_id external_id received_at body fingerprint state entry_id"
_ORDER = "id source number status updated_at as_of placed_at body"
_REQUEST = (
    "id conversation_id subject status owner_id opened_at waiting_since last_at last_entry_id"
    " snoozed_until resolved_at box rank unread"
)


_AT_ONCE = 5000
# Keeps what happened in the same millisecond apart in the index.
_REQUESTS_FROM, _ORDERS_FROM = 500_000, 300_000


class Writer:
    """Writes one story through a sink. `account` is the one by which everything came."""

    def __init__(self, shop: Shop, sink: Sink, account: int) -> None:
        self._shop = shop
        self._sink = sink
        self._account = account
        self._counts: Counter[str] = Counter()

    def write(self) -> None:
        self._colleagues()
        self._customers()
        self._entries()
        self._requests()
        self._orders()

    def _colleagues(self) -> None:
        agents = range(1, COLLEAGUES + 1)
        names = "id name email role created_at"
        self._sink.rows(
            "agents",
            names,
            ((agent_id(i), f"Agent {i}", f"agent{i}@example.com", "admin" if i == 1 else "agent", 0) for i in agents),
        )
        self._sink.rows(
            "sessions",
            "secret_hash agent_id csrf created_at last_seen_at expires_at",
            ((Keyring.hash(session_secret(i)), agent_id(i), f"csrf{i}", 0, 0, 0) for i in agents),
        )

    def _customers(self) -> None:
        shop, sink = self._shop, self._sink
        everyone = range(1, shop.size.customers + 1)
        sink.rows("customers", "id name created_at", ((i, shop.name(i), shop.at(i)) for i in everyone))
        sink.rows("endpoints", _ENDPOINT, self._endpoints())
        sink.rows("found_things", "id kind thing_id", ((place(shop.at(i), i), "customer", i) for i in everyone))
        sink.words("search_things", (self._words_of_customer(i) for i in everyone))

    def _endpoints(self) -> Iterator[tuple[Any, ...]]:
        for i in range(1, self._shop.size.customers + 1):
            email, phone = self._shop.email(i), self._shop.phone(i)
            at = self._shop.at(i)
            yield 2 * i - 1, "email", email, email, i, True, "signed", "shop", at, at
            yield 2 * i, "phone", phone, phone, i, True, "claimed", "", None, at

    def _words_of_customer(self, customer: int) -> tuple[int, list[str]]:
        shop = self._shop
        phone = shop.phone(customer)
        words = [*words_of(f"{shop.name(customer)} {shop.email(customer)}"), phone[1:], phone[3:]]
        return place(shop.at(customer), customer), [f"c{word}" for word in words]

    # --- what was said ---

    def _entries(self) -> None:
        texts = enumerate(self._shop.texts(), 1)
        while batch := list(itertools.islice(texts, _AT_ONCE)):
            self._sink.rows("entries", _ENTRY, map(self._entry, batch))
            self._sink.rows("intake", _INTAKE, map(self._intake, batch))
            places = [(place(self._shop.at(entry), entry), entry) for entry, _ in batch]
            self._sink.rows("found_messages", "id entry_id", places)
            self._sink.words(
                "search_messages", ((at, words_of(said[2])) for (at, _), (_, said) in zip(places, batch, strict=True))
            )

    def _entry(self, told: tuple[int, tuple[int, int, str]]) -> tuple[Any, ...]:
        entry, (customer, seq, text) = told
        at = self._shop.at(entry)
        who = (self._account, "customer", self._shop.name(customer), text, 2 * customer - 1, "signed", "shop")
        return entry, customer, seq, at, "message", "in", "generic", *who, customer, at

    def _intake(self, told: tuple[int, tuple[int, int, str]]) -> tuple[Any, ...]:
        entry, (_, _, text) = told
        return self._account, f"past-{entry}", self._shop.at(entry), text.encode(), f"{entry:064x}", "entry", entry

    # --- what it was about ---

    def _requests(self) -> None:
        shop, sink = self._shop, self._sink
        everyone = range(1, shop.size.customers + 1)
        sink.rows("conversations", "id customer_id last_seq", ((i, i, shop.last_seq[i]) for i in everyone))
        sink.rows("requests", _REQUEST, map(self._request, everyone))
        places = ((place(shop.at(i), i + _REQUESTS_FROM), "request", i) for i in everyone)
        sink.rows("found_things", "id kind thing_id", places)
        sink.words(
            "search_things",
            ((place(shop.at(i), i + _REQUESTS_FROM), [f"r{number_of(i)}", f"r{shop.topic(i)}"]) for i in everyone),
        )
        sink.rows("inbox_counts", "name n", self._counts.items())

    def _request(self, customer: int) -> tuple[Any, ...]:
        shown = self._shop.request(customer)
        at, box, owner = shown["at"], shown["box"], shown["owner_id"]
        if box == "open":
            self._counts.update(["open", "unassigned" if owner is None else f"mine:{agent_id(owner)}"])
        elif box == "snoozed":
            self._counts.update(["snoozed"])
        return (
            *(customer, customer, self._shop.topic(customer), shown["status"]),
            *(None if owner is None else agent_id(owner), at, shown["waiting_since"], at, shown["entry"]),
            *(shown["snoozed_until"], at if box == "resolved" else None, box, shown["rank"], False),
        )

    # --- what was bought ---

    def _orders(self) -> None:
        shop, sink = self._shop, self._sink
        orders = range(1, shop.size.orders + 1)
        sink.rows("orders", _ORDER, map(self._order, orders))
        addresses = ((i, "email", shop.email(i), True) for i in orders)
        sink.rows("order_addresses", "order_id kind address verified", addresses)
        places = ((place(shop.order_at(i), i + _ORDERS_FROM), "order", i) for i in orders)
        sink.rows("found_things", "id kind thing_id", places)
        sink.words("search_things", map(self._words_of_order, orders))

    def _order(self, order: int) -> tuple[Any, ...]:
        at = self._shop.order_at(order)
        body = msgspec.json.encode(self._shop.order(order)).decode()
        return order, SOURCE, self._shop.order_number(order), "shipped", at, at, at, body

    def _words_of_order(self, order: int) -> tuple[int, list[str]]:
        words = words_of(order_text(self._shop.order_number(order), self._shop.order(order)))
        return place(self._shop.order_at(order), order + _ORDERS_FROM), [f"o{word}" for word in words]

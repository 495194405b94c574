"""What a data set holds: customers, what they wrote and bought. Told row by row, always the same for the same size."""

from __future__ import annotations

import array
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec

from bench.dataset.colleagues import COLLEAGUES
from bench.words import Speaker
from hub.ports.commerce import Line, Order, OrderCustomer

# When the story of every data set ends, and how far back it reaches.
END_MS = 1_760_000_000_000
SPAN_MS = 2 * 365 * 86_400_000
ENTRIES_EACH = 5
LONG, SHORT = 10_000, 50
FIRST_ORDER = 10_000
_LOW_BITS = 20


class Size(msgspec.Struct, frozen=True):
    """How much there is. Conversation 1 is long, 2 is short; the others share what is left."""

    entries: int

    @property
    def customers(self) -> int:
        return max(10, self.entries // ENTRIES_EACH)

    @property
    def orders(self) -> int:
        return self.customers // 2

    @property
    def long(self) -> int:
        return min(LONG, self.entries // 2)

    @property
    def short(self) -> int:
        return min(SHORT, self.entries // 20)


class Shop:
    """One shop's story, in the order in which it is written down: `entries` first, then what hangs on it."""

    def __init__(self, size: Size) -> None:
        self.size = size
        self._said = Speaker(1)
        self._chance = random.Random(2)
        self.last_seq = array.array("l", [0]) * (size.customers + 1)
        self.last_entry = array.array("l", [0]) * (size.customers + 1)

    def email(self, customer: int) -> str:
        return f"customer{customer}@example.com"

    def phone(self, customer: int) -> str:
        return f"+4930{1_000_000 + customer}"

    def name(self, customer: int) -> str:
        given, family = random.Random(customer).sample(self._said.vocabulary[:4000], 2)
        return f"{given.title()} {family.title()}"

    def topic(self, customer: int) -> str:
        return self._said.vocabulary[customer % 500]

    def order_number(self, order: int) -> str:
        return str(FIRST_ORDER + order)

    def at(self, entry: int) -> int:
        return END_MS - SPAN_MS + SPAN_MS * entry // max(1, self.size.entries)

    def texts(self) -> Iterator[tuple[int, int, str]]:
        """Conversation, number in it, and words of each entry, in the order in which they were written."""
        for entry, conversation in enumerate(self._turns(), 1):
            self.last_seq[conversation] += 1
            self.last_entry[conversation] = entry
            yield conversation, self.last_seq[conversation], self._said.sentence()

    def _turns(self) -> array.array[int]:
        """Whose turn it is, entry by entry."""
        size, turns = self.size, array.array("l")
        turns.extend([1] * size.long + [2] * size.short)
        others = range(3, size.customers + 1)
        while len(turns) < size.entries:
            turns.extend(others[: size.entries - len(turns)])
        self._chance.shuffle(turns)
        return turns

    def request(self, customer: int) -> dict[str, Any]:
        """The state of a customer's request: half are open, half of those are somebody's."""
        entry = self.last_entry[customer] or 1
        at = self.at(entry)
        lot = self._chance.random()
        status, box = ("open", "open") if lot < 0.5 else ("waiting_customer", "snoozed") if lot < 0.52 else ("", "")
        if not status:
            status, box = "resolved", "resolved"
        waits = box == "open" and lot < 0.4
        return {
            "status": status,
            "box": box,
            "owner_id": self._chance.randint(1, COLLEAGUES) if box == "open" and lot < 0.25 else None,
            "at": at,
            "entry": entry,
            "waiting_since": at if waits else None,
            "rank": at if waits else (1 << 52) - at,
            "snoozed_until": END_MS + SPAN_MS * 10 if box == "snoozed" else None,
        }

    def order(self, order: int) -> Order:
        moment = datetime.fromtimestamp(self.order_at(order) / 1000, UTC)
        customer = OrderCustomer(name=self.name(order), email=self.email(order))
        lines = [Line(sku=f"K-{order % 500}", name=f"Kettle {order % 500}", price=4900)]
        return Order(status="shipped", updated_at=moment, placed_at=moment, customer=customer, lines=lines)

    def order_at(self, order: int) -> int:
        return END_MS - SPAN_MS + SPAN_MS * order // (self.size.orders + 1)


def place(at_ms: int, low: int) -> int:
    """Where something stands in the search index: by its time."""
    return at_ms << _LOW_BITS | low & ((1 << _LOW_BITS) - 1)

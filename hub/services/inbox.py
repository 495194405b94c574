"""The lists of the inbox: pages and windows of their rows, each with whom it is about."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from hub.database import Reading
from hub.errors import NotFound
from hub.repositories import identities as identities_sql
from hub.repositories import requests as requests_sql
from hub.services import shapes
from hub.services.identities import STRENGTH, group, name_of, root
from hub.services.timelines import FIRST, LAST, Whole
from hub.views import ListView, RowView

# As much as a screen may hold of a list; who has more sees the rest by asking for it.
LARGEST_LIST = 5000
_ID = re.compile(r"[0-9]{1,15}")


class Inbox:
    """Renders the rows of requests."""

    def rows(self, rd: Reading, rows: Sequence[Any]) -> list[RowView]:
        alone = {row.customer_id for row in rows if row.merged_into is None and not row.has_joined}
        endpoints = _endpoints(rd, alone)
        shown: dict[int, shapes.Shown] = {}
        for row in rows:
            if row.customer_id in alone:
                theirs = endpoints.get(row.customer_id, [])
                shown[row.customer_id] = _shown(row.customer_id, row.customer_name, theirs, row)
            elif row.customer_id not in shown:
                shown[row.customer_id] = self._shown_together(rd, row)
        return [shapes.row_view(row, shown[row.customer_id]) for row in rows]

    def _shown_together(self, rd: Reading, row: Any) -> shapes.Shown:
        """Who shows for a customer that was merged, or into whom others were."""
        members = group(rd, root(rd, row.customer_id).id)
        ids = [member.customer_id for member in members]
        return _shown(ids[0], name_of(members), rd.all(identities_sql.endpoints_of, customer_ids=ids), row)

    def inbox(self, rd: Reading, view: str, after: tuple[int, int] | None, limit: int) -> ListView:
        """One page of an inbox list after (rank, id)."""
        rows = self._list(rd, view, after or FIRST, LAST, limit + 1)
        floor = (rows[limit - 1].rank, rows[limit - 1].id) if len(rows) > limit else None
        return ListView(view=view, rows=self.rows(rd, rows[:limit]), floor=floor)

    def inbox_window(self, rd: Reading, view: str, floor: tuple[int, int] | Whole) -> ListView:
        """All of an inbox list down to a floor that a screen already has."""
        rows = self._list(rd, view, FIRST, LAST if floor == "all" else floor, LARGEST_LIST + 1)
        kept = rows[:LARGEST_LIST]
        whole = None if floor == "all" else floor
        return ListView(
            view=view,
            rows=self.rows(rd, kept),
            floor=(kept[-1].rank, kept[-1].id) if len(rows) > len(kept) else whole,
        )

    def _list(self, rd: Reading, view: str, after: tuple[int, int], floor: tuple[int, int], limit: int) -> list[Any]:
        name, _, owner = view.partition(":")
        statement = requests_sql.LISTS.get(name)
        if statement is None or bool(owner) != (name == "mine") or (owner and not _ID.fullmatch(owner)):
            raise NotFound(f"There is no list “{view}”.")
        return rd.all(
            statement,
            rank=after[0],
            after_id=after[1],
            floor_rank=floor[0],
            floor_id=floor[1],
            limit=limit,
            owner_id=int(owner or 0),
        )


def best_proof(endpoints: Sequence[Any]) -> Any | None:
    """The endpoint by which a customer is best proven, None while nothing is."""
    proven = (e for e in endpoints if e.held and e.proven_at is not None)
    return max(proven, key=lambda e: (STRENGTH[e.assurance], e.proven_at), default=None)


def _endpoints(rd: Reading, customer_ids: set[int]) -> dict[int, list[Any]]:
    """The endpoints of each of these customers, in one statement for all."""
    endpoints: dict[int, list[Any]] = {}
    for row in rd.all(identities_sql.endpoints_of, customer_ids=sorted(customer_ids)) if customer_ids else ():
        endpoints.setdefault(row.customer_id, []).append(row)
    return endpoints


def _shown(customer_id: int, name: str, endpoints: Sequence[Any], row: Any) -> shapes.Shown:
    """A customer as a row names them: by their address where nobody knows their name."""
    best = best_proof(endpoints)
    return shapes.Shown(customer_id, name or _address_of(endpoints), best.assurance if best else _word_of(row))


def _address_of(endpoints: Sequence[Any]) -> str:
    """An address that people know somebody by; that of a browser or a program tells nothing."""
    return next((e.shown for e in endpoints if e.held and e.kind in {"email", "phone"}), "")


def _word_of(row: Any) -> str | None:
    """`claimed` for somebody of whom nothing is known but their word."""
    return "claimed" if row.provisional else None

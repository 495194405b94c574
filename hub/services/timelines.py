"""Entries as screens show them: pages and windows of one or more conversations as one timeline."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from typing import Any, Literal

from hub.clock import to_text
from hub.database import Reading
from hub.errors import NotFound
from hub.repositories import conversations as entries_sql
from hub.repositories import deliveries as deliveries_sql
from hub.repositories import identities as identities_sql
from hub.services import shapes
from hub.services.identities import root
from hub.views import AttachmentView, EntryView

PAGE = 50
# As much as a screen may hold of a timeline; who has more sees the rest by asking for it.
LARGEST_TIMELINE = 2000
Floor = tuple[str, int]
Whole = Literal["all"]
LAST = (1 << 62, 1 << 62)
FIRST = (-(1 << 62), 0)


def shown_on(rd: Reading, rows: Sequence[Any]) -> dict[int, int]:
    """Per conversation of these rows: the customer on whose screen it shows."""
    ids = list({row.conversation_id: None for row in rows})
    owners = rd.all(identities_sql.customers_of_conversations, conversation_ids=ids) if ids else ()
    return {owner.conversation_id: owner.id if owner.merged_into is None else root(rd, owner.id).id for owner in owners}


class Timelines:
    """Renders entries."""

    def entries(self, rd: Reading, rows: Sequence[Any]) -> list[EntryView]:
        """Entries with their files and deliveries, in the order given."""
        ids = [row.id for row in rows]
        files: dict[int, list[AttachmentView]] = {}
        for item in rd.all(entries_sql.attachments_of, entry_ids=ids) if ids else ():
            files.setdefault(item.entry_id, []).append(shapes.attachment(item))
        sent: dict[int, list[Any]] = {}
        outgoing = [row.id for row in rows if row.direction == "out"]
        for item in rd.all(deliveries_sql.of_entries, entry_ids=outgoing) if outgoing else ():
            sent.setdefault(item.entry_id, []).append(item)
        shown_for = shown_on(rd, rows)
        return [
            shapes.entry_view(row, shown_for[row.conversation_id], files.get(row.id, []), sent.get(row.id, []))
            for row in rows
        ]

    def entry(self, rd: Reading, entry_id: int) -> EntryView:
        row = rd.first(entries_sql.entry, entry_id=entry_id)
        if row is None:
            raise NotFound("There is no such entry.")
        return self.entries(rd, [row])[0]

    def page(
        self, rd: Reading, conversation_ids: Sequence[int], before: tuple[int, int], limit: int
    ) -> tuple[list[EntryView], Floor | None]:
        """The newest entries before (shown_at, id) of one or more conversations as one timeline, oldest first."""
        streams = [
            rd.all(
                entries_sql.before,
                conversation_id=conversation_id,
                shown_at=before[0],
                entry_id=before[1],
                limit=limit + 1,
            )
            for conversation_id in conversation_ids
        ]
        merged = heapq.merge(*streams, key=lambda row: (-row.shown_at, -row.id))
        rows = [row for row, _ in zip(merged, range(limit + 1), strict=False)]
        return self._cut(rd, rows, limit)

    def window(
        self, rd: Reading, conversation_ids: Sequence[int], floor: tuple[int, int] | Whole
    ) -> tuple[list[EntryView], Floor | None]:
        """Everything from the newest entry down to a floor that a screen already has."""
        lowest = FIRST if floor == "all" else floor
        rows: list[Any] = []
        for conversation_id in conversation_ids:
            rows += rd.all(
                entries_sql.since,
                conversation_id=conversation_id,
                shown_at=lowest[0],
                entry_id=lowest[1],
                limit=LARGEST_TIMELINE + 1,
            )
        rows.sort(key=lambda row: (row.shown_at, row.id), reverse=True)
        shown, cut = self._cut(rd, rows, LARGEST_TIMELINE)
        return shown, cut if cut or floor == "all" else (to_text(floor[0]), floor[1])

    def _cut(self, rd: Reading, rows: list[Any], limit: int) -> tuple[list[EntryView], Floor | None]:
        kept = rows[:limit]
        floor = (to_text(kept[-1].shown_at), kept[-1].id) if len(rows) > limit else None
        return list(reversed(self.entries(rd, kept))), floor

    def floor_of(self, rd: Reading, entry_id: int) -> tuple[int, int]:
        """The floor of a window that reaches down to some entries before this one."""
        entry = rd.one(entries_sql.entry, entry_id=entry_id)
        rows = rd.all(
            entries_sql.before,
            conversation_id=entry.conversation_id,
            shown_at=entry.shown_at,
            entry_id=entry.id,
            limit=PAGE // 2,
        )
        lowest = rows[-1] if rows else entry
        return lowest.shown_at, lowest.id

"""What screens show, read from one snapshot. Events carry the same objects, made by the same functions."""

from __future__ import annotations

import heapq
import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec

from hub.clock import to_text
from hub.database import Reading
from hub.errors import NotFound
from hub.ports.channel import Channel
from hub.repositories import accounts as accounts_sql
from hub.repositories import agents as agents_sql
from hub.repositories import conversations as entries_sql
from hub.repositories import deliveries as deliveries_sql
from hub.repositories import drafts as drafts_sql
from hub.repositories import identities as identities_sql
from hub.repositories import requests as requests_sql
from hub.repositories import teams as teams_sql
from hub.services import orders, shapes
from hub.services.draft_body import DraftBody
from hub.services.identities import STRENGTH, NoSuchCustomer, group, known, name_of, root
from hub.views import (
    AccountView,
    AgentView,
    AttachmentView,
    CannedView,
    ConversationName,
    ConversationView,
    CustomerView,
    DraftView,
    EntryView,
    ListView,
    RequestView,
    RowView,
    SuggestionView,
    TeamView,
    Way,
)

PAGE = 50
# As much as a screen may hold of a list and of a timeline; who has more sees the rest by asking for it.
LARGEST_LIST = 5000
LARGEST_TIMELINE = 2000
Floor = tuple[str, int]
Whole = Literal["all"]
LAST = (1 << 62, 1 << 62)
FIRST = (-(1 << 62), 0)
_ID = re.compile(r"[0-9]{1,15}")


class Snapshot:
    """Renders every collection; knows what each channel can do."""

    def __init__(self, channels: Mapping[str, Channel]) -> None:
        self._channels = channels

    # --- entries ---

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
        shown_for: dict[int, int] = {}
        for row in rows:
            if row.conversation_id not in shown_for:
                owner = rd.one(identities_sql.customer_of_conversation, conversation_id=row.conversation_id)
                shown_for[row.conversation_id] = owner.id if owner.merged_into is None else root(rd, owner.id).id
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

    # --- requests and the rows of the inbox ---

    def requests(self, rd: Reading, rows: Sequence[Any]) -> list[RequestView]:
        ids = [row.id for row in rows]
        linked: dict[int, list[dict[str, str]]] = {}
        for link in rd.all(requests_sql.orders_of, request_ids=ids) if ids else ():
            linked.setdefault(link.request_id, []).append({"source": link.source, "number": link.number})
        owners: dict[int, int] = {}
        for row in rows:
            if row.conversation_id not in owners:
                owner = rd.one(identities_sql.customer_of_conversation, conversation_id=row.conversation_id)
                owners[row.conversation_id] = owner.id if owner.merged_into is None else root(rd, owner.id).id
        return [shapes.request_view(row, owners[row.conversation_id], linked.get(row.id, [])) for row in rows]

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

    # --- customers ---

    def customer(self, rd: Reading, customer_id: int) -> CustomerView:
        """A customer as colleagues see them, with all who were merged into them."""
        customer = rd.first(identities_sql.customer, customer_id=customer_id)
        if customer is None:
            raise NoSuchCustomer
        members = group(rd, customer_id)
        ids = [member.customer_id for member in members]
        endpoints = rd.all(identities_sql.endpoints_of, customer_ids=ids)
        best = _best_proof(endpoints)
        shop = rd.all(identities_sql.shop_numbers, customer_ids=ids)
        known: dict[str, Any] = {}
        for row in shop:
            known |= {k: v for k, v in msgspec.json.decode(row.body).items() if v}
        ways = self._ways(rd)
        return CustomerView(
            id=customer.id,
            version=customer.version,
            name=name_of(members),
            language=customer.language,
            kind=customer.kind,
            provisional=customer.provisional,
            assurance=best.assurance if best else None,
            assurance_method=best.method if best else "",
            proven_at=shapes.time_or_none(best.proven_at) if best else None,
            endpoints=[shapes.endpoint_view(e, ways) for e in endpoints if e.held and (e.kind != "session" or e.scope)],
            says=shapes.says(endpoints),
            conversations=[ConversationName(id=member.conversation_id) for member in members],
            joined=ids[1:],
            numbers=[{"source": row.source, "number": row.number} for row in shop],
            loyalty=known.get("loyalty"),
            consent=known.get("consent"),
            segments=known.get("segments") or [],
            fields=known.get("fields") or {},
            suggestions=self._suggestions(rd, ids),
        )

    def _suggestions(self, rd: Reading, ids: list[int]) -> list[SuggestionView]:
        return [
            SuggestionView(
                id=row.id, customer_id=row.other_id, name=row.name, evidence=msgspec.json.decode(row.evidence)
            )
            for row in rd.all(identities_sql.suggestions_of, customer_ids=ids)
            if row.other_id not in ids
        ]

    def _ways(self, rd: Reading) -> dict[tuple[str, str], list[Way]]:
        """Per (address kind, scope): the accounts that can carry an answer there."""
        ways: dict[tuple[str, str], list[Way]] = {}
        for row in rd.all(accounts_sql.every):
            channel = self._channels.get(row.channel)
            if channel is None or row.gone or not channel.capabilities.reply:
                continue
            why_not = row.state_reason if row.state == "failing" else ""
            scope = row.name if channel.scoped else ""
            way = Way(account=row.name, channel=row.channel, why_not=why_not)
            ways.setdefault((channel.address_kind, scope), []).append(way)
            ways.setdefault(("session", row.name), []).append(way)
        return ways

    def conversation(
        self, rd: Reading, customer_id: int, floor: tuple[int, int] | Whole | None = None
    ) -> ConversationView:
        """The screen of one customer: newest page, or everything down to `floor`."""
        shown = root(rd, known(rd, customer_id))
        customer = self.customer(rd, shown.id)
        ids = [conversation.id for conversation in customer.conversations]
        if floor is None:
            entries, new_floor = self.page(rd, ids, LAST, PAGE)
        else:
            entries, new_floor = self.window(rd, ids, floor)
        requests = rd.all(requests_sql.of_conversations, conversation_ids=ids)
        return ConversationView(
            customer=customer,
            entries=entries,
            floor=new_floor,
            requests=self.requests(rd, requests),
            orders=orders.of_customers(rd, [shown.id, *customer.joined]),
        )

    def earlier(
        self, rd: Reading, customer_id: int, before: tuple[int, int], limit: int
    ) -> tuple[list[EntryView], Floor | None]:
        """The page of a customer's timeline before (shown_at, id)."""
        members = group(rd, root(rd, known(rd, customer_id)).id)
        return self.page(rd, [member.conversation_id for member in members], before, limit)

    def customer_of(
        self,
        rd: Reading,
        *,
        customer: int | None = None,
        request: int | None = None,
        conversation: int | None = None,
        entry: int | None = None,
    ) -> int:
        """The customer on whose screen one of these shows; raises `NoSuchCustomer`."""
        if request is not None:
            row = rd.first(requests_sql.request, request_id=request)
            conversation = row.conversation_id if row is not None else None
        elif entry is not None:
            row = rd.first(entries_sql.entry, entry_id=entry)
            conversation = row.conversation_id if row is not None else None
        if conversation is not None:
            owner = rd.first(identities_sql.customer_of_conversation, conversation_id=conversation)
            customer = owner.id if owner is not None else None
        if customer is None:
            raise NoSuchCustomer
        return int(root(rd, known(rd, customer)).id)

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

    # --- what is everywhere ---

    def agents(self, rd: Reading) -> list[AgentView]:
        return [shapes.agent_view(row) for row in rd.all(agents_sql.everyone)]

    def teams(self, rd: Reading) -> list[TeamView]:
        members: dict[int, list[int]] = {}
        for row in rd.all(teams_sql.members):
            members.setdefault(row.team_id, []).append(row.agent_id)
        return [
            TeamView(id=row.id, version=row.version, name=row.name, agents=members.get(row.id, []), gone=row.gone)
            for row in rd.all(teams_sql.every_team)
        ]

    def canned(self, rd: Reading) -> list[CannedView]:
        return [
            CannedView(
                id=row.id, version=row.version, name=row.name, text=row.text, language=row.language, gone=row.gone
            )
            for row in rd.all(teams_sql.every_canned)
        ]

    def accounts(self, rd: Reading) -> list[AccountView]:
        return [self._account(row) for row in rd.all(accounts_sql.every)]

    def _account(self, row: Any) -> AccountView:
        channel = self._channels.get(row.channel)
        settings = msgspec.json.decode(row.settings)
        return AccountView(
            id=row.id,
            version=row.version,
            name=row.name,
            channel=row.channel,
            label=row.label,
            address=settings.get("address", ""),
            capabilities=msgspec.to_builtins(channel.capabilities) if channel else {},
            state=row.state,
            state_reason=row.state_reason,
            gone=row.gone,
        )

    def drafts(self, rd: Reading, agent_id: int) -> list[DraftView]:
        return [self._draft(rd, row) for row in rd.all(drafts_sql.of_agent, agent_id=agent_id)]

    def _draft(self, rd: Reading, row: Any) -> DraftView:
        body = msgspec.json.decode(row.body, type=DraftBody)
        files = [rd.first(entries_sql.attachment, attachment_id=i) for i in body.attachments]
        return DraftView(
            id=row.id,
            version=row.version,
            customer_id=row.customer_id,
            customer_name=row.customer_name or self._name_of_group(rd, row.customer_id),
            request_id=body.request,
            mode=row.mode,
            slot=row.slot,
            endpoint_id=body.endpoint,
            account=body.account,
            text=body.text,
            attachments=[shapes.attachment(item) for item in files if item is not None],
            base=body.base,
            fields=body.fields,
            saved_at=to_text(row.saved_at),
            gone=row.gone,
        )

    def _name_of_group(self, rd: Reading, customer_id: int | None) -> str:
        return "" if customer_id is None else name_of(group(rd, customer_id))

    def counts(self, rd: Reading, agent_id: int) -> dict[str, int]:
        """How many rows each list holds, as far as this colleague sees them."""
        wanted = {"open", "unassigned", "snoozed", "failed", f"mine:{agent_id}"}
        found = {row.name: row.n for row in rd.all(requests_sql.counts) if row.name in wanted}
        return dict.fromkeys(sorted(wanted), 0) | found

    # --- the objects that a unit touched ---

    def collection(self, rd: Reading, name: str, ids: Sequence[int]) -> list[Any]:
        """The objects of a collection with these ids, as they are now."""
        match name:
            case "entries":
                return [self.entry(rd, i) for i in ids]
            case "requests":
                return self.requests(rd, [rd.one(requests_sql.request, request_id=i) for i in ids])
            case "rows":
                return self.rows(rd, [rd.one(requests_sql.row, request_id=i) for i in ids])
            case "customers":
                return [self.customer(rd, i) for i in ids]
            case "orders":
                return orders.shown(rd, list(ids))
            case "drafts":
                return [self._draft(rd, rd.one(drafts_sql.draft, draft_id=i)) for i in ids]
            case "agents" | "teams" | "canned" | "accounts":
                everything: list[Any] = getattr(self, name)(rd)
                return [item for item in everything if item.id in ids]
        raise LookupError(name)


def _best_proof(endpoints: Sequence[Any]) -> Any | None:
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
    best = _best_proof(endpoints)
    return shapes.Shown(customer_id, name or _address_of(endpoints), best.assurance if best else _word_of(row))


def _address_of(endpoints: Sequence[Any]) -> str:
    """An address that people know somebody by; that of a browser or a program tells nothing."""
    return next((e.shown for e in endpoints if e.held and e.kind in {"email", "phone"}), "")


def _word_of(row: Any) -> str | None:
    """`claimed` for somebody of whom nothing is known but their word."""
    return "claimed" if row.provisional else None

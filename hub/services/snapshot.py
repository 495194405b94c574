"""What screens show, read from one snapshot. Events carry the same objects, made by the same functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from hub.clock import to_text
from hub.database import Reading
from hub.ports.channel import Channel
from hub.repositories import accounts as accounts_sql
from hub.repositories import agents as agents_sql
from hub.repositories import conversations as entries_sql
from hub.repositories import drafts as drafts_sql
from hub.repositories import identities as identities_sql
from hub.repositories import requests as requests_sql
from hub.repositories import teams as teams_sql
from hub.services import orders, shapes
from hub.services.draft_body import DraftBody
from hub.services.identities import NoSuchCustomer, group, known, name_of, root
from hub.services.inbox import Inbox, best_proof
from hub.services.timelines import LAST, PAGE, Floor, Timelines, Whole, shown_on
from hub.views import (
    AccountView,
    AgentView,
    CannedView,
    ConversationName,
    ConversationView,
    CustomerView,
    DraftView,
    EntryView,
    RequestView,
    SuggestionView,
    TeamView,
    Way,
)


class Snapshot(Timelines, Inbox):
    """Renders every collection; knows what each channel can do."""

    def __init__(self, channels: Mapping[str, Channel]) -> None:
        self._channels = channels

    def requests(self, rd: Reading, rows: Sequence[Any]) -> list[RequestView]:
        ids = [row.id for row in rows]
        linked: dict[int, list[dict[str, str]]] = {}
        for link in rd.all(requests_sql.orders_of, request_ids=ids) if ids else ():
            linked.setdefault(link.request_id, []).append({"source": link.source, "number": link.number})
        owners = shown_on(rd, rows)
        return [shapes.request_view(row, owners[row.conversation_id], linked.get(row.id, [])) for row in rows]

    # --- customers ---

    def customer(self, rd: Reading, customer_id: int) -> CustomerView:
        """A customer as colleagues see them, with all who were merged into them."""
        customer = rd.first(identities_sql.customer, customer_id=customer_id)
        if customer is None:
            raise NoSuchCustomer
        members = group(rd, customer_id)
        ids = [member.customer_id for member in members]
        endpoints = rd.all(identities_sql.endpoints_of, customer_ids=ids)
        best = best_proof(endpoints)
        shop = rd.all(identities_sql.shop_numbers, customer_ids=ids)
        told: dict[str, Any] = {}
        for row in shop:
            told |= {k: v for k, v in msgspec.json.decode(row.body).items() if v}
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
            loyalty=told.get("loyalty"),
            consent=told.get("consent"),
            segments=told.get("segments") or [],
            fields=told.get("fields") or {},
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
                return self.entries(rd, rd.all(entries_sql.some, entry_ids=ids))
            case "requests":
                return self.requests(rd, rd.all(requests_sql.some, request_ids=ids))
            case "rows":
                return self.rows(rd, rd.all(requests_sql.some_rows, request_ids=ids))
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

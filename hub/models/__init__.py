"""Every table. The same on SQLite and PostgreSQL; `migrations/` builds it, a test holds the two together."""

from __future__ import annotations

from hub.models.arrivals import accounts, copies, intake
from hub.models.base import metadata
from hub.models.colleagues import (
    agents,
    audit,
    canned,
    invitations,
    sessions,
    sign_in_attempts,
    team_members,
    teams,
    tokens,
)
from hub.models.log import events, found_messages, found_things, jobs, leases, settings
from hub.models.matters import (
    attachments,
    bodies,
    conversations,
    entries,
    inbox_counts,
    outside_ids,
    request_orders,
    requests,
)
from hub.models.outbox import answers, deliveries, drafts, provider_ids
from hub.models.people import address_marks, customers, endpoints, merges, shop_customers, suggestions, visitors
from hub.models.shop import order_addresses, order_milestones, order_versions, orders

__all__ = [
    "accounts",
    "address_marks",
    "agents",
    "answers",
    "attachments",
    "audit",
    "bodies",
    "canned",
    "conversations",
    "copies",
    "customers",
    "deliveries",
    "drafts",
    "endpoints",
    "entries",
    "events",
    "found_messages",
    "found_things",
    "inbox_counts",
    "intake",
    "invitations",
    "jobs",
    "leases",
    "merges",
    "metadata",
    "order_addresses",
    "order_milestones",
    "order_versions",
    "orders",
    "outside_ids",
    "provider_ids",
    "request_orders",
    "requests",
    "sessions",
    "settings",
    "shop_customers",
    "sign_in_attempts",
    "suggestions",
    "team_members",
    "teams",
    "tokens",
    "visitors",
]

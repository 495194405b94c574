"""Everything of the first release."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

# SQLite makes ids by itself only for a column declared INTEGER.
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    accounts()
    address_marks()
    agents()
    answers()
    canned()
    copies()
    customers()
    events()
    found_messages()
    found_things()
    inbox_counts()
    jobs()
    orders()
    settings()
    sign_in_attempts()
    teams()
    audit()
    conversations()
    drafts()
    endpoints()
    intake()
    invitations()
    merges()
    order_addresses()
    order_milestones()
    order_versions()
    sessions()
    shop_customers()
    suggestions()
    team_members()
    tokens()
    requests()
    visitors()
    entries()
    request_orders()
    attachments()
    bodies()
    deliveries()
    outside_ids()
    provider_ids()
    if op.get_bind().dialect.name == "sqlite":
        search_on_sqlite()
    else:
        positions_on_postgresql()
        search_on_postgresql()


def accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("version", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("settings", sa.Text(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("secrets", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'new'"), nullable=False),
        sa.Column("state_reason", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("cursor", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("gone", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("name", name=op.f("uq_accounts_name")),
    )


def address_marks() -> None:
    op.create_table(
        "address_marks",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("agent_id", ID, nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "address", name=op.f("pk_address_marks")),
    )


def agents() -> None:
    op.create_table(
        "agents",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("version", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("name", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("disabled", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("away", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("is_token", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agents")),
        sa.UniqueConstraint("email", name=op.f("uq_agents_email")),
    )


def answers() -> None:
    op.create_table(
        "answers",
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("author", "key", name=op.f("pk_answers")),
    )
    op.create_index(op.f("ix_answers_at"), "answers", ["at"], unique=False)


def canned() -> None:
    op.create_table(
        "canned",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("version", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("name", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("text", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("language", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("gone", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_canned")),
    )


def copies() -> None:
    op.create_table(
        "copies",
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("entry_id", ID, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_copies")),
    )


def customers() -> None:
    op.create_table(
        "customers",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("version", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("name", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("language", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("kind", sa.Text(), server_default=sa.text("'person'"), nullable=False),
        sa.Column("provisional", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("merged_into", ID, nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["merged_into"], ["customers.id"], name=op.f("fk_customers_merged_into")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customers")),
    )
    op.create_index(op.f("ix_customers_merged_into"), "customers", ["merged_into"], unique=False)


def events() -> None:
    op.create_table(
        "events",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("audience", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("customer_id", ID, nullable=True),
        sa.Column("conversation_id", ID, nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_events_at", "events", ["at"], unique=False)


def found_messages() -> None:
    op.create_table(
        "found_messages",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("entry_id", ID, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_found_messages")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_found_messages_entry_id")),
    )


def found_things() -> None:
    op.create_table(
        "found_things",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("thing_id", ID, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_found_things")),
        sa.UniqueConstraint("kind", "thing_id", name=op.f("uq_found_things_kind_thing_id")),
    )


def inbox_counts() -> None:
    op.create_table(
        "inbox_counts",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_inbox_counts")),
    )


def jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("cursor", sa.Text(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("reason", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
        sa.UniqueConstraint("kind", "key", name=op.f("uq_jobs_kind_key")),
    )


def orders() -> None:
    op.create_table(
        "orders",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("version", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("as_of", sa.BigInteger(), nullable=False),
        sa.Column("placed_at", sa.BigInteger(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.UniqueConstraint("source", "number", name=op.f("uq_orders_source_number")),
    )
    op.create_index("ix_orders_number", "orders", ["number"], unique=False)


def settings() -> None:
    op.create_table(
        "settings",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_settings")),
    )


def sign_in_attempts() -> None:
    op.create_table(
        "sign_in_attempts",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_sign_in_attempts")),
    )


def teams() -> None:
    op.create_table(
        "teams",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("version", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("name", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("gone", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_teams")),
    )


def audit() -> None:
    op.create_table(
        "audit",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("agent_id", ID, nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("details", sa.Text(), server_default=sa.text("'{}'"), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name=op.f("fk_audit_agent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )


def conversations() -> None:
    op.create_table(
        "conversations",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("customer_id", ID, nullable=False),
        sa.Column("last_seq", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_conversations_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversations")),
        sa.UniqueConstraint("customer_id", name=op.f("uq_conversations_customer_id")),
    )


def drafts() -> None:
    op.create_table(
        "drafts",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("version", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("agent_id", ID, nullable=False),
        sa.Column("customer_id", ID, nullable=True),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("slot", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("saved_at", sa.BigInteger(), nullable=False),
        sa.Column("gone", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name=op.f("fk_drafts_agent_id")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_drafts_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drafts")),
    )
    op.create_index(op.f("ix_drafts_agent_id"), "drafts", ["agent_id"], unique=False)
    op.create_index(op.f("ix_drafts_customer_id"), "drafts", ["customer_id"], unique=False)
    op.create_index("uq_drafts_slot", "drafts", ["agent_id", "mode", "slot"], unique=True)


def endpoints() -> None:
    op.create_table(
        "endpoints",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("shown", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("customer_id", ID, nullable=False),
        sa.Column("held", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("shared", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("session", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("assurance", sa.Text(), server_default=sa.text("'claimed'"), nullable=False),
        sa.Column("method", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("proven_at", sa.BigInteger(), nullable=True),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("left_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_endpoints_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_endpoints")),
    )
    op.create_index("ix_endpoints_address", "endpoints", ["kind", "address"], unique=False)
    op.create_index(op.f("ix_endpoints_customer_id"), "endpoints", ["customer_id"], unique=False)
    op.create_index(
        "uq_endpoints_claimed",
        "endpoints",
        ["session", "kind", "address"],
        unique=True,
        sqlite_where=sa.text("NOT held"),
        postgresql_where=sa.text("NOT held"),
    )
    op.create_index(
        "uq_endpoints_held",
        "endpoints",
        ["kind", "scope", "address"],
        unique=True,
        sqlite_where=sa.text("held AND NOT shared"),
        postgresql_where=sa.text("held AND NOT shared"),
    )


def intake() -> None:
    op.create_table(
        "intake",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("file", sa.Text(), nullable=True),
        sa.Column("headers", sa.Text(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("entry_id", ID, nullable=True),
        sa.Column("backfilled", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_intake_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_intake")),
        sa.UniqueConstraint("account_id", "external_id", name=op.f("uq_intake_account_id_external_id")),
    )
    op.create_index(op.f("ix_intake_entry_id"), "intake", ["entry_id"], unique=False)
    op.create_index(
        "ix_intake_waiting",
        "intake",
        ["id"],
        unique=False,
        sqlite_where=sa.text("state = 'stored'"),
        postgresql_where=sa.text("state = 'stored'"),
    )


def invitations() -> None:
    op.create_table(
        "invitations",
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("agent_id", ID, nullable=True),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name=op.f("fk_invitations_agent_id")),
        sa.PrimaryKeyConstraint("secret_hash", name=op.f("pk_invitations")),
    )
    op.create_index(op.f("ix_invitations_agent_id"), "invitations", ["agent_id"], unique=False)


def merges() -> None:
    op.create_table(
        "merges",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("customer_id", ID, nullable=False),
        sa.Column("into_id", ID, nullable=False),
        sa.Column("reason", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("agent_id", ID, nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("undone_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_merges_customer_id")),
        sa.ForeignKeyConstraint(["into_id"], ["customers.id"], name=op.f("fk_merges_into_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merges")),
    )
    op.create_index(op.f("ix_merges_customer_id"), "merges", ["customer_id"], unique=False)


def order_addresses() -> None:
    op.create_table(
        "order_addresses",
        sa.Column("order_id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("verified", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_order_addresses_order_id")),
        sa.PrimaryKeyConstraint("order_id", "kind", "address", name=op.f("pk_order_addresses")),
    )
    op.create_index("ix_order_addresses_address", "order_addresses", ["kind", "address"], unique=False)


def order_milestones() -> None:
    op.create_table(
        "order_milestones",
        sa.Column("order_id", ID, nullable=False),
        sa.Column("milestone", sa.Text(), nullable=False),
        sa.Column("entry_id", ID, nullable=True),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_order_milestones_order_id")),
        sa.PrimaryKeyConstraint("order_id", "milestone", name=op.f("pk_order_milestones")),
    )


def order_versions() -> None:
    op.create_table(
        "order_versions",
        sa.Column("order_id", ID, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("as_of", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_order_versions_order_id")),
        sa.PrimaryKeyConstraint("order_id", "version", name=op.f("pk_order_versions")),
    )


def sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("agent_id", ID, nullable=False),
        sa.Column("csrf", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("last_seen_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("browser", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name=op.f("fk_sessions_agent_id")),
        sa.PrimaryKeyConstraint("secret_hash", name=op.f("pk_sessions")),
    )
    op.create_index(op.f("ix_sessions_agent_id"), "sessions", ["agent_id"], unique=False)


def shop_customers() -> None:
    op.create_table(
        "shop_customers",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("customer_id", ID, nullable=True),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_shop_customers_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shop_customers")),
        sa.UniqueConstraint("source", "number", name=op.f("uq_shop_customers_source_number")),
    )
    op.create_index(op.f("ix_shop_customers_customer_id"), "shop_customers", ["customer_id"], unique=False)


def suggestions() -> None:
    op.create_table(
        "suggestions",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("customer_id", ID, nullable=False),
        sa.Column("other_id", ID, nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_suggestions_customer_id")),
        sa.ForeignKeyConstraint(["other_id"], ["customers.id"], name=op.f("fk_suggestions_other_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suggestions")),
        sa.UniqueConstraint("customer_id", "other_id", name=op.f("uq_suggestions_customer_id_other_id")),
    )
    op.create_index(op.f("ix_suggestions_customer_id"), "suggestions", ["customer_id"], unique=False)


def team_members() -> None:
    op.create_table(
        "team_members",
        sa.Column("team_id", ID, nullable=False),
        sa.Column("agent_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name=op.f("fk_team_members_agent_id")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_team_members_team_id")),
        sa.PrimaryKeyConstraint("team_id", "agent_id", name=op.f("pk_team_members")),
    )


def tokens() -> None:
    op.create_table(
        "tokens",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("agent_id", ID, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("last_used_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name=op.f("fk_tokens_agent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tokens")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_tokens_secret_hash")),
    )


def requests() -> None:
    op.create_table(
        "requests",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("version", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("conversation_id", ID, nullable=False),
        sa.Column("subject", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("topic", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("status_text", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("owner_id", ID, nullable=True),
        sa.Column("team_id", ID, nullable=True),
        sa.Column("priority", sa.Text(), server_default=sa.text("'normal'"), nullable=False),
        sa.Column("store", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("snoozed_until", sa.BigInteger(), nullable=True),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("waiting_since", sa.BigInteger(), nullable=True),
        sa.Column("first_response_at", sa.BigInteger(), nullable=True),
        sa.Column("resolved_at", sa.BigInteger(), nullable=True),
        sa.Column("open_ms", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("open_since", sa.BigInteger(), nullable=True),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("last_entry_id", ID, nullable=True),
        sa.Column("unread", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("failed", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("backfilled", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("box", sa.Text(), server_default=sa.text("'open'"), nullable=False),
        sa.Column("rank", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=op.f("fk_requests_conversation_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["agents.id"], name=op.f("fk_requests_owner_id")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_requests_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_requests")),
    )
    op.create_index("ix_requests_box", "requests", ["box", "rank", "id"], unique=False)
    op.create_index(op.f("ix_requests_conversation_id"), "requests", ["conversation_id"], unique=False)
    op.create_index(
        "ix_requests_failed",
        "requests",
        ["rank", "id"],
        unique=False,
        sqlite_where=sa.text("failed > 0"),
        postgresql_where=sa.text("failed > 0"),
    )
    op.create_index(
        "ix_requests_first_response",
        "requests",
        ["first_response_at"],
        unique=False,
        sqlite_where=sa.text("first_response_at IS NOT NULL"),
        postgresql_where=sa.text("first_response_at IS NOT NULL"),
    )
    op.create_index("ix_requests_owner", "requests", ["box", "owner_id", "rank", "id"], unique=False)
    op.create_index(
        "ix_requests_snoozed",
        "requests",
        ["snoozed_until"],
        unique=False,
        sqlite_where=sa.text("snoozed_until IS NOT NULL"),
        postgresql_where=sa.text("snoozed_until IS NOT NULL"),
    )


def visitors() -> None:
    op.create_table(
        "visitors",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("endpoint_id", ID, nullable=True),
        sa.Column("identity", sa.Text(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("name", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("email", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("gone_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_visitors_account_id")),
        sa.ForeignKeyConstraint(["endpoint_id"], ["endpoints.id"], name=op.f("fk_visitors_endpoint_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visitors")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_visitors_token_hash")),
    )
    op.create_index(op.f("ix_visitors_endpoint_id"), "visitors", ["endpoint_id"], unique=False)


def entries() -> None:
    op.create_table(
        "entries",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("version", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("conversation_id", ID, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("shown_at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=True),
        sa.Column("channel", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("account_id", ID, nullable=True),
        sa.Column("author_kind", sa.Text(), nullable=False),
        sa.Column("author_id", ID, nullable=True),
        sa.Column("author_name", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("subject", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("text", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("quoted_from", sa.Integer(), nullable=True),
        sa.Column("has_html", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("endpoint_id", ID, nullable=True),
        sa.Column("assurance", sa.Text(), nullable=True),
        sa.Column("assurance_method", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("request_id", ID, nullable=True),
        sa.Column("provider_time", sa.BigInteger(), nullable=True),
        sa.Column("received_time", sa.BigInteger(), nullable=False),
        sa.Column("automatic", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("backfilled", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("unreadable", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("client_key", sa.Text(), nullable=True),
        sa.Column("fingerprint", sa.Text(), nullable=True),
        sa.Column("orders", sa.Text(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("details", sa.Text(), server_default=sa.text("'{}'"), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_entries_account_id")),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=op.f("fk_entries_conversation_id")),
        sa.ForeignKeyConstraint(["endpoint_id"], ["endpoints.id"], name=op.f("fk_entries_endpoint_id")),
        sa.ForeignKeyConstraint(["request_id"], ["requests.id"], name=op.f("fk_entries_request_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entries")),
        sa.UniqueConstraint(
            "author_kind", "author_id", "client_key", name=op.f("uq_entries_author_kind_author_id_client_key")
        ),
        sa.UniqueConstraint("conversation_id", "seq", name=op.f("uq_entries_conversation_id_seq")),
    )
    op.create_index(op.f("ix_entries_endpoint_id"), "entries", ["endpoint_id"], unique=False)
    op.create_index("ix_entries_request_id", "entries", ["request_id", "id"], unique=False)
    op.create_index("ix_entries_shown", "entries", ["conversation_id", "shown_at", "id"], unique=False)


def request_orders() -> None:
    op.create_table(
        "request_orders",
        sa.Column("request_id", ID, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["request_id"], ["requests.id"], name=op.f("fk_request_orders_request_id")),
        sa.PrimaryKeyConstraint("request_id", "source", "number", name=op.f("pk_request_orders")),
    )


def attachments() -> None:
    op.create_table(
        "attachments",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("entry_id", ID, nullable=True),
        sa.Column("uploaded_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("content_id", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("inline", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("image", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"], name=op.f("fk_attachments_entry_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachments")),
    )
    op.create_index(op.f("ix_attachments_entry_id"), "attachments", ["entry_id"], unique=False)


def bodies() -> None:
    op.create_table(
        "bodies",
        sa.Column("entry_id", ID, nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("remote_images", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"], name=op.f("fk_bodies_entry_id")),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_bodies")),
    )


def deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("version", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("entry_id", ID, nullable=False),
        sa.Column("part", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("endpoint_id", ID, nullable=True),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("code", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_try_at", sa.BigInteger(), nullable=True),
        sa.Column("undo_until", sa.BigInteger(), nullable=True),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("delivered_at", sa.BigInteger(), nullable=True),
        sa.Column("read_at", sa.BigInteger(), nullable=True),
        sa.Column("follows_id", ID, nullable=True),
        sa.Column("carried_by", ID, nullable=True),
        sa.Column("details", sa.Text(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_deliveries_account_id")),
        sa.ForeignKeyConstraint(["endpoint_id"], ["endpoints.id"], name=op.f("fk_deliveries_endpoint_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"], name=op.f("fk_deliveries_entry_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
    )
    op.create_index(op.f("ix_deliveries_carried_by"), "deliveries", ["carried_by"], unique=False)
    op.create_index(
        "ix_deliveries_due",
        "deliveries",
        ["next_try_at"],
        unique=False,
        sqlite_where=sa.text("next_try_at IS NOT NULL"),
        postgresql_where=sa.text("next_try_at IS NOT NULL"),
    )
    op.create_index(op.f("ix_deliveries_endpoint_id"), "deliveries", ["endpoint_id"], unique=False)
    op.create_index(op.f("ix_deliveries_entry_id"), "deliveries", ["entry_id"], unique=False)
    op.create_index(op.f("ix_deliveries_follows_id"), "deliveries", ["follows_id"], unique=False)


def outside_ids() -> None:
    op.create_table(
        "outside_ids",
        sa.Column("outside_id", sa.Text(), nullable=False),
        sa.Column("entry_id", ID, nullable=False),
        sa.Column("own", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"], name=op.f("fk_outside_ids_entry_id")),
        sa.PrimaryKeyConstraint("outside_id", "entry_id", name=op.f("pk_outside_ids")),
    )


def provider_ids() -> None:
    op.create_table(
        "provider_ids",
        sa.Column("account_id", ID, nullable=False),
        sa.Column("provider_id", sa.Text(), nullable=False),
        sa.Column("delivery_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_provider_ids_account_id")),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], name=op.f("fk_provider_ids_delivery_id")),
        sa.PrimaryKeyConstraint("account_id", "provider_id", name=op.f("pk_provider_ids")),
    )
    op.create_index("ix_provider_ids_provider_id", "provider_ids", ["provider_id"], unique=False)


def search_on_sqlite() -> None:
    # The start of a word is read from an index of its length; one of no such length costs all that begins with it.
    starts = {"search_messages": "2 3 4 5 6 7 8", "search_things": "2 3 4 5 6 7 8 9"}
    for table, lengths in starts.items():
        tokenize = "unicode61 remove_diacritics 2"
        op.execute(f"CREATE VIRTUAL TABLE {table} USING fts5(words, tokenize=\"{tokenize}\", prefix='{lengths}')")


def positions_on_postgresql() -> None:
    # A position in the log is (transaction, id): an id alone would jump over a transaction that commits late.
    op.execute("ALTER TABLE events ADD COLUMN xid xid8 NOT NULL DEFAULT pg_current_xact_id()")
    op.execute("CREATE UNIQUE INDEX uq_events_position ON events (xid, id)")


def search_on_postgresql() -> None:
    for table in ("search_messages", "search_things"):
        op.execute(f"CREATE TABLE {table} (rowid bigint PRIMARY KEY, found tsvector NOT NULL)")
        op.execute(f"CREATE INDEX ix_{table}_found ON {table} USING gin (found)")

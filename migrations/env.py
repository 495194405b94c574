"""Alembic's entry: runs the migrations on the connection that `hub.schema` hands over."""

from __future__ import annotations

from alembic import context

from hub.models import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transaction_per_migration=True,
)
context.run_migrations()

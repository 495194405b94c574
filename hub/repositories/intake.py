"""Statements on what was offered to us and what became of it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, func, insert, literal_column, select, update

from hub.database import Statement, among, bound
from hub.models import copies, intake

_RECEIVED = bound(
    intake,
    "account_id",
    "external_id",
    "received_at",
    "body",
    "file",
    "headers",
    "fingerprint",
    "state",
    "entry_id",
    "backfilled",
)
offer = Statement(
    lambda d: (
        d.insert(intake)
        .values(_RECEIVED)
        .on_conflict_do_nothing(index_elements=["account_id", "external_id"])
        .returning(intake.c.id)
    )
)
# What was filed as it came; who brings the same at once fails, and finds this when it is run again.
filed = Statement(insert(intake).values(tries=literal_column("1"), **_RECEIVED))
offered = Statement(
    select(intake.c.id, intake.c.fingerprint, intake.c.entry_id, intake.c.state).where(
        intake.c.account_id == bindparam("account_id"), intake.c.external_id == bindparam("external_id")
    )
)
_ITEM = (
    intake.c.id,
    intake.c.account_id,
    intake.c.external_id,
    intake.c.received_at,
    intake.c.body,
    intake.c.file,
    intake.c.headers,
    intake.c.state,
    intake.c.tries,
    intake.c.entry_id,
    intake.c.backfilled,
)
item = Statement(select(*_ITEM).where(intake.c.id == bindparam("intake_id")))
items = Statement(select(*_ITEM).where(among(intake.c.id, "intake_ids")).order_by(intake.c.id))
of_entry = Statement(
    select(intake.c.body, intake.c.file)
    .where(intake.c.entry_id == bindparam("entry_id"))
    .order_by(intake.c.id)
    .limit(literal_column("1"))
)
# Two nodes may read the same item; whoever settles it holds it.
locked_state = Statement(
    select(intake.c.state, intake.c.received_at, intake.c.backfilled, intake.c.entry_id)
    .where(intake.c.id == bindparam("intake_id"))
    .with_for_update()
)
_waiting = (
    select(intake.c.id)
    .where(intake.c.state == literal_column("'stored'"), intake.c.id > bindparam("after"))
    .order_by(intake.c.id)
    .limit(literal_column("100"))
)
waiting = Statement(_waiting)
waiting_of = Statement(_waiting.where(among(intake.c.account_id, "accounts")))
count_waiting = Statement(
    select(func.count().label("n")).select_from(intake).where(intake.c.state == literal_column("'stored'"))
)
settle = Statement(
    update(intake)
    .where(intake.c.id == bindparam("intake_id"), intake.c.state == literal_column("'stored'"))
    .values(tries=intake.c.tries + literal_column("1"), **bound(intake, "state", "reason", "entry_id"))
)
tried = Statement(
    update(intake)
    .where(intake.c.id == bindparam("intake_id"), intake.c.state == literal_column("'stored'"))
    .values(tries=intake.c.tries + literal_column("1"))
    .returning(intake.c.tries)
)
_reopened: dict[str, Any] = {"state": literal_column("'stored'"), "tries": literal_column("0")}
_is_failed = intake.c.state == literal_column("'failed'")
reopen = Statement(update(intake).where(intake.c.id == bindparam("intake_id"), _is_failed).values(_reopened))
reopen_of_entry = Statement(
    update(intake)
    .where(intake.c.entry_id == bindparam("of_entry"), _is_failed)
    .values(_reopened)
    .returning(intake.c.id)
)
failed_of_account = Statement(
    select(intake.c.id)
    .where(intake.c.account_id == bindparam("account_id"), _is_failed, intake.c.id > bindparam("after"))
    .order_by(intake.c.id)
    .limit(literal_column("100"))
)
count_failed = Statement(
    select(func.count().label("n"))
    .select_from(intake)
    .where(intake.c.account_id == bindparam("account_id"), _is_failed)
)

first_copy = Statement(
    lambda d: (
        d.insert(copies)
        .values(bound(copies, "fingerprint", "entry_id", "at", "expires_at"))
        .on_conflict_do_nothing(index_elements=["fingerprint"])
    )
)
copy = Statement(
    select(copies.c.entry_id, copies.c.at).where(copies.c.fingerprint == bindparam("fingerprint")).with_for_update()
)
known_copy = Statement(select(copies.c.entry_id).where(copies.c.fingerprint == bindparam("fingerprint")))
renew_copy = Statement(
    update(copies)
    .where(copies.c.fingerprint == bindparam("fingerprint"))
    .values(bound(copies, "entry_id", "at", "expires_at"))
)

"""Brings a shop's past orders in from a file: checked whole first, then in small units that can be taken up again."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Literal

import msgspec

from hub.database import Database, Transaction
from hub.errors import Invalid
from hub.repositories import jobs as sql
from hub.services import orders
from hub.services.order_csv import BadRows, FileOrder, RowError, read_orders

__all__ = ["ImportProgress", "ImportResult", "NoSuchFile", "RowError", "import_orders"]

KIND = "import"
# An order is up to ten rows with its version, addresses and words: a unit stays below 200.
_ORDERS_PER_UNIT = 20
_MOST_ERRORS = 1000


class NoSuchFile(Invalid):
    """This file cannot be read."""

    code = "no_such_file"


class ImportProgress(msgspec.Struct, frozen=True):
    """How many of the file's orders are in."""

    done: int
    total: int


class ImportResult(msgspec.Struct, kw_only=True):
    """What became of a file. `refused`: something in it is wrong and nothing went in. `already`: it was in before.

    `errors` are the first ones; `wrong` counts all orders that were left out or stand in the way.
    """

    state: Literal["done", "refused", "already"]
    orders: int = 0
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    wrong: int = 0
    errors: list[RowError] = []


class _Counts(msgspec.Struct):
    done: int = 0
    created: int = 0
    changed: int = 0


class _Check(msgspec.Struct):
    key: str
    orders: int = 0
    wrong: int = 0
    errors: list[RowError] = []


async def import_orders(
    db: Database,
    path: Path,
    report: Callable[[ImportProgress], None] = lambda _: None,
    *,
    source: str = "shop",
    skip_bad: bool = False,
) -> ImportResult:
    """Import a CSV file as `hub.services.order_csv` describes it.

    Nothing goes in when any row is wrong, unless `skip_bad`. The same file again goes on where it stopped; what it says
    of orders that we know newer changes nothing. It tells nothing in any conversation. Raises `NoSuchFile`.
    """
    try:
        check = await asyncio.to_thread(_check, path, source)
    except OSError as problem:
        raise NoSuchFile(f"{path} cannot be read: {problem.strerror}.") from problem
    if check.wrong and not skip_bad:
        return ImportResult(state="refused", orders=check.orders, wrong=check.wrong, errors=check.errors)
    counts, finished = await db.unit(_take_up, check.key)
    if not finished:
        found = islice(_good(path, source), counts.done, None)
        while batch := await asyncio.to_thread(lambda: list(islice(found, _ORDERS_PER_UNIT))):
            counts = await db.unit(_store, check.key, batch)
            report(ImportProgress(counts.done, check.orders))
        await db.unit(_finish, check.key)
    return ImportResult(
        state="already" if finished else "done",
        orders=counts.done,
        created=counts.created,
        changed=counts.changed,
        unchanged=counts.done - counts.created - counts.changed,
        wrong=check.wrong,
        errors=check.errors,
    )


def _check(path: Path, source: str) -> _Check:
    """Read the whole file once; its key is its content's, so that a renamed file is the same one."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    check = _Check(key=f"{digest} {source}")
    for found in read_orders(path, source):
        if isinstance(found, BadRows):
            check.wrong += 1
            check.errors += found.errors[: _MOST_ERRORS - len(check.errors)]
        else:
            check.orders += 1
    return check


def _good(path: Path, source: str) -> Iterator[FileOrder]:
    return (found for found in read_orders(path, source) if isinstance(found, FileOrder))


# --- rules ---


def _take_up(tx: Transaction, key: str) -> tuple[_Counts, bool]:
    """Where the import of this file stands; the first time it starts."""
    start = msgspec.json.encode(_Counts()).decode()
    tx.run(sql.add, kind=KIND, key=key, state="running", cursor=start, created_at=tx.now, updated_at=tx.now)
    job = tx.one(sql.job, kind=KIND, key=key)
    return msgspec.json.decode(job.cursor, type=_Counts), job.state == "done"


def _store(tx: Transaction, key: str, batch: list[FileOrder]) -> _Counts:
    """Put some orders in, and remember in the same unit that they are."""
    job = tx.one(sql.job, kind=KIND, key=key)
    counts = msgspec.json.decode(job.cursor, type=_Counts)
    for found in batch:
        result = orders.put(tx, found.source, found.number, found.order, imported=True)
        counts.done += 1
        counts.created += result.created
        counts.changed += result.changed and not result.created
    cursor = msgspec.json.encode(counts).decode()
    tx.run(sql.advance, job_id=job.id, state="running", cursor=cursor, updated_at=tx.now)
    return counts


def _finish(tx: Transaction, key: str) -> None:
    job = tx.one(sql.job, kind=KIND, key=key)
    tx.run(sql.advance, job_id=job.id, state="done", cursor=job.cursor, updated_at=tx.now)

"""A file of orders is checked whole, goes in by small units, and can be taken up again."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import select

from hub.database import Database, Statement
from hub.models import entries
from hub.ports.commerce import Order
from hub.repositories import orders as orders_sql
from hub.security import Actor
from hub.services import orders
from hub.services.order_import import ImportProgress, NoSuchFile, import_orders
from hub.services.orders import Orders

SHOP = Actor(id=1, name="shop", role="admin")
HEADER = "number,status,updated_at,placed_at,customer_email,total,currency,line_name,line_quantity,line_price"


def a_file(folder: Path, rows: Iterable[str], header: str = HEADER, name: str = "orders.csv") -> Path:
    path = folder / name
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def plain_rows(count: int) -> list[str]:
    return [
        f"N{i},shipped,2026-03-01T10:00:00Z,2026-02-27,p{i}@example.com,7900,EUR,Kettle,1,7900" for i in range(count)
    ]


async def count_orders(db: Database) -> int:
    return len((await Orders(db).list(SHOP, limit=1000)).orders)


async def test_the_rows_of_an_order_become_one_order(db: Database, tmp_path: Path) -> None:
    path = a_file(
        tmp_path,
        [
            "10001,shipped,2026-03-01T10:00:00Z,2026-02-27,anna@example.com,9100,EUR,Kettle,1,7900",
            "10001,,,,,,,Lid,1,1200",
            "10002,delivered,2026-03-02,,,,,,,",
        ],
    )

    result = await import_orders(db, path)

    assert (result.state, result.orders, result.created, result.wrong) == ("done", 2, 2, 0)
    order = msgspec.json.decode((await Orders(db).get(SHOP, "shop", "10001")).order, type=Order)
    assert [(line.name, line.quantity, line.price) for line in order.lines] == [("Kettle", 1, 7900), ("Lid", 1, 1200)]
    assert order.placed_at == datetime(2026, 2, 27, tzinfo=UTC)
    assert order.customer is not None
    assert order.customer.email == "anna@example.com"


async def test_other_names_other_separators_and_a_byte_order_mark_are_understood(db: Database, tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_bytes(
        "\ufeffOrder Number;Status;Updated-At;E.mail;Carrier;Tracking;payment method;payment amount;field_gift\n"
        "7;shipped;2026-03-01;;DHL;00340;card;500;yes\n"
        "7;;;;DHL;00340;voucher;300;\n".replace("E.mail", "Customer Email").encode()
    )

    await import_orders(db, path, source="web")

    order = msgspec.json.decode((await Orders(db).get(SHOP, "web", "7")).order, type=Order)
    assert [(parcel.carrier, parcel.tracking) for parcel in order.shipments] == [("DHL", "00340")]
    assert [(payment.method, payment.amount) for payment in order.payments] == [("card", 500), ("voucher", 300)]
    assert order.fields == {"gift": "yes"}


@pytest.mark.parametrize(
    ("row", "line", "column"),
    [
        ("2,placed,2026-03-01,,,12.99,,,,", 3, "total"),
        ("2,placed,yesterday,,,,,,,", 3, "updated_at"),
        ("2,,2026-03-01,,,,,,,", 3, "status"),
        (",placed,2026-03-01,,,,,,,", 3, "number"),
        ("2,placed,2026-03-01,,,,,,many,", 3, "line_quantity"),
        ("2,placed,2026-03-01,,,,,,,,,,", 3, ""),
        ("2,pla\x00ced,2026-03-01,,,,,,,", 3, "status"),
        ("2,placed,2026-03-01,,a\x07b,,,,,", 3, "customer_email"),
        ("N0,delivered,2026-03-01T10:00:00Z,,,,,,,", 3, "status"),
        ("2,placed,2026-03-01,,,,,,,\nN0,shipped,2026-03-01T10:00:00Z,,,,,,,", 4, "number"),
        ('2,placed,2026-03-01,,,,,"two\nlines",x,', 3, "line_quantity"),
    ],
)
async def test_one_wrong_row_keeps_the_whole_file_out(
    db: Database, tmp_path: Path, row: str, line: int, column: str
) -> None:
    path = a_file(tmp_path, [*plain_rows(1), row])

    result = await import_orders(db, path)

    assert result.state == "refused"
    [error] = [(error.line, error.column) for error in result.errors]
    assert error == (line, column)
    assert await count_orders(db) == 0


async def test_what_is_no_utf8_is_an_error_of_its_row(db: Database, tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_bytes(b"number,status,updated_at\n1,gepr\xfcft,2026-03-01\n2,placed,2026-03-01\n")

    result = await import_orders(db, path)

    assert [(error.line, error.column, error.reason) for error in result.errors] == [(2, "status", "is not UTF-8")]


@pytest.mark.parametrize(
    ("header", "column"),
    [("number,status", "updated_at"), (f"{HEADER},colour", "colour"), (f"{HEADER},status", "status"), ("", "number")],
)
async def test_a_header_that_does_not_fit_is_told_before_anything(
    db: Database, tmp_path: Path, header: str, column: str
) -> None:
    result = await import_orders(db, a_file(tmp_path, plain_rows(1), header))

    assert result.state == "refused"
    assert column in {error.column for error in result.errors}
    assert {error.line for error in result.errors} == {1}


async def test_bad_rows_can_be_skipped(db: Database, tmp_path: Path) -> None:
    path = a_file(tmp_path, [*plain_rows(3), "bad,placed,never,,,,,,,"])

    result = await import_orders(db, path, skip_bad=True)

    assert (result.state, result.orders, result.wrong) == ("done", 3, 1)
    assert await count_orders(db) == 3


async def test_progress_is_told_unit_by_unit(db: Database, tmp_path: Path) -> None:
    told: list[ImportProgress] = []

    await import_orders(db, a_file(tmp_path, plain_rows(45)), told.append)

    assert [(progress.done, progress.total) for progress in told] == [(20, 45), (40, 45), (45, 45)]


async def test_the_same_file_again_does_nothing(db: Database, tmp_path: Path) -> None:
    await import_orders(db, a_file(tmp_path, plain_rows(3)))

    again = await import_orders(db, a_file(tmp_path, plain_rows(3), name="renamed.csv"))

    assert (again.state, again.created) == ("already", 3)


async def test_a_stopped_import_goes_on_where_it_was(db: Database, tmp_path: Path) -> None:
    path = a_file(tmp_path, plain_rows(45))

    def stop(progress: ImportProgress) -> None:
        if progress.done == 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await import_orders(db, path, stop)
    assert await count_orders(db) == 20
    told: list[ImportProgress] = []
    result = await import_orders(db, path, told.append)

    assert [progress.done for progress in told] == [40, 45]
    assert (result.state, result.created, result.unchanged) == ("done", 45, 0)


async def test_what_we_know_newer_is_left_as_it_is(db: Database, tmp_path: Path) -> None:
    newer = Order(status="delivered", updated_at=datetime(2026, 3, 5, tzinfo=UTC))
    await db.unit(orders.put, "shop", "N0", newer)

    result = await import_orders(db, a_file(tmp_path, plain_rows(2)))

    assert (result.created, result.unchanged) == (1, 1)
    row = await db.view(lambda rd: rd.one(orders_sql.order, source="shop", number="N0"))
    assert row.status == "delivered"


async def test_an_import_writes_no_entries(db: Database, tmp_path: Path) -> None:
    await import_orders(db, a_file(tmp_path, plain_rows(3)))

    assert await db.view(lambda rd: rd.all(Statement(select(entries.c.id)))) == []


async def test_a_file_that_is_not_there_is_told(db: Database, tmp_path: Path) -> None:
    with pytest.raises(NoSuchFile):
        await import_orders(db, tmp_path / "nothing.csv")


async def test_only_the_first_of_very_many_errors_are_told(db: Database, tmp_path: Path) -> None:
    path = a_file(tmp_path, [f"{i},placed,never,,,,,,," for i in range(1500)])

    result = await import_orders(db, path)

    assert (result.wrong, len(result.errors)) == (1500, 1000)

"""A shop's orders in a CSV file: one row per order line, the rows of an order one after the other.

The first row names the columns, in any order; capitals, spaces, dots and hyphens in names do not matter. Separated by
comma, semicolon or tab; UTF-8. Times are RFC 3339 or a plain date, in UTC where they name no zone. Money is in minor
units (1299 for 12.99).

    number, status, updated_at                       must be there
    source                                           else the one that is given for the whole file
    placed_at, total, currency, store, verified      of the order
    customer_name, customer_email, customer_phone, customer_number
    shipping_name, shipping_street, shipping_postal_code, shipping_city, shipping_country, shipping_phone
    pickup_store, pickup_code, pickup_shelf, pickup_status, pickup_collect_by
    line_sku, line_name, line_quantity, line_price, line_image
    payment_method, payment_amount, payment_status
    shipment_carrier, shipment_tracking, shipment_status, shipment_expected, shipment_url
    return_number, return_status
    field_ANYTHING                                   a field of the shop's own

An order's own columns stand in its first row; in the following ones they are empty or the same. Lines, payments,
shipments and returns are collected from all rows of the order, each payment, shipment and return once.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from hub.clock import to_datetime, to_ms
from hub.ports.commerce import (
    Line,
    Order,
    OrderCustomer,
    Payment,
    Pickup,
    Return,
    Shipment,
    ShippingAddress,
)
from hub.services.orders import BadOrder, checked

# A cell as long as the longest order: more is no order.
csv.field_size_limit(256 * 1024)

_ALSO_CALLED = {
    "order": "number",
    "order_number": "number",
    "email": "customer_email",
    "phone": "customer_phone",
    "name": "customer_name",
    "sku": "line_sku",
    "product": "line_name",
    "quantity": "line_quantity",
    "price": "line_price",
    "carrier": "shipment_carrier",
    "tracking": "shipment_tracking",
    "collect_by": "pickup_collect_by",
}
_REQUIRED = ("number", "status", "updated_at")
_OF_ORDER = ("number", "source", "status", "updated_at", "placed_at", "total", "currency", "store", "verified")
_OF_FILE = ("number", "source")
# Parts that an order has once, and parts of which each row may bring one.
_SINGLE: dict[str, tuple[str, type[msgspec.Struct]]] = {
    "customer": ("customer", OrderCustomer),
    "shipping": ("shipping_address", ShippingAddress),
    "pickup": ("pickup", Pickup),
}
_MANY: dict[str, tuple[str, type[msgspec.Struct]]] = {
    "line": ("lines", Line),
    "payment": ("payments", Payment),
    "shipment": ("shipments", Shipment),
    "return": ("returns", Return),
}
_YES_NO = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class RowError(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong in which line of the file; `column` is empty when it is the whole row."""

    line: int
    column: str
    reason: str


class FileOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order of the file, from its rows, and the line where it starts."""

    line: int
    source: str
    number: str
    order: Order


class BadRows(msgspec.Struct, frozen=True):
    """Rows that are no order, with the reasons."""

    errors: list[RowError]


class _Row(msgspec.Struct, frozen=True):
    """A row's cells by column, converted; empty cells are left out."""

    line: int
    cells: dict[str, Any]
    errors: list[RowError]


def read_orders(path: Path, source: str) -> Iterator[FileOrder | BadRows]:
    """The file's orders in their order; what is wrong comes in the place of the order it spoils."""
    seen: set[tuple[str, str]] = set()
    for rows in _grouped(_rows(path, source)):
        order = _order(rows)
        if isinstance(order, FileOrder):
            if (order.source, order.number) in seen:
                reason = f"order {order.number} stands above already; all its rows must follow each other"
                yield BadRows([RowError(line=order.line, column="number", reason=reason)])
                continue
            seen.add((order.source, order.number))
        yield order


# --- from the file to rows ---


def _rows(path: Path, source: str) -> Iterator[_Row]:
    # What is no UTF-8 must not end the reading: it is an error of its row.
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        delimiter = _delimiter(file.readline())
        file.seek(0)
        reader = csv.reader(file, delimiter=delimiter)
        columns: list[str] | None = None
        line = 1
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as problem:
                yield _spoilt(line, f"cannot be read: {problem}")
                line = reader.line_num + 1
                continue
            if columns is None:
                columns = [_column(name) for name in cells]
                if errors := _header_errors(columns):
                    yield _Row(line, {}, errors)
                    return
            elif any(cell.strip() for cell in cells):
                yield _row(line, columns, cells, source)
            line = reader.line_num + 1


def _delimiter(header: str) -> str:
    return max(",;\t", key=header.count)


def _column(name: str) -> str:
    name = re.sub(r"[\s.\-]+", "_", name.strip().lower())
    return _ALSO_CALLED.get(name, name)


def _header_errors(columns: list[str]) -> list[RowError]:
    errors = [
        RowError(line=1, column=name, reason="there is no such column") for name in columns if not _is_column(name)
    ]
    errors += [RowError(line=1, column=name, reason="is missing") for name in _REQUIRED if name not in columns]
    twice = sorted({name for name in columns if columns.count(name) > 1})
    return errors + [RowError(line=1, column=name, reason="stands there twice") for name in twice]


def _is_column(name: str) -> bool:
    if name in _OF_ORDER or name.startswith("field_"):
        return True
    section, _, field = name.partition("_")
    part = _SINGLE.get(section) or _MANY.get(section)
    return part is not None and field in part[1].__struct_fields__ and (section, field) != ("return", "lines")


def _spoilt(line: int, reason: str) -> _Row:
    return _Row(line, {}, [RowError(line=line, column="", reason=reason)])


def _row(line: int, columns: list[str], cells: list[str], source: str) -> _Row:
    if len(cells) > len(columns):
        return _spoilt(line, f"has {len(cells)} cells for {len(columns)} columns")
    values: dict[str, Any] = {"source": source}
    errors: list[RowError] = []
    for column, cell in zip(columns, cells, strict=False):
        text = cell.strip()
        if not text:
            continue
        try:
            values[column] = _value(column, text)
        except ValueError as problem:
            errors.append(RowError(line=line, column=column, reason=str(problem)))
    if "number" not in values:
        errors.append(RowError(line=line, column="number", reason="is missing"))
    return _Row(line, values, errors)


def _value(column: str, text: str) -> Any:
    if not text.isprintable() and _UNPRINTABLE.search(text):
        raise ValueError("holds a control character")
    if any("\ud800" <= sign <= "\udfff" for sign in text):
        raise ValueError("is not UTF-8")
    return _CONVERT.get(column, str)(text)


def _time(text: str) -> datetime:
    try:
        return to_datetime(to_ms(datetime.fromisoformat(text)))
    except (ValueError, OverflowError):
        raise ValueError(f"“{text[:40]}” is not a time as in 2026-03-08T12:00:00Z") from None


def _whole(text: str) -> int:
    if re.fullmatch(r"[+-]?[0-9]{1,15}", text) is None:
        raise ValueError(f"“{text[:40]}” is not a whole number")
    return int(text)


def _money(text: str) -> int:
    try:
        return _whole(text)
    except ValueError as problem:
        raise ValueError(f"{problem}; money is in minor units, 1299 for 12.99") from None


def _yes_no(text: str) -> bool:
    if text.lower() not in _YES_NO:
        raise ValueError(f"“{text[:40]}” is not true or false")
    return _YES_NO[text.lower()]


_CONVERT: dict[str, Callable[[str], Any]] = {
    "updated_at": _time,
    "placed_at": _time,
    "total": _money,
    "line_price": _money,
    "payment_amount": _money,
    "line_quantity": _whole,
    "verified": _yes_no,
}


# --- from rows to orders ---


def _grouped(rows: Iterator[_Row]) -> Iterator[list[_Row]]:
    group: list[_Row] = []
    for row in rows:
        if group and _key(row) != _key(group[0]):
            yield group
            group = []
        group.append(row)
    if group:
        yield group


def _key(row: _Row) -> tuple[Any, ...]:
    """What the rows of one order share; a row without a number stands alone."""
    return (row.cells["source"], row.cells["number"]) if "number" in row.cells else (row.line,)


def _order(rows: list[_Row]) -> FileOrder | BadRows:
    errors = [error for row in rows for error in row.errors]
    errors += [error for row in rows[1:] for error in _differences(rows[0], row)]
    errors += [
        RowError(line=rows[0].line, column=name, reason="is missing")
        for name in _REQUIRED[1:]
        if not errors and name not in rows[0].cells
    ]
    if errors:
        return BadRows(errors)
    cells = rows[0].cells
    values: dict[str, Any] = {name: cells[name] for name in _OF_ORDER if name in cells and name not in _OF_FILE}
    values["fields"] = {name.removeprefix("field_"): cells[name] for name in cells if name.startswith("field_")}
    for section, (field, part) in _SINGLE.items():
        if own := _section(rows[0], section):
            values[field] = part(**own)
    for section, (field, part) in _MANY.items():
        parts = [part(**own) for row in rows if (own := _section(row, section))]
        # Two lines may well be alike; the same payment or parcel on several rows is one.
        values[field] = parts if section == "line" else [p for i, p in enumerate(parts) if p not in parts[:i]]
    return _checked(rows[0].line, cells["source"], cells["number"], Order(**values))


def _differences(first: _Row, row: _Row) -> Iterator[RowError]:
    for column, value in row.cells.items():
        if column.partition("_")[0] not in _MANY and first.cells.get(column) != value:
            yield RowError(line=row.line, column=column, reason=f"differs from line {first.line}, the same order")


def _section(row: _Row, section: str) -> dict[str, Any]:
    start = f"{section}_"
    return {name.removeprefix(start): value for name, value in row.cells.items() if name.startswith(start)}


def _checked(line: int, source: str, number: str, order: Order) -> FileOrder | BadRows:
    try:
        return FileOrder(line=line, source=source, number=number, order=checked(source, number, order))
    except BadOrder as problem:
        return BadRows([RowError(line=line, column=problem.members.get("field", ""), reason=problem.detail)])

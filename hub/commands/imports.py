"""Brings what a shop has kept elsewhere into the hub."""

from __future__ import annotations

import asyncio
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hub.commands.calls import Call, Say
from hub.commands.session import Outcome, Session
from hub.commands.tree import Tree

if TYPE_CHECKING:
    from hub.bootstrap import Hub

SHOWN_ERRORS = 50
# What most files have; the documentation lists them all.
COLUMNS = (
    "number, status, updated_at (these must be there), placed_at, total (1299 for 12.99), currency, customer_name, "
    "customer_email, customer_phone, line_sku, line_name, line_quantity, line_price and more"
)


class ImportOrders(Call, tag="import.orders"):
    """A file of past orders. It lies on the hub's own machine, as whoever reaches the control port does."""

    path: str
    source: str
    skip_bad: bool

    async def carry_out(self, hub: Hub, say: Say) -> Any:
        from hub.services.order_import import import_orders

        return await import_orders(
            hub.db,
            Path(self.path),
            lambda progress: say(f"{progress.done} of {progress.total} orders"),
            source=self.source,
            skip_bad=self.skip_bad,
        )


async def orders(session: Session, given: Namespace) -> Outcome:
    path = await asyncio.to_thread(lambda: str(Path(given.file).resolve()))
    result = await session.ask(ImportOrders(path=path, source=given.source, skip_bad=given.skip_bad))
    return Outcome(value=result, text=_told(result), status=int(result["state"] == "refused"))


def _told(result: dict[str, Any]) -> str:
    lines = [f"{_place(error)}: {error['reason']}" for error in result["errors"][:SHOWN_ERRORS]]
    if (more := result["wrong"] - len(lines)) > 0 and lines:
        lines.append(f"… and {more} more.")
    return "\n".join([*lines, _summary(result)])


def _place(error: dict[str, Any]) -> str:
    return f"line {error['line']}" + (f", {error['column']}" if error.get("column") else "")


def _summary(result: dict[str, Any]) -> str:
    match result["state"]:
        case "refused":
            return f"Nothing was imported. Orders that are wrong: {result['wrong']}. Mend them, or take --skip-bad."
        case "already":
            return f"This file is in already, with {result['orders']} orders."
    counts = f"{result['created']} new, {result['changed']} changed, {result['unchanged']} known already"
    return f"{result['orders']} orders: {counts}, {result['wrong']} left out."


def grow(tree: Tree) -> None:
    """Add these commands to the tree."""
    group = tree.group("import", "past orders from files")
    importing = group.command(
        "orders",
        orders,
        "import orders from a CSV file, whole or not at all; begun again it goes on where it stopped",
        example="import orders shop-2025.csv --source shop",
    )
    importing.add_argument("file", help=f"the CSV file; its first row names the columns: {COLUMNS}")
    importing.add_argument("--source", default="shop", help="the shop system that the numbers are from (shop)")
    importing.add_argument("--skip-bad", action="store_true", help="leave out orders that are wrong, import the others")

"""One unit of work and one kind of view, the same on both databases. Only this file and its two twins commit."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections import namedtuple
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any, Concatenate, ParamSpec, TypeVar

import msgspec
from sqlalchemy import ColumnElement, Table, bindparam
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import BigInteger, Text, TypeDecorator

from hub.clock import Clock
from hub.errors import Unavailable

logger = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

Build = Callable[[ModuleType], ClauseElement]


class Busy(Unavailable):
    """The database cannot write now. Nothing of this was stored; try again."""

    code = "busy"


class Statement:
    """A statement, compiled once per dialect and run on the driver's cursor.

    Give it a Core expression, or a function of the dialect's module where the two differ (`ON CONFLICT`).
    """

    __slots__ = ("_build", "_ready")

    def __init__(self, build: ClauseElement | Build) -> None:
        self._build: Build = (lambda _: build) if isinstance(build, ClauseElement) else build
        self._ready: dict[str, Compiled] = {}

    def compiled(self, dialect: Dialect) -> Compiled:
        ready = self._ready.get(dialect.name)
        if ready is None:
            module = sqlite if dialect.name == "sqlite" else postgresql
            ready = self._ready[dialect.name] = Compiled(self._build(module), dialect)
        return ready


class Compiled:
    """SQL text for one driver, the order of its parameters, and how its rows are read."""

    __slots__ = ("_binders", "_constants", "_names", "_readers", "make_row", "sql")

    def __init__(self, expression: ClauseElement, dialect: Dialect) -> None:
        compiler = expression.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
        assert isinstance(compiler, SQLCompiler)
        self.sql = str(compiler)
        self._names: tuple[str, ...] = tuple(compiler.positiontup or ())
        self._binders = tuple(
            (position, binder)
            for position, name in enumerate(self._names)
            if (binder := compiler.binds[name].type.dialect_impl(dialect).bind_processor(dialect))
        )
        self._constants = {n: b.value for n, b in compiler.binds.items() if not b.required and n in self._names}
        columns = list(getattr(expression, "exported_columns", ()))
        row = namedtuple("Row", [column.key for column in columns], rename=True)  # type: ignore[misc]
        readers = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns]
        self._readers = tuple((i, reader) for i, reader in enumerate(readers) if reader)
        self.make_row: Callable[[Sequence[Any]], Any] = self._read(row._make)

    def _read(self, make: Callable[[Sequence[Any]], Any]) -> Callable[[Sequence[Any]], Any]:
        readers = self._readers
        if not readers:
            return make

        def read(row: Sequence[Any]) -> Any:
            values = list(row)
            for position, reader in readers:
                values[position] = reader(values[position])
            return make(values)

        return read

    def parameters(self, values: dict[str, Any]) -> tuple[Any, ...]:
        if self._constants:
            values = self._constants | values
        if not self._binders:
            return tuple([values[name] for name in self._names])
        bound = [values[name] for name in self._names]
        for position, binder in self._binders:
            bound[position] = binder(bound[position])
        return tuple(bound)


class _Listed(TypeDecorator[Any]):
    """A list of ids or texts as one parameter: JSON text on SQLite, an array on PostgreSQL."""

    impl = BigInteger
    cache_ok = True

    def __init__(self, column: ColumnElement[Any]) -> None:
        super().__init__()
        self.item = Text() if isinstance(column.type, Text) else BigInteger()

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(sqlite.TEXT())
        return dialect.type_descriptor(postgresql.ARRAY(self.item))

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        return msgspec.json.encode(list(value)).decode() if dialect.name == "sqlite" else list(value)


class among(ColumnElement[bool]):
    """`column` is one of the ids or texts bound to `name`, however many they are."""

    inherit_cache = False

    def __init__(self, column: ColumnElement[Any], name: str) -> None:
        self.column = column
        self.listed = bindparam(name, type_=_Listed(column))


@compiles(among, "sqlite")
def _among_sqlite(element: among, compiler: SQLCompiler, **kw: Any) -> str:
    listed = f"SELECT value FROM json_each({compiler.process(element.listed, **kw)})"
    return f"{compiler.process(element.column, **kw)} IN ({listed})"


@compiles(among, "postgresql")
def _among_postgresql(element: among, compiler: SQLCompiler, **kw: Any) -> str:
    return f"{compiler.process(element.column, **kw)} = ANY({compiler.process(element.listed, **kw)})"


def bound(table: Table, *columns: str) -> dict[str, Any]:
    """Values for an insert or update: each column from the parameter of its own name."""
    return {column: bindparam(column, type_=table.c[column].type) for column in columns}


class Reading:
    """What a view sees: one snapshot, nothing can be written."""

    __slots__ = ("_cursor", "dialect", "now")

    def __init__(self, cursor: Callable[[str, tuple[Any, ...]], Any], dialect: Dialect, now: int) -> None:
        self._cursor = cursor
        self.dialect = dialect
        self.now = now

    def all(self, statement: Statement, **values: Any) -> list[Any]:
        compiled = statement.compiled(self.dialect)
        rows = self._cursor(compiled.sql, compiled.parameters(values)).fetchall()
        make = compiled.make_row
        return [make(row) for row in rows]

    def first(self, statement: Statement, **values: Any) -> Any | None:
        compiled = statement.compiled(self.dialect)
        row = self._cursor(compiled.sql, compiled.parameters(values)).fetchone()
        return None if row is None else compiled.make_row(row)

    def one(self, statement: Statement, **values: Any) -> Any:
        """The one row there must be."""
        row = self.first(statement, **values)
        if row is None:
            raise LookupError(f"no row for {statement.compiled(self.dialect).sql}")
        return row

    def value(self, statement: Statement, **values: Any) -> Any:
        """The first column of the first row, None without one."""
        row = self.first(statement, **values)
        return None if row is None else row[0]


class Announcement(msgspec.Struct, kw_only=True):
    """A fact to be told after the commit, and who may hear it ('' every colleague, "agent:5" one)."""

    kind: str
    audience: str = ""
    by: int | None = None
    customer: int | None = None
    conversation: int | None = None
    extra: dict[str, Any] = {}


class Transaction(Reading):
    """What a unit of work sees. It reads, writes and announces; it never commits."""

    __slots__ = ("announcements", "counts", "postponed", "touched")

    def __init__(self, cursor: Callable[[str, tuple[Any, ...]], Any], dialect: Dialect, now: int) -> None:
        super().__init__(cursor, dialect, now)
        self.announcements: list[Announcement] = []
        # audience -> collection -> ids, in the order in which they were touched
        self.touched: dict[str, dict[str, dict[int, None]]] = {}
        self.counts: dict[str, int] = {}
        # What is run before the commit, in order: the statement's text and its parameters.
        self.postponed: list[tuple[str, tuple[Any, ...]]] = []

    def run(self, statement: Statement, **values: Any) -> int:
        """Run a statement for its effect; the number of rows it changed."""
        compiled = statement.compiled(self.dialect)
        return int(self._cursor(compiled.sql, compiled.parameters(values)).rowcount)

    def run_last(self, statement: Statement, **values: Any) -> None:
        """Run a statement before the commit, after all units of its group: for what no unit reads and costs less then.

        It must not be one that can fail by what it is given.
        """
        compiled = statement.compiled(self.dialect)
        self.postponed.append((compiled.sql, compiled.parameters(values)))

    def announce(self, kind: str, **about: Any) -> None:
        """Tell everyone entitled, after the commit, that this happened."""
        self.announcements.append(Announcement(kind=kind, **about))

    def touch(self, collection: str, *ids: int, audience: str = "") -> None:
        """These objects changed: the events of this unit carry them as they are when it ends."""
        if ids:
            self.touched.setdefault(audience, {}).setdefault(collection, {}).update(dict.fromkeys(ids))

    def count(self, name: str, delta: int) -> None:
        """A counter that screens show changed by `delta`."""
        self.counts[name] = self.counts.get(name, 0) + delta


Seal = Callable[[Transaction], None]
Unit = Callable[Concatenate[Transaction, P], T]
View = Callable[Concatenate[Reading, P], T]


class Database(ABC):
    """Runs units and views. `seal` writes a unit's events within the unit; `on_commit` is called after commits."""

    dialect: Dialect

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.seal: Seal = lambda tx: None
        self.on_commit: Callable[[], None] = lambda: None

    @abstractmethod
    async def start(self) -> None:
        """Open the connections. The schema must be there (`hub.schema.migrate`)."""

    @abstractmethod
    async def stop(self) -> None:
        """Finish what is queued and close the connections."""

    @abstractmethod
    async def unit(self, fn: Unit[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run one unit of work; its result, once it is committed.

        It has no effect outside its transaction and may be run again. Whatever it raises is raised here, and then
        nothing of it is stored. Raises `Busy` when the database could not commit.
        """

    @abstractmethod
    async def view(self, fn: View[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run one read over a single snapshot."""

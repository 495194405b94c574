"""One unit of work and one kind of view, the same on both databases. Only this file and its two twins commit."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections import namedtuple
from collections.abc import Callable, Sequence
from operator import itemgetter
from types import ModuleType
from typing import Any, Concatenate, ParamSpec, TypeVar

import msgspec
from sqlalchemy import ColumnElement, Table, bindparam
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import BigInteger, Boolean, Text, TypeDecorator, TypeEngine

from hub.clock import Clock
from hub.errors import Unavailable
from hub.gauges import Gauges

logger = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

Build = Callable[[ModuleType], ClauseElement]

# Compiles a statement for lists of one.
_ALONE = "alone"


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

    __slots__ = ("_alone", "_binders", "_constants", "_lists", "_pick", "make_row", "sql")

    def __init__(self, expression: ClauseElement, dialect: Dialect, *, alone: bool = False) -> None:
        options = {"render_postcompile": True, _ALONE: alone}
        compiler = expression.compile(dialect=dialect, compile_kwargs=options)
        assert isinstance(compiler, SQLCompiler)
        self.sql = str(compiler)
        names: tuple[str, ...] = tuple(compiler.positiontup or ())
        types = [compiler.binds[name].type.dialect_impl(dialect) for name in names]
        self._pick: Callable[[dict[str, Any]], tuple[Any, ...]] = _picker(names)
        self._binders = tuple(
            (position, binder)
            for position, kind in enumerate(types)
            if not _is_taken_as_it_is(kind, dialect) and (binder := kind.bind_processor(dialect))
        )
        self._constants = {n: b.value for n, b in compiler.binds.items() if not b.required and n in names}
        self._lists = tuple(n for n, kind in zip(names, types, strict=True) if isinstance(kind, _Listed) and not alone)
        # Opening a list of one costs SQLite more than what it is opened for.
        self._alone = Compiled(expression, dialect, alone=True) if self._lists and dialect.name == "sqlite" else None
        columns = list(getattr(expression, "exported_columns", ()))
        row = namedtuple("Row", [column.key for column in columns], rename=True)  # type: ignore[misc]
        readers = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns]
        self.make_row: Callable[[Sequence[Any]], Any] = _reader(row._make, readers)

    def ready(self, values: dict[str, Any]) -> tuple[str, tuple[Any, ...]]:
        """The text and the parameters for these values."""
        if self._alone is not None and all(len(values[name]) == 1 for name in self._lists):
            return self._alone.ready(values)
        parameters = self._pick(self._constants | values if self._constants else values)
        if not self._binders:
            return self.sql, parameters
        bound = list(parameters)
        for position, binder in self._binders:
            bound[position] = binder(bound[position])
        return self.sql, tuple(bound)


def _picker(names: tuple[str, ...]) -> Callable[[dict[str, Any]], tuple[Any, ...]]:
    """The values of these names, in their order."""
    if len(names) > 1:
        return itemgetter(*names)
    return lambda values: tuple(values[name] for name in names)


def _is_taken_as_it_is(kind: TypeEngine[Any], dialect: Dialect) -> bool:
    """SQLite's driver knows true and false."""
    return isinstance(kind, Boolean) and dialect.name == "sqlite"


def _reader(make: Callable[[Sequence[Any]], Any], readers: Sequence[Any]) -> Callable[[Sequence[Any]], Any]:
    """How a row is read, whose columns may each have a reader."""
    reading = tuple((i, reader) for i, reader in enumerate(readers) if reader)
    if not reading:
        return make

    def read(row: Sequence[Any]) -> Any:
        values = list(row)
        for position, reader in reading:
            values[position] = reader(values[position])
        return make(values)

    return read


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


class _Alone(_Listed):
    """The only one of a list."""

    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        (only,) = value
        return only


class among(ColumnElement[bool]):
    """`column` is one of the ids or texts bound to `name`, however many they are."""

    inherit_cache = False

    def __init__(self, column: ColumnElement[Any], name: str) -> None:
        self.column = column
        self.listed = bindparam(name, type_=_Listed(column))
        self.alone = bindparam(name, type_=_Alone(column))


@compiles(among, "sqlite")
def _among_sqlite(element: among, compiler: SQLCompiler, **kw: Any) -> str:
    if kw.get(_ALONE):
        return f"{compiler.process(element.column, **kw)} = {compiler.process(element.alone, **kw)}"
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
        return list(map(compiled.make_row, self._cursor(*compiled.ready(values)).fetchall()))

    def first(self, statement: Statement, **values: Any) -> Any | None:
        compiled = statement.compiled(self.dialect)
        row = self._cursor(*compiled.ready(values)).fetchone()
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
        return int(self._cursor(*compiled.ready(values)).rowcount)

    def run_last(self, statement: Statement, **values: Any) -> None:
        """Run a statement before the commit, after all units of its group: for what no unit reads and costs less then.

        It must not be one that can fail by what it is given.
        """
        self.postponed.append(statement.compiled(self.dialect).ready(values))

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


# What is to be told of the units that are about to be committed together, written by their last statements.
Seal = Callable[[Sequence[Transaction]], None]
Unit = Callable[Concatenate[Transaction, P], T]
View = Callable[Concatenate[Reading, P], T]


class Database(ABC):
    """Runs units and views. `seal` writes the events of units within their commit; `on_commit` is called after it."""

    dialect: Dialect

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.seal: Seal = lambda units: None
        self.gauges = Gauges()
        self.on_commit: Callable[[], None] = lambda: None

    def waiting(self) -> int:
        """How many units wait for their turn."""
        return 0

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
    async def units(self, fns: Sequence[Callable[[Transaction], T]]) -> list[T | BaseException]:
        """Run units one after the other, each by itself as `unit` does: what each returned, or what it raised.

        It costs less than one by one where the database commits several together.
        """

    @abstractmethod
    async def view(self, fn: View[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run one read over a single snapshot."""

"""What all tables share: how their columns are declared and their constraints named.

Times are milliseconds since 1970 (UTC) in 64 bits, JSON is text: both read the same from either database.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Integer,
    MetaData,
    Text,
    false,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite makes ids by itself only for a column declared INTEGER.
Id = BigInteger().with_variant(Integer, "sqlite")
Time = BigInteger
Json = Text


def key() -> Column[int]:
    return Column("id", Id, primary_key=True, autoincrement=True)


def version() -> Column[int]:
    return Column("version", BigInteger, nullable=False, server_default=text("1"))


def reference(target: str, *, name: str, null: bool = False, index: bool = False) -> Column[int]:
    return Column(name, Id, ForeignKey(f"{target}.id"), nullable=null, index=index)


def flag(name: str) -> Column[bool]:
    return Column(name, Boolean(create_constraint=False), nullable=False, server_default=false())


def words(name: str, *, default: str = "") -> Column[str]:
    return Column(name, Text, nullable=False, server_default=text(f"'{default}'"))

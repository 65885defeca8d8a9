"""Columns that occur in many tables, so that each table only says what is its own.

Keys are 64-bit on every database; SQLite's INTEGER is 64-bit and must be named so to be the row
id. Times are milliseconds since 1970, UTC. Statuses are the reference's numbers.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    Table,
    Text,
    false,
)
from sqlalchemy import text as sql
from sqlmodel import Field, SQLModel

WIDE = BigInteger().with_variant(Integer(), "sqlite")
TEXT = Text().with_variant(Text(collation="C"), "postgresql")
"""In the order of code points, whatever the language of the database."""
NUMBERED = {"sqlite_autoincrement": True}
"""Table option: an id is never given twice, so an old reference never meets a new row."""


CONDITION = "condition"
"""What an index notes of the rows that it holds, for a kind of database that is not imported."""


class Row(SQLModel):
    """The base of all tables. Its rows are never instances, so nothing is built to check them."""

    model_config = {"defer_build": True}


def key() -> Any:
    """Return the primary key `id`, given by the database."""
    return Field(default=None, sa_column=Column(WIDE, primary_key=True))


def reference(target: str, *, index: bool = False, primary_key: bool = False) -> Any:
    """Return a required reference; the row goes when its target goes."""
    column = Column(
        WIDE,
        ForeignKey(target, ondelete="CASCADE"),
        nullable=False,
        index=index,
        primary_key=primary_key,
    )
    return Field(sa_column=column)


def weak_reference(target: str, *, index: bool = False) -> Any:
    """Return an optional reference that becomes null when its target goes."""
    column = Column(WIDE, ForeignKey(target, ondelete="SET NULL"), nullable=True, index=index)
    return Field(default=None, sa_column=column)


def wide(*, default: int | None = None, nullable: bool = False, index: bool = False) -> Any:
    """Return a 64-bit integer."""
    return Field(
        default=default,
        sa_column=Column(WIDE, nullable=nullable, default=default, index=index or None),
    )


def flag() -> Any:
    """Return a boolean, false in rows that are made without it."""
    return Field(default=False, sa_column=Column(Boolean(), nullable=False, server_default=false()))


def count() -> Any:
    """Return a number, 0 in rows that are made without it."""
    return Field(default=0, sa_column=Column(WIDE, nullable=False, server_default=sql("0")))


def text(*, default: str | None = None, nullable: bool = False, primary_key: bool = False) -> Any:
    """Return text of any length."""
    return Field(
        default=default,
        sa_column=Column(TEXT, nullable=nullable, default=default, primary_key=primary_key),
    )


def binary() -> Any:
    """Return bytes of any length."""
    return Field(sa_column=Column(LargeBinary(), nullable=False))


def json() -> Any:
    """Return an optional JSON value; SQL null and JSON null are the same thing here."""
    return Field(default=None, sa_column=Column(JSON(none_as_null=True), nullable=True))


def only(condition: str) -> dict[str, Any]:
    """Return the options of an index that holds only the rows that meet a condition."""
    return {"sqlite_where": sql(condition), "info": {CONDITION: sql(condition)}}


def table_of(row: type[SQLModel]) -> Table:
    """Return the Core table behind a row class, for statements on hot paths."""
    return SQLModel.metadata.tables[str(row.__tablename__)]

"""Prepared statements do what SQLAlchemy does with the same statements."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from server.rules.databases import database
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Integer,
    MetaData,
    Table,
    Text,
    bindparam,
    create_engine,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.pool import StaticPool

from torc_server.storage.statements import InsertedRows, Prepared

THING = Table(
    "thing",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("is_good", Boolean, nullable=False),
    Column("data", JSON(none_as_null=True)),
)
ADD = Prepared(insert(THING), "name", "is_good", "data")
ALL = Prepared(select(THING).order_by(THING.c.id))
OF_IDS = Prepared(select(THING.c.id).where(THING.c.id.in_(bindparam("ids", expanding=True))))


@pytest.fixture
def conn():
    with database() as connection:
        THING.create(connection)
        yield connection


def fill(conn, count):
    ADD.run_each(
        conn,
        [{"name": f"n{at}", "is_good": at % 2 == 0, "data": {"at": at}} for at in range(count)],
    )


def test_values_keep_the_types_of_their_columns(conn):
    rows = [
        {"name": "a", "is_good": True, "data": {"b": [1, None]}},
        {"name": "é", "is_good": False, "data": None},
    ]
    ADD.run_each(conn, rows)

    found = ALL.all(conn)

    assert [row._asdict() for row in found] == [{"id": 1, **rows[0]}, {"id": 2, **rows[1]}]
    assert [tuple(row) for row in conn.execute(select(THING))] == found


@given(st.lists(st.integers(-1, 12), max_size=40))
def test_any_number_of_ids_finds_each_row_once(ids):
    with database() as conn:
        THING.create(conn)
        fill(conn, 10)

        found = [row.id for row in OF_IDS.all_of(conn, ids)]

        assert sorted(found) == sorted(set(ids) & set(range(1, 11)))


def test_more_ids_than_one_statement_may_hold(conn):
    fill(conn, 10_000)

    assert len(OF_IDS.all_of(conn, range(1, 40_000))) == 10_000


def test_constants_and_lists_of_constants_are_part_of_the_statement(conn):
    fill(conn, 6)
    rename = Prepared(
        update(THING)
        .where(
            THING.c.name.in_(("n0", "n1", "n2")), THING.c.is_good, THING.c.id > bindparam("above")
        )
        .values(name=THING.c.name + "!", data=bindparam("new"))
        .returning(THING.c.name, THING.c.data)
    )

    assert rename.all(conn, above=1, new={"x": 1}) == [("n2!", {"x": 1})]


def test_how_many_rows_were_changed(conn):
    fill(conn, 5)
    clear = Prepared(update(THING).where(THING.c.id > bindparam("above")).values(data=None))

    assert clear.run(conn, above=3) == 2
    assert clear.run(conn, above=9) == 0


def test_the_first_row_or_none(conn):
    fill(conn, 2)
    count = Prepared(select(func.count()).select_from(THING))
    by_id = Prepared(select(THING.c.name).where(THING.c.id == bindparam("id")))

    assert count.first(conn) == (2,)
    assert by_id.first(conn, id=2).name == "n1"
    assert by_id.first(conn, id=3) is None


def test_a_value_that_is_not_given_is_an_error_of_the_program(conn):
    with pytest.raises(KeyError):
        Prepared(select(THING).where(THING.c.id == bindparam("id"))).all(conn)


def test_refusals_of_the_database_are_those_of_sqlalchemy(conn):
    fill(conn, 1)

    with pytest.raises(IntegrityError, match="UNIQUE"):
        fill(conn, 1)


def test_the_first_statement_begins_a_transaction():
    engine = create_engine("sqlite://", poolclass=StaticPool)
    with engine.connect() as connection:
        THING.create(connection)
        connection.commit()

        fill(connection, 1)
        connection.rollback()

        assert ALL.all(connection) == []
    engine.dispose()


class Declared:
    id: int
    nmae: str


def test_rows_that_lack_a_declared_column_are_an_error_of_the_program(conn):
    with pytest.raises(TypeError, match="lack nmae"):
        Prepared(select(THING), rows=Declared).all(conn)


def test_an_insert_takes_any_number_of_rows_in_few_texts():
    inserted = InsertedRows.of("INSERT INTO t (a, b) VALUES (%s, lower(%s)) ON CONFLICT DO NOTHING")

    pieces = list(inserted.pieces([(at, str(at)) for at in range(70)]))

    assert [len(values) // 2 for _, values in pieces] == [64, 4, 2]
    assert pieces[-1] == (
        "INSERT INTO t (a, b) VALUES (%s, lower(%s)), (%s, lower(%s)) ON CONFLICT DO NOTHING",
        [68, "68", 69, "69"],
    )
    assert [value for _, values in pieces for value in values[::2]] == list(range(70))


@pytest.mark.parametrize(
    "text",
    [
        "INSERT INTO t (a) SELECT b FROM u WHERE b = %s",
        "INSERT INTO t (a) VALUES (%s) ON CONFLICT (a) DO UPDATE SET a = %s",
        "INSERT INTO t DEFAULT VALUES",
    ],
)
def test_an_insert_whose_rows_cannot_be_repeated_is_executed_for_each(text):
    assert InsertedRows.of(text) is None

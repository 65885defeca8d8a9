"""Statements that are sent without waiting: how many waits are left, and what fails where."""

from __future__ import annotations

from contextlib import contextmanager

from server.rules.bench import PLENTY, Bench
from sqlalchemy import insert, select

from torc_core.errors import ConflictError
from torc_core.model.exchange import WorkRequest
from torc_server.storage import tables
from torc_server.storage.statements import Prepared

JOBS = 20
MOST_WAITS = 13
"""Of an exchange that reports jobs and claims others; half of its statements need no answer."""
_ADD_GROUP = Prepared(insert(tables.access_group), "name", "description", "created_at", "is_system")
_GROUPS = Prepared(select(tables.access_group.c.name))


@contextmanager
def counted_waits(connection, path):
    """Yield a list that holds the number of waits for PostgreSQL when it is over."""
    counted = []
    driver = connection.connection.driver_connection
    with path.open("wb") as file:
        driver.pgconn.trace(file.fileno())
        yield counted
        driver.pgconn.untrace()
    words = path.read_text("utf-8", "replace").split()
    counted.append(words.count("ReadyForQuery") + words.count("Flush"))


def test_an_exchange_waits_only_for_what_it_has_to_know(run, connection, tmp_path):
    with connection.begin():
        bench = Bench(connection)
        bench.create(*(bench.job(f"j{at}") for at in range(10 * JOBS)))
        bench.initialize()

    def exchange(conn):
        bench.conn = conn
        held = list(bench.tokens)
        bench.tokens = {}
        ends = [bench.ending(job_id, token=1) for job_id in held]
        return bench.turn(ends=ends, work=WorkRequest(resources=PLENTY, max_jobs=JOBS))

    for _ in range(7):  # by then, all statements are prepared
        run(exchange)
    with counted_waits(connection, tmp_path / "trace") as waits:
        [reply] = run(exchange)

    assert len(reply.jobs) == JOBS
    assert [outcome.result for outcome in reply.outcomes] == ["ok"] * JOBS
    assert waits[0] <= MOST_WAITS


def adding(*names):
    return lambda conn: _ADD_GROUP.run_each(
        conn,
        [
            {"name": name, "description": None, "created_at": "x", "is_system": False}
            for name in names
        ],
    )


def test_what_fails_behind_the_last_answer_is_refused_alone(run):
    first, twice, last = run(adding("a"), adding("b", "b"), adding("c"))

    assert (first, last) == (None, None)
    assert isinstance(twice, ConflictError)
    [found] = run(_GROUPS.all)
    assert sorted(row.name for row in found) == ["a", "c"]


def test_a_request_that_is_alone_and_fails_late_leaves_nothing(run):
    [twice] = run(adding("a", "a"))

    assert isinstance(twice, ConflictError)
    assert run(_GROUPS.all) == [[]]


def test_a_failure_of_the_program_takes_what_was_sent_with_it(run):
    def fail(conn):
        adding("a")(conn)
        raise LookupError

    outcomes = run(adding("b"), fail)

    assert [type(outcome) for outcome in outcomes] == [type(None), LookupError]
    assert [row.name for row in run(_GROUPS.all)[0]] == ["b"]


def test_a_connection_that_breaks_with_statements_on_their_way_is_replaced(run, postgres):
    broken = []

    def lose(conn):
        adding("a")(conn)
        if not broken:
            broken.extend(
                postgres.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE application_name = 'torc-server'"
                )
            )
        return [row.name for row in _GROUPS.all(conn)]

    assert run(lose) == [["a"]]
    assert broken

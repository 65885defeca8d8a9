"""No list goes through all of a large workflow for the few rows that it shows.

What SQLite would do says so, at any size: a search by the workflow alone reads all of it.
"""

from __future__ import annotations

import pytest
from server.rules.databases import memory_engine
from sqlalchemy import event

from torc_core.model.workflow import Workflow
from torc_server.queries.jobs import JobFilter, list_jobs
from torc_server.records.crud import list_page
from torc_server.records.pages import Paging
from torc_server.records.resources import EVENT, RESULT
from torc_server.rules.workflows import create_workflow

ALL_OF_IT = ("(workflow_id=?)", "SCAN job", "SCAN result", "SCAN event")


def plans_of(connection, action):
    """Return what SQLite would do for the statements of an action."""
    executed = []

    def note(_connection, _cursor, statement, parameters, _context, _many):
        executed.append((statement, parameters))

    event.listen(connection.engine, "before_cursor_execute", note)
    action()
    event.remove(connection.engine, "before_cursor_execute", note)
    driver = connection.connection.driver_connection
    plans = [driver.execute(f"EXPLAIN QUERY PLAN {each}", with_) for each, with_ in executed]
    return [row[3] for plan in plans for row in plan]


@pytest.fixture
def connection():
    with memory_engine().connect() as connection, connection.begin():
        create_workflow(connection, Workflow(name="w", user="u"), now_ms=0)
        yield connection


FROM_THE_MIDDLE = Paging(offset=10, limit=5)


@pytest.mark.parametrize(
    "filters",
    [
        JobFilter(upstream_job_id=1),
        JobFilter(downstream_job_id=1),
        JobFilter(needs_file_id=1),
        JobFilter(active_compute_node_id=1),
        JobFilter(upstream_job_id=1, name="a"),
    ],
)
@pytest.mark.parametrize("paging", [Paging(limit=5), FROM_THE_MIDDLE])
def test_jobs_that_belong_to_something(connection, filters, paging):
    plans = plans_of(connection, lambda: list_jobs(connection, 1, filters, paging))

    assert plans
    assert not [plan for plan in plans if any(each in plan for each in ALL_OF_IT)]


def test_results_of_a_job(connection):
    plans = plans_of(
        connection,
        lambda: list_page(connection, RESULT, 1, {"job_id": 1, "all_runs": True}, FROM_THE_MIDDLE),
    )

    assert plans
    assert not [plan for plan in plans if any(each in plan for each in ALL_OF_IT)]


@pytest.mark.parametrize("key", [None, "id", "name", "attempt_id"])
@pytest.mark.parametrize("reverse", [False, True])
def test_pages_in_an_order_that_has_an_index_are_not_sorted(connection, key, reverse):
    paging = Paging(limit=5, sort_by=key, reverse_sort=reverse)
    plans = plans_of(connection, lambda: list_jobs(connection, 1, JobFilter(), paging))
    rows = [plan for plan in plans if "LIST SUBQUERY" in plan or "COVERING" in plan]

    assert any("COVERING INDEX" in plan for plan in rows)
    # What is sorted is the page, whose rows are found by id.
    assert plans.count("USE TEMP B-TREE FOR ORDER BY") <= (key in {"name", "attempt_id"})


def test_the_latest_events_are_not_sorted(connection):
    paging = Paging(limit=5, sort_by="id", reverse_sort=True)
    plans = plans_of(connection, lambda: list_page(connection, EVENT, 1, {}, paging))

    assert any("COVERING INDEX ix_event_workflow" in plan for plan in plans)
    assert not any("TEMP B-TREE" in plan for plan in plans)

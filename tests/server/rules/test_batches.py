"""Ends that are recorded together leave what they leave one by one."""

from __future__ import annotations

from collections import Counter

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from server.rules.bench import NOW, TIME, Bench
from server.rules.databases import new_engine
from sqlalchemy import insert, select
from sqlmodel import SQLModel

from torc_core.errors import NotFoundError, UsageError
from torc_core.model.completion import JobCompletion, JobCompletions
from torc_core.model.result import Result
from torc_core.model.status import JobStatus
from torc_server.errors import OutcomeError, StaleRunError
from torc_server.rules.attempts.client_reports import (
    MAX_COMPLETIONS,
    Completion,
    batch_complete_jobs,
    complete_jobs,
    record_completions,
)
from torc_server.storage import tables

COMPLETED, FAILED = JobStatus.COMPLETED, JobStatus.FAILED
JOBS = 6
"""Jobs of each of the two workflows."""

graphs = st.lists(
    st.tuples(st.sets(st.integers(0, JOBS - 2), max_size=2), st.booleans()),
    min_size=JOBS,
    max_size=JOBS,
)
"""For each job the places of those it waits for, if they are before it, and its cancel flag."""
reports = st.lists(
    st.tuples(
        st.integers(0, 2 * JOBS),  # the last one is no job
        st.sampled_from([COMPLETED, FAILED, *JobStatus]),
        st.sampled_from([0, 0, 0, 0, 1]),  # run
        st.sampled_from([1, 1, 1, 2]),  # attempt
        st.sampled_from([0, 0, 0, 0, 1]),  # whether of another workflow's node
    ),
    min_size=2,
    max_size=12,
)


def make_workflow(conn, graph, claimed):
    """Make a workflow whose first jobs are claimed, with an action on the end of two jobs."""
    bench = Bench(conn)
    ids = []
    for at, (after, cancels) in enumerate(graph):
        needed = [ids[place] for place in after if place < at]
        ids.append(bench.add(f"j{at}", needed, cancel_on_blocking_job_failure=cancels))
    action = {
        "workflow_id": bench.workflow_id,
        "trigger_type": "on_jobs_complete",
        "action_type": "run_commands",
        "action_config": {},
        "trigger_count": 0,
        "required_triggers": 2,
        "executed": False,
        "persistent": False,
        "is_recovery": False,
    }
    action_id = conn.execute(insert(tables.workflow_action).values(action)).inserted_primary_key[0]
    conn.execute(
        insert(tables.workflow_action_job),
        [{"action_id": action_id, "job_id": job_id} for job_id in ids[:2]],
    )
    bench.initialize()
    bench.claim(claimed)
    return bench, ids


def completion_of(bench, job_id, status=COMPLETED, *, run_id=0, attempt_id=1, node_id=None):
    result = Result(
        job_id=job_id,
        workflow_id=bench.workflow_id,
        run_id=run_id,
        attempt_id=attempt_id,
        compute_node_id=node_id or bench.node_id,
        return_code=0 if status is COMPLETED else 1,
        exec_time_minutes=0.1,
        completion_time=TIME,
        status=status,
    )
    return Completion(job_id, status, run_id, result)


def everything(conn):
    """Return all rows of all tables; of events which there are, not in which order."""
    found = {
        table.name: conn.execute(select(table).order_by(*table.primary_key)).fetchall()
        for table in SQLModel.metadata.sorted_tables
        if table is not tables.event
    }
    event = tables.event.c
    rows = conn.execute(select(event.workflow_id, event.event_type, event.data))
    return found, Counter((*row[:2], msgspec.json.encode(row.data, order="sorted")) for row in rows)


def outcomes(graph, claimed, asked, groups):
    """Return what the reports are answered, in groups of such a size, and what they leave."""
    with new_engine().connect() as conn, conn.begin():  # a new one: its ids begin with 1
        (one, first), (other, second) = (make_workflow(conn, graph, claimed) for _ in range(2))
        ids = [*first, *second, 10_000]
        completions = [
            completion_of(
                one if (job < JOBS) != elsewhere else other,
                ids[job],
                status,
                run_id=run_id,
                attempt_id=attempt_id,
            )
            for job, status, run_id, attempt_id, elsewhere in asked
        ]
        answers = []
        for start in range(0, len(completions), groups):
            answers += record_completions(conn, completions[start : start + groups], now_ms=NOW)
        return [answer and (answer.code, answer.message) for answer in answers], everything(conn)


@settings(max_examples=50)
@given(graphs, st.integers(0, JOBS), reports)
@example(
    [(set(), True), ({0}, True), *[(set(), True)] * 4],
    1,
    [(0, FAILED, 0, 1, 0), (1, COMPLETED, 0, 1, 0)],
)
@example([(set(), True), ({0}, True), *[(set(), True)] * 4], 1, [(0, COMPLETED, 0, 1, 0)] * 2)
def test_a_batch_leaves_what_its_ends_leave_one_by_one(graph, claimed, asked):
    assert outcomes(graph, claimed, asked, len(asked)) == outcomes(graph, claimed, asked, 1)


def test_each_end_is_judged_for_itself(bench):
    good, held, done = bench.create(*(bench.job(f"j{at}") for at in range(3)))
    bench.initialize()
    record_completions(bench.conn, [completion_of(bench, done, FAILED)], now_ms=NOW)

    answers = complete_jobs(
        bench.conn,
        [
            completion_of(bench, good),
            completion_of(bench, 10_000),
            completion_of(bench, held, JobStatus.READY),
            completion_of(bench, held, run_id=7),
            completion_of(bench, held, node_id=999),
            completion_of(bench, done),
            completion_of(bench, good),
        ],
        NOW,
    )

    assert [type(answer) for answer in answers[1:6]] == [
        *(NotFoundError, UsageError, StaleRunError, NotFoundError, OutcomeError)
    ]
    assert answers[0] == answers[6]
    assert (answers[0].id, answers[0].status) == (good, COMPLETED)
    assert bench.statuses() == {"j0": "completed", "j1": "ready", "j2": "failed"}
    assert bench.count(tables.result) == 2


def test_an_end_sees_what_those_before_it_changed(bench):
    first = bench.add("first")
    after = bench.add("after", [first])
    bench.initialize()

    fails, too_late = record_completions(
        bench.conn,
        [completion_of(bench, first, FAILED), completion_of(bench, after)],
        now_ms=NOW,
    )

    assert fails is None
    assert "canceled already" in too_late.message
    assert bench.statuses() == {"first": "failed", "after": "canceled"}


def test_many_ends_take_few_statements(bench):
    """The time of a batch is bounded by its rows, not by round trips to the database."""
    first = bench.create(*(bench.job(f"a{at}") for at in range(500)))
    bench.create(*(bench.job(f"b{at}", depends_on_job_ids=first) for at in range(10)))
    bench.initialize()
    statements = []
    driver = bench.conn.connection.driver_connection
    if not hasattr(driver, "set_trace_callback"):
        pytest.skip("only SQLite's driver tells of every statement")
    driver.set_trace_callback(lambda text: statements.append(text.split()[0]))

    record_completions(bench.conn, [completion_of(bench, job_id) for job_id in first], now_ms=NOW)

    driver.set_trace_callback(None)
    assert Counter(statements)["SELECT"] < 20
    assert set(bench.statuses().values()) == {"completed", "ready"}


def batch_of(*completions):
    return JobCompletions(
        completions=[
            JobCompletion(job_id=c.job_id, run_id=c.run_id, status=c.status, result=c.result)
            for c in completions
        ]
    )


def test_a_job_of_another_workflow_is_an_error_of_its_item(bench):
    mine = bench.add("mine")
    other = Bench(bench.conn)
    foreign = other.add("foreign")

    answer = batch_complete_jobs(
        bench.conn,
        bench.workflow_id,
        batch_of(completion_of(other, foreign), completion_of(bench, mine)),
        now_ms=NOW,
    )

    assert answer.completed == [mine]
    assert [error.job_id for error in answer.errors] == [foreign]
    assert f"workflow {bench.workflow_id}" in answer.errors[0].message
    assert other.statuses() == {"foreign": "uninitialized"}


def test_a_batch_too_many_changes_nothing(bench):
    job_id = bench.add("j")
    completion = completion_of(bench, job_id)

    with pytest.raises(UsageError, match="too many"):
        batch_complete_jobs(
            bench.conn,
            bench.workflow_id,
            batch_of(*[completion] * (MAX_COMPLETIONS + 1)),
            now_ms=NOW,
        )
    with pytest.raises(NotFoundError, match="workflow 999"):
        batch_complete_jobs(bench.conn, 999, batch_of(completion), now_ms=NOW)

    assert bench.count(tables.result) == 0


def test_the_identical_end_again_is_completed_still(bench):
    job_id = bench.add("j")
    batch = batch_of(completion_of(bench, job_id))
    first = batch_complete_jobs(bench.conn, bench.workflow_id, batch, now_ms=NOW)
    before = everything(bench.conn)

    again = batch_complete_jobs(bench.conn, bench.workflow_id, batch, now_ms=NOW)

    assert first == again == replace(first, completed=[job_id])
    assert everything(bench.conn) == before

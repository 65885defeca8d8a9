"""Long work in slices: cut off after any of them and begun again, it comes to the same."""

from __future__ import annotations

import itertools

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlmodel import SQLModel

from torc_core.errors import ConflictError, NotFoundError
from torc_core.model.records.workflow_run import StartRequest
from torc_core.model.status import JobStatus
from torc_server.records.crud import get
from torc_server.records.pages import Paging
from torc_server.records.resources import RESULT
from torc_server.records.workflows import WorkflowFilter, list_workflows
from torc_server.rules.dependencies import placement
from torc_server.rules.dependencies.sets import find_miscounted
from torc_server.rules.initialize import Initialization, initialize_jobs
from torc_server.rules.jobs import get_job
from torc_server.rules.large import initializing
from torc_server.rules.large.deletion import Progress, begin_deletion, continue_deletion
from torc_server.rules.large.initializing import Note, ranges_of
from torc_server.rules.runs.start import start_workflow
from torc_server.rules.workflows import create_workflow, get_workflow
from torc_server.storage import tables
from torc_server.storage.long_work.unfinished import left_over

NOW = 1_700_000_000_000


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch):
    monkeypatch.setattr(placement, "PIECE", 2)


def make(bench):
    """Make a workflow of all kinds: completed, failed, running, reset; files between jobs."""
    first, second = bench.add("first"), bench.add("second")
    made = bench.file("made")
    writer = bench.create(bench.job("writer", output_file_ids=[made]))[0]
    bench.create(bench.job("reader", input_file_ids=[made]))
    middle = bench.add("middle", [first, second])
    bench.add("last", [middle, first])
    bench.user_data("e", {"x": 1}, is_ephemeral=True)
    bench.initialize()
    bench.run(first)
    bench.run(second, status=JobStatus.FAILED)
    bench.run(writer)
    bench.add("new", [middle])
    return bench


def rows(bench, *, without=("event", "task", "unfinished_work", "workflow_run")):
    return {
        table.name: bench.conn.execute(select(table).order_by(*table.primary_key)).all()
        for table in SQLModel.metadata.sorted_tables
        if table.name not in without
    }


def steps(bench, note):
    """Yield after each transaction of an initialization in slices, taken over or not."""
    if not left_over(bench.conn):
        initializing.begin(bench.conn, bench.workflow_id, note, None, now_ms=NOW)
        yield
    plan = initializing.plan(bench.conn, bench.workflow_id, note)
    if note.chosen is None:
        note = initializing.decide(bench.conn, plan, note, now_ms=NOW)
        yield
    for piece in plan.pieces(forgets_results=True):
        piece(bench.conn, NOW)
        yield
    initializing.conclude(bench.conn, plan, note, now_ms=NOW)


def noted(bench):
    [work] = left_over(bench.conn)
    assert work.workflow_id == bench.workflow_id
    return msgspec.convert(msgspec.json.decode(msgspec.json.encode(work.data)), Note)


ASKED = [
    Initialization(),
    Initialization(only_uninitialized=True),
    Initialization(only_uninitialized=True, keeps_terminated=True),
    Initialization(clear_ephemeral_user_data=True),
]


@pytest.mark.parametrize("asked", ASKED)
def test_an_initialization_cut_off_anywhere_ends_as_one_in_one_transaction(bench, asked):
    make(bench)
    number = []
    for cut in itertools.count():
        with bench.conn.begin_nested() as whole:
            initialize_jobs(bench.conn, bench.workflow_id, asked, now_ms=NOW)
            wanted, events = rows(bench), bench.events()
            whole.rollback()
        with bench.conn.begin_nested() as attempt:
            before = rows(bench)
            taken = sum(1 for _ in itertools.islice(steps(bench, Note(asked=asked)), cut))
            if taken == 1:
                assert rows(bench) == before
            if left_over(bench.conn):
                for _ in steps(bench, noted(bench)):
                    pass
            if taken:
                assert rows(bench) == wanted
                assert bench.events() == events
                assert left_over(bench.conn) == []
                assert find_miscounted(bench.conn) == {}
            attempt.rollback()
        number.append(taken)
        if taken < cut:
            break
    assert len(number) > 8


def test_a_start_cut_off_anywhere_is_a_start(bench):
    bench.create(*(bench.job(f"j{i}") for i in range(5)))
    request = StartRequest(user="u", key="k")
    for cut in range(1, 20):
        with bench.conn.begin_nested() as attempt:
            note = Note(asked=Initialization(), start=request)
            for _ in itertools.islice(steps(bench, note), cut):
                pass
            if left_over(bench.conn):
                for _ in steps(bench, noted(bench)):
                    pass
            again = start_workflow(bench.conn, bench.workflow_id, request, now_ms=NOW)
            assert not again.is_new  # it is the run of the request before
            assert bench.count(tables.workflow_run) == 1
            assert bench.workflow().run_id == 1
            assert set(bench.statuses().values()) == {"ready"}
            attempt.rollback()


def test_a_cycle_is_found_before_anything_is_decided(bench):
    a = bench.add("a")
    b = bench.add("b", [a])
    bench.conn.execute(tables.dependency_set_member.update().values(job_id=b))
    note = Note(asked=Initialization())
    initializing.begin(bench.conn, bench.workflow_id, note, None, now_ms=NOW)

    with pytest.raises(ConflictError, match="cycle"):
        initializing.plan(bench.conn, bench.workflow_id, note)
    initializing.give_up(bench.conn, bench.workflow_id, now_ms=NOW)

    assert set(bench.statuses().values()) == {"uninitialized"}
    assert left_over(bench.conn) == []


@given(st.sets(st.integers(0, 50)))
def test_ranges_hold_the_numbers_and_no_others(numbers):
    ranges = list(ranges_of(sorted(numbers)))

    assert {n for first, last in ranges for n in range(first, last + 1)} == numbers
    assert all(before[1] + 1 < after[0] for before, after in itertools.pairwise(ranges))


def test_a_deletion_cut_off_anywhere_can_be_begun_again(bench):
    other = create_workflow(bench.conn, get_workflow(bench.conn, bench.workflow_id), now_ms=NOW)
    kept = {name: len(found) for name, found in rows(bench, without=()).items()}
    make(bench)
    kept["workflow"] -= 1
    kept["resource_requirements"] -= 1
    kept["compute_node"] -= 1
    for cut in range(60):
        with bench.conn.begin_nested() as attempt:
            _, progress = begin_deletion(bench.conn, bench.workflow_id, None, rows=1)
            for _ in range(cut):
                if progress is not None:
                    progress = continue_deletion(bench.conn, bench.workflow_id, progress, rows=1)
            is_over = progress is None
            progress = None if is_over else Progress()
            while progress is not None:
                progress = continue_deletion(bench.conn, bench.workflow_id, progress, rows=3)
            assert {name: len(found) for name, found in rows(bench, without=()).items()} == kept
            assert get_workflow(bench.conn, other.id).name == other.name
            attempt.rollback()
        if is_over:
            break
    assert is_over
    assert cut > 10


def test_nothing_of_a_workflow_is_found_from_the_first_slice_on(bench):
    make(bench)
    job_id = bench.conn.execute(select(func.min(tables.job.c.id))).scalar_one()
    result_id = bench.conn.execute(select(func.min(tables.result.c.id))).scalar_one()
    _, progress = begin_deletion(bench.conn, bench.workflow_id, None, rows=1)
    assert progress is not None

    for find in (
        lambda: get_workflow(bench.conn, bench.workflow_id),
        lambda: get_job(bench.conn, job_id),
        lambda: get(bench.conn, RESULT, result_id),
        bench.claim,
        bench.initialize,
        lambda: begin_deletion(bench.conn, bench.workflow_id, None),
    ):
        with pytest.raises(NotFoundError):
            find()
    page = list_workflows(bench.conn, WorkflowFilter(), Paging(), include_job_counts=False)
    assert (page.items, page.total_count) == ([], 0)

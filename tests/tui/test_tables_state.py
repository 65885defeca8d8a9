"""What users make of lists: the choice of columns, and what outlasts the visit."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from torc_core.model.job import Job
from torc_core.model.result import Result
from torc_tui.lists.attempts.attempt import node_id_of, seconds_of, started_at
from torc_tui.lists.jobs import JOBS
from torc_tui.lists.listing import Query
from torc_tui.state.head.headline import unseen_order
from torc_tui.state.tables.column_choice import ColumnChoice, choice_of
from torc_tui.state.tables.remembered import (
    ListMemory,
    Remembered,
    SavedFilter,
    order_of,
    remembered_order,
)

ABC = ColumnChoice(("A", "B", "C"), frozenset({"A", "C"}))
RESULT = Result(
    job_id=1, workflow_id=1, run_id=1, compute_node_id=7, return_code=0, exec_time_minutes=2.0,
    completion_time="2026-01-01T00:02:00.000Z", status="completed",
)  # fmt: skip


def make_job(status, **fields):
    return Job(workflow_id=1, name="j", command="true", status=status, **fields)


def test_columns_are_shown_hidden_and_moved():
    assert ABC.chosen == ("A", "C")
    assert ABC.moved_to(1).toggled().chosen == ("A", "B", "C")
    assert ABC.moved_to(9).shifted(-1).shifted(-1).titles == ("C", "A", "B")
    assert ABC.shifted(-1) == ABC


def test_the_last_column_stays():
    assert ABC.toggled().moved_to(2).toggled().chosen == ("C",)


def test_a_list_is_arranged_by_titles_of_which_some_may_be_gone():
    arranged = JOBS.arranged(["Exit", "Gone", "Name", "Exit"])

    assert [column.title for column in arranged.columns] == ["Exit", "Name"]
    assert arranged.printed_columns == JOBS.printed_columns
    assert set(choice_of(arranged).titles) == set(choice_of(JOBS).titles)
    assert JOBS.arranged(["Gone"]) is JOBS


@pytest.mark.parametrize(
    ("status", "seconds", "node"), [("completed", 120.0, 7), ("ready", None, None)]
)
def test_an_earlier_result_is_not_that_of_a_job_that_is_to_run_again(status, seconds, node):
    job = make_job(status, latest_result=RESULT)

    assert (seconds_of(job, 0), node_id_of(job)) == (seconds, node)


def test_a_running_job_has_run_for_so_long():
    job = make_job("running", start_time="1970-01-01T00:01:00.000Z", compute_node_id=3)

    assert (started_at(job), seconds_of(job, 75.0), node_id_of(job)) == (60.0, 15.0, 3)


def test_two_interfaces_keep_what_each_has_changed(tmp_path):
    path = tmp_path / "interface.json"
    one, two = Remembered(path), Remembered(path)
    saved = SavedFilter(query=Query(filters={"status": "failed"}), columns=("ID",))
    one.change_list("Jobs", lambda memory: replace(memory, saved={"mine": saved}))
    one.write()
    two.change(lambda memory: replace(memory, list_width=50))
    two.write()

    again = Remembered(path)
    assert again.of_list("Jobs").saved == {"mine": saved}
    assert again.memory.list_width == 50


def test_an_order_outlasts_the_visit_while_the_list_can_be_sorted_so(tmp_path):
    path = tmp_path / "interface.json"
    chosen, gone = Query().sorted_by("name"), Query().sorted_by("weight")
    for name, query in (("Jobs", chosen), ("Files", gone)):
        remembered = Remembered(path)
        order = order_of(JOBS, query)
        remembered.change_list(name, lambda memory, order=order: replace(memory, order=order))
        remembered.write()

    again = Remembered(path)
    assert remembered_order(JOBS, again.of_list("Jobs")) == chosen
    assert remembered_order(JOBS, again.of_list("Files")) == JOBS.order
    assert order_of(JOBS, JOBS.order) is None
    filtered = chosen.filtered("status", "failed")
    assert remembered_order(JOBS, ListMemory(order=order_of(JOBS, filtered))) == chosen


def test_an_order_that_no_title_shows_is_said():
    by_name = Query().sorted_by("name").sorted_by("name")

    assert unseen_order(JOBS, by_name, ["ID", "Name"]) == []
    assert [cell.text for cell in unseen_order(JOBS, by_name, ["ID"])] == ["  by Name▼ "]
    assert unseen_order(JOBS, JOBS.order, []) == []


def test_a_damaged_file_is_no_memory(tmp_path):
    path = tmp_path / "interface.json"
    path.write_text("{nonsense")

    assert Remembered(path).memory.commands == ()

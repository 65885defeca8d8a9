"""The lines above a list: where the user is, how the server is, what limits the list."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from torc_core.model.workflow import Workflow, WorkflowStatus
from torc_tui.lists.jobs import JOBS
from torc_tui.lists.listing import Query
from torc_tui.lists.resources.nodes import NODES
from torc_tui.lists.workflows import WORKFLOWS
from torc_tui.state.head.headline import (
    ServerState,
    breadcrumb,
    headline,
    limits_of,
    list_line,
    progress_line,
    tabs_line,
)
from torc_tui.theme import QUIET, Cell

URL = "http://node7:8080/torc-service/v1"


def text_of(cells):
    return "".join(cell.text for cell in cells)


@pytest.mark.parametrize(
    ("workflow", "run_id", "tab", "limits", "parts"),
    [
        (None, None, None, "", ["torc", "Workflows"]),
        (None, None, "Jobs", "", ["torc", "Workflows"]),
        (None, None, None, "name: a", ["torc", "Workflows", "name: a"]),
        ("fit", 2, None, "name: a", ["torc", "Workflows", "name: a"]),
        ("fit", 2, "Jobs", "name: a", ["torc", "fit #5", "run 2", "Jobs"]),
        ("fit", 0, "Jobs", "", ["torc", "fit #5", "Jobs"]),
        ("fit", None, "DAG", "", ["torc", "fit #5", "DAG"]),
    ],
)
def test_the_place(workflow, run_id, tab, limits, parts):
    opened = workflow and Workflow(id=5, name=workflow, user="me")
    status = None if run_id is None else WorkflowStatus(is_canceled=False, run_id=run_id)

    assert breadcrumb(opened, status, tab, limits) == parts


@pytest.mark.parametrize(
    ("state", "right"),
    [
        (ServerState(URL, True, "ann", 5), "● node7:8080  ann  auto 5s "),
        (ServerState(URL, None, "ann", 30), "○ node7:8080  ann  auto 30s "),
        (ServerState(URL, True, None, 0), "● node7:8080  all users  auto off "),
        (ServerState(None, None, None, 0), "○ server  all users  auto off "),
        (
            ServerState(URL, False, "ann\x1b", 5),
            "✗ no answer from node7:8080, retrying  ann␛  auto 5s ",
        ),
    ],
)
def test_the_first_line_fills_its_width_with_place_and_server(state, right):
    line = text_of(headline(["torc", "Workflows"], state, 80))

    assert line == " torc ▸ Workflows".ljust(80 - len(right)) + right


def test_the_zone_of_all_times_is_named_once():
    server = ServerState(URL, True, "ann", 5, zone="CET")
    line = "".join(cell.text for cell in headline(["torc"], server, 80))
    assert line.endswith("ann  auto 5s  CET ")


def test_a_long_place_is_cut_and_the_server_is_not():
    server = ServerState(URL, True, "ann", 5)
    line = text_of(headline(["torc", "x" * 90], server, 60))

    assert line.endswith("…" + " " + "● node7:8080  ann  auto 5s ")
    assert cell_len(line) == 60
    assert len(text_of(headline(["torc", "x" * 90], server, 20))) == 38


@given(st.integers(50, 200), st.text(max_size=80))
def test_the_first_line_has_the_width_of_the_screen(width, name):
    opened = Workflow(id=5, name=name, user="me")
    parts = breadcrumb(opened, None, "Jobs")

    assert cell_len(text_of(headline(parts, ServerState(URL, True, "ann", 5), width))) == width


def test_the_state_of_the_connection_has_a_color():
    tones = {
        is_up: headline(["torc"], ServerState(URL, is_up), 80)[1].tone
        for is_up in (True, False, None)
    }

    assert tones == {True: "green", False: "bold red", None: QUIET}


def progress(width=80, **fields):
    status = fields.pop("status", None)
    first, second = progress_line(Workflow(id=1, name="w", user="me", **fields), status, width)
    return text_of(first), text_of(second)


def test_progress_is_state_bar_and_counts():
    counts = {"completed": 1, "running": 2, "failed": 0, "blocked": 1}
    first, second = progress(job_counts=counts)

    assert first == f" ▶ running [{'━' * 10}{'╍' * 20}{'·' * 10}]  25% of 4 jobs"
    assert second == " ✓ 1 completed  ▶ 2 running  · 1 blocked  "


def test_the_status_is_newer_than_the_list():
    status = WorkflowStatus(
        is_canceled=True, run_id=1, jobs_by_status={"completed": 1500}, is_archived=True
    )
    first, second = progress(job_counts={"ready": 3}, status=status)

    assert first.startswith(" - canceled, archived [")
    assert first.endswith("] 100% of 1,500 jobs")
    assert progress(job_counts={"running": 1})[0].endswith("]   0% of 1 job")
    assert second == " ✓ 1,500 completed  "


def test_without_counts_in_the_status_those_of_the_list_stay():
    status = WorkflowStatus(is_canceled=False, run_id=1)

    assert progress(job_counts={"ready": 3}, status=status)[1] == " ○ 3 ready  "
    assert progress()[0] == " …"
    assert progress(is_archived=True, job_counts={})[0].startswith(" · empty, archived [")


@pytest.mark.parametrize(("width", "bar"), [(39, 10), (40, 11), (52, 23), (200, 40)])
def test_the_bar_takes_the_room_that_is_left(width, bar):
    first, _ = progress(width, job_counts={"running": 3})

    assert first == f" ▶ running [{'╍' * bar}]   0% of 3 jobs"


@pytest.mark.parametrize(("width", "bar"), [(22, 10), (29, 10), (32, 13), (38, 19)])
def test_where_there_is_little_room_the_number_of_jobs_makes_way_for_the_bar(width, bar):
    first, _ = progress(width, job_counts={"running": 3})

    assert first == f" ▶ running [{'╍' * bar}]   0%"


@pytest.mark.parametrize(
    ("counts", "keys"),
    [
        ({"uninitialized": 2}, "   x run"),
        ({"ready": 2}, "   x run"),
        ({"uninitialized": 2, "completed": 1}, "   x run"),
        ({"failed": 1}, "   F failures  v plan  V recover"),
        ({"running": 1, "ready": 1}, ""),
        ({"completed": 1}, ""),
    ],
)
def test_what_comes_next_for_a_workflow_is_named_with_its_keys(counts, keys):
    archived = progress(100, job_counts=counts, is_archived=True)[0]

    assert progress(100, job_counts=counts)[0].endswith(keys or ("job", "jobs"))
    assert archived.endswith(("job", "jobs"))


@pytest.mark.parametrize(
    ("width", "place"),
    [
        (80, " torc ▸ climate #6 ▸ run 1 ▸ Results"),
        (63, " climate #6 ▸ run 1 ▸ Results"),
        (52, " climate #6 ▸ run 1"),
        (45, " climate #6"),
    ],
)
def test_a_place_without_room_loses_first_what_is_seen_elsewhere(width, place):
    parts = ["torc", "climate #6", "run 1", "Results"]
    shown = headline(parts, ServerState(URL, True, "ann", 5), width)[0].text

    assert shown.rstrip() == place


def test_the_chosen_tab_is_in_brackets():
    cells = tabs_line(["Jobs", "Files", "DAG"], 1, 80)

    assert text_of(cells) == "  Jobs  [Files]  DAG "
    assert [cell.tone for cell in cells] == [QUIET, "bold", QUIET]


def test_only_filters_that_differ_from_the_usual_are_named():
    order = WORKFLOWS.order

    assert limits_of(WORKFLOWS, order) == ""
    assert limits_of(WORKFLOWS, order.filtered("is_archived", "")) == "archived: all"
    two = order.filtered("name", "a\x1b").filtered("user", "ann")
    assert limits_of(WORKFLOWS, two) == "name: a␛  user: ann"
    assert limits_of(NODES, Query().filtered("is_active", "no")) == "active: no"


def test_what_is_said_of_a_list():
    query = Query().filtered("name", "fit")

    assert list_line(JOBS, Query(), None, 0) == []
    assert list_line(JOBS, query, 1200, 3) == [
        Cell("  3 marked ", "bold"),
        Cell("  name: fit ", "yellow"),
        Cell("  1,200 jobs", QUIET),
    ]
    assert text_of(list_line(JOBS, query, 1, 0)) == "  name: fit   1 job"


def test_the_place_stands_out_and_the_rest_is_quiet():
    place, _, rest = headline(["torc"], ServerState(URL, True, "ann", 5), 80)

    assert place == Cell(place.text, "bold")
    assert rest == Cell("  ann  auto 5s ", QUIET)

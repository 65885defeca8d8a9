"""The tab DAG: groups that unfold to jobs, what a job needs and feeds, the critical path."""

from __future__ import annotations

import time

import pytest
from tui.driving import interface
from tui.test_group_lines import overview_of, texts

from torc_core.model.job import Job, JobGroup
from torc_core.model.status import JobStatus
from torc_core.model.workflow import Workflow
from torc_core.operations.progress.by_group import overview_of as counted_overview
from torc_core.operations.progress.groups import JobStates
from torc_tui.keys.action import Scope
from torc_tui.keys.table import in_scope
from torc_tui.panes.charts.dag import DagTab
from torc_tui.screens.creating.create_dialog import CreateDialog
from torc_tui.state.graph.dag import graph_of
from torc_tui.state.graph.finding import find, step_from
from torc_tui.state.graph.outline import Outline, Spot, about, jobs_at, path_line

C, R, F, B = JobStatus.COMPLETED, JobStatus.RUNNING, JobStatus.FAILED, JobStatus.BLOCKED
SEVEN = overview_of(
    ["prep_1", "prep_2", "fit_1", "fit_2", "fit_3", "merge", "report"],
    [C, C, C, R, F, B, B],
    needs=[(), (), (0,), (1,), (1,), (2, 3, 4), (5,)],
    began={3: 90.0}, runtimes={0: 5.0, 1: 5.0, 2: 60.0}, now=100.0, at_once=2,
)  # fmt: skip


def lines(outline, width=78):
    return texts([outline.cells(line, width) for line in range(len(outline))])


def test_groups_are_lines_with_bars_and_what_they_wait_for():
    assert lines(Outline(SEVEN, set())) == [
        "▸ prep_# [━━━━━━━━━━━━━━━━━━━] 2/2",
        "▸ fit_#  [━━━━━━╍╍╍╍╍╍xxxxxxx] 1/3  ▶R 1  ✗F 1  50s left  ← prep_#",
        "  merge  [···················] 0/1  · blocked  ← fit_#",
        "  report [···················] 0/1  · blocked  ← merge",
    ]


def test_an_unfolded_group_shows_its_jobs_those_first_that_need_a_look():
    shown = lines(Outline(SEVEN, {"fit_#"}))

    assert shown[1].startswith("▾ fit_#")
    assert [line.split()[1] for line in shown[2:5]] == ["fit_3", "fit_2", "fit_1"]
    assert shown[2].split()[2:] == ["✗", "failed", "needs", "prep_2", "feeds", "merge"]


def test_each_line_is_found_again():
    outline = Outline(SEVEN, {"fit_#", "prep_#"})

    for line in range(len(outline)):
        assert outline.line_of(outline.spot(line)) == line
    assert Outline(SEVEN, set()).line_of(Spot(1, 3)) == 1


def test_more_is_said_about_what_the_cursor_is_on():
    def said(spot):
        return texts([about(SEVEN, spot)])[0]

    assert said(Spot(1)) == " fit_#  3 jobs  needs prep_#  feeds merge"
    assert said(Spot(1, 3)) == " fit_2  needs prep_2  feeds merge"
    assert said(Spot(2, 5)) == " merge  needs fit_1, fit_2, fit_3  feeds report"


def test_the_critical_path_fits_its_line():
    over = overview_of(
        [f"step_{at}" for at in range(9)], [C] * 9, needs=[(), *((at,) for at in range(8))],
        runtimes=dict.fromkeys(range(9), 60.0),
    )  # fmt: skip

    assert texts([path_line(over, 120)]) == [
        " critical path 9m 00s: " + " → ".join(f"step_{at}" for at in range(9))
    ]
    for width in range(40, 110):
        (line,) = texts([path_line(over, width)])
        assert len(line) <= width
        assert line.endswith("step_8")
    assert texts([path_line(over, 50)]) == [" critical path 9m 00s: step_0 → … → step_8"]


def test_a_workflow_of_which_only_a_part_was_read_says_so():
    part = overview_of(["a_1", "a_2"], [C, C], total=1_000_000)

    assert texts([path_line(part, 80)]) == [
        " The first 2 of 1,000,000 jobs; the others were not read."
    ]


COUNTED = counted_overview(
    [
        JobGroup(
            id=at, workflow_id=1, name=name, jobs_by_status=counts, first_job_id=at,
            needed_group_ids=needed,
        )
        for at, name, counts, needed in (
            (1, "prep", {"completed": 1}, []),
            (2, "fit_#", {"completed": 600_000, "running": 100_000, "failed": 200_000}, [1]),
            (3, "report", {"blocked": 1}, [2]),
        )
    ],
    JobStates((), ()), (), (),
)  # fmt: skip


def test_groups_that_the_server_counts_are_lines_as_well():
    outline = Outline(COUNTED, {"fit_#"})

    assert lines(outline) == [
        "  prep   [━━━━━━━━━━━━━━━━━━━]             1/1  ✓ completed",
        "▸ fit_#  [━━━━━━━━━━━━╍╍xxxxx] 600,000/900,000  ▶R 100,000  ✗F 200,000  ← prep",
        "  report [···················]             0/1  · blocked  ← fit_#",
    ]
    assert [outline.line_of(outline.spot(line)) for line in range(3)] == [0, 1, 2]
    assert texts([about(COUNTED, Spot(1))]) == [" fit_#  900,000 jobs  needs prep  feeds report"]
    assert jobs_at(COUNTED, Spot(1), 7, 1_000_000) == []
    assert texts([path_line(COUNTED, 80)]) == [" critical path 2 groups: fit_# → report"]


def test_the_critical_path_of_counted_groups_takes_a_job_of_each():
    groups = [
        JobGroup(
            id=at, workflow_id=1, name=name, jobs_by_status=counts, requirements_ids=[1],
            needed_group_ids=needed,
        )
        for at, name, counts, needed in (
            (1, "prep", {"completed": 1}, []),
            (2, "fit_#", {"ready": 600_000}, [1]),
            (3, "plot_#", {"ready": 9}, [1]),
            (4, "report", {"blocked": 1}, [2, 3]),
        )
    ]  # fmt: skip
    over = counted_overview(groups, JobStates((), (), stated={1: 600.0}), (), ())

    (line,) = texts([path_line(over, 80)])
    assert line.startswith(" critical path at most 20m 00s, a job of each group: ")
    assert line.endswith("_# → report")


def test_counted_groups_are_drawn():
    drawn = graph_of(COUNTED)

    assert [node.text for node in drawn.nodes][1] == "▶R fit_# 900,000 jobs 66% ✗200,000"
    assert drawn.edges == {(0, 1), (1, 2)}


def test_actions_are_about_the_job_or_the_group_if_it_is_not_too_large():
    assert [job.name for job in jobs_at(SEVEN, Spot(1, 3), 7, 2)] == ["fit_2"]
    assert [job.id for job in jobs_at(SEVEN, Spot(0), 7, 2)] == [1, 2]
    assert jobs_at(SEVEN, Spot(1), 7, 2) == []


def test_a_hundred_thousand_jobs_are_shown_as_fast_as_ten():
    number = 100_000
    needs = [(), *[(0,)] * (number - 1)]
    big = overview_of([f"job_{at}" for at in range(number)], [C] * number, needs=needs)
    outline = Outline(big, {"job_#"})
    began = time.process_time()
    for line in range(number - 40, number):
        outline.cells(line, 80)

    assert len(outline) == number + 1
    assert time.process_time() - began < 1.0


@pytest.fixture
def diamond(client):
    number = client.create_workflow(Workflow(name="diamond", user="tester")).id
    ids = {}
    for name, needed in (
        ("prep", ()), ("fit_1", ("prep",)), ("fit_2", ("prep",)), ("merge", ("fit_1", "fit_2")),
    ):  # fmt: skip
        ids[name] = client.create_job(
            Job(
                workflow_id=number, name=name, command="true",
                depends_on_job_ids=[ids[each] for each in needed],
            )
        ).id  # fmt: skip
    client.initialize_jobs(number)
    yield ids
    client.delete_workflow(number)


async def test_keys_lead_through_groups_to_jobs_and_their_details(server, diamond):
    async with interface(server.url) as ui:
        await ui.open("diamond")
        await ui.press(*["shift+tab"] * 3)
        await ui.wait_for("▸ fit_#")
        await ui.wait_for("[DAG]  Time   More   3 groups")
        await ui.wait_for("critical path 3 jobs: prep → fit_1 → merge")
        await ui.press("down", "enter")
        await ui.wait_for("▾ fit_#")
        await ui.press("down")
        await ui.wait_for("needs prep  feeds merge")
        await ui.press("enter")
        await ui.wait_for("fit_1 ▸ details")
        await ui.press("q", "right_parenthesis")
        await ui.wait_for(" merge  needs fit_1, fit_2")
        await ui.press("left_parenthesis", "left_parenthesis")
        await ui.wait_for("> ")
        await ui.wait_for(" prep  feeds fit_1, fit_2")
        await ui.press("c")
        await ui.wait_for("Cancel job")
        await ui.press("n")
        await ui.wait_for(lambda: ui.screen is ui.board)
        await ui.press("E")
        await ui.wait_for("More   jobs")
        await ui.wait_for("─┬─")
        await ui.press("E")
        await ui.wait_for("More   files")
        await ui.press("E", "E")
        await ui.wait_for("▾ fit_#")


async def test_a_canceled_job_is_seen_in_its_group(server, client, diamond):
    async with interface(server.url) as ui:
        await ui.open("diamond")
        await ui.press(*["shift+tab"] * 3)
        await ui.wait_for("▸ fit_#")
        tab = ui.board.opened.details.tab_of(DagTab)
        await ui.press("c")
        await ui.wait_for("Cancel job")
        await ui.press("y")
        await ui.wait_for("- canceled")

        assert tab.selected_jobs()[0].name == "prep"


def test_keys_of_the_graph_are_none_of_the_screen_or_of_its_lines():
    given_back = {"groups.next", "groups.previous"}  # work while something is looked for
    scopes = (Scope.SCREEN, Scope.PANE, Scope.GRAPH, Scope.GROUPS, Scope.LINES)
    keys = [
        key
        for action in in_scope(*scopes)
        if action.id not in given_back
        for key in action.keys.split(",")
    ]

    assert len(keys) == len(set(keys))


@pytest.fixture
def crowd(client):
    number = client.create_workflow(Workflow(name="crowd", user="tester")).id
    for first in range(0, 100_000, 10_000):
        client.create_jobs(
            [
                Job(workflow_id=number, name=f"fit_{at}", command="true")
                for at in range(first, first + 10_000)
            ]
        )
    client.create_job(Job(workflow_id=number, name="report", command="true"))
    yield number
    client.delete_workflow(number)


async def test_more_jobs_than_are_read_are_shown_by_groups_that_lead_to_their_jobs(server, crowd):
    async with interface(server.url) as ui:
        await ui.open("crowd")
        await ui.press(*["shift+tab"] * 3)
        await ui.wait_for("0/100,000")
        await ui.wait_for("[DAG]  Time   More   2 groups")
        await ui.press("down", "enter")
        await ui.wait_for("report ▸ details")
        await ui.press("q", "up", "enter")
        await ui.wait_for("only: fit_#")
        await ui.wait_for("100,000 jobs")
        await ui.press("2", "G")
        await ui.wait_for("fit_99999")
        await ui.wait_for("only: fit_#")
        await ui.press("escape")
        await ui.wait_for("100,001 jobs")
        assert "only:" not in ui.seen()


def test_names_are_found_by_a_part_in_the_order_of_the_lines():
    outline = Outline(SEVEN, set())

    assert find(outline, "FIT") == [Spot(1)]
    assert find(outline, "_2") == [Spot(0, 1), Spot(1, 3)]
    assert find(outline, "r") == [Spot(0), Spot(2, 5), Spot(3, 6)]
    assert find(outline, "_3") == [Spot(1, 4)]
    assert find(outline, "none") == []


@pytest.mark.parametrize(
    ("spot", "step", "at"),
    [
        (Spot(0), 0, 0), (Spot(0, 1), 0, 0), (Spot(0, 1), 1, 1), (Spot(1, 3), 1, 0),
        (Spot(0, 1), -1, 1), (Spot(2, 5), 0, 0), (Spot(2, 5), 1, 0), (Spot(2, 5), -1, 1),
    ],
)  # fmt: skip
def test_matches_are_gone_through_from_the_cursor_on_and_begin_anew(spot, step, at):
    assert step_from([Spot(0, 1), Spot(1, 3)], spot, step) == at


async def test_a_job_of_a_folded_group_is_found_and_the_keys_are_given_back(server, diamond):
    async with interface(server.url) as ui:
        await ui.open("diamond")
        await ui.press(*["shift+tab"] * 3)
        await ui.wait_for("▸ fit_#")
        await ui.press("slash")
        await ui.wait_for("Find a job or group")
        await ui.type("_2")
        await ui.press("enter")
        await ui.wait_for("1 of 1: fit_2")
        await ui.wait_for("fit_2  needs prep  feeds merge")
        await ui.press("slash")
        await ui.wait_for("Find a job or group")
        await ui.type("e")
        await ui.press("enter")
        await ui.wait_for("2 of 2: merge")
        await ui.wait_for("name: e")
        await ui.press("n")
        await ui.wait_for("1 of 2: prep")
        await ui.press("N")
        await ui.wait_for("2 of 2: merge")
        await ui.press("slash")
        await ui.type("nothing")
        await ui.press("enter")
        await ui.wait_for("No job or group has nothing in its name.")
        await ui.press("escape")
        await ui.wait_for(lambda: "name: nothing" not in ui.seen())
        await ui.press("n")
        await ui.wait_for(lambda: isinstance(ui.screen, CreateDialog))

"""Groups of jobs in the summary, and when all jobs are read for it."""

from __future__ import annotations

from array import array

from torc_core.model.status import JobStatus
from torc_core.model.workflow import Workflow, WorkflowStatus
from torc_core.operations.progress.groups import (
    JobStates,
    Overview,
    group_progress,
    longest_chain,
    make_graph,
    total_time_left,
)
from torc_tui.appearance.plain import in_ascii
from torc_tui.lists.sparkline import sparkline
from torc_tui.state.head.headline import progress_line
from torc_tui.state.overview.group_lines import summary_lines
from torc_tui.state.overview.pace import Pace


def overview_of(names, statuses, needs=None, total=None, **more):
    size = len(names)
    graph = make_graph(
        array("q", range(1, size + 1)),
        names,
        array("q", [0] * size),
        needs or [()] * size,
        total or size,
    )
    states = JobStates(statuses=statuses, attempts=[1] * size, **more)
    return Overview(
        graph,
        states,
        group_progress(graph, states),
        total_time_left(graph, states),
        longest_chain(graph, states),
    )


def texts(lines):
    return ["".join(cell.text for cell in line).rstrip() for line in lines]


FOUR = overview_of(
    ["fetch", "fit_1", "fit_2", "fit_3", "merge\x1b[2J", "report"],
    [JobStatus.COMPLETED, JobStatus.COMPLETED, JobStatus.RUNNING, JobStatus.FAILED,
     JobStatus.BLOCKED, JobStatus.BLOCKED],
    needs=[(), (0,), (0,), (0,), (1, 2, 3), (4,)],
    began={2: 80.0}, runtimes={1: 30.0}, ended=[70.0, 95.0], now=100.0, at_once=1,
)  # fmt: skip


def test_the_summary_has_a_bar_for_each_group_and_the_rate():
    assert texts(summary_lines(FOUR, 96)) == [
        "fetch     [━━━━━━━━] 1/1                         report    [········] 0/1",
        "fit_#     [━━╍╍╍xxx] 1/3  ▶R 1  ✗F 1  10s left",
        "merge␛[2J [········] 0/1",
        "jobs/min                    █  2 in the last minute",
    ]


def test_where_there_is_no_room_for_all_groups_those_that_are_over_are_left_out():
    names = [f"{letter}1" for letter in "abcdefgh"]
    statuses = [JobStatus.COMPLETED] * 4 + [JobStatus.READY] * 4
    shown = texts(summary_lines(overview_of(names, statuses), 46))

    assert [line[0] for line in shown[:3]] == ["e", "f", "g"]
    assert shown[3] == "  5 more groups in the tab DAG"


def test_without_groups_to_compare_or_with_jobs_that_were_not_read_there_are_no_bars():
    ready = [JobStatus.READY] * 2

    assert summary_lines(None, 96) == []
    assert summary_lines(overview_of(["a_1", "a_2"], ready), 96) == []
    assert summary_lines(overview_of(["a", "b"], ready, total=9), 96) == []


def test_every_line_of_the_summary_fits():
    for width in (46, 60, 96, 140, 240):
        for line in summary_lines(FOUR, width)[:-1]:
            assert sum(len(cell.text) for cell in line) <= width


def test_a_sparkline_shows_what_is_not_zero_and_where_nothing_is_known():
    assert sparkline([0, 1, 50, 100, None]) == " ▁▄█·"
    assert sparkline([50.0], highest=100.0) == "▄"
    assert sparkline([]) == ""


def test_a_sparkline_keeps_its_heights_in_ascii():
    assert in_ascii(sparkline([0, 1, 50, 100, None])) == " _=#."
    assert in_ascii("▁") == " "  # the end of a scroll bar
    assert in_ascii("███···") == "###..."


def status(run_id=1, **counts):
    return WorkflowStatus(is_canceled=False, run_id=run_id, jobs_by_status=counts)


def test_jobs_are_read_again_when_they_have_changed_and_the_last_reading_has_rested():
    pace = Pace()

    assert pace.begins(status(running=1), 100.0, is_needed=True)
    assert not pace.begins(status(running=2), 100.5, is_needed=True)  # one at a time
    pace.ended(101.0, is_answered=True)
    assert not pace.begins(status(running=2), 105.0, is_needed=True)
    assert pace.pause_s(105.0, is_needed=True) == 1.0
    assert pace.begins(status(running=2), 106.0, is_needed=True)
    pace.ended(106.1, is_answered=True)
    assert not pace.begins(status(running=2), 120.0, is_needed=True)
    assert pace.begins(status(running=2), 140.0, is_needed=True)  # the time left is another


def test_jobs_are_not_read_where_nothing_shows_them():
    assert not Pace().begins(status(ready=5), 0.0, is_needed=False)
    assert Pace().begins(status(running=5), 0.0, is_needed=False)


def test_a_reading_without_an_answer_is_repeated():
    pace = Pace()
    pace.begins(status(ready=1), 0.0, is_needed=True)
    pace.ended(0.1, is_answered=False)

    assert pace.begins(status(ready=1), 10.0, is_needed=True)


def test_the_progress_line_has_the_time_left_while_jobs_run():
    def line(counts, width):
        cells, _ = progress_line(
            Workflow(name="w", user="u"), status(**counts), width, "40m 00s to 1h 10m left"
        )
        return "".join(cell.text for cell in cells)

    assert line({"running": 2, "blocked": 9_000}, 80).endswith(
        "  0% of 9,002 jobs  40m 00s to 1h 10m left"
    )
    assert len(line({"running": 2, "blocked": 9_000}, 80)) <= 80
    assert "left" not in line({"completed": 2}, 80)

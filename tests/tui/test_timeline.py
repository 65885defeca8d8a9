"""The timeline, runs beside each other, and plots: as lines, and in the interface."""

from __future__ import annotations

import pytest
from operations.progress.test_history import begin_next, result, two_runs
from tui.driving import interface
from tui.test_group_lines import texts

from torc_core.model.status import JobStatus
from torc_core.model.workflow import Workflow
from torc_core.operations.history.diff import difference
from torc_core.operations.history.runs import RunSummary
from torc_core.operations.history.timeline import Span, make_timeline
from torc_core.runner.monitor.samples import SampleDatabase, StoredNodeSample, StoredSample
from torc_core.usage.nodes import NodeUsage, read_node_usage
from torc_tui.screens.charts.plots import cells_of
from torc_tui.state.overview.diff_text import difference_lines, history_lines
from torc_tui.state.overview.timeline import about_line, timeline_lines, usually_folded

__all__ = ["two_runs"]

RUN = make_timeline(
    1,
    {
        1: [
            Span(0, 400, 1, "fit_1", "completed"),
            Span(0, 200, 2, "fit_2\x1b[2J", "failed"),
            Span(600, 1000, 3, "merge", "running"),
        ],
        2: [Span(900, 1000, 4, "x", "completed")],
    },
    {1: ("r12n03", 0.0, None), 2: ("r12n07", 500.0, 1000.0)},
)


def shown(width=63, folded=(), usage=None):
    found = timeline_lines(RUN, folded, usage or {}, 1000.0)
    return texts([found.cells(line, width) for line in range(len(found.lines))])


def test_idle_time_is_seen_as_dots_and_counted():
    found = timeline_lines(RUN, (), {}, 1000.0)
    texts_about = [texts([about_line(line, 1000.0)])[0] for line in found.lines]

    assert texts_about[1] == (
        " r12n03  3 attempts, 2 jobs at once at the most, idle for 3m 20s, at most 3m 20s at a time"
    )
    assert "fit_2" in texts_about[2]
    assert "merge" in texts_about[2]
    assert "·" in shown()[2]


def test_every_line_of_a_timeline_fits_and_hostile_names_stay_harmless():
    usage = {1: NodeUsage([(0.0, 50.0), (999.0, 200.0)], [(0.0, 2.0**30)])}
    for width in (40, 63, 78, 140, 290):
        lines = shown(width, usage=usage)
        assert all(len(line) <= width for line in lines)
        assert all(line.isprintable() for line in lines)
    assert any("CPU" in line and "200%" in line for line in shown(usage=usage))
    assert any("memory" in line and "1.0 GiB" in line for line in shown(usage=usage))


def test_bars_name_their_jobs_where_the_whole_name_fits():
    assert "━ fit_1 ━" in shown(width=80)[3]
    assert "fit" not in "".join(shown(width=40))


def test_minutes_are_enough_for_hours_and_a_short_run_has_seconds():
    short = make_timeline(1, {1: [Span(0, 60, 1, "fit", "completed")]}, {1: ("node", 0.0, 60.0)})
    axes = [
        texts([timeline_lines(each, (), {}, 0.0).cells(0, 90)])[0].split() for each in (short, RUN)
    ]

    assert [len(moment) for moment in axes[0]] == [len("16:40:05")] * len(axes[0])
    assert [len(moment) for moment in axes[1]] == [len("16:40")] * len(axes[1])


def test_a_folded_node_shows_no_jobs_and_many_lanes_are_folded_at_first():
    assert len(shown(folded={1, 2})) == 3
    assert usually_folded(RUN) == set()
    many = make_timeline(1, {1: [Span(0, 9, at, "job", "running") for at in range(99)]}, {})
    assert usually_folded(many) == {1}


def test_runs_are_lines_and_the_two_that_are_compared_are_marked():
    history = [
        RunSummary(run_id=2, started_at="2026-01-31T12:00:00Z", is_live=True, completed=4),
        RunSummary(run_id=1, started_at="2026-01-31T11:00:00Z", ended_at="2026-01-31T11:30:00Z",
                   completed=3, failed=1),
    ]  # fmt: skip
    live, over = texts(history_lines(history, (1, 2), 0.0))

    assert live.startswith("newer ▸ run 2")
    assert texts(history_lines(history[:1], (1, 2), 0.0))[0].lstrip().startswith("run 2")
    assert live.endswith("✓ 4 completed  goes on")
    assert over.startswith("older ▸ run 1")
    assert "30m 00s" in over
    assert over.endswith("✓ 3 completed  ✗ 1 failed")


def test_a_job_that_differs_is_a_line_with_what_changed():
    found = difference(
        1,
        (1, {1: result(1, JobStatus.FAILED, 1.0, 2**30, job_name="fit\x1b_1", return_code=137)}),
        (2, {1: result(1, JobStatus.COMPLETED, 5.0, 2**31, job_name="fit\x1b_1")}),
    )
    (line,) = texts(difference_lines(found, 100))

    assert line.split()[:2] == ["1", "fit␛_1"]
    assert "✗ failed" in line
    assert "→ ✓ completed" in line
    assert line.endswith("1m 00s → 5m 00s  1.0 GiB → 2.0 GiB")


def test_colors_of_a_plot_become_tones():
    (line,) = cells_of("ab \x1b[31mred\x1b[0m end")

    assert [cell.text for cell in line] == ["ab ", "red", " end"]
    assert line[1].tone
    assert not line[0].tone


@pytest.fixture
def samples(tmp_path):
    """A database with samples of job 1 and of node 7."""
    path = tmp_path / "output" / "resource_utilization" / "resource_metrics_here_1_1.db"
    database = SampleDatabase(str(path), 0o644)
    for at in range(20):
        database.add(
            StoredSample(job_id=1, job_name="fit", timestamp=1000.0 + at, cpu_percent=5.0 * at,
                         memory_bytes=2**20 * at, num_processes=2)
        )  # fmt: skip
        database.add(
            StoredNodeSample(
                compute_node_id=7, timestamp=1000.0 + at, cpu_percent=10.0 * at, memory_bytes=None
            )
        )
    database.close()
    return path


def test_what_nodes_used_is_read_from_the_samples(samples):
    usage = read_node_usage([samples])

    assert usage.keys() == {7}
    assert usage[7].cpu[-1] == (1019.0, 190.0)
    assert usage[7].memory == []


async def test_keys_lead_to_the_timeline_to_older_runs_and_to_what_differs(
    server, client, two_runs
):
    number, first, ended = two_runs
    begin_next(client, number)
    ended("a", first + 1, clock="13:10")
    ended("b", first + 1, minutes=5.0, clock="13:20")
    async with interface(server.url, (140, 30)) as ui:
        await ui.open("runs")
        await ui.press("T")
        await ui.wait_for("[Time]")
        await ui.wait_for(f"run {first + 1}")
        await ui.wait_for("▾ r12n03")
        await ui.press("left_square_bracket")
        await ui.wait_for(f"[Time]  More   run {first}")
        await ui.press("down", "enter")
        await ui.wait_for("▸ r12n03")
        await ui.press("left_square_bracket")
        await ui.wait_for("There is no older run." if not first else "Nothing has run")
        await ui.press("D")
        await ui.wait_for(f"run {first} → run {first + 1}")
        await ui.wait_for("2 of 2 jobs differ between")
        await ui.wait_for("✗ failed     → ✓ completed")
        await ui.press("left_square_bracket")
        await ui.wait_for("no older run")
        await ui.press("q")
        await ui.press("shift+tab", "shift+tab", "shift+tab", "shift+tab")
        await ui.wait_for("[Results]")
        await ui.wait_for("5 results")
        await ui.press("left_square_bracket")
        await ui.wait_for("2 results")
        await ui.press("left_square_bracket")
        await ui.wait_for("3 results")
        await ui.press("right_square_bracket", "right_square_bracket")
        await ui.wait_for("5 results")


async def test_p_plots_what_jobs_used_or_says_what_is_missing(
    make_server, samples, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    own = make_server()
    own.client().create_workflow(Workflow(name="plotted", user="tester"))
    own.client().create_workflow(Workflow(name="silent", user="tester"))
    async with interface(own.url, (100, 30)) as ui:
        await ui.wait_for("plotted")
        await ui.press("P")
        await ui.wait_for("There are no samples of workflow 2")
        await ui.press("q", "down")
        await ui.press("P")
        await ui.wait_for("CPU (%) of 1 job")
        await ui.wait_for(f"┌{80 * '─'}")  # as wide as the screen, whatever the terminal
        await ui.press("G")
        await ui.wait_for("Processes")

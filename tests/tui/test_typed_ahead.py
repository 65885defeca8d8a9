"""What is typed faster than it is answered goes where it would go if it were typed slowly."""

from __future__ import annotations

import signal
import sys
from contextlib import closing
from subprocess import run

import pytest

from torc_tui.keys.in_turn import AHEAD_S

CTRL_N, CTRL_B = "\x0e", "\x02"


def test_a_workflow_typed_in_one_breath(start_tui, make_server, tmp_path):
    screen = start_tui(make_server().url, XDG_STATE_HOME=str(tmp_path / "state"))
    screen.wait_for("no workflows")

    first, second = "count_{i}\rseq {i}\ri: 1:3\r", "sum\rwc -l"
    screen.type_ahead(f"mfast\ras it goes\r{first}a{second}{CTRL_N}\r {CTRL_B}")

    screen.wait_for("step 2 of 7", "✓ complete: 4 jobs", "Name         sum", "wc -l")
    screen.type_ahead(CTRL_B)
    screen.wait_for("Name         fast", "Description  as it goes")
    screen.type_ahead(CTRL_N + CTRL_N)
    screen.wait_for("[x] count_{i}")


def test_a_name_is_no_keys_of_the_list_before_it(start_tui, make_server):
    screen = start_tui(make_server().url)
    screen.wait_for("no workflows")

    screen.type_ahead("wadam\rmx")

    screen.wait_for("torc ▸ x ▸ Basics")
    screen.type_ahead("\x1b")
    screen.wait_for("Leave the wizard?")
    screen.type_ahead("y")
    screen.wait_for("  adam  ")


def test_a_filter_typed_before_there_is_anything_to_see(start_tui, make_server, make_workflow):
    server = make_server()
    with closing(server.client()) as client:
        for name in ("crab_3", "other"):
            make_workflow(name, on=client)
    screen = start_tui(server.url)

    screen.type_ahead("/b_3\r")

    screen.wait_for("Workflows ▸ name: b_3", "crab_3", gone="other")
    screen.type_ahead("\r")
    screen.wait_for("[Jobs]", "job_0")


@pytest.fixture
def own(make_server):
    """A server that can be stopped: what is asked of it then is answered when it goes on."""
    return make_server()


def stop(server):
    server.process.send_signal(signal.SIGSTOP)


def go_on(server, screen):
    """Let it answer; what was typed has arrived by then, unless the machine is busy."""
    screen.read(0.2)
    server.process.send_signal(signal.SIGCONT)


def jobs_of(own, start_tui, make_workflow, jobs):
    """Show the jobs of a workflow, while the server answers nothing."""
    with closing(own.client()) as client:
        make_workflow("awaited", jobs, on=client)
    screen = start_tui(own.url)
    screen.wait_for("awaited", "○ ready")
    screen.send("\r")
    screen.wait_for("[Jobs]", "job_0", "l logs")
    screen.rest()
    stop(own)
    return screen


def test_keys_that_come_before_the_first_rows_are_about_the_first_one(
    start_tui, own, make_workflow
):
    with closing(own.client()) as client:
        make_workflow("awaited", 3, on=client)
    stop(own)
    screen = start_tui(own.url)
    screen.wait_for("q quit")

    screen.type_ahead("\r\r")

    go_on(own, screen)
    screen.wait_for("job_0 ▸ details")


@pytest.mark.parametrize(
    ("keys", "seen"),
    [
        ("1l", "log ▸ job_0"),
        ("1\r", "job_0 ▸ details"),
        ("1!", "Why ▸ job_0"),
        ("1c", "Cancel job"),
        ("1 ", "1 marked"),
        ("1*", "300 marked"),
        ("1=", "status: ready"),
        ("G\r", "job_299 ▸ details"),
        ("Gkk1jl", "log ▸ job_1"),
        ("/_12\rj\r", "job_120 ▸ details"),
        ("\t\t\r", "Events ▸"),
    ],
)
def test_a_key_behind_one_that_brings_other_rows_waits_for_them(
    start_tui, own, make_workflow, keys, seen
):
    screen = jobs_of(own, start_tui, make_workflow, 300)

    screen.type_ahead(keys)

    go_on(own, screen)
    screen.wait_for(seen)


def test_a_key_whose_row_does_not_come_is_dropped_and_that_is_said(start_tui, own, make_workflow):
    screen = jobs_of(own, start_tui, make_workflow, 3)

    screen.type_ahead("1l")

    screen.wait_for("ID▲", "The row has not come yet; press the key again once it has.")
    go_on(own, screen)
    screen.wait_for("job_0")
    screen.send("l")
    screen.wait_for("log ▸ job_0")


def test_who_leaves_waits_for_no_rows(start_tui, own, make_workflow):
    screen = jobs_of(own, start_tui, make_workflow, 3)

    screen.type_ahead("1l")
    screen.wait_for("ID▲")
    screen.read(AHEAD_S)
    screen.send("q")

    assert screen.wait_for_end() == 0


@pytest.mark.parametrize(
    ("keys", "seen"),
    [
        ("lq!", "Why ▸ job_0"),
        ("1lq!", "Why ▸ job_0"),
        ("cn!", "Why ▸ job_0"),
        ("cy", "Canceled job"),
        ("Rn!", "Why ▸ job_0"),
        ("Cn!", "Why ▸ job_0"),
        ("Wn!", "Why ▸ job_0"),
        ("Fq!", "Why ▸ job_0"),
        ("\rq!", "Why ▸ job_0"),
        ("*c", "Cancel 3 jobs"),
        (":job job_1\r!", "Why ▸ job_1"),
        (":job 2\r!", "Why ▸ job_1"),
    ],
)
def test_a_key_behind_one_that_is_still_carried_out_waits_for_it(
    start_tui, own, make_workflow, keys, seen
):
    screen = jobs_of(own, start_tui, make_workflow, 3)

    screen.type_ahead(keys)

    go_on(own, screen)
    screen.wait_for(seen)


@pytest.mark.parametrize(
    ("keys", "seen"),
    [
        ("Fl", "log ▸ job_0"),
        ("F!", "Why ▸ job_0"),
        ("F\r", "[Jobs]"),
        ("F ", ">*   3"),
        ("Fy", "Retry 3 jobs?"),
    ],
)
def test_a_key_behind_the_failures_waits_for_them(start_tui, own, tmp_path, keys, seen):
    jobs = (f"{{name: job_{number}, command: exit 3}}" for number in range(3))
    (tmp_path / "failing.yaml").write_text(f"name: failing\njobs: [{', '.join(jobs)}]\n")
    torc = [sys.executable, "-m", "torc_tui", "--url", own.url]
    run([*torc, "run", "failing.yaml"], cwd=tmp_path, capture_output=True, check=False)
    screen = start_tui(own.url)
    screen.wait_for("failing", "failed")
    screen.rest()
    stop(own)

    screen.type_ahead(keys)

    go_on(own, screen)
    screen.wait_for(seen)


def test_a_path_is_completed_once_its_directory_was_read(start_tui, make_server, tmp_path):
    (tmp_path / "spec").mkdir()
    (tmp_path / "spec" / "study.yaml").write_text("name: s\njobs: [{name: j, command: 'true'}]\n")
    screen = start_tui(make_server().url)
    screen.wait_for("no workflows")

    screen.type_ahead("nspec/st\t\x1b[D!")

    screen.wait_for("spec/study.yam!l")


def test_keys_for_a_screen_that_does_not_come_are_dropped_and_that_is_said(
    start_tui, own, make_workflow
):
    screen = jobs_of(own, start_tui, make_workflow, 3)

    screen.type_ahead("cq")

    screen.wait_for("There is no answer yet; the keys that were typed for it are dropped.")
    go_on(own, screen)
    screen.wait_for("Cancel job")


def test_who_has_seen_that_no_screen_comes_means_what_is_in_sight(start_tui, own, make_workflow):
    screen = jobs_of(own, start_tui, make_workflow, 3)

    screen.type_ahead("cy")
    screen.read(AHEAD_S)
    screen.send("!")

    screen.wait_for("Why ▸ job_0")
    go_on(own, screen)
    screen.wait_for("Cancel job")


def test_keys_behind_a_tab_go_to_the_tab(start_tui, make_server, make_workflow):
    server = make_server()
    with closing(server.client()) as client:
        make_workflow("crab", 30, on=client)
    screen = start_tui(server.url)
    screen.wait_for("crab")

    screen.send("\r\t\t/ready\r")

    screen.wait_for("[Events]", "type: ready")
    screen.send("\t\t\t\tE")
    screen.wait_for("[DAG]", "jobs")
    screen.send("\x1b[Z\x1b[Z\x1b[Z\x1b[Z\x1b[Z\x1b[ZG")
    screen.wait_for("[Jobs]", "job_29")

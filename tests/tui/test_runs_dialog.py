"""Runs of this machine are offered, attached to, followed, stopped and cleared."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from tui.driving import interface
from waiting import wait_for

from torc_core.clock import utc_now
from torc_core.host.files.json_file import write_record
from torc_core.host.process import ProcessIdentity
from torc_core.host.runs import RunMeta, RunStatus, create_run, list_runs, new_run_id
from torc_core.model.records.run_step import Step, StepStatus
from torc_tui.screens.dialogs.reader import Reader
from torc_tui.screens.dialogs.runs import RunsDialog
from torc_tui.screens.logs.screen import LogScreen

OFFERED = "l output"
"""A key of the dialog, which is shown once it takes keys."""
STATUS = RunStatus(
    updated_at="2026-03-01T12:30:00Z",
    summary={"completed": 3, "failed": 1, "running": 2, "pending": 6},
    steps=[
        Step(job_id=1, name="mesh", status=StepStatus.COMPLETED),
        Step(job_id=2, name="solve", status=StepStatus.RUNNING),
    ],
    steps_left_out=10,
)


def make_run(name, *, number=1, url="http://127.0.0.1:9", process=None, **meta):
    run = create_run(
        RunMeta(
            run_id=new_run_id(number), workflow_id=number, workflow_name=name, url=url,
            output_dir="output", cwd=str(Path.cwd()), started_at=utc_now(), is_detached=True,
            process=process, **meta,
        )
    )  # fmt: skip
    write_record(run.path / "status.json", STATUS)
    run.log_path.write_text(f"{name} says hello\n")
    return run


def of_login2():
    here = ProcessIdentity.of(os.getpid())
    return msgspec.structs.replace(here, boot_id="another", host="login2")


@pytest.fixture
def endless():
    """A process that goes on until it is stopped."""
    code = "import signal; signal.pause()"
    with subprocess.Popen([sys.executable, "-c", code]) as process:
        yield process
        process.kill()


async def test_servers_are_named_where_runs_are_of_several(server):
    make_run("here", url=server.url).begin()
    async with interface(server.url, size=(120, 35)) as ui:
        await ui.wait_for(OFFERED)
        assert "Server" not in ui.seen()
        await ui.press("escape")
        make_run("there", url="http://elsewhere:8080/torc-service/v1").begin()
        await ui.press("H")
        await ui.wait_for(OFFERED)
        await ui.wait_for("elsewhere:8080")


async def test_several_runs_are_offered_with_their_steps_and_those_that_are_over_apart(server):
    make_run("alive", url=server.url).begin()
    over = make_run("over", url=server.url)
    over.begin()
    over.end("failed", 1)
    async with interface(server.url, size=(120, 35)) as ui:
        await ui.wait_for("Runs that go on without the interface")
        await ui.wait_for(OFFERED)
        await ui.wait_for("3 of 12 done, 1 failed, 2 running, 6 pending")
        assert "Finished" not in ui.seen()
        await ui.press("escape", "H")
        await ui.wait_for("Finished")
        active, finished = ui.seen().split("Finished")
        assert "▶ running" in active
        assert "✗ failed" in finished
        assert os.uname().nodename in active


async def test_a_run_that_ends_while_it_is_looked_at_goes_to_those_that_are_over(server):
    run = make_run("alive", url=server.url)
    run.begin()
    async with interface(server.url, size=(120, 35)) as ui:
        await ui.wait_for("Runs that go on without the interface")
        await ui.wait_for(OFFERED)
        await ui.wait_for("▶ running")
        assert "Finished" not in ui.seen()
        run.end("failed", 1)
        await ui.wait_for("Finished")
        await ui.wait_for("✗ failed")
        assert "Active" not in ui.seen()


async def test_a_run_of_another_login_node_is_warned_of_and_shows_its_last_state(server):
    make_run("far", process=of_login2(), is_embedded=True)
    async with interface(server.url, size=(100, 30)) as ui:
        await ui.wait_for("Workflows")
        await ui.press("H")
        await ui.wait_for("? other host")
        await ui.wait_for("WARNING: started on login2")
        await ui.press("enter")
        await ui.wait_for(lambda: isinstance(ui.screen, Reader))
        await ui.wait_for("3 of 12 done, 1 failed, 2 running, 6 pending")
        await ui.wait_for("running     solve")
        await ui.wait_for("and 10 more")
        await ui.press("q", "H")
        await ui.wait_for("login2")
        await ui.press("c")
        await ui.wait_for("only there it is known whether it has ended")
    assert len(list_runs()) == 1


@pytest.mark.parametrize("size", [(80, 24), (60, 15)])
async def test_what_is_said_of_a_run_is_seen_in_full(server, size):
    make_run("elsewhere", process=of_login2())
    async with interface(server.url, size) as ui:
        await ui.wait_for("Workflows")
        await ui.press("H")
        await ui.wait_for("? other host")
        said = "only there it is known whether it runs. Last state: 03-01 12:30:00."
        await ui.wait_for(lambda: said in " ".join(ui.seen().replace("│", " ").split()))
        await ui.wait_for("Esc cancel")


async def test_the_output_of_several_runs_is_followed_and_closing_stops_none(server, endless):
    identity = ProcessIdentity.of(endless.pid)
    make_run("first", url=server.url, number=1, process=identity)
    make_run("second", url=server.url, number=2, process=identity)
    async with interface(server.url, size=(120, 30)) as ui:
        await ui.wait_for(OFFERED)
        await ui.wait_for("first")
        await ui.press("g", "space", "space", "l")
        await ui.wait_for(lambda: isinstance(ui.screen, LogScreen))
        await ui.wait_for("says hello")
        assert ui.screen.options.is_followed
        await ui.press("a")
        assert not ui.screen.options.is_followed
        before = ui.screen.stream.name
        await ui.press("tab")
        await ui.wait_for(lambda: ui.screen.stream.name != before)
        await ui.press("q")
        await ui.wait_for(lambda: ui.screen is ui.board)
    assert endless.poll() is None


async def test_a_run_is_stopped_from_its_output_after_a_question(server, endless):
    make_run("endless", url=server.url, process=ProcessIdentity.of(endless.pid))
    async with interface(server.url) as ui:
        await ui.wait_for(OFFERED)
        await ui.press("l")
        await ui.wait_for("endless says hello")
        await ui.press("K")
        await ui.wait_for("Stop 1 run?")
        await ui.press("n")
        await ui.wait_for("endless says hello")
        assert endless.poll() is None
        await ui.press("K")
        await ui.wait_for("Stop 1 run?")
        await ui.press("y")
        await ui.wait_for("Stopping run #1 endless")
        wait_for(lambda: endless.poll() == -signal.SIGTERM, "the end")


async def test_what_is_over_is_cleared_one_by_one_or_all_together(server):
    for name in ("one", "two", "three"):
        run = make_run(name)
        run.begin()
        run.end("failed", 1)
    alive = make_run("alive", url=server.url)
    alive.begin()
    async with interface(server.url, size=(100, 30)) as ui:
        await ui.wait_for(OFFERED)
        await ui.press("escape", "H")
        await ui.wait_for("Finished")
        await ui.press("down", "c")
        await ui.wait_for("Clear 1 run of this machine?")
        await ui.press("y")
        await ui.wait_for(lambda: isinstance(ui.screen, RunsDialog) and len(list_runs()) == 3)
        await ui.press("C")
        await ui.wait_for("Clear 2 runs of this machine?")
        await ui.press("y")
        await ui.wait_for(lambda: isinstance(ui.screen, RunsDialog) and len(list_runs()) == 1)
        await ui.wait_for(lambda: "Finished" not in ui.seen())
    assert list_runs()[0].meta.workflow_name == "alive"

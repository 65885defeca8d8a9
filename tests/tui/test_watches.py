"""Watches of the interface: begun by a key, seen in the first line, ended with the interface."""

from __future__ import annotations

import re
import signal
from datetime import UTC, datetime
from functools import partial
from typing import get_args

import pytest
from tui.driving import interface
from tui.runs_here import ENDLESS, FALLS, create, run
from waiting import wait_for

from torc_core.client import Address, TorcClient
from torc_core.clock import SystemClock
from torc_core.host.connect import Connection
from torc_core.host.runs import RunState, list_runs
from torc_core.hpc.slurm.programs.budget import Budget
from torc_core.hpc.slurm.programs.calls import Slurm
from torc_core.model.job import Job
from torc_core.model.workflow import Workflow
from torc_core.operations.recovery.watch.decide import Decision, Recover, Wait
from torc_core.operations.recovery.watch.options import WatchOptions
from torc_core.operations.recovery.watch.request import WatchRequest
from torc_core.operations.recovery.watch.watch import watch
from torc_core.operations.reporter import SILENT
from torc_core.runner.policy.options import RunnerOptions
from torc_tui.screens.dialogs.confirm import Confirm
from torc_tui.state.head.headline import ServerState, headline
from torc_tui.state.head.watch import WatchState, watch_cell
from torc_tui.theme import Cell
from torc_tui.watches import Watches

SIZES = [(80, 24), (160, 48)]


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """Work in a directory of the test's own."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def newest(client):
    return client.list_workflows(sort_by="id", reverse_sort=True).items[0].id


@pytest.mark.parametrize("size", SIZES)
async def test_a_watch_recovers_what_fails_until_only_the_bug_is_left(server, client, here, size):
    async with interface(server.url, size) as ui:
        await create(ui, here, FALLS)
        number = newest(client)
        await ui.press("n", "W")
        await ui.wait_for(f"Watch #{number} falls, and recover it when it fails?")
        await ui.wait_for(f"torc watch {number} --recover --auto-schedule")
        await ui.press("y")
        await ui.wait_for("watch 0/3")
        await ui.wait_for(f"Watch of #{number} ended: No recoverable jobs found")
        assert "watch " not in ui.seen().splitlines()[0]
        await ui.wait_for("✓ 2 completed  ✗ 1 failed")
        await ui.press("e")
        await ui.wait_for("Recovery 1 of run 1: done (recover)")
    assert client.get_workflow_status(number).run_id == 2
    [log] = here.glob(f"output/watch_*_{number}.log")
    assert "Attempting automatic recovery (attempt 1/3)" in log.read_text()


async def test_the_same_key_stops_a_watch_and_the_workflow_goes_on(server, client, here):
    async with interface(server.url, (160, 48)) as ui:
        await run(ui, here, ENDLESS)
        number = newest(client)
        await ui.wait_for("▶ 1 running")
        await ui.press("W")
        await ui.wait_for(lambda: isinstance(ui.screen, Confirm))
        await ui.press("n")
        assert not ui.board.watches.workflow_ids
        await ui.press("W")
        await ui.wait_for(lambda: isinstance(ui.screen, Confirm))
        await ui.press("y")
        await ui.wait_for("watch 0/3 waits")
        await ui.press("q")
        await ui.wait_for("Quit and stop watching? Runs continue.")
        await ui.wait_for(f"torc watch {number} --recover --auto-schedule")
        await ui.press("n")
        await ui.press("W")
        await ui.wait_for("is no longer watched; it continues.")
        await ui.wait_for(lambda: "watch 0/3" not in ui.seen())
        await ui.wait_for("▶ 1 running")
        await ui.press("C")
        await ui.wait_for(lambda: isinstance(ui.screen, Confirm))
        await ui.press("y")
        await ui.wait_for("- 1 canceled")


async def test_of_a_watch_here_and_another_one_acts(server, client, here):
    async with interface(server.url) as ui, interface(server.url) as other:
        await create(ui, here, FALLS)
        number = newest(client)
        await ui.press("n")
        await ui.wait_for("Created #")
        await other.open(f"{number}  falls")
        for each in (ui, other):
            await each.press("W")
            await each.wait_for(lambda each=each: isinstance(each.screen, Confirm))
        for each in (ui, other):
            await each.press("y")
        for each in (ui, other):
            await each.wait_for(f"Watch of #{number} ended: No recoverable jobs found")
    assert client.get_workflow_status(number).run_id == 2
    assert client.list_recoveries(number).total_count == 2  # begun here, and recovered


async def test_a_watch_is_known_after_its_server_has_moved(server, client, here):
    workflow = client.create_workflow(Workflow(name="moved", user="tester"))
    client.create_job(Job(workflow_id=workflow.id, name="a", command="true"))
    before = server.url.replace(f":{server.port}", ":9")
    moving = TorcClient(before, locate=lambda: Address(server.url))
    watches = Watches(lambda: None, lambda _line: None)
    wanted = WatchRequest(
        workflow_id=workflow.id,
        options=WatchOptions(),
        run=RunnerOptions(workflow_id=workflow.id),
    )
    connection, slurm = Connection(moving, is_embedded=True), Slurm(SystemClock(), Budget())
    begin = partial(watch, connection, slurm, wanted, SILENT)
    watches.start(connection, WatchState(workflow.id, 0, 3), begin)
    wait_for(lambda: moving.url == server.url, "its first answer")
    assert watches.look(moving.url, workflow)[0] is not None
    assert watches.look(before, workflow)[0] is None
    assert watches.stop(moving.url, workflow.id)
    assert not watches.workflow_ids


def test_the_first_line_says_how_far_a_watch_is(in_paris):
    own = WatchState(7, 2, 3, Recover(attempt=3, number=1))
    one_o_clock = datetime.now(UTC).astimezone().replace(hour=1, minute=0).timestamp()
    other = WatchState(8, 0, 3, Wait(until=one_o_clock))
    fresh = WatchState(9, 0, 5)

    assert watch_cell(None, []) is None
    assert watch_cell(own, []).text == "watch 2/3 recovers"
    assert watch_cell(other, [own]).text == "watch 0/3 +1 waits until 01:00"
    assert watch_cell(fresh, []).text == "watch 0/5"
    assert watch_cell(None, [own]).text == "watch #7"
    assert watch_cell(None, [own, other]).text == "watch 2 workflows"


@pytest.mark.parametrize("kind", get_args(Decision))
def test_the_first_line_has_a_word_for_everything_that_a_watch_does(kind):
    values = {"exit_code": 0, "sentence": "", "attempt": 1, "number": 1, "why": ""}
    decision = kind(**{name: values[name] for name in kind.__struct_fields__ if name in values})
    assert re.fullmatch("watch 0/3 [a-z ]+", watch_cell(WatchState(7, 0, 3, decision), []).text)


@pytest.mark.parametrize(
    ("width", "right"),
    [
        (80, "● node7:8080  watch 1/3 waits  slurm 9s 1/12 "),
        (160, "● node7:8080  watch 1/3 waits  slurm 9s 1/12  ann  auto 5s "),
    ],
)
def test_a_watch_comes_before_what_is_known_anyway(width, right):
    url = "http://node7:8080/torc-service/v1"
    queue, watch = Cell("slurm 9s 1/12"), Cell("watch 1/3 waits")
    cells = headline(["torc", "Workflows"], ServerState(url, True, "ann", 5, queue, watch), width)

    text = "".join(cell.text for cell in cells)
    assert len(text) == width
    assert text.endswith(right)


def test_a_watch_ends_with_the_interface_and_says_how_to_go_on(start_tui, server, client, here):
    number = client.create_workflow(Workflow(name="kept", user="tester")).id
    job = client.create_job(Job(workflow_id=number, name="long", command="sleep 600"))
    client.initialize_jobs(number)
    screen = start_tui(server.url)
    screen.wait_for("kept")
    screen.send("W")
    screen.wait_for("Watch #", "y yes")
    screen.send("y")
    screen.wait_for("▶ running", "watch #")
    wait_for(lambda: client.get_job(job.id).status == "running", "the job to run")

    assert screen.end(signal.SIGTERM) == 143

    said = (
        f"Workflow {number} is no longer watched. To watch it again: torc watch {number} --recover"
    )
    assert said in " ".join(screen.output.decode(errors="replace").split())
    [log] = here.glob(f"output/watch_*_{number}.log")
    assert log.read_text().endswith("Stopped.\n")
    assert client.get_job(job.id).status == "running"
    client.cancel_workflow(number)
    wait_for(lambda: all(run.state is RunState.ENDED for run in list_runs()), "the run to end")

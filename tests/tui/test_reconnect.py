"""The interface is killed while a run goes on; the next one finds the run, and its output."""

from __future__ import annotations

import os
import signal

import pytest
from waiting import wait_for

from torc_core.host.runs import RunState, list_runs
from torc_core.model.job import Job
from torc_core.model.workflow import Workflow


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGHUP])
def test_a_run_is_found_again_after_the_interface_was_killed(
    start_tui, server, client, tmp_path, how
):
    end = tmp_path / "end"
    workflow = client.create_workflow(Workflow(name="outlives", user="killed"))
    for name, command in (("quick", "true"), ("slow", f"while [ ! -e {end} ]; do sleep 0.1; done")):
        client.create_job(Job(workflow_id=workflow.id, name=name, command=command))
    try:
        screen = start_tui(server.url, USER="killed")
        screen.wait_for("outlives")
        screen.send("x")
        screen.wait_for(f"Run #{workflow.id} outlives on this machine?")
        screen.send("y")
        screen.wait_for("in the background", "▶ running")
        (run,) = list_runs()
        screen.end(how)

        wait_for(lambda: _summary().get("completed") == 1, "the record of the first job")
        assert list_runs()[0].state is RunState.RUNNING
        screen = start_tui(server.url, USER="killed")
        screen.wait_for("Runs that go on without the interface", "outlives", "▶ running")
        screen.wait_for("1 of 2 done, 1 running", os.uname().nodename, "l output")
        screen.send("l")
        screen.wait_for("run ▸ #", "Job started", "K stop run")
        end.touch()
        screen.wait_for("Shutting down")
        screen.send("q")
        screen.wait_for("torc ▸ Workflows", gone="Shutting down")
        wait_for(lambda: list_runs()[0].state is RunState.ENDED, "the end of the run")
        screen.send("\r")
        screen.wait_for("[Jobs]")
        screen.send("\t" * 5)
        screen.wait_for("[Runs]", "✓ completed")
        screen.send("l")
        screen.wait_for("run ▸ #", "Shutting down")
        assert _summary() == {"completed": 2}
        assert list_runs()[0].meta.run_id == run.meta.run_id
    finally:
        end.touch()
        client.delete_workflow(workflow.id)


def _summary():
    status = list_runs()[0].status
    return status.summary if status else {}

"""The interface in a real terminal at the login node of a real cluster."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest
from slurm.submissions import HELD, SMALL
from tui.pty_screen import PtyScreen

FAR = f"""\
name: far
{SMALL}
slurm_schedulers:
  - {{name: tiny, account: project, walltime: "00:10:00", mem: 200M}}
jobs:
  - {{name: hello, command: "echo from the cluster", resource_requirements: small}}
actions:
  - {{trigger_type: on_workflow_start, action_type: schedule_nodes, scheduler: tiny,
      scheduler_type: slurm, num_allocations: 1}}
"""


@pytest.fixture(params=[(80, 24), (160, 48)], ids=lambda size: f"{size[0]}x{size[1]}")
def size(request):
    return request.param


@pytest.fixture
def show(tmp_path):
    """Start the interface for the server of a desk, in the directory of that desk."""
    shown = []

    def start(desk, size):
        argv = [sys.executable, "-m", "torc_tui", "--url", desk.client.url, "tui"]
        environ = {"PYTHONPATH": str(Path(__file__).parents[2]), **desk.cluster.variables}
        screen = PtyScreen(argv, columns=size[0], rows=size[1], environ=environ, cwd=tmp_path)
        shown.append(screen)
        return screen

    yield start
    for screen in shown:
        screen.close()


def test_s_submits_with_its_plan_and_the_result_comes_back(desk, show, size):
    desk.torc("workflows", "create", desk.write(FAR))
    screen = show(desk, size)
    screen.wait_for("far")
    screen.send("s")
    screen.wait_for(
        "Submit #1 far to Slurm: 1 allocation, at most 0.2 node-hours?",
        "now: 1 allocation of 1 node for 00:10:00, tiny",
        "y yes",
    )
    screen.send("y")
    screen.wait_for("Submitted #1 far: 1 allocation (Slurm job ")
    desk.wait_for_completion(1)
    screen.send("\x1b[C")
    screen.wait_for("✓ 1 completed")
    screen.send("\t\t\t\t")
    screen.wait_for("[Nodes]", "tiny")
    screen.send("kl")
    screen.wait_for("log ▸ Slurm job")
    screen.send("qq")
    assert screen.wait_for_end() == 0


def test_what_requests_no_nodes_says_what_to_do(desk, show, size):
    desk.torc("workflows", "create", desk.write("name: near\njobs: [{name: a, command: 'true'}]\n"))
    screen = show(desk, size)
    screen.wait_for("near")
    screen.send("s")
    screen.wait_for("requests no nodes as it starts", "torc submit-slurm FILE")


def test_a_controller_that_does_not_answer_is_said_and_waited_for(
    start_cluster, make_desk, show, size
):
    cluster = start_cluster(nodes=1, message_timeout_s=3)
    desk = make_desk(cluster)
    desk.submit(HELD)
    screen = show(desk, size)
    screen.wait_for("held")
    screen.send("\x1b[C")
    screen.wait_for("[Jobs]", "slurm ", "/12")
    screen.send("\r")
    screen.wait_for("pending: JobHeldUser")
    screen.send("q")
    cluster.stop_controller()
    screen.wait_for("✗ slurm: no answer, again in ")
    screen.send("\t\t\t\t")
    screen.wait_for("[Nodes]", "PENDING", "JobHeld")
    cluster.start_controller()
    screen.wait_for("/12", gone="no answer")
    assert screen.end(signal.SIGTERM) == 143

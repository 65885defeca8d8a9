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

FULL = """\
name: full
execution_config: {mode: slurm}
resource_requirements: [{name: small, num_cpus: 1, memory: 50m, runtime: PT1M}]
slurm_schedulers: [{name: tiny, account: project, walltime: "00:10:00", mem: 300M}]
jobs:
  - name: large
    command: "mkdir tried || exit 0; exec perl DIRECTORY/large.pl"
    resource_requirements: small
actions:
  - {trigger_type: on_workflow_start, action_type: schedule_nodes, scheduler: tiny,
      scheduler_type: slurm, num_allocations: 1}
"""


SIZES = [(80, 24), (160, 48)]


@pytest.fixture(params=SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
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
    screen.wait_for("[Nodes]", "tiny", "- ended")
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


def test_out_of_memory_is_explained_and_recovered(desk, show):
    (desk.directory / "large.pl").write_text("$x = q(a) x (200 * 1024 * 1024); sleep 1000\n")
    desk.submit(FULL.replace("DIRECTORY", str(desk.directory)))
    desk.wait_for_workers(1)
    narrow, wide = (show(desk, size) for size in SIZES)
    wide.wait_for("✗ failed")
    wide.send("v")
    wide.wait_for(
        "Recovery plan of #1 full",
        "Out of memory  1 job",
        "retried     1 job: large (1)",
        "memory      50m → ",
        "now: 1 allocation of 1 node",
        "Nothing has been changed.",
    )
    narrow.wait_for("✗ failed")
    narrow.send("V")
    narrow.wait_for("Recover #1 full?", "OOM detected, increasing memory 50m -> ", "y yes")
    narrow.send("y")
    narrow.wait_for("Recovered #1 full (1 OOM, 0 timeout)")
    desk.wait_for_completion(1)
    wide.send("q")
    wide.wait_for("✓ done")
    for screen in (narrow, wide):
        assert screen.end(signal.SIGTERM) == 143


def test_a_controller_that_does_not_answer_is_said_and_waited_for(start_cluster, make_desk, show):
    cluster = start_cluster(nodes=1, message_timeout_s=3)
    desk = make_desk(cluster)
    desk.submit(HELD)
    screens = [show(desk, size) for size in SIZES]
    for screen in screens:
        screen.wait_for("held")
        screen.send("\x1b[C")
        screen.wait_for("[Jobs]", "slurm ", "/12")
        screen.send("\r")
        screen.wait_for("pending: JobHeldUser", "N previous")
        screen.send("q")
    cluster.stop_controller()
    for screen in screens:
        screen.wait_for("✗ slurm: no answer, again in ")
        screen.send("\t\t\t\t")
        screen.wait_for("[Nodes]", "PENDING", "JobHeld")
    cluster.start_controller()
    for screen in screens:
        screen.wait_for("/12", gone="no answer")
        assert screen.end(signal.SIGTERM) == 143

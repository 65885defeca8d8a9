"""What the screens look like, as text. A picture that changes is to be looked at, not accepted.

To make them anew: delete the file, run the test, look at what it wrote.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tui.driving import interface

from torc_core.model.compute import ComputeNode, ScheduledComputeNode
from torc_core.model.job import Job
from torc_core.model.resources import SlurmScheduler
from torc_core.model.status import JobStatus
from torc_core.model.workflow import Workflow
from torc_tui.panes.dag import DagTab
from torc_tui.state.graph.dag import Graph
from torc_tui.theme import Cell

PICTURES = Path(__file__).parent / "pictures"
_MOMENT = re.compile(r"\d\d-\d\d \d\d:\d\d:\d\d")


@pytest.fixture
def furnished(make_server):
    """A server of its own, so that ids are always the same: two workflows, one cancelled job."""
    own = make_server()
    client = own.client()
    for name in ("nightly", "climate-ens"):
        number = client.create_workflow(
            Workflow(name=name, user="tester", description="runs of one season")
        ).id
        jobs = client.create_jobs(
            [
                Job(workflow_id=number, name=job, command=f"python {job}.py --all")
                for job in ("fetch", "train_1", "train_2", "merge")
            ]
        )
        client.initialize_jobs(number)
    client.manage_status_change(jobs[1].id, JobStatus.CANCELED, 0)
    return own


def check(ui, name, port):
    """Compare with the stored picture; ports and moments differ from run to run."""
    seen = ui.seen().replace(f"127.0.0.1:{port}", "127.0.0.1:" + "0" * len(str(port)))
    seen = _MOMENT.sub("01-31 12:00:00", seen)
    lines = "\n".join(line.rstrip() for line in seen.splitlines()) + "\n"
    path = PICTURES / f"{name}.txt"
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        path.write_text(lines)
        pytest.fail(f"{path.name} was not there; look at it")

    assert lines == path.read_text()


@pytest.mark.parametrize("size", [(80, 24), (160, 48)])
async def test_the_board(furnished, size):
    async with interface(furnished.url, size) as ui:
        await ui.open("climate-ens")
        await ui.wait_for("- 1 canceled")
        await ui.wait_for("merge")
        if size[0] == 160:
            await ui.wait_for("Command     python fetch.py")
            await ui.wait_for("job_canceled")
        check(ui, f"board_{size[0]}x{size[1]}", furnished.port)


async def test_the_workflows(furnished):
    async with interface(furnished.url) as ui:
        await ui.wait_for("nightly")
        check(ui, "workflows_80x24", furnished.port)


async def test_the_graph(furnished):
    async with interface(furnished.url) as ui:
        await ui.open("climate-ens")
        await ui.wait_for("merge")
        nodes = ["fetch", "train_1", "train_2", "merge", "report"]
        edges = {(0, 1), (0, 2), (1, 3), (2, 3), (0, 4), (3, 4)}
        await ui.press("shift+tab")
        await ui.wait_for("[DAG]")
        await ui.wait_for("○Y fetch")
        ui.board.opened.details.tab_of(DagTab).show_graph(
            Graph([Cell(f"✓C {name}", "green") for name in nodes], edges)
        )
        await ui.wait_for("✓C report")
        check(ui, "graph_80x24", furnished.port)


@pytest.mark.parametrize("size", [(80, 24), (160, 48)])
async def test_allocations_and_nodes(furnished, size, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))  # without Slurm, so what is seen is always the same
    client = furnished.client()
    scheduler = client.create_slurm_scheduler(
        SlurmScheduler(workflow_id=2, name="tiny", account="a", nodes=1, walltime="01:00:00")
    )
    for slurm_job, status in ((8811, "complete"), (8812, "active"), (8813, "pending")):
        client.create_scheduled_compute_node(
            ScheduledComputeNode(
                workflow_id=2,
                scheduler_id=slurm_job,
                scheduler_config_id=scheduler.id,
                scheduler_type="slurm",
                status=status,
            )
        )
    client.create_compute_node(
        ComputeNode(
            workflow_id=2,
            hostname="r12n03",
            pid=77,
            start_time="2026-01-31T11:00:00.000Z",
            is_active=True,
            num_cpus=4,
            memory_gb=16.0,
            num_gpus=0,
            num_nodes=1,
            time_limit="PT1H",
            compute_node_type="slurm",
            scheduler={"slurm_job_id": "8812"},
        )
    )
    async with interface(furnished.url, size) as ui:
        await ui.open("climate-ens")
        await ui.press("tab", "tab", "tab", "tab")
        await ui.wait_for("8813")
        await ui.wait_for("r12n03")
        await ui.wait_for("1 node")
        if size[0] == 160:
            await ui.wait_for("Command     python fetch.py")
            await ui.wait_for("compute_node_started")
        check(ui, f"nodes_{size[0]}x{size[1]}", furnished.port)


async def test_a_dialog(furnished):
    async with interface(furnished.url) as ui:
        await ui.wait_for("nightly")
        await ui.press("d")
        await ui.wait_for("Delete workflow #2 climate-ens?")
        await ui.wait_for("nightly")  # what lies behind a dialog may be drawn after it
        check(ui, "delete_80x24", furnished.port)

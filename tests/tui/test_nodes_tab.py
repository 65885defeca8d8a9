"""The tab of nodes: allocations above, nodes below, and the logs of both."""

from __future__ import annotations

import pytest
from nodes import compute_node
from tui.driving import interface

from torc_core.model.compute import AllocationStatus, ScheduledComputeNode
from torc_core.model.resources import SlurmScheduler
from torc_tui.screens.dialogs.reader import Reader
from torc_tui.screens.logs.screen import LogScreen


@pytest.fixture
def pending(client, make_workflow):
    """A workflow with two allocations and no node."""
    number = make_workflow("allocated")
    scheduler = client.create_slurm_scheduler(
        SlurmScheduler(
            workflow_id=number, name="small", account="a", nodes=1, walltime="01:00:00", mem="1G"
        )
    )
    for slurm_job, status in ((9001, AllocationStatus.ACTIVE), (9002, AllocationStatus.PENDING)):
        client.create_scheduled_compute_node(
            ScheduledComputeNode(
                workflow_id=number,
                scheduler_id=slurm_job,
                scheduler_config_id=scheduler.id,
                scheduler_type="slurm",
                status=status,
            )
        )
    return number


@pytest.fixture
def allocated(client, pending, tmp_path):
    """A workflow with two allocations, of which one has a node that wrote here."""
    number = pending
    client.create_compute_node(
        compute_node(
            workflow_id=number,
            hostname="n1",
            start_time="2026-03-01T11:00:00.000Z",
            is_active=True,
            num_cpus=4,
            compute_node_type="slurm",
            scheduler={"slurm_job_id": "9001", "output_dir": str(tmp_path)},
        )
    )
    (tmp_path / f"slurm_output_wf{number}_sl9001.o").write_text("it has begun\n")
    (tmp_path / f"slurm_output_wf{number}_sl9001.e").write_text("\x1b[2Jslurmstepd: error\n")
    return number


@pytest.fixture(autouse=True)
def _without_slurm(monkeypatch, tmp_path):
    """Slurm is not on this machine, as on a laptop that shows what a cluster does."""
    monkeypatch.setenv("PATH", str(tmp_path))


async def go_to_nodes(ui):
    await ui.open("allocated")
    for _ in range(4):
        await ui.press("tab")
    await ui.wait_for("[Nodes]")
    await ui.wait_for("9002  small")
    await ui.wait_for("n1 ")


@pytest.mark.parametrize("size", [(80, 24), (160, 48)])
async def test_allocations_and_nodes_are_seen_together(server, allocated, size):
    async with interface(server.url, size) as ui:
        await go_to_nodes(ui)
        lines = ui.seen().splitlines()
        allocation = next(line for line in lines if "9001  small" in line)
        assert "active" in allocation
        assert "pending" in next(line for line in lines if "9002  small" in line)
        assert "▶ active" in next(line for line in lines if "n1 " in line)
        await ui.wait_for("1 node")


async def test_the_cursor_goes_from_one_list_to_the_other(server, allocated):
    async with interface(server.url) as ui:
        await go_to_nodes(ui)
        await ui.wait_for("1 node")
        await ui.press("up")
        await ui.wait_for("2 allocations")
        await ui.press("up", "enter")
        await ui.wait_for(lambda: isinstance(ui.screen, Reader))
        await ui.wait_for("9001")
        await ui.press("q", "down", "down")
        await ui.wait_for("1 node")
        await ui.press("down", "enter")
        await ui.wait_for("Host")


async def test_a_workflow_without_nodes_begins_with_its_allocations(server, pending):
    async with interface(server.url) as ui:
        await ui.open("allocated")
        await ui.press("tab", "tab", "tab", "tab")
        await ui.wait_for("2 allocations")
        await ui.press("down", "equals_sign")
        await ui.wait_for("status = pending")
        await ui.wait_for("1 allocation")
        await ui.press("escape")
        await ui.wait_for("2 allocations")


async def test_l_shows_what_slurm_wrote_for_the_allocation_or_the_node(
    server, allocated, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    async with interface(server.url) as ui:
        await go_to_nodes(ui)
        await ui.press("l")
        await ui.wait_for(lambda: isinstance(ui.screen, LogScreen))
        await ui.wait_for("it has begun")
        await ui.press("tab")
        await ui.wait_for("slurmstepd: error")
        await ui.press("q", "up", "l")
        await ui.wait_for("Slurm job 9002")
        await ui.wait_for("Slurm has written nothing here yet")
        await ui.press("q", "up", "l")
        await ui.wait_for("it has begun")


async def test_without_allocations_there_are_only_nodes(server, make_workflow):
    make_workflow("local")
    async with interface(server.url) as ui:
        await ui.open("local")
        await ui.press("tab", "tab", "tab", "tab")
        await ui.wait_for("no nodes")
        assert "allocation" not in ui.seen()
        await ui.press("l")
        await ui.wait_for("No job is chosen")

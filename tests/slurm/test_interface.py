"""The interface beside a real cluster: allocations, their states, reasons, logs and ends."""

from __future__ import annotations

import pytest
from tui.driving import interface
from waiting import wait_for

from torc_core.clock import SystemClock
from torc_core.hpc.slurm.programs.budget import Budget
from torc_core.hpc.slurm.programs.calls import Slurm
from torc_core.hpc.slurm.programs.states import Phase
from torc_core.model.compute import (
    AllocationStatus,
    ScheduledComputeNode,
    ScheduledComputeNodePatch,
)
from torc_core.model.job import Job
from torc_core.model.resources import SlurmScheduler
from torc_core.model.workflow import Workflow
from torc_core.operations.slurm.queue_watch import QueueWatch
from torc_tui.screens.dialogs.reader import Reader
from torc_tui.screens.logs.screen import LogScreen

NEVER = 4_000_000


class Queue:
    """A workflow whose allocations are in the queue of a real cluster."""

    def __init__(self, cluster, client, output):
        self.cluster, self.client, self.output = cluster, client, output
        self.workflow = client.create_workflow(Workflow(name="queued", user="tester"))
        number = self.workflow.id
        client.create_jobs([Job(workflow_id=number, name="fit", command="true")])
        client.initialize_jobs(number)
        self.scheduler = client.create_slurm_scheduler(
            SlurmScheduler(
                workflow_id=number, name="small", account="a", nodes=1, walltime="01:00:00"
            )
        )

    def submit(self, command, *options, key, cluster=None):
        """Submit an allocation, and record it; torc names its cluster, the reference none."""
        number = self.workflow.id
        stem = f"{self.output}/output/slurm_output_wf{number}_sl%j"
        job = self.cluster.submit(
            command, "--time=60", "--mem=50", f"--comment={key}",
            f"--output={stem}.o", f"--error={stem}.e", *options,
        )  # fmt: skip
        return job, self.record(job, key=key, cluster=cluster)

    def record(self, job, *, key, cluster=None):
        """Record an allocation."""
        record = self.client.create_scheduled_compute_node(
            ScheduledComputeNode(
                workflow_id=self.workflow.id,
                scheduler_id=job,
                scheduler_config_id=self.scheduler.id,
                scheduler_type="slurm",
                status=AllocationStatus.PENDING,
                request_key=key,
                slurm_cluster=cluster,
            )
        )
        return record.id

    def status(self, record):
        return self.client.get_scheduled_compute_node(record).status


@pytest.fixture
def queue(slurm, client, tmp_path, monkeypatch):
    (tmp_path / "output").mkdir()
    monkeypatch.chdir(tmp_path)
    queue = Queue(slurm, client, tmp_path)
    yield queue
    client.delete_workflow(queue.workflow.id)


def row_of(ui, job):
    return next((line for line in ui.seen().splitlines() if f" {job}  small" in line), "")


@pytest.mark.parametrize("size", [(80, 24), (160, 48)])
async def test_states_reasons_and_ends_are_seen_and_settled(queue, server, size):
    held, held_record = queue.submit("true", "--hold", key="torc:wf1:r1:a1:1")
    running, running_record = queue.submit(
        "echo begun; echo trouble >&2; sleep 1000", key="torc:wf1:r1:a1:2"
    )
    async with interface(server.url, size) as ui:
        await ui.open("queued")
        await ui.wait_for("slurm ")
        await ui.wait_for("/12")
        await ui.press("enter")
        await ui.wait_for(lambda: isinstance(ui.screen, Reader))
        await ui.wait_for(f"allocation {held} pending: JobHeldUser")
        await ui.press("q", "tab", "tab", "tab", "tab")
        await ui.wait_for(lambda: "PENDING" in row_of(ui, held))
        assert "JobHeld" in row_of(ui, held)
        await ui.wait_for(lambda: "RUNNING" in row_of(ui, running))
        assert " left" in row_of(ui, running)

        await ui.press("j", "l")
        await ui.wait_for(lambda: isinstance(ui.screen, LogScreen))
        await ui.wait_for("begun")
        await ui.press("tab")
        await ui.wait_for("trouble")
        await ui.press("q")

        queue.cluster.run("scancel", str(held), str(running))
        for job in (held, running):
            await ui.wait_for(lambda job=job: "CANCELLED" in row_of(ui, job))
        await ui.wait_for(
            lambda: {queue.status(held_record), queue.status(running_record)} == {"complete"}
        )
        await ui.wait_for(lambda: "/12" not in ui.seen())


async def test_a_job_of_another_cluster_with_the_same_number_settles_nothing(queue, server):
    ended = queue.cluster.submit("true", "--comment=torc:wf1:r1:a1:9")
    queue.cluster.wait_for_end(ended)
    record = queue.record(ended, key="torc:wf7:r1:a1:1")
    watched, _ = queue.submit("true", "--hold", key="torc:wf1:r1:a1:1")
    async with interface(server.url) as ui:
        await ui.open("queued")
        await ui.press("tab", "tab", "tab", "tab")
        await ui.wait_for(lambda: "PENDING" in row_of(ui, watched))
        assert "COMPLETED" not in row_of(ui, ended)
        queue.cluster.run("scancel", str(watched))
        await ui.wait_for(lambda: "CANCELLED" in row_of(ui, watched))
    assert queue.status(record) == "pending"


def test_ends_that_were_not_seen_are_settled_if_the_cluster_is_the_same(queue):
    clock = SystemClock()
    watch = QueueWatch(Slurm(clock, Budget(1_000)), clock)
    here = Slurm(clock, Budget()).cluster()
    ended = queue.cluster.submit("true", "--comment=torc:seen")
    queue.cluster.wait_for_end(ended)
    number = queue.workflow.id
    ours = queue.record(ended, key="torc:seen", cluster=here)
    same_number = queue.record(ended, key="torc:other", cluster=f"{here}-not")
    never = queue.record(NEVER, key="torc:never", cluster="elsewhere")
    unnamed = queue.record(NEVER + 1, key="torc:unnamed")

    def is_settled():
        watch.look(queue.client, number)
        return queue.status(ours) == AllocationStatus.COMPLETE

    wait_for(is_settled, "the end to be settled", 250)
    look = watch.look(queue.client, number)
    assert NEVER not in look.views
    assert {queue.status(each) for each in (same_number, never, unnamed)} == {"pending"}


def test_an_allocation_that_waits_once_more_is_settled_by_its_watch(queue):
    clock = SystemClock()
    watch = QueueWatch(Slurm(clock, Budget(1_000)), clock)
    number = queue.workflow.id
    job, record = queue.submit("sleep 100", "--hold", key="torc:again")
    assert watch.look(queue.client, number).views[job].phase is Phase.PENDING

    patch = ScheduledComputeNodePatch(status=AllocationStatus.COMPLETE)
    queue.client.update_scheduled_compute_node(record, patch)

    def is_pending_again():
        watch.look(queue.client, number)
        return queue.status(record) == AllocationStatus.PENDING

    wait_for(is_pending_again, "the record of the requeued allocation", 250)
    queue.cluster.run("scancel", str(job))

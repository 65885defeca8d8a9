"""How a watched workflow is, by the server's records and Slurm's word."""

from __future__ import annotations

from nodes import compute_node

from torc_core.hpc.slurm.programs.poller import AllocationView
from torc_core.hpc.slurm.programs.states import Phase
from torc_core.model.compute import ScheduledComputeNode
from torc_core.model.workflow import WorkflowStatus
from torc_core.operations.recovery.watch.look import describe
from torc_core.operations.recovery.watch.situation import Allocations

STATUS = WorkflowStatus(id=42, is_canceled=False, run_id=3, jobs_by_status={"running": 2})


def allocation(number, status):
    return ScheduledComputeNode(
        workflow_id=42,
        scheduler_id=number,
        scheduler_config_id=1,
        scheduler_type="slurm",
        status=status,
    )


def node(slurm_job_id=None):
    return compute_node(
        workflow_id=42,
        hostname="n1",
        is_active=True,
        compute_node_type="local" if slurm_job_id is None else "slurm",
        scheduler=None if slurm_job_id is None else {"slurm_job_id": slurm_job_id},
    )


def test_what_slurm_says_to_be_over_is_not_waited_for():
    records = [
        allocation(number, status)
        for number, status in enumerate(
            ("pending", "active", "pending", "active", "complete", "active"), start=1
        )
    ]
    views = {
        1: AllocationView(id=1, phase=Phase.PENDING),
        2: AllocationView(id=2, phase=Phase.RUNNING),
        3: AllocationView(id=3, phase=Phase.GONE),
        4: AllocationView(id=4, phase=Phase.ENDED),
        6: AllocationView(id=6, phase=None),
    }
    found = describe(STATUS, records, [node(), node(2), node(4), node(5), node(77)], views)
    assert found.allocations == Allocations(waiting=1, running=2, stale=2, ended=1)
    assert (found.allocations.left, found.allocations.requested) == (3, 6)
    assert (found.runners, found.stale_runners) == (1, 3)
    assert (found.workflow_id, found.run_id, found.active) == (42, 3, 2)


def test_an_allocation_that_its_worker_has_left_may_be_requeued_until_it_is_out_of_the_queue():
    records = [allocation(number, "complete") for number in (1, 2, 3, 4)]
    views = {
        1: AllocationView(id=1, phase=Phase.RUNNING),
        2: AllocationView(id=2, phase=Phase.ENDING),
        3: AllocationView(id=3, phase=Phase.UNKNOWN_YET),
    }
    found = describe(STATUS, records, [], views)
    assert found.allocations == Allocations(running=2, ended=2)


def test_without_slurm_the_records_are_believed():
    found = describe(STATUS, [allocation(1, "pending"), allocation(2, "active")], [node(2)], {})
    assert found.allocations == Allocations(waiting=1, running=1)
    assert found.stale_runners == 0

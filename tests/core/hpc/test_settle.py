"""What is recorded once Slurm says that an allocation is over."""

from __future__ import annotations

import msgspec
import pytest
from operations.situations import node_here

from torc_core.clock import utc_text
from torc_core.errors import ConflictError
from torc_core.hpc.slurm.allocation import Allocation
from torc_core.hpc.slurm.others import decide_others, decide_spread, decide_turn
from torc_core.hpc.slurm.programs.poller import AllocationView
from torc_core.hpc.slurm.programs.states import Phase
from torc_core.hpc.slurm.settle import certain_views, decide_settled, settle_allocations
from torc_core.model.compute import ScheduledComputeNode
from torc_core.model.workflow import Workflow, WorkflowStatus
from torc_core.operations.lifecycle.cancel import Before, decide_cancel


def record(number, status="active", kind="slurm", workflow_id=1, **fields):
    return ScheduledComputeNode(
        id=100 + number,
        workflow_id=workflow_id,
        scheduler_id=number,
        scheduler_config_id=1,
        scheduler_type=kind,
        status=status,
        **fields,
    )


def node(number, slurm_job_id, workflow_id=1, cluster=None, **fields):
    return msgspec.structs.replace(
        node_here(workflow_id),
        id=number,
        compute_node_type="slurm",
        scheduler={"type": "slurm", "slurm_job_id": slurm_job_id}
        | ({"slurm_cluster": cluster} if cluster else {}),
        **fields,
    )


def seen(*views):
    return {number: AllocationView(id=number, phase=phase) for number, phase in views}


def test_what_is_over_is_settled_and_nothing_else():
    views = seen(
        (1, Phase.ENDED),
        (2, Phase.RUNNING),
        (3, Phase.PENDING),
        (4, Phase.ENDING),
        (5, Phase.UNKNOWN_YET),
        (6, None),
        (7, Phase.GONE),
    )
    records = [record(number) for number in range(1, 9)]
    nodes = [node(number, number) for number in range(1, 9)]

    settled = decide_settled(records, nodes, views)

    assert [each.scheduler_id for each in settled.allocations] == [1, 7]
    assert [each.id for each in settled.nodes] == [1, 7]


@pytest.mark.parametrize(
    ("comment", "key", "is_over"),
    [
        ("torc:1", "torc:1", True),
        ("another job", "torc:1", False),
        (None, "torc:1", True),
        ("another job", None, True),
    ],
)
def test_a_job_of_another_cluster_with_the_same_number_settles_nothing(comment, key, is_over):
    views = {1: AllocationView(id=1, phase=Phase.ENDED, comment=comment)}
    records = [record(1, request_key=key)]

    settled = decide_settled(records, [node(1, 1)], views)

    assert (len(settled.allocations), len(settled.nodes)) == ((1, 1) if is_over else (0, 0))


@pytest.mark.parametrize("answered", ["here", None])
def test_the_allocations_of_another_cluster_are_not_judged(answered):
    records = [
        record(1, slurm_cluster="here"),
        record(1, slurm_cluster="there"),
        record(2, slurm_cluster="there"),
    ]
    nodes = [node(1, 1, cluster="here"), node(2, 1, cluster="there"), node(3, 2, cluster="there")]

    settled = decide_settled(
        records, nodes, seen((1, Phase.ENDED), (2, Phase.GONE)), cluster=answered
    )

    assert settled.allocations == (tuple(records[:1]) if answered else ())
    assert settled.nodes == (tuple(nodes[:1]) if answered else ())


@pytest.mark.parametrize(
    ("cluster", "key", "comment", "is_certain"),
    [
        ("here", "torc:1", None, True),
        ("here", None, None, True),
        ("here", "torc:1", "another job", False),
        ("there", "torc:1", None, False),
        (None, "torc:1", None, False),
        (None, "torc:1", "torc:1", True),
        (None, None, "torc:1", False),
    ],
)
def test_an_end_is_certain_by_the_cluster_or_by_a_key_that_was_seen(
    cluster, key, comment, is_certain
):
    views = {1: AllocationView(id=1, phase=Phase.GONE, comment=comment)}
    records = {1: record(1, request_key=key, slurm_cluster=cluster)}

    assert certain_views(views, records, "here") == (views if is_certain else {})
    if cluster:
        assert not certain_views(views, records, None)


def test_what_says_so_itself_is_left_alone():
    records = [record(1, "complete"), record(2, kind="other"), record(3, "pending")]
    nodes = [node(1, 1, is_active=False), node_here(1), node(3, None)]
    views = seen(*((number, Phase.ENDED) for number in (1, 2, 3)))

    settled = decide_settled(records, nodes, views)

    assert [each.scheduler_id for each in settled.allocations] == [3]
    assert settled.nodes == ()


def test_a_requeued_allocation_waits_again_though_its_runner_has_left():
    records = [record(1, "complete"), record(2, "complete"), record(3, "pending")]
    records.append(record(4, "complete", kind="other"))
    views = seen((1, Phase.PENDING), (2, Phase.RUNNING), (3, Phase.PENDING), (4, Phase.PENDING))

    settled = decide_settled(records, [], views)

    assert [each.scheduler_id for each in settled.requeued] == [1]
    assert settled.allocations == ()


BEGAN = 1_800_000_000.0


@pytest.mark.parametrize(
    ("phase", "submitted", "is_over"),
    [
        (Phase.PENDING, BEGAN + 60, True),
        (Phase.PENDING, BEGAN + 1, False),
        (Phase.PENDING, BEGAN - 60, False),
        (Phase.PENDING, None, False),
        (Phase.RUNNING, BEGAN + 60, False),
    ],
)
def test_nodes_from_before_a_requeue_are_over(phase, submitted, is_over):
    view = AllocationView(id=1, phase=phase, submitted=submitted)
    before = node(1, 1, start_time=utc_text(int(BEGAN * 1000)))

    settled = decide_settled([record(1)], [before], {1: view})

    assert settled.nodes == ((before,) if is_over else ())
    assert settled.requeued == ((record(1),) if is_over else ())


@pytest.mark.parametrize("start_time", ["yesterday", "2020-01-01T00:00:00"])
def test_a_node_that_does_not_say_when_it_began_is_left_alone(start_time):
    view = AllocationView(id=1, phase=Phase.PENDING, submitted=BEGAN)

    assert decide_settled([], [node(1, 1, start_time=start_time)], {1: view}).nodes == ()


def test_the_jobs_of_an_allocation_that_is_over_are_free_at_once(client):
    workflow_id = client.create_workflow(Workflow(name="lost", user="tester")).id
    allocation = client.create_scheduled_compute_node(record(4, workflow_id=workflow_id))
    lost = client.create_compute_node(node(None, 4, workflow_id))

    settle_allocations(client, seen((4, Phase.ENDED)), workflow_id, cluster=None)

    assert client.get_scheduled_compute_node(allocation.id).status == "complete"
    assert client.get_compute_node(lost.id).is_active is False
    again = settle_allocations(client, seen((4, Phase.ENDED)), workflow_id, cluster=None)
    assert (again.allocations, again.nodes) == ((), ())


OPEN = WorkflowStatus(is_canceled=False, run_id=1, jobs_by_status={"completed": 1, "ready": 1})
COMPLETE = msgspec.structs.replace(OPEN, jobs_by_status={"completed": 2})


@pytest.mark.parametrize(
    ("status", "allocations", "before"),
    [
        (OPEN, 0, Before.OPEN),
        (COMPLETE, 2, Before.COMPLETE),
        (msgspec.structs.replace(COMPLETE, is_canceled=True), 0, Before.CANCELED),
    ],
)
def test_a_workflow_can_be_canceled_while_jobs_or_allocations_are_left(status, allocations, before):
    assert decide_cancel(1, status, allocations) is before


def test_a_complete_workflow_without_allocations_has_nothing_to_cancel():
    with pytest.raises(ConflictError, match="there is nothing to cancel"):
        decide_cancel(1, COMPLETE, 0)


def allocation(slurm_job_id):
    return Allocation(
        slurm_job_id=slurm_job_id,
        cluster="here",
        node_id=0,
        num_cpus=1,
        memory_gb=1,
        num_gpus=0,
        num_nodes=1,
        end_time=None,
    )


def test_of_hundreds_of_workers_that_start_together_few_ask_and_not_at_once():
    records = [record(number, slurm_cluster="here") for number in range(1, 501)]
    asking = [number for number in range(1, 501) if decide_turn(records, allocation(number))]

    assert asking == list(range(491, 501))
    assert decide_spread(records) == 25
    assert decide_spread([record(number, "pending") for number in range(10_000)]) == 30


def test_a_worker_that_replaces_another_one_asks_at_once():
    ended = [record(number, "complete", slurm_cluster="here") for number in range(100, 600)]
    elsewhere = [record(number, slurm_cluster="there") for number in range(100, 120)]
    records = [record(2, slurm_cluster="here"), record(3, slurm_cluster="here"), *ended]

    assert decide_turn([*records, *elsewhere], allocation(2))
    assert decide_spread(records) < 1


def test_a_worker_asks_for_other_allocations_of_its_cluster_that_may_be_at_work():
    own = allocation(1)
    records = [
        record(1, slurm_cluster="here"),
        record(2, slurm_cluster="here"),
        record(3, "pending", slurm_cluster="here"),
        record(4, "complete", slurm_cluster="here"),
        record(5, slurm_cluster="there"),
        record(6),
        record(7, kind="other"),
    ]
    nodes = [node(1, 1, cluster="here"), node(2, 8, cluster="here"), node(3, 9, cluster="there")]

    assert decide_others([*records], [*nodes, node_here(1)], own) == {2, 6, 8}

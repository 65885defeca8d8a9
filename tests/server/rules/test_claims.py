"""Who gets which jobs."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from server.rules.bench import NOW, PLENTY

from torc_core.errors import NotFoundError, UsageError
from torc_core.model.compute import ComputeNodesResources
from torc_server.rules.attempts.cancel import cancel_workflow
from torc_server.rules.attempts.claims import (
    MAX_CLAIM,
    claim_jobs_based_on_resources,
    claim_next_jobs,
)
from torc_server.storage import tables

NODE = ComputeNodesResources(num_cpus=4, memory_gb=8.0, num_gpus=0, num_nodes=1)


def names(bench, resources=NODE, limit=100, **options):
    claimed = claim_jobs_based_on_resources(
        bench.conn, bench.workflow_id, resources, limit, now_ms=NOW, **options
    )
    return [job.name for job in claimed.jobs]


def test_what_fits_is_found_behind_what_does_not(bench):
    big, small = bench.need("big", num_cpus=8), bench.need("small", num_cpus=1)
    bench.create(*(bench.job(f"big{i}", resource_requirements_id=big) for i in range(50)))
    bench.create(*(bench.job(f"small{i}", resource_requirements_id=small) for i in range(5)))
    bench.initialize()
    assert names(bench, limit=4) == ["small0", "small1", "small2", "small3"]


def test_priority_goes_before_the_sort_method_and_that_before_the_id(bench):
    slow, quick = bench.need("slow", runtime="PT2H"), bench.need("quick", runtime="PT1H")
    bench.add("quick", resource_requirements_id=quick)
    bench.add("slow", resource_requirements_id=slow)
    bench.add("urgent", resource_requirements_id=quick, priority=5)
    bench.initialize()
    assert names(bench, sort_method="gpus_runtime_memory") == ["urgent", "slow", "quick"]


def test_a_time_limit_keeps_long_jobs_away(bench):
    bench.add("long", resource_requirements_id=bench.need("n", runtime="PT2H"))
    bench.initialize()
    assert names(bench, replace(NODE, time_limit="PT1H")) == []
    assert names(bench, replace(NODE, time_limit="PT2H")) == ["long"]


def test_a_time_limit_that_is_none_is_refused(bench):
    with pytest.raises(UsageError, match="not a duration"):
        names(bench, replace(NODE, time_limit="soon"))
    with pytest.raises(UsageError, match="sort method"):
        names(bench, sort_method="best")


def test_bound_jobs_go_to_their_scheduler_and_to_others_only_when_nothing_else_is_there(bench):
    bench.add("bound", scheduler_id=3)
    bench.add("free")
    bench.add("elsewhere", scheduler_id=7)
    bench.initialize()
    at_3 = replace(NODE, scheduler_config_id=3)
    assert names(bench, at_3, strict_scheduler_match=True) == ["bound", "free"]
    assert names(bench, at_3, strict_scheduler_match=True) == []
    assert names(bench, at_3) == ["elsewhere"]


@pytest.mark.parametrize("scheduler_id", [0, -1, 5])
def test_a_bound_job_is_found_whatever_number_its_scheduler_has(bench, scheduler_id):
    bench.add("bound", scheduler_id=scheduler_id)
    bench.add("free")
    bench.initialize()
    at_it = replace(NODE, scheduler_config_id=scheduler_id)
    assert names(bench, at_it, strict_scheduler_match=True) == ["bound", "free"]


def test_the_reason_tells_of_a_strange_scheduler(bench):
    bench.add("bound", scheduler_id=3)
    bench.initialize()
    reason = bench.claim(resources=NODE, strict_scheduler_match=True).reason
    assert reason == "1 ready job needs scheduler 3; this node belongs to no scheduler."


def test_a_node_is_taken_by_multi_node_jobs_only(bench):
    wide = bench.need("wide", num_nodes=2)
    bench.create(*(bench.job(f"wide{i}", resource_requirements_id=wide) for i in range(2)))
    bench.create(*(bench.job(f"one{i}") for i in range(2)))
    bench.initialize()
    assert names(bench, replace(NODE, num_nodes=2)) == ["wide0"]
    assert names(bench, replace(NODE, num_nodes=2)) == ["wide1"]
    assert names(bench, replace(NODE, num_nodes=1)) == ["one0", "one1"]


def test_claim_next_asks_for_no_resources(bench):
    need = bench.need(num_cpus=10_000)
    bench.create(*(bench.job(f"j{i}", resource_requirements_id=need) for i in range(3)))
    bench.initialize()
    claimed = claim_next_jobs(bench.conn, bench.workflow_id, 2, now_ms=NOW)
    assert [job.name for job in claimed.jobs] == ["j0", "j1"]
    assert [job.status for job in claimed.jobs] == ["pending", "pending"]


def test_a_claim_without_a_node_is_an_attempt_all_the_same(bench):
    bench.add("job")
    bench.initialize()
    claim_next_jobs(bench.conn, bench.workflow_id, now_ms=NOW)
    attempt = bench.conn.execute(tables.attempt.select()).one()
    assert (attempt.token, attempt.compute_node_id, attempt.ended_at) == (1, None, None)


def test_nothing_is_handed_out_of_a_cancelled_workflow(bench):
    bench.add("job")
    bench.initialize()
    cancel_workflow(bench.conn, bench.workflow_id, now_ms=NOW)
    claimed = claim_next_jobs(bench.conn, bench.workflow_id, now_ms=NOW)
    assert claimed.jobs == []
    assert claimed.reason == "Workflow is canceled"
    assert bench.claim().jobs == []


def test_a_strange_workflow_is_not_found(bench):
    with pytest.raises(NotFoundError):
        claim_next_jobs(bench.conn, 999, now_ms=NOW)


def test_jobs_ahead_of_their_turn_are_not_counted_against_the_free_resources(bench):
    bench.create(*(bench.job(f"j{i}") for i in range(10)))
    bench.initialize()
    busy = replace(PLENTY, num_cpus=1)
    reply = bench.claim(4, busy, queue_ahead=2, node=PLENTY)
    assert [claimed.job.name for claimed in reply.jobs] == ["j0", "j1", "j2"]


def test_no_wish_is_without_bounds(bench):
    bench.create(*(bench.job(f"j{i}") for i in range(MAX_CLAIM + 1)))
    bench.initialize()
    assert bench.claim(-5).jobs == []
    assert len(bench.claim(0, queue_ahead=10**12, node=PLENTY).jobs) == MAX_CLAIM

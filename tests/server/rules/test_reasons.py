"""An empty claim says why: what the job that nearly fits lacks, or whom the jobs are meant for."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from server.rules.bench import NOW

from torc_core.model.compute import ComputeNodesResources
from torc_core.resources import Capacity, Requirements
from torc_server.rules.attempts.cancel import cancel_workflow
from torc_server.rules.attempts.claims import claim_jobs_based_on_resources, claim_next_jobs
from torc_server.rules.attempts.shortage import describe_shortage, nearest_miss

NODE = ComputeNodesResources(num_cpus=4, memory_gb=8.0, num_gpus=1, num_nodes=1, time_limit="PT1H")
SMALL = {"num_cpus": 1, "memory": "1g", "num_gpus": 0, "num_nodes": 1, "runtime": "PT1M"}


def reason(bench, limit=10, **options):
    claimed = claim_jobs_based_on_resources(
        bench.conn, bench.workflow_id, options.pop("node", NODE), limit, now_ms=NOW, **options
    )
    assert not claimed.jobs
    return claimed.reason


def add(bench, name, count=1, scheduler_id=None, **needed):
    need = bench.need(name, **(SMALL | needed))
    for number in range(count):
        fields = {"resource_requirements_id": need, "scheduler_id": scheduler_id}
        bench.add(f"{name}{number}", **fields)


@pytest.mark.parametrize(
    ("needed", "lack"),
    [
        ({"num_cpus": 8}, "8 CPUs each; this node has 4 CPUs free"),
        ({"memory": "16g"}, "16.0 GiB of memory each; this node has 8.0 GiB of memory free"),
        ({"num_gpus": 2}, "2 GPUs each; this node has 1 GPU free"),
        ({"num_nodes": 3}, "3 nodes each; this node has 1 node"),
        ({"runtime": "PT2H"}, "2h 00m each; this node has 1h 00m left"),
        (
            {"num_cpus": 8, "runtime": "PT2H"},
            "8 CPUs and 2h 00m each; this node has 4 CPUs free and 1h 00m left",
        ),
    ],
)
def test_it_names_what_is_lacking(bench, needed, lack):
    add(bench, "job", 3, **needed)
    bench.initialize()
    assert reason(bench) == f"3 ready jobs need {lack}."


def test_of_several_it_names_the_nearest(bench):
    add(bench, "far", 5, num_cpus=100)
    add(bench, "near", 1, num_cpus=5)
    add(bench, "wrong", 9, num_cpus=5, num_gpus=4)
    bench.initialize()
    assert reason(bench) == "1 ready job needs 5 CPUs; this node has 4 CPUs free."


def test_jobs_that_need_the_same_are_counted_whomever_they_are_bound_to(bench):
    add(bench, "near", 2, num_cpus=5)
    add(bench, "bound", 3, num_cpus=5, scheduler_id=3)
    bench.initialize()
    assert reason(bench).startswith("5 ready jobs need 5 CPUs")
    assert reason(bench, strict_scheduler_match=True).startswith("2 ready jobs need 5 CPUs")


@pytest.mark.parametrize(("own", "belongs"), [(None, "no scheduler"), (5, "scheduler 5")])
def test_it_tells_of_jobs_that_are_all_meant_for_other_schedulers(bench, own, belongs):
    add(bench, "bound", 2, scheduler_id=3)
    add(bench, "elsewhere", 1, scheduler_id=7, num_cpus=2)
    bench.initialize()
    node = replace(NODE, scheduler_config_id=own)
    assert reason(bench, node=node, strict_scheduler_match=True) == (
        f"3 ready jobs need scheduler 3 or 7; this node belongs to {belongs}."
    )


def test_it_tells_when_nothing_is_ready(bench):
    assert reason(bench) == "No job is ready."
    bench.add("job")
    assert reason(bench) == "No job is ready."
    assert claim_next_jobs(bench.conn, bench.workflow_id, now_ms=NOW).reason == "No job is ready."


def test_it_tells_of_a_cancelled_workflow(bench):
    bench.add("job")
    bench.initialize()
    cancel_workflow(bench.conn, bench.workflow_id, now_ms=NOW)
    assert reason(bench) == "Workflow is canceled"


def test_a_claim_of_no_jobs_gets_no_reason(bench):
    bench.add("job")
    bench.initialize()
    assert reason(bench, limit=0) is None


def test_the_nearest_lacks_the_fewest_kinds_and_of_those_the_least():
    free = Capacity(num_cpus=4, memory_bytes=4, num_gpus=0, num_nodes=1)
    near, far = (Requirements(num_cpus=n, memory_bytes=1, num_nodes=1) for n in (6, 40))
    two_kinds = Requirements(num_cpus=5, memory_bytes=5, num_nodes=1)
    assert nearest_miss([two_kinds, far, near], free) == near
    assert nearest_miss([two_kinds, far], free) == far
    assert nearest_miss([], free) is None


def test_to_lack_all_of_a_kind_is_further_away_than_to_lack_a_little():
    free = Capacity(num_cpus=4, memory_bytes=4, num_gpus=0, num_nodes=1)
    no_gpu = Requirements(num_cpus=1, num_gpus=1, num_nodes=1)
    few_cpus = Requirements(num_cpus=5, num_nodes=1)
    assert nearest_miss([no_gpu, few_cpus], free) == few_cpus


def test_no_time_left_is_a_shortage_too():
    free = Capacity(num_cpus=4, memory_bytes=4, num_gpus=0, num_nodes=1, seconds_left=0)
    needed = Requirements(num_cpus=1, num_nodes=1, runtime_s=60)
    assert describe_shortage(needed, free).endswith(" left")

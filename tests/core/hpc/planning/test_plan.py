"""Which allocations a workflow needs."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from torc_core.config.hpc import CustomProfile, HpcSettings, Partition
from torc_core.errors import ConflictError, UsageError
from torc_core.hpc.planning.apply import apply_plan
from torc_core.hpc.planning.options import GroupBy, PlanOptions, WalltimeStrategy
from torc_core.hpc.planning.plan import SchedulerPlan
from torc_core.hpc.profiles.profile import Origin, Profile
from torc_core.operations.slurm.plan_file import (
    PlanRequest,
    choose_account,
    plan_allocations,
    plan_with,
)
from torc_core.spec import ExpandedWorkflow, parse_workflow

HOUR = 3_600
STANDARD = Partition(
    name="standard", cpus_per_node=100, memory_mb=200_000, max_walltime_secs=48 * HOUR
)
GPU = Partition(
    name="gpu",
    cpus_per_node=64,
    memory_mb=512_000,
    max_walltime_secs=48 * HOUR,
    gpus_per_node=4,
    shared=True,
)
NEEDS = [
    {"name": "small", "num_cpus": 10, "memory": "1g", "runtime": "PT1H"},
    {"name": "large", "num_cpus": 50, "memory": "1g", "runtime": "PT2H"},
    {"name": "gpu", "num_cpus": 8, "num_gpus": 1, "memory": "64g", "runtime": "PT4H"},
]


def profile(*partitions: Partition, origin: Origin = Origin.CONFIGURED) -> Profile:
    return Profile(
        name="here", display_name="Here", partitions=partitions or (STANDARD, GPU), origin=origin
    )


def job(name: str, needs: str | None = "small", *after: str, **fields: Any) -> dict[str, Any]:
    found = {"name": name, "command": "x", "depends_on": list(after), **fields}
    return found if needs is None else {**found, "resource_requirements": needs}


def sweep(name: str, number: int, needs: str = "small", *after: str) -> dict[str, Any]:
    return job(name + "_{i}", needs, *after, parameters={"i": f"1:{number}"})


def workflow(*jobs: dict[str, Any], **fields: Any) -> ExpandedWorkflow:
    tree = {"name": "w", "resource_requirements": NEEDS, "jobs": list(jobs), **fields}
    return parse_workflow(json.dumps(tree), format="json")


def plan(
    *jobs: dict[str, Any], at: Profile | None = None, file: Any = None, **options: Any
) -> SchedulerPlan:
    spec = workflow(*jobs, **(file or {}))
    return plan_with(spec, at or profile(), PlanOptions(account="acc", **options))


def actions(found: SchedulerPlan) -> list[tuple[str, str, int]]:
    return [
        (each.action.trigger_type, each.action.scheduler, each.action.num_allocations)
        for each in found.actions
    ]


def test_jobs_are_grouped_by_requirements_and_by_whether_they_wait() -> None:
    found = plan(job("a"), job("b", "large"), job("c", "small", "a"), job("d", "small", "b"))

    assert [each.record.name for each in found.schedulers] == [
        "small_scheduler",
        "large_scheduler",
        "small_deferred_scheduler",
    ]
    assert actions(found) == [
        ("on_workflow_start", "small_scheduler", 1),
        ("on_workflow_start", "large_scheduler", 1),
        ("on_jobs_ready", "small_deferred_scheduler", 1),
    ]
    assert found.actions[-1].action.jobs == ("c", "d")


def test_a_request_does_not_wait_for_jobs_that_need_its_nodes() -> None:
    found = plan(job("a"), job("b", "small", "a"), job("c", "small", "b"))

    assert [each.action.jobs for each in found.actions] == [(), ("b",), ("c",)]
    assert [each.record.name for each in found.schedulers] == [
        "small_scheduler",
        "small_deferred_scheduler",
    ]


def test_a_sweep_is_requested_for_by_a_pattern() -> None:
    found = plan(job("prepare"), sweep("work", 1000, "small", "prepare"))

    assert found.actions[1].action.job_name_regexes == ("^work_.*$",)
    assert found.actions[1].action.jobs == ()
    assert found.scheduling.assignments == ("small_scheduler", "small_deferred_scheduler")


def test_a_pattern_that_other_jobs_match_too_is_not_used() -> None:
    found = plan(job("prepare"), sweep("work", 2, "small", "prepare"), job("work_all"))

    assert found.actions[1].action.jobs == ("work_1", "work_2")


def test_jobs_that_wait_for_jobs_of_their_own_entry_are_requested_for_step_by_step() -> None:
    steps = job(
        "step_{i}", "small", "step_{before}", parameters={"i": [1, 2], "before": [0, 1]},
        parameter_mode="zip",
    )  # fmt: skip
    found = plan(job("step_0"), steps)

    assert [each.action.jobs for each in found.actions] == [(), ("step_1",), ("step_2",)]


@pytest.mark.parametrize(
    ("number", "multiplier", "allocations"),
    [
        (1, 1.5, 1),
        (10, 1.5, 1),  # ten at once by CPUs
        (11, 1.5, 2),
        (100, 1.5, 10),  # one round: 1.5 h hold one job of an hour
        (100, 2.0, 5),
        (100, 10.0, 1),
    ],
)
def test_allocations_are_counted_by_the_walltime_that_is_asked_for(
    number: int, multiplier: float, allocations: int
) -> None:
    found = plan(sweep("work", number), walltime_multiplier=multiplier)

    assert found.schedulers[0].allocations == allocations
    assert found.schedulers[0].jobs_at_once == 10


@pytest.mark.parametrize(
    ("options", "walltime"),
    [
        ({}, "06:04:00"),
        ({"walltime_multiplier": 1.0}, "04:04:00"),
        ({"walltime_multiplier": 7.0}, "1-04:04:00"),
        ({"walltime_multiplier": 100.0}, "2-00:00:00"),
        ({"walltime_strategy": WalltimeStrategy.MAX_PARTITION_TIME}, "2-00:00:00"),
    ],
)
def test_the_walltime_is_the_longest_runtime_times_a_multiplier_a_start_and_the_buffer(
    options: dict[str, Any], walltime: str
) -> None:
    assert plan(job("a", "gpu"), **options).schedulers[0].record.walltime == walltime


def test_the_buffer_is_the_workflows() -> None:
    file = {"compute_node_expiration_buffer_seconds": 1800}

    assert plan(job("a"), file=file).schedulers[0].record.walltime == "02:01:00"


@pytest.mark.parametrize(
    ("limit_s", "partition", "walltime"),
    [(HOUR + 239, "standard", "01:04:00"), (HOUR + 240, "short", "01:04:00")],
)
def test_a_job_fits_a_partition_with_the_start_of_its_worker_and_the_buffer(
    limit_s: int, partition: str, walltime: str
) -> None:
    short = Partition(
        name="short", cpus_per_node=100, memory_mb=200_000, max_walltime_secs=limit_s
    )  # fmt: skip
    (found,) = plan(job("a"), at=profile(short, STANDARD), walltime_multiplier=1.0).schedulers

    assert (found.partition, found.record.walltime, found.rounds) == (partition, walltime, 1)


def test_the_rounds_of_an_allocation_begin_when_its_worker_has_started() -> None:
    whole = {"walltime_strategy": WalltimeStrategy.MAX_PARTITION_TIME}
    file = {"compute_node_expiration_buffer_seconds": 0}

    assert plan(job("a"), file=file, **whole).schedulers[0].rounds == 47


def test_a_node_of_ones_own_is_asked_for_whole() -> None:
    record = plan(job("a")).schedulers[0].record

    assert (record.mem, record.extra, record.gres) == ("200000M", "--exclusive", None)


def test_the_nodes_of_built_in_systems_are_whole_by_themselves() -> None:
    found = plan(job("a"), at=profile(origin=Origin.BUILT_IN))

    assert found.schedulers[0].record.extra is None


def test_of_a_shared_node_the_part_that_jobs_use_is_asked_for() -> None:
    record = plan(sweep("train", 2, "gpu")).schedulers[0].record

    assert record.mem == f"{2 * 64 * 1024 + 256}M"
    assert (record.gres, record.extra) == ("gpu:2", "--cpus-per-task=16")


@pytest.mark.parametrize("shared", [True, False])
def test_memory_is_not_asked_for_where_slurm_does_not_know_it(shared: bool) -> None:
    untold = Partition(
        name="untold", cpus_per_node=100, max_walltime_secs=48 * HOUR, shared=shared
    )  # fmt: skip
    found = plan(sweep("work", 20), at=profile(untold)).schedulers[0]

    assert (found.record.mem, found.jobs_at_once) == (None, 10)


def test_cpus_that_the_workflow_asks_for_stay() -> None:
    file = {"slurm_defaults": {"cpus-per-task": 32}}

    assert plan(job("a", "gpu"), file=file).schedulers[0].record.extra is None


@pytest.mark.parametrize("origin", Origin)
def test_the_partition_is_named_where_slurm_does_not_choose_it(origin: Origin) -> None:
    named = plan(job("a"), at=profile(origin=origin)).schedulers[0].record.partition

    assert named == (None if origin is Origin.BUILT_IN else "standard")


def test_a_partition_that_has_to_be_asked_for_is_named() -> None:
    hidden = Partition(
        name="hidden",
        cpus_per_node=100,
        memory_mb=200_000,
        max_walltime_secs=HOUR * 48,
        requires_explicit_request=True,
    )
    found = plan(job("a"), at=profile(hidden, origin=Origin.BUILT_IN))

    assert found.schedulers[0].record.partition == "hidden"


def test_by_partition_there_is_one_scheduler_for_each() -> None:
    found = plan(job("a"), job("b", "large", "a"), job("c", "gpu", "b"), group_by=GroupBy.PARTITION)

    assert [(each.record.name, each.num_jobs) for each in found.schedulers] == [
        ("standard_scheduler", 2),
        ("gpu_scheduler", 1),
    ]
    assert found.schedulers[0].record.walltime == "03:04:00"
    assert actions(found) == [
        ("on_workflow_start", "standard_scheduler", 1),
        ("on_jobs_ready", "standard_scheduler", 1),
        ("on_jobs_ready", "gpu_scheduler", 1),
    ]


def test_jobs_of_different_sizes_share_the_nodes_of_their_partition() -> None:
    mixed = {"group_by": GroupBy.PARTITION, "walltime_multiplier": 1.0}
    # An allocation of two hours: 2 x 10 small ones, or 1 x 2 large ones.
    found = plan(sweep("s", 30), sweep("l", 3, "large"), **mixed)

    assert found.schedulers[0].allocations == 3


def test_a_single_allocation_has_all_nodes_and_a_worker_on_each() -> None:
    found = plan(sweep("work", 45), single_allocation=True)

    assert found.schedulers[0].record.nodes == 5
    assert actions(found) == [("on_workflow_start", "small_scheduler", 1)]
    assert found.actions[0].action.start_one_worker_per_node


def test_a_single_allocation_is_no_wider_than_the_partition_allows() -> None:
    narrow = Partition(
        name="narrow", cpus_per_node=100, memory_mb=200_000, max_walltime_secs=48 * HOUR,
        max_nodes=2,
    )  # fmt: skip
    found = plan(sweep("work", 45), at=profile(narrow), single_allocation=True)

    assert (found.schedulers[0].record.nodes, found.schedulers[0].allocations) == (2, 3)
    assert "2 nodes" in found.warnings[0]


def test_a_single_allocation_for_gpus_is_no_wider_than_there_are_nodes_with_them() -> None:
    mixed = msgspec.structs.replace(GPU, name="mixed", max_nodes=9, gpu_nodes=2)
    of_gpus = plan(sweep("train", 45, "gpu"), at=profile(mixed), single_allocation=True)
    others = plan(sweep("work", 45), at=profile(mixed), single_allocation=True)

    assert [each.record.nodes for each in (*of_gpus.schedulers, *others.schedulers)] == [2, 8]
    assert "2 nodes" in of_gpus.warnings[0]


def test_jobs_of_several_nodes_get_allocations_of_as_many() -> None:
    needs = {"num_cpus": 100, "memory": "1g", "num_nodes": 3, "runtime": "PT1H"}
    wide = {"name": "wide", "command": "x", "resource_requirements": needs}
    found = plan(wide)

    assert found.schedulers[0].record.nodes == 3
    assert not found.actions[0].action.start_one_worker_per_node


def test_a_partition_with_a_minimum_of_nodes_is_used_when_nothing_else_fits() -> None:
    pairs = Partition(
        name="pairs", cpus_per_node=100, memory_mb=200_000, max_walltime_secs=48 * HOUR,
        min_nodes=2,
    )  # fmt: skip
    found = plan(sweep("work", 40), at=profile(pairs))

    assert (found.schedulers[0].record.nodes, found.schedulers[0].allocations) == (2, 2)
    assert found.actions[0].action.start_one_worker_per_node


def test_requirements_that_parameters_choose_have_schedulers_that_they_choose() -> None:
    both = job("{needs}_job", "{needs}", parameters={"needs": ["small", "gpu"]})
    spec = workflow(both)
    found = plan_with(spec, profile(), PlanOptions(account="acc"))

    assert found.scheduling.assignments == ("{needs}_scheduler",)
    assert [each.scheduler for each in apply_plan(spec, found).jobs] == [
        "small_scheduler",
        "gpu_scheduler",
    ]


def test_an_entry_is_in_one_partition_where_partitions_make_the_groups() -> None:
    both = job("{needs}_job", "{needs}", parameters={"needs": ["small", "gpu"]})

    assert plan(both, group_by=GroupBy.PARTITION).scheduling.assignments == ("gpu_scheduler",)


def test_names_that_would_be_taken_are_numbered() -> None:
    needs = [{**NEEDS[0], "name": "a"}, {**NEEDS[0], "name": "a_deferred"}]
    jobs = [job("x", "a_deferred"), job("y", "a", "x")]
    found = plan(*jobs, file={"resource_requirements": needs})

    assert found.scheduler_of == ("a_deferred_scheduler", "a_deferred_scheduler_2")


def test_braces_in_the_names_of_requirements_are_not_parameters_of_schedulers() -> None:
    own = {"num_cpus": 1, "memory": "1g", "runtime": "PT1H"}
    found = plan({**sweep("work", 3), "resource_requirements": own})

    assert found.scheduling.assignments == ("work_i_scheduler",)


def test_jobs_without_requirements_are_named() -> None:
    with pytest.raises(UsageError) as caught:
        plan(job("a", None), job("b"), job("c", None))

    assert caught.value.message == '2 jobs have no resource requirements: "a", "c".'


@pytest.mark.parametrize(
    ("more", "lack"),
    [
        ({"num_cpus": 101}, "standard: 100 CPUs per node, 101 needed"),
        ({"memory": "600g"}, "gpu: 512,000 MB per node, 614,400 MB needed"),
        ({"num_gpus": 5}, "gpu: 4 GPUs per node, 5 needed"),
        ({"runtime": "PT48H"}, "standard: 48h at most, 48h 4m needed"),
    ],
)
def test_jobs_that_no_partition_is_large_enough_for_are_refused(
    more: dict[str, Any], lack: str
) -> None:
    needs = {"num_cpus": 1, "memory": "1g", "runtime": "PT1H", **more}
    with pytest.raises(UsageError) as caught:
        plan({"name": "huge", "command": "x", "resource_requirements": needs}, job("a"))

    assert '"huge" needs' in caught.value.message
    assert lack in caught.value.message


@pytest.mark.parametrize("multiplier", [0.9, 0, -1, float("nan"), float("inf")])
def test_a_multiplier_with_which_nothing_fits_is_refused(multiplier: float) -> None:
    with pytest.raises(UsageError, match="from 1 to"):
        plan(job("a"), walltime_multiplier=multiplier)


def test_a_workflow_with_schedulers_is_refused_unless_they_are_to_be_replaced() -> None:
    schedulers = [{"name": "s", "account": "a", "walltime": "04:00:00"}]
    requests = {
        "trigger_type": "on_workflow_start",
        "action_type": "schedule_nodes",
        "scheduler": "s",
    }
    command = {
        "trigger_type": "on_workflow_start",
        "action_type": "run_commands",
        "commands": ["x"],
    }
    spec = workflow(
        job("a", scheduler="s"), slurm_schedulers=schedulers, actions=[requests, command]
    )
    settings = HpcSettings(custom_profiles={"here": CustomProfile(partitions=(STANDARD, GPU))})
    request = PlanRequest(account="acc", profile="here")

    with pytest.raises(ConflictError, match="1 Slurm scheduler and 1 request") as caught:
        plan_allocations(spec, settings, request)
    assert "--overwrite" in caught.value.hint

    overwriting = PlanRequest(account="acc", profile="here", overwrite=True)
    applied = apply_plan(spec, plan_allocations(spec, settings, overwriting))
    assert [each.name for each in applied.slurm_schedulers] == ["small_scheduler"]
    assert [each.action_type for each in applied.actions] == ["schedule_nodes", "run_commands"]


def test_without_actions_jobs_have_schedulers_all_the_same() -> None:
    spec = workflow(job("a"))
    found = plan_with(spec, profile(), PlanOptions(account="acc", with_actions=False))

    applied = apply_plan(spec, found)
    assert applied.actions == ()
    assert applied.jobs[0].scheduler == "small_scheduler"


def test_many_short_allocations_are_warned_of_with_what_to_do() -> None:
    needs = {"num_cpus": 1, "memory": "1g", "runtime": "PT1M"}
    found = plan({**sweep("work", 100_000), "resource_requirements": needs})

    assert "--walltime-multiplier 60" in found.warnings[0]


def test_the_account_is_the_named_one_then_the_files_then_the_profiles() -> None:
    plain, stated = workflow(job("a")), workflow(job("a"), slurm_defaults={"account": "mine"})
    theirs = Profile(
        name="x", display_name="X", partitions=(), origin=Origin.CLUSTER, default_account="theirs"
    )

    assert choose_account("named", stated, theirs) == "named"
    assert choose_account(None, stated, theirs) == "mine"
    assert choose_account(None, plain, theirs) == "theirs"
    with pytest.raises(UsageError, match="No Slurm account"):
        choose_account(None, plain, profile())

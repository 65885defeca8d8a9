"""Whatever the jobs are: the allocations that a plan requests run all of them."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from torc_core.config.hpc import Partition
from torc_core.hpc.planning.apply import apply_plan
from torc_core.hpc.planning.options import GroupBy, PlanOptions
from torc_core.hpc.planning.plan import SchedulerPlan
from torc_core.hpc.profiles.profile import Origin, Profile
from torc_core.operations.slurm.plan_file import plan_with, requirements_of
from torc_core.spec import ExpandedWorkflow, parse_workflow
from torc_core.spec.fields import walltime_seconds

BUFFER_S = 180
PROFILE = Profile(
    name="here",
    display_name="Here",
    partitions=(
        Partition(name="one", cpus_per_node=16, memory_mb=64_000, max_walltime_secs=14_400),
        Partition(
            name="two",
            cpus_per_node=32,
            memory_mb=128_000,
            max_walltime_secs=86_400,
            gpus_per_node=2,
            shared=True,
            max_nodes=3,
        ),
    ),
    origin=Origin.CONFIGURED,
)
NEEDS = st.fixed_dictionaries(
    {
        "num_cpus": st.integers(1, 16),
        "memory": st.sampled_from(["1g", "8g", "60g"]),
        "num_gpus": st.integers(0, 2),
        "num_nodes": st.sampled_from([1, 1, 1, 2]),
        "runtime": st.sampled_from(["PT1M", "PT30M", "PT3H"]),
    }
)


@st.composite
def workflows(draw: Any) -> ExpandedWorkflow:
    """Draw entries of one or more jobs; some wait for others, and some for their own first ones."""
    needs = [{"name": f"r{i}", **draw(NEEDS)} for i in range(draw(st.integers(1, 3)))]
    jobs: list[dict[str, Any]] = []
    for number in range(draw(st.integers(1, 6))):
        entry: dict[str, Any] = {"name": f"e{number}", "command": "x"}
        entry["resource_requirements"] = draw(st.sampled_from(needs))["name"]
        before = (
            draw(st.sets(st.sampled_from(jobs).map(lambda other: other["pattern"]))) if jobs else ()
        )
        entry["depends_on_regexes"] = sorted(before)
        count = draw(st.integers(1, 40))
        entry["pattern"] = f"^e{number}"
        if count > 1:
            entry["name"] += "_{i}"
            entry["parameters"] = {"i": f"1:{count}"}
        if count > 1 and draw(st.booleans()):
            first = {**entry, "name": f"e{number}_0", "parameters": {}}
            jobs.append(first)
            chain = {"i": list(range(1, count)), "h": list(range(count - 1))}
            entry |= {
                "parameters": chain, "parameter_mode": "zip", "depends_on": [f"e{number}_{{h}}"]
            }  # fmt: skip
        jobs.append(entry)
    plain = [{key: value for key, value in each.items() if key != "pattern"} for each in jobs]
    tree = {"name": "w", "resource_requirements": needs, "jobs": plain}
    return parse_workflow(json.dumps(tree), format="json")


OPTIONS = st.builds(
    PlanOptions,
    account=st.just("acc"),
    group_by=st.sampled_from(GroupBy),
    walltime_multiplier=st.sampled_from([1.0, 1.5, 7.0]),
    single_allocation=st.booleans(),
)


@given(workflows(), OPTIONS)
def test_every_job_becomes_ready_in_the_end(spec: ExpandedWorkflow, options: PlanOptions) -> None:
    planned = apply_plan(spec, plan_with(spec, PROFILE, options))
    dependencies = planned.dependencies()
    bound = [job.scheduler for job in planned.jobs]
    waiting = list(planned.actions)
    completed: set[int] = set()
    ready: set[int] = set()
    is_changed = True
    while is_changed:
        ready = {j for j, needed in enumerate(dependencies) if completed.issuperset(needed)}
        due = [each for each in waiting if ready.issuperset(each.jobs or ())]
        waiting = [each for each in waiting if each not in due]
        # Only jobs that an action names, or that wait for nothing, use what it requests.
        runs: set[int] = set()
        for action in due:
            name = planned.slurm_schedulers[action.scheduler or 0].name
            meant = action.jobs or [j for j, needed in enumerate(dependencies) if not needed]
            runs.update(j for j in meant if bound[j] == name)
        is_changed = bool(runs - completed)
        completed |= runs

    assert completed == set(range(len(planned.jobs)))
    assert not waiting


@given(workflows(), OPTIONS)
def test_each_allocation_has_what_each_of_its_jobs_needs(
    spec: ExpandedWorkflow, options: PlanOptions
) -> None:
    found = plan_with(spec, PROFILE, options)
    planned = apply_plan(spec, found)
    schedulers = {each.record.name: each for each in found.schedulers}
    partitions = {each.name: each for each in PROFILE.partitions}
    for job in planned.jobs:
        scheduler = schedulers[job.scheduler or ""]
        needs = requirements_of(planned.resource_requirements[job.resource_requirements or 0])
        record, partition = scheduler.record, partitions[scheduler.partition]
        assert needs.num_nodes <= record.nodes <= (partition.max_nodes or record.nodes)
        assert needs.runtime_s + BUFFER_S <= (walltime_seconds(record.walltime) or 0)
        assert scheduler.walltime_s <= partition.max_walltime_secs
        assert needs.memory_bytes <= _megabytes(record.mem) * 2**20
        assert needs.num_gpus <= int((record.gres or "gpu:0").removeprefix("gpu:"))
        assert record.extra is not None
        if record.extra != "--exclusive":
            cpus = int(record.extra.removeprefix("--cpus-per-task="))
            assert needs.num_cpus <= cpus <= partition.cpus_per_node


@given(workflows(), OPTIONS)
def test_there_are_enough_allocations_and_no_more(
    spec: ExpandedWorkflow, options: PlanOptions
) -> None:
    found = plan_with(spec, PROFILE, options)
    planned = apply_plan(spec, found)
    for action in planned.actions:
        record = planned.slurm_schedulers[action.scheduler or 0]
        jobs = action.jobs or [
            number for number, needed in enumerate(planned.dependencies()) if not needed
        ]
        names = {
            job.name for number in jobs if (job := planned.jobs[number]).scheduler == record.name
        }
        count = len(names)
        assert 1 <= (action.num_allocations or 0) <= count
        if options.group_by is GroupBy.REQUIREMENTS:
            _check_capacity(found, record.name, count, action.num_allocations or 0)


def _check_capacity(found: SchedulerPlan, name: str, count: int, allocations: int) -> None:
    [scheduler] = [each for each in found.schedulers if each.record.name == name]
    capacity = scheduler.jobs_at_once * scheduler.rounds
    assert allocations * capacity >= count > (allocations - 1) * capacity


def _megabytes(text: str | None) -> int:
    assert text is not None
    return int(text[:-1]) * {"M": 1, "G": 1024}[text[-1]]

"""The jobs of a stored workflow that are left, as a plan sees them."""

from __future__ import annotations

from core.hpc.planning.test_plan_any_workflow import BUFFER_S, PROFILE, workflows
from hypothesis import given
from hypothesis import strategies as st

from torc_core.hpc.planning.options import PlanOptions
from torc_core.hpc.planning.plan import SchedulerPlan, make_plan
from torc_core.hpc.planning.stored import (
    PLANNED,
    StoredEntry,
    Tag,
    left_entries,
    read_tag,
    requirements_names,
    tagged,
)
from torc_core.limits import NAME
from torc_core.model.job import Job
from torc_core.model.resources import ResourceRequirements
from torc_core.model.status import SETTLED, JobStatus
from torc_core.operations.slurm.plan_file import requirements_of
from torc_core.spec import ExpandedWorkflow

NAMES = {1: "small", 2: "large"}


def job(number: int, status: str = "ready", needs: int | None = 1) -> Job:
    return Job(
        id=number,
        workflow_id=1,
        name=f"j{number}",
        command="x",
        status=JobStatus(status),
        resource_requirements_id=needs,
    )


def left(*entries: StoredEntry) -> list[tuple[str | None, int, tuple[int, ...]]]:
    return [(each.entry.requirements, each.entry.stage, each.jobs) for each in entries]


def test_jobs_that_are_left_are_grouped_by_requirements_and_stage() -> None:
    jobs = [
        job(1, "completed"),
        job(2),
        job(3, "blocked", 2),
        job(4, "blocked"),
        job(5, "failed"),
        job(6, "running"),
        job(7, "blocked"),
        job(8, "canceled"),
    ]
    needed = [(), (0,), (1,), (2,), (), (), (5,), (4,)]
    assert left(*left_entries(jobs, needed, NAMES)) == [
        ("small", 0, (2,)),
        ("large", 1, (3,)),
        ("small", 2, (4,)),
        ("small", 1, (7,)),  # it waits for one that runs
    ]
    included = left_entries(jobs, needed, NAMES, included={5, 8})
    assert ("small", 0, (2, 5)) in left(*included)
    assert ("small", 1, (7, 8)) in left(*included)


def test_jobs_without_requirements_are_entries_of_their_own() -> None:
    (unstated, stated) = left_entries([job(1), job(2, needs=9)], [(), ()], NAMES)
    assert (unstated.entry.name, unstated.entry.requirements) == ("j2", None)
    assert unstated.entry.entry != stated.entry.entry
    default, *others = (
        ResourceRequirements(id=number, workflow_id=1, name=name)
        for number, name in enumerate(("default", "a", "a", "a_2"), start=1)
    )
    assert requirements_names([default, *others]) == {2: "a", 3: "a_2", 4: "a_2_2"}


def stored(workflow: ExpandedWorkflow, statuses: list[JobStatus]) -> tuple[StoredEntry, ...]:
    jobs = [
        job(number, status, each.resource_requirements)
        for number, (each, status) in enumerate(zip(workflow.jobs, statuses, strict=True), start=1)
    ]
    names = {number: each.name for number, each in enumerate(workflow.resource_requirements)}
    return left_entries(jobs, workflow.dependencies(), names)


def plan(workflow: ExpandedWorkflow, entries: tuple[StoredEntry, ...]) -> SchedulerPlan:
    return make_plan(
        [each.entry for each in entries],
        {each.name: requirements_of(each) for each in workflow.resource_requirements},
        PROFILE,
        PlanOptions(account="acc"),
        buffer_s=BUFFER_S,
        defaults={},
    )


@given(workflows())
def test_a_new_workflow_has_the_groups_that_its_jobs_have_one_by_one(workflow) -> None:
    entries = stored(workflow, [JobStatus.UNINITIALIZED] * len(workflow.jobs))
    dependencies = workflow.dependencies()
    expected: dict[tuple[str, bool], int] = {}
    for each, needed in zip(workflow.jobs, dependencies, strict=True):
        key = workflow.resource_requirements[each.resource_requirements].name, bool(needed)
        expected[key] = expected.get(key, 0) + 1
    found: dict[tuple[str | None, bool], int] = {}
    for entry in entries:
        key = entry.entry.requirements, entry.entry.has_dependencies
        found[key] = found.get(key, 0) + entry.entry.count
    assert found == expected
    assert len(plan(workflow, entries).schedulers) == len(expected)


@given(workflows(), st.data())
def test_each_job_that_is_left_is_planned_once_and_waits_for_none_of_its_own_stage(
    workflow, data
) -> None:
    number = len(workflow.jobs)
    kinds = st.sampled_from(sorted(JobStatus))
    statuses = data.draw(st.lists(kinds, min_size=number, max_size=number))
    for at, needed in enumerate(workflow.dependencies()):
        if statuses[at] is JobStatus.BLOCKED and all(statuses[each] in SETTLED for each in needed):
            statuses[at] = JobStatus.UNINITIALIZED  # nothing blocks it
    entries = stored(workflow, statuses)
    planned = sorted(each for entry in entries for each in entry.jobs)
    assert planned == [at for at, each in enumerate(statuses, start=1) if each in PLANNED]
    stage_of = {each: entry.entry.stage for entry in entries for each in entry.jobs}
    for at, needed in enumerate(workflow.dependencies(), start=1):
        if at in stage_of and statuses[at - 1] is not JobStatus.READY:
            assert all(
                stage_of[other + 1] < stage_of[at] for other in needed if other + 1 in stage_of
            )


@given(workflows(), st.integers(1, 10**9), st.from_regex(r"\A[a-z0-9]{1,20}\Z"))
def test_tagged_schedulers_are_found_again(workflow, run_id, call) -> None:
    entries = stored(workflow, [JobStatus.UNINITIALIZED] * len(workflow.jobs))
    tag = Tag(run_id, call)
    found = tagged(plan(workflow, entries), tag)
    names = [each.record.name for each in found.schedulers]
    assert len(set(names)) == len(names)
    assert all(read_tag(each) == tag and len(each) <= NAME for each in names)
    assert {each.action.scheduler for each in found.actions} == set(names) == {*found.scheduler_of}
    for each in found.actions:
        is_deferred = each.action.scheduler.endswith("_deferred")
        assert is_deferred == (each.action.trigger_type == "on_jobs_ready")


def test_names_of_others_have_no_tag() -> None:
    for name in (None, "", "small_scheduler", "small_deferred_scheduler", "x_r1_", "r1_2x-y"):
        assert read_tag(name) is None
    assert read_tag("small_scheduler_r12_recover3_deferred_2") == Tag(12, "recover3")

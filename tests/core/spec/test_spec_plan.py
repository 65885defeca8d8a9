"""The execution plan names what starts when."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from torc_core.spec import load_workflow
from torc_core.spec.plan import (
    Allocation,
    PlanAction,
    make_plan,
    plan_workflow,
    shorten_names,
    stages,
)

EXAMPLES = Path(__file__).parents[2] / "data" / "reference_examples"


def test_two_pipelines_that_merge_have_four_stages_as_documented() -> None:
    plan = plan_workflow(load_workflow(EXAMPLES / "subgraphs/subgraphs_workflow.yaml"))
    assert plan.total_jobs == 15
    assert plan.total_events == 6
    assert plan.root_events == ["start"]
    assert len(plan.leaf_events) == 1
    found = [
        (
            stage.description,
            [(a.scheduler, a.num_allocations) for a in stage.allocations],
            shorten_names(stage.jobs),
        )
        for stage in stages(plan)
    ]
    assert found == [
        ("Workflow Start", [("prep_sched", 1)], ["prep_a", "prep_b"]),
        (
            "When jobs 'prep_a', 'prep_b' complete",
            [("work_a_sched", 1), ("work_b_sched", 1)],
            ["work_a_{1..5}", "work_b_{1..5}"],
        ),
        (
            "When 10 jobs complete",
            [("post_a_sched", 1), ("post_b_sched", 1)],
            ["post_a", "post_b"],
        ),
        ("When jobs 'post_a', 'post_b' complete", [("final_sched", 1)], ["final"]),
    ]


def test_events_are_linked_both_ways() -> None:
    plan = make_plan("w", ["a", "b", "c", "d"], [(), (0,), (0,), (1, 2)])
    start, middle, end = plan.events
    assert start.trigger == {"type": "workflow_start"}
    assert middle.trigger == {"type": "jobs_complete", "jobs": ["a"]}
    assert middle.trigger_description == "When job 'a' completes"
    assert middle.jobs_becoming_ready == ["b", "c"]
    assert (start.unlocks_events, middle.depends_on_events) == ([middle.id], ["start"])
    assert (middle.unlocks_events, end.depends_on_events) == ([end.id], [middle.id])
    assert plan.leaf_events == [end.id]


def test_jobs_on_a_cycle_are_in_no_event() -> None:
    plan = make_plan("w", ["a", "b", "c"], [(), (2,), (1,)])
    assert [event.jobs_becoming_ready for event in plan.events] == [["a"]]
    assert plan.total_jobs == 3


def test_an_action_asks_for_nodes_when_its_jobs_need_them() -> None:
    def event_of(trigger_type: str, *jobs: int) -> list[str]:
        action = PlanAction(trigger_type=trigger_type, scheduler="s", jobs=jobs)
        plan = make_plan("w", ["a", "b", "c", "d"], [(), (0,), (0,), (1, 2)], [action])
        return [event.id for event in plan.events if event.scheduler_allocations]

    assert event_of("on_workflow_start") == ["start"]
    assert event_of("on_jobs_ready", 1) == ["event_2"]
    assert event_of("on_jobs_ready", 1, 3) == ["event_3"]
    assert event_of("on_jobs_ready") == []
    assert event_of("on_jobs_complete", 0) == ["event_2"]
    assert event_of("on_jobs_complete", 1) == ["event_3"]
    assert event_of("on_jobs_complete", 1, 2) == ["event_3"]
    assert event_of("on_jobs_complete", 0, 1) == ["event_2"], "nothing waits for both"
    assert event_of("on_jobs_complete", 3) == ["event_3"], "nothing waits for the last"
    nothing = PlanAction(trigger_type="on_workflow_start", scheduler="s")
    assert make_plan("w", [], [], [nothing]).events == []


def test_an_allocation_is_for_the_jobs_of_its_action_or_for_all_that_become_ready() -> None:
    start = PlanAction(trigger_type="on_workflow_start", scheduler="s", scheduler_type="local")
    ready = PlanAction(trigger_type="on_jobs_ready", scheduler="t", num_allocations=3, jobs=(2,))
    plan = make_plan("w", ["late", "early", "other"], [(1,), (), (1,)], [start, ready])
    assert [event.id for event in plan.events] == ["start", "event_2"]
    assert [event.scheduler_allocations for event in plan.events] == [
        [Allocation(scheduler="s", scheduler_type="local", num_allocations=1, job_names=["early"])],
        [Allocation(scheduler="t", scheduler_type="slurm", num_allocations=3, job_names=["other"])],
    ]
    assert [stage.number for stage in stages(plan)] == [1, 2]
    assert plan.workflow_name == "w"


@given(st.lists(st.sets(st.integers(0, 9), max_size=3), min_size=1, max_size=10))
def test_every_job_becomes_ready_once_and_after_what_it_waits_for(sets: list[set[int]]) -> None:
    dependencies = [tuple(sorted(d for d in found if d < job)) for job, found in enumerate(sets)]
    names = [f"j{job}" for job in range(len(sets))]
    plan = make_plan("w", names, dependencies)
    stage_of = {name: stage.number for stage in stages(plan) for name in stage.jobs}
    assert sorted(stage_of) == sorted(names)
    assert sum(len(event.jobs_becoming_ready) for event in plan.events) == len(names)
    for job, needed in enumerate(dependencies):
        assert all(stage_of[names[other]] < stage_of[names[job]] for other in needed)


def test_runs_of_names_are_folded() -> None:
    names = ["w_1", "w_2", "w_9", "w_10", "w_11", "a", "b_001_x", "b_002_x", "c2"]
    assert shorten_names(names) == ["w_{1..2}", "w_{9..11}", "a", "b_{001..002}_x", "c2"]

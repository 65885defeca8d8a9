"""What a submission asks for, and when it is refused."""

from __future__ import annotations

import msgspec
import pytest

from torc_core.errors import ConflictError, NotFoundError, UsageError
from torc_core.model.action import WorkflowAction
from torc_core.model.resources import SlurmScheduler
from torc_core.model.workflow import WorkflowStatus
from torc_core.operations.lifecycle.inputs import StartCheck
from torc_core.operations.slurm.submission.contents import (
    Placement,
    SubmissionPlan,
    plan_expanded,
    plan_stored,
)
from torc_core.operations.slurm.submission.due_actions import is_due
from torc_core.operations.slurm.submission.schedule_nodes import choose_scheduler, decide_schedule
from torc_core.operations.slurm.submission.submit import SubmitFacts, decide_submit
from torc_core.spec import parse_workflow

SPEC = parse_workflow(
    """
name: w
resource_requirements: [{name: r, num_cpus: 1, memory: 1g, runtime: PT1M}]
slurm_schedulers:
  - {name: first, account: a, nodes: 2, walltime: "01:30:00", partition: short}
  - {name: second, account: a, walltime: "1-00:00:00"}
jobs:
  - {name: x, command: "true", resource_requirements: r, scheduler: first}
  - {name: y, command: "true", resource_requirements: r, scheduler: second, depends_on: [x]}
actions:
  - {trigger_type: on_workflow_start, action_type: schedule_nodes, scheduler: first,
     num_allocations: 3}
  - {trigger_type: on_jobs_ready, action_type: schedule_nodes, scheduler: second, jobs: [y]}
  - {trigger_type: on_workflow_start, action_type: run_commands, commands: ["true"]}
"""
)


def action(trigger="on_workflow_start", **fields):
    stated = {
        "id": 1,
        "workflow_id": 1,
        "trigger_type": trigger,
        "action_type": "schedule_nodes",
        "action_config": {"scheduler_id": 5, "scheduler_type": "slurm", "num_allocations": 2},
        "trigger_count": 1,
    }
    return WorkflowAction(**(stated | fields))


def scheduler(number=5, **fields):
    stated = {"name": f"s{number}", "account": "a", "nodes": 1, "walltime": "00:30:00"}
    return SlurmScheduler(id=number, workflow_id=1, **(stated | fields))


def test_a_file_asks_for_nodes_now_and_later():
    now, later = plan_expanded(SPEC, {"second": Placement(partition="long", why="It fits.")})
    assert (now.is_now, now.num_allocations, now.node_hours, now.partition) == (
        *(True, 3, 9.0, "short"),
    )
    assert now.line == ("  now: 3 allocations of 2 nodes for 01:30:00, first, partition short")
    assert later.line == (
        "  on_jobs_ready: 1 allocation of 1 node for 1-00:00:00, second, partition long (It fits)"
    )
    plan = SubmissionPlan(allocations=(now, later), server="Here.", output_dir="/out")
    assert plan.size == "4 allocations, at most 33.0 node-hours"
    assert plan.lines[-2:] == ("Here.", "Logs: /out")


def test_what_was_asked_for_is_asked_for_again_only_in_a_new_run():
    actions = [
        action(executed=True),
        action("on_jobs_ready", id=2, trigger_count=0),
        action("on_jobs_complete", id=3),
        action("on_worker_start", id=4),
        action(id=5, action_config={"scheduler_id": 77}),
    ]
    goes_on = plan_stored(actions, {5: scheduler()}, is_new=False)
    begins = plan_stored(actions, {5: scheduler()}, is_new=True)
    assert [(each.trigger_type, each.is_now) for each in goes_on] == [
        ("on_jobs_ready", False),
        ("on_jobs_complete", True),
        ("on_worker_start", False),
    ]
    assert [(each.trigger_type, each.is_now) for each in begins] == [
        ("on_workflow_start", True),
        ("on_jobs_ready", False),
        ("on_jobs_complete", False),
        ("on_worker_start", False),
    ]


@pytest.mark.parametrize(
    ("fields", "keeps_keys", "expected"),
    [
        ({}, True, True),
        ({"executed": True}, True, True),
        ({"executed": True}, False, False),
        ({"trigger_count": 0}, True, False),
        ({"trigger": "on_worker_start"}, True, False),
        ({"action_type": "run_commands", "action_config": {}}, True, False),
        ({"action_config": {"scheduler_type": "local"}}, True, False),
        ({"action_config": None}, True, True),
    ],
)
def test_an_action_is_due_as_long_as_its_nodes_may_be_missing(fields, keeps_keys, expected):
    assert is_due(action(**fields), keeps_keys=keeps_keys) is expected


OPEN = WorkflowStatus(is_canceled=False, run_id=1, jobs_by_status={"completed": 1, "ready": 1})
FACTS = SubmitFacts(workflow_id=1, status=OPEN, actions=(action(),), start=None)


def with_status(**fields):
    return msgspec.structs.replace(FACTS, status=msgspec.structs.replace(OPEN, **fields))


@pytest.mark.parametrize(
    ("facts", "word"),
    [
        (with_status(is_archived=True), "archived"),
        (with_status(is_canceled=True), "canceled"),
        (with_status(jobs_by_status={"completed": 2}), "complete"),
        (
            msgspec.structs.replace(FACTS, actions=(action(executed=True, trigger_count=0),)),
            "requests no nodes now",
        ),
    ],
)
def test_what_has_nothing_to_run_is_refused(facts, word):
    with pytest.raises(ConflictError, match=word):
        decide_submit(facts)


def test_jobs_that_were_stopped_are_something_to_run():
    assert decide_submit(with_status(jobs_by_status={"completed": 2, "terminated": 1})) is None


@pytest.mark.parametrize("actions", [(), (action("on_jobs_ready"),)])
def test_without_nodes_at_the_start_another_command_is_named(actions):
    with pytest.raises(UsageError) as refused:
        decide_submit(msgspec.structs.replace(FACTS, actions=actions))
    assert "torc submit-slurm FILE" in refused.value.hint


def test_missing_inputs_can_be_overridden():
    check = StartCheck(missing_input_files=["a"], existing_output_files=[], missing_user_data=0)
    objection = decide_submit(msgspec.structs.replace(FACTS, start=check))
    assert "--ignore-missing-data" in objection.hint


def test_the_only_scheduler_is_meant_and_of_several_the_one_named():
    first, second = scheduler(5), scheduler(6)
    assert choose_scheduler(1, [first], None) is first
    assert choose_scheduler(1, [first, second], 6) is second
    with pytest.raises(UsageError, match=r"5 \(s5\), 6 \(s6\)"):
        choose_scheduler(1, [first, second], None)
    with pytest.raises(NotFoundError):
        choose_scheduler(1, [first], 7)
    with pytest.raises(NotFoundError, match="has no Slurm scheduler"):
        choose_scheduler(1, [], None)


def test_nodes_for_nothing_are_refused():
    decide_schedule(1, OPEN, is_new=False)
    with pytest.raises(ConflictError, match="not initialized"):
        decide_schedule(1, OPEN, is_new=True)
    with pytest.raises(ConflictError, match="complete"):
        decide_schedule(1, with_status(jobs_by_status={"failed": 2}).status, is_new=False)

"""What is asked before a run."""

from __future__ import annotations

import pytest
from operations.situations import Stage

from torc_core.errors import ConflictError
from torc_core.host.connect import Connection
from torc_core.model.action import WorkflowAction
from torc_core.operations.lifecycle.run import RunRequest, propose_run
from torc_core.runner.policy.options import RunnerOptions


@pytest.mark.parametrize(
    ("situation", "is_left"),
    [("uninitialized", True), ("initialized", True), ("failed", False), ("complete", False)],
)
def test_a_run_with_nothing_left_to_do_is_announced(client, situation, is_left):
    stage = Stage(client, f"question-{situation}")
    getattr(stage, situation)()
    request = RunRequest(options=RunnerOptions(workflow_id=stage.id), is_detached=True)

    question = propose_run(Connection(client, is_embedded=False), request).question
    client.delete_workflow(stage.id)

    assert question is not None
    assert any(line.startswith("No job is left to run.") for line in question.lines) is not is_left


@pytest.mark.parametrize(
    ("situation", "hint"),
    [
        ("failed", "To run again what did not complete: torc workflows resume"),
        ("complete", "To run what has changed: torc workflows reinitialize"),
    ],
)
def test_a_run_that_needs_work_is_refused_where_there_is_none(client, situation, hint):
    stage = Stage(client, situation)
    getattr(stage, situation)()

    with pytest.raises(ConflictError) as refused:
        propose(stage, needs_work=True)

    assert refused.value.message == "No job is left to run."
    assert refused.value.hint == f"{hint} {stage.id}"
    client.delete_workflow(stage.id)


def test_an_action_that_is_due_is_work(client):
    stage = Stage(client, "action")
    client.create_workflow_action(
        WorkflowAction(
            workflow_id=stage.id,
            trigger_type="on_workflow_complete",
            action_type="run_commands",
            action_config={"commands": ["true"]},
        )
    )
    stage.complete()

    assert propose(stage, needs_work=True).question is not None
    client.delete_workflow(stage.id)


def propose(stage: Stage, **more):
    options = RunnerOptions(workflow_id=stage.id)
    request = RunRequest(options=options, is_detached=True, **more)
    return propose_run(Connection(stage.client, is_embedded=False), request)


def test_a_run_that_would_only_find_jobs_that_are_not_initialized_is_refused(client):
    stage = Stage(client, "complete")
    stage.complete()
    stage.add("c")

    with pytest.raises(ConflictError) as refused:
        propose(stage)
    client.delete_workflow(stage.id)

    assert (
        refused.value.message
        == f"1 job of workflow {stage.id} is not initialized and will not run."
    )
    assert f"torc workflows reinitialize {stage.id}" in refused.value.hint


def test_jobs_that_were_added_after_the_initialization_are_warned_of(client):
    stage = Stage(client, "added")
    stage.initialized()
    stage.add("c")
    stage.add("d")

    warnings = [warning.sentence for warning in propose(stage).warnings]
    client.delete_workflow(stage.id)

    assert warnings == [f"2 jobs of workflow {stage.id} are not initialized and will not run."]


@pytest.mark.parametrize(
    ("situation", "says"),
    [
        ("uninitialized", "Both would share the 2 jobs that are waiting."),
        ("initialized", "Both would share the 2 jobs that are waiting."),
        ("complete", "No job is waiting: the other run would have nothing to do."),
    ],
)
def test_a_run_beside_another_one_is_named_as_that(client, tmp_path, monkeypatch, situation, says):
    monkeypatch.chdir(tmp_path)
    stage = Stage(client, f"beside-{situation}")
    getattr(stage, situation)()
    stage.another_run_is_active()

    question = propose(stage).question
    client.delete_workflow(stage.id)

    title = f"#{stage.id} beside-{situation}"
    assert question.sentence == f"{title} is running already. Start another run beside it?"
    assert says in question.lines

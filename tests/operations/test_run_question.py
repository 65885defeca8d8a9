"""What is asked before a run."""

from __future__ import annotations

import pytest
from operations.situations import Stage

from torc_core.host.connect import Connection
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

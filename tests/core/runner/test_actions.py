"""Actions that a runner executes, when the server comes and goes."""

from __future__ import annotations

from types import SimpleNamespace

from torc_core.client import TorcClient
from torc_core.errors import UnreachableError
from torc_core.model.action import ActionType, TriggerType, WorkflowAction
from torc_core.model.workflow import Workflow
from torc_core.runner.actions import Actions
from torc_core.runner.process.start_errors import find_bash


class UnreachableOnce(TorcClient):
    """Loses the server when an action is claimed for the first time."""

    claims = 0

    def claim_action(self, *arguments, **options):
        self.claims += 1
        if self.claims == 1:
            raise UnreachableError("no")
        return super().claim_action(*arguments, **options)


def test_an_action_whose_claim_was_not_sent_is_executed_later(server, client, tmp_path):
    number = client.create_workflow(Workflow(name="acting", user="tester")).id
    client.create_workflow_action(
        WorkflowAction(
            workflow_id=number,
            trigger_type=TriggerType.ON_WORKFLOW_START,
            action_type=ActionType.RUN_COMMANDS,
            action_config={"commands": [f"echo once >> {tmp_path}/ran"]},
        )
    )
    client.initialize_jobs(number)
    context = SimpleNamespace(
        workflow_id=number,
        run_id=1,
        node_id=None,
        capabilities=frozenset(),
        bash=find_bash(),
        output_dir=str(tmp_path),
        environment={},
        log_mode=0o600,
    )
    (tmp_path / "job_stdio").mkdir()
    losing = UnreachableOnce(server.url)
    actions = Actions(losing, context)

    for _ in range(3):
        actions.run({TriggerType.ON_WORKFLOW_START})

    assert losing.claims == 2
    assert (tmp_path / "ran").read_text() == "once\n"

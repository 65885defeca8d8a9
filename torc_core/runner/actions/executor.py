"""Executes the actions of a workflow: finds those that are due, claims them, and reports their end.

An action is claimed first, so that it happens once; a persistent one happens once per runner.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from torc_core.client import Feature, TorcClient
from torc_core.clock import Clock
from torc_core.errors import ConflictError, TorcError, UnreachableError
from torc_core.model.action import ActionEnd, ActionType, TriggerType, WorkflowAction
from torc_core.model.events.commands import action_event
from torc_core.model.events.text import to_event
from torc_core.model.ids import ActionId
from torc_core.runner.actions.command import CommandProcess
from torc_core.runner.actions.nodes import NodeScheduler, node_request
from torc_core.runner.logs import log
from torc_core.runner.policy import output_paths
from torc_core.runner.policy.context import RunnerContext
from torc_core.runner.policy.exit_outcome import EXIT_CANNOT_START, EXIT_STOPPED
from torc_core.runner.process.guards import Guards
from torc_core.runner.process.start_errors import SpawnError
from torc_core.runner.server.node import url_for_jobs

_FAILED = 1
"""Return code of an action whose nodes could not be requested."""


class Actions:
    """Finds, claims and executes the actions of one workflow.

    Args:
        client: The server.
        context: Which workflow, for which node, and where commands run.
        clock: The time.
        guards: Have commands started.
        scheduler: What requests nodes; None if nothing here can.
    """

    def __init__(
        self,
        client: TorcClient,
        context: RunnerContext,
        clock: Clock,
        guards: Guards,
        scheduler: NodeScheduler | None = None,
    ) -> None:
        self._client = client
        self._context = context
        self._clock = clock
        self._scheduler = scheduler
        self._executed: set[ActionId] = set()
        """Not to be executed again, although the server may offer them."""
        self._command = CommandProcess(context, guards)
        self._interruptions = 0
        self._left: dict[ActionId, str] = {}
        self.is_busy = False
        """Actions are being executed in the background."""

    @property
    def _reports_ends(self) -> bool:
        """Whether the server records how actions end."""
        return self._client.offers(Feature.ACTION_ENDS)

    @property
    def schedules_nodes(self) -> bool:
        """Whether nodes can be requested here."""
        return self._scheduler is not None

    @property
    def left(self) -> list[str]:
        """What is due and cannot be executed here, a sentence for each action."""
        return list(self._left.values())

    def run_in_background(self, triggers: Sequence[TriggerType], wake: Callable[[], None]) -> None:
        """Execute what is due of these triggers, in their order, on a thread; then call `wake`."""

        def work() -> None:
            try:
                self.run(triggers)
            finally:
                self.is_busy = False
                wake()

        self.is_busy = True
        threading.Thread(target=work, name="actions", daemon=True).start()

    def run(self, triggers: Sequence[TriggerType]) -> None:
        """Claim and execute what is due of these triggers, in their order."""
        begun = self._interruptions
        order = {trigger: place for place, trigger in enumerate(triggers)}
        try:
            node_id = self._context.node_id if self._reports_ends else None
            due = self._client.get_pending_actions(self._context.workflow_id, node_id)
            for action in sorted(
                (action for action in due if action.trigger_type in order),
                key=lambda action: order[TriggerType(action.trigger_type)],
            ):
                if self._interruptions == begun and action.id is not None:
                    self._execute(action, action.id, begun)
        except TorcError as error:
            # Those that are still due are found again next time.
            log.warning("Actions could not be asked for", error=error.message)

    def interrupt(self, grace_s: float) -> None:
        """Start nothing more of what is being executed; its command has a grace to end."""
        self._interruptions += 1
        self._command.end(grace_s)
        if self._scheduler is not None:
            self._scheduler.interrupt()

    def _execute(self, action: WorkflowAction, action_id: ActionId, begun: int) -> None:
        work = self._work_of(action, action_id, begun)
        if work is None or action_id in self._executed or not self._claim(action, action_id):
            return
        log.info("Action started", action_id=action_id, trigger_type=action.trigger_type)
        started = self._clock.monotonic()
        return_code, command = work()
        end = ActionEnd(
            compute_node_id=self._context.node_id,
            return_code=return_code,
            duration_seconds=round(self._clock.monotonic() - started, 3),
            command=command,
        )
        if return_code:
            log.error("Action failed", action_id=action_id, return_code=return_code)
        else:
            log.info("Action completed", action_id=action_id)
        self._report(action_id, end)

    def _claim(self, action: WorkflowAction, action_id: ActionId) -> bool:
        """Claim an action; return whether it is this runner's to execute."""
        reports_end = self._reports_ends
        try:
            self._client.claim_action(
                self._context.workflow_id,
                action_id,
                self._context.node_id,
                reports_end=reports_end,
            )
        except ConflictError:
            return False  # another runner has claimed it
        except UnreachableError:
            raise  # nothing was sent, so it is still due
        except TorcError:
            # It may be claimed. A server would let a persistent one be claimed again.
            self._executed.add(action_id)
            raise
        if action.persistent and not reports_end:
            self._executed.add(action_id)
        return True

    def _work_of(
        self, action: WorkflowAction, action_id: ActionId, begun: int
    ) -> Callable[[], tuple[int, str | None]] | None:
        """Return what executes an action, None if nothing here does."""
        if action.action_type == ActionType.RUN_COMMANDS:
            return lambda: self._run_commands(action, action_id, begun)
        if action.action_type != ActionType.SCHEDULE_NODES:
            self._leave(action, f"the type {action.action_type!r} is not known")
            return None
        try:
            request = node_request(self._context.workflow_id, action_id, action.action_config)
        except msgspec.ValidationError as error:
            self._leave(action, f"its configuration is not valid: {error}")
            return None
        scheduler = self._scheduler
        if scheduler is None or not scheduler.can_submit(request):
            kind = request.scheduler_type
            self._leave(action, f"it requests nodes from {kind!r}, which a run like this does not")
            return None

        def submit() -> tuple[int, str | None]:
            try:
                scheduler.submit(request)
            except TorcError as error:
                log.error(  # noqa: TRY400 - not our bug
                    "Nodes were not requested", action_id=action_id, error=error.message
                )
                return _FAILED, None
            return 0, None

        return submit

    def _leave(self, action: WorkflowAction, why: str) -> None:
        """Leave an action to a runner that can execute it; say so once."""
        if action.id is not None and action.id not in self._left:
            text = f"Action {action.id} ({action.trigger_type}) is due and was not executed: {why}."
            self._left[action.id] = text
            log.warning("Action was not executed", action_id=action.id, error=text)

    def _run_commands(
        self, action: WorkflowAction, action_id: ActionId, begun: int
    ) -> tuple[int, str | None]:
        """Run an action's commands up to the first that fails; return its code and that command."""
        context = self._context
        stdio = output_paths.action_stdio(
            context.output_dir,
            context.workflow_id,
            action_id,
            context.run_id,
            context.node_id if action.persistent else None,
        )
        for command in commands_of(action.action_config):
            if self._interruptions != begun:
                return EXIT_STOPPED, command
            try:
                api_url = url_for_jobs(self._client, with_token=context.has_token_in_path)
                code = self._command.run(
                    command,
                    action_id,
                    stdio=stdio,
                    api_url=api_url,
                    is_unwanted=lambda: self._interruptions != begun,
                )
            except SpawnError as error:
                log.error(  # noqa: TRY400 - not our bug
                    "Action command cannot be started", action_id=action_id, error=error
                )
                code = EXIT_CANNOT_START
            log.info(
                "Action command completed", action_id=action_id, return_code=code, command=command
            )
            if code != 0:
                return code, command
        return 0, None

    def _report(self, action_id: ActionId, end: ActionEnd) -> None:
        workflow_id = self._context.workflow_id
        if self._reports_ends:
            self._client.complete_action(workflow_id, action_id, end)
        else:
            self._client.create_event(to_event(workflow_id, action_event(action_id, end)))


def commands_of(config: Any) -> list[str]:
    """Return the commands in the configuration of a `run_commands` action. Pure."""
    commands = config.get("commands") if isinstance(config, dict) else None
    return [command for command in commands or [] if isinstance(command, str)]

"""The actions of a workflow that a runner executes: commands on triggers.

An action is claimed first, so that it happens once; a persistent one happens once per runner.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from torc_core.client import TorcClient
from torc_core.errors import ConflictError, MachineError, TorcError, UnreachableError
from torc_core.host.output_files import create_file
from torc_core.model.action import ActionType, TriggerType, WorkflowAction
from torc_core.model.ids import ActionId
from torc_core.runner.logs import log
from torc_core.runner.policy import output_paths
from torc_core.runner.policy.context import RunnerContext
from torc_core.runner.process.preparation import (
    discard_file,
    ensure_log_directory,
    job_command,
)
from torc_core.runner.server.node import url_for_jobs


class Actions:
    """Finds, claims and executes the actions of one workflow.

    Args:
        client: The server.
        context: Which workflow, for which node, and where commands run.
    """

    def __init__(self, client: TorcClient, context: RunnerContext) -> None:
        self._client = client
        self._context = context
        self._executed: set[int] = set()
        self._command: subprocess.Popen[bytes] | None = None
        self._is_stopped = False
        self.is_busy = False
        """Actions are being executed in the background."""

    def run_in_background(
        self, triggers: Collection[TriggerType], wake: Callable[[], None]
    ) -> None:
        """Execute pending actions on a thread, then call `wake`."""

        def work() -> None:
            try:
                self.run(triggers)
            finally:
                self.is_busy = False
                wake()

        self.is_busy = True
        threading.Thread(target=work, name="actions", daemon=True).start()

    def run(self, triggers: Collection[TriggerType]) -> None:
        """Claim and execute the pending actions of these triggers that a runner can execute."""
        if self._is_stopped:
            return
        try:
            pending = self._client.get_pending_actions(self._context.workflow_id)
            for action in pending:
                if action.trigger_type in triggers and self._can_execute(action):
                    self._execute(action)
        except TorcError as error:
            # Those that are still pending are found again next time.
            log.warning("Actions could not be asked for", error=error.message)

    def stop(self) -> None:
        """Stop the running command and start no other; called again, kill it."""
        signum = signal.SIGKILL if self._is_stopped else signal.SIGTERM
        self._is_stopped = True
        self.stop_command(signum)

    def stop_command(self, signum: signal.Signals = signal.SIGTERM) -> None:
        """Send a signal to the running command, if there is one. Safe in signal handlers."""
        command = self._command
        if command is not None and command.returncode is None:
            # The thread that waits for it may be reaping it right now.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(command.pid, signum)

    def _can_execute(self, action: WorkflowAction) -> bool:
        return (
            action.action_type == ActionType.RUN_COMMANDS
            and action.id is not None
            and action.id not in self._executed
            and not self._is_stopped
        )

    def _execute(self, action: WorkflowAction) -> None:
        assert action.id is not None
        self._executed.add(action.id)
        try:
            self._client.claim_action(self._context.workflow_id, action.id, self._context.node_id)
        except ConflictError:
            return  # another runner has claimed it
        except UnreachableError:  # nothing was sent, so it is still pending
            self._executed.discard(action.id)
            raise
        for command in commands_of(action.action_config):
            exit_code = self._run_command(action.id, command)
            log.info(
                "Action command completed",
                action_id=action.id,
                return_code=exit_code,
                command=command,
            )
            if exit_code != 0:
                log.error("Action stops at its first failure", action_id=action.id)
            if exit_code != 0 or self._is_stopped:
                return

    def _run_command(self, action_id: ActionId, command: str) -> int | None:
        context = self._context
        api_url = url_for_jobs(self._client, context.capabilities)
        stdio = output_paths.action_stdio(
            context.output_dir, context.workflow_id, action_id, context.run_id
        )
        stdout, stderr, file = Path(f"{stdio}.o"), Path(f"{stdio}.e"), f"{stdio}.sh"
        try:
            ensure_log_directory(str(stdout.parent), context.log_mode)
            command = job_command(None, command, file=file, mode=context.log_mode)
            for path in (stdout, stderr):
                create_file(path, context.log_mode)
            with stdout.open("ab") as out, stderr.open("ab") as err:
                self._command = subprocess.Popen(
                    [context.bash, "-c", command],
                    cwd=context.output_dir,
                    env={**context.environment, "TORC_API_URL": api_url},
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=err,
                    start_new_session=True,
                )
        except (OSError, ValueError, MachineError) as error:
            log.error(  # noqa: TRY400 - not our bug
                "Action command cannot be started", action_id=action_id, error=error
            )
            return None
        if self._is_stopped:  # while it was started
            self.stop_command()
        exit_code = self._command.wait()
        discard_file(file)
        return exit_code


def commands_of(config: Any) -> list[str]:
    """Return the commands in the configuration of a `run_commands` action. Pure."""
    commands = config.get("commands") if isinstance(config, dict) else None
    return [command for command in commands or [] if isinstance(command, str)]

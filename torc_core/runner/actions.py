"""Actions of a workflow that a runner executes: commands at the start, at the end and between.

An action is claimed first, so that it happens once; a persistent one happens once per runner.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from torc_core.client import TorcClient
from torc_core.errors import ConflictError, TorcError
from torc_core.model.action import WorkflowAction
from torc_core.runner.policy import output_paths

log = logging.getLogger("torc.runner")

JOB_TRIGGERS = ("on_jobs_ready", "on_jobs_complete")
"""Triggers that fire while jobs run; the others are the runner's own steps."""


class Actions:
    """Finds, claims and executes the actions of one workflow.

    Args:
        client: The server.
        workflow_id: The workflow.
        run_id: Its present run.
        compute_node_id: Who claims.
        bash: The shell.
        output_dir: Where commands run, and where their output goes.
        environment: That of all jobs.
    """

    def __init__(  # noqa: PLR0913 - one value each, given once
        self,
        client: TorcClient,
        *,
        workflow_id: int,
        run_id: int,
        compute_node_id: int,
        bash: str,
        output_dir: str,
        environment: Mapping[str, str],
    ) -> None:
        self._client = client
        self._workflow_id = workflow_id
        self._run_id = run_id
        self._compute_node_id = compute_node_id
        self._bash = bash
        self._output_dir = output_dir
        self._environment = environment
        self._done: set[int] = set()
        self._command: subprocess.Popen[bytes] | None = None
        self._is_stopped = False
        self.is_busy = False
        """Actions are executed in the background."""

    def run_in_background(self, triggers: Collection[str], ring: Callable[[], None]) -> None:
        """Execute pending actions on a thread, then call `ring`."""

        def work() -> None:
            try:
                self.run(triggers)
            finally:
                self.is_busy = False
                ring()

        self.is_busy = True
        threading.Thread(target=work, name="actions", daemon=True).start()

    def run(self, triggers: Collection[str]) -> None:
        """Claim and execute the pending actions of these triggers that a runner can execute."""
        if self._is_stopped:
            return
        try:
            pending = self._client.get_pending_actions(self._workflow_id)
            for action in pending:
                if action.trigger_type in triggers and self._can_execute(action):
                    self._execute(action)
        except TorcError as error:
            # What is still pending is found again at the next look.
            log.warning("actions: %s", error.message)

    def stop(self) -> None:
        """End the command that runs and start no other; asked again, kill it."""
        signum = signal.SIGKILL if self._is_stopped else signal.SIGTERM
        self._is_stopped = True
        self.end_command(signum)

    def end_command(self, signum: signal.Signals = signal.SIGTERM) -> None:
        """Signal the command that runs, if one does. Safe in signal handlers."""
        command = self._command
        if command is not None and command.returncode is None:
            # It may be reaped by the thread that waits for it at this very moment.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(command.pid, signum)

    def _can_execute(self, action: WorkflowAction) -> bool:
        return (
            action.action_type == "run_commands"
            and action.id is not None
            and action.id not in self._done
            and not self._is_stopped
        )

    def _execute(self, action: WorkflowAction) -> None:
        assert action.id is not None
        self._done.add(action.id)
        try:
            self._client.claim_action(self._workflow_id, action.id, self._compute_node_id)
        except ConflictError:
            return  # another runner has it
        for command in commands_of(action.action_config):
            return_code = self._run_command(action.id, command)
            log.info("action %s: return code %s of %r", action.id, return_code, command)
            if return_code != 0:
                log.error("action %s stops at its first failure: %r", action.id, command)
            if return_code != 0 or self._is_stopped:
                return

    def _run_command(self, action_id: int, command: str) -> int | None:
        stdio = output_paths.action_stdio(
            self._output_dir, self._workflow_id, action_id, self._run_id
        )
        try:
            with Path(f"{stdio}.o").open("ab") as out, Path(f"{stdio}.e").open("ab") as err:
                self._command = subprocess.Popen(
                    [self._bash, "-c", command],
                    cwd=self._output_dir,
                    env=dict(self._environment),
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=err,
                    start_new_session=True,
                )
        except (OSError, ValueError) as error:
            log.error("action %s: %s", action_id, error)  # noqa: TRY400 - not our bug
            return None
        if self._is_stopped:  # while it was started
            self.end_command()
        return self._command.wait()


def commands_of(config: Any) -> list[str]:
    """Return the commands in the configuration of a `run_commands` action. Pure."""
    commands = config.get("commands") if isinstance(config, dict) else None
    return [command for command in commands or [] if isinstance(command, str)]

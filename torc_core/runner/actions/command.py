"""One command of an action: run by the runner's guard, while the thread of the actions waits."""

from __future__ import annotations

from collections.abc import Callable

from torc_core.model.ids import ActionId
from torc_core.runner.guard.messages import Start, pack
from torc_core.runner.policy.context import RunnerContext
from torc_core.runner.policy.exit_outcome import EXIT_STOPPED
from torc_core.runner.policy.output_paths import stdio_directory
from torc_core.runner.process.awaited import AwaitedProcess
from torc_core.runner.process.guards import Guards
from torc_core.runner.process.preparation import (
    check_size,
    discard_file,
    ensure_log_directory,
    job_command,
)
from torc_core.runner.process.records import CommandRecord, encode
from torc_core.runner.process.shell import Shell


class CommandProcess:
    """Runs one command at a time; another thread may end it.

    Args:
        context: Where commands run.
        guards: Have them started.
    """

    def __init__(self, context: RunnerContext, guards: Guards) -> None:
        self._context = context
        self._guards = guards
        self._shell = Shell(path=context.bash, environment=context.environment)
        self._running: AwaitedProcess | None = None

    def run(
        self,
        command: str,
        action_id: ActionId,
        *,
        stdio: str,
        api_url: str,
        is_unwanted: Callable[[], bool],
    ) -> int:
        """Run a command in the output directory and return its exit code, 128+n for signal n.

        Args:
            command: Of any length, with several lines if need be.
            action_id: The action that it belongs to.
            stdio: Where its output is added to, without the endings.
            api_url: The server, for programs in it.
            is_unwanted: Whether `end` was called too early for this command.

        Raises:
            SpawnError: It could not be started.
        """
        context, file = self._context, f"{stdio}.sh"
        ensure_log_directory(stdio_directory(context.output_dir), context.log_mode)
        command = job_command(None, command, file=file, mode=context.log_mode)
        variables = {"TORC_API_URL": api_url}
        try:
            check_size(command, {**context.environment, **variables})
            self._running = AwaitedProcess(
                Start(
                    id=0,
                    arguments=[pack(each) for each in self._shell.arguments(command)],
                    environment={pack(name): pack(value) for name, value in variables.items()},
                    stdout=pack(f"{stdio}.o"),
                    stderr=pack(f"{stdio}.e"),
                    mode=context.log_mode,
                    appends=True,
                    directory=pack(context.output_dir),
                    record=encode(CommandRecord(action_id=action_id, file=pack(file))),
                )
            )
            if is_unwanted():
                return EXIT_STOPPED
            self._guards.execute(self._running)
            return self._running.wait()
        finally:
            discard_file(file)

    def end(self, grace_s: float) -> None:
        """End the running command and all that descends from it: SIGTERM, SIGKILL after a grace."""
        running = self._running
        if running is not None and not running.is_over:
            self._guards.terminate(running, grace_s)

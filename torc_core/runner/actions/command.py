"""The process of one command of an action: the only place where such a process starts and ends."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

from torc_core.host.output_files import create_file
from torc_core.runner.policy.context import RunnerContext
from torc_core.runner.process.preparation import discard_file, ensure_log_directory, job_command


class CommandProcess:
    """Runs one command at a time; another thread may send signals to it.

    Args:
        context: Where commands run.
    """

    def __init__(self, context: RunnerContext) -> None:
        self._context = context
        self._running: subprocess.Popen[bytes] | None = None
        self._signaled = False

    def run(
        self, command: str, *, stdio: str, api_url: str, is_unwanted: Callable[[], bool]
    ) -> int:
        """Run a command in the output directory and return its exit code, 128+n for signal n.

        Args:
            command: Of any length, with several lines if need be.
            stdio: Where its output is added to, without the endings.
            api_url: The server, for programs in it.
            is_unwanted: Whether a signal came too early for the process.

        Raises:
            OSError: It could not be started; `ValueError` and `MachineError` as well.
        """
        context, file = self._context, f"{stdio}.sh"
        stdout, stderr = Path(f"{stdio}.o"), Path(f"{stdio}.e")
        ensure_log_directory(str(stdout.parent), context.log_mode)
        command = job_command(None, command, file=file, mode=context.log_mode)
        for path in (stdout, stderr):
            create_file(path, context.log_mode)
        self._signaled = False
        try:
            with stdout.open("ab") as out, stderr.open("ab") as err:
                self._running = subprocess.Popen(
                    ["bash", "-c", command],  # noqa: S607 - its name; the path is below
                    executable=context.bash,
                    cwd=context.output_dir,
                    env={**context.environment, "TORC_API_URL": api_url},
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=err,
                    start_new_session=True,
                )
            if is_unwanted():
                self.signal(signal.SIGTERM)
            code = self._running.wait()
            if self._signaled:
                self._kill_group()  # what the stopped command has left
        finally:
            discard_file(file)
        return code if code >= 0 else 128 - code

    def signal(self, signum: signal.Signals) -> None:
        """Send a signal to the running command and all processes of its session."""
        running = self._running
        if running is not None and running.returncode is None:
            self._signaled = True
            # The thread that waits for it may be reaping it right now.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(running.pid, signum)

    def _kill_group(self) -> None:
        assert self._running is not None
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._running.pid, signal.SIGKILL)

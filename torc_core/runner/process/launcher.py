"""Starts, signals and reaps the processes of jobs, and finds their output files."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path

from torc_core.characters import escape_hidden
from torc_core.clock import Clock
from torc_core.host.output_files import create_file
from torc_core.model.exchange import ClaimedJob, OutputFile
from torc_core.model.ids import FileId
from torc_core.runner.policy import output_paths
from torc_core.runner.policy.command_line import command_line
from torc_core.runner.policy.context import RunnerContext
from torc_core.runner.policy.sampling import Usage
from torc_core.runner.process.attempt import Attempt, id_of
from torc_core.runner.process.child import Child, ProcessExit, reap, send_signal, spawn
from torc_core.runner.process.environment import job_environment
from torc_core.runner.process.shell import ask_shell


class Launcher:
    """All that a runner does to processes; a simulator has its own.

    Args:
        context: Where they run.
        clock: The time.
        api_url: Returns the server's address for programs in jobs; an embedded server may move.
    """

    def __init__(self, context: RunnerContext, clock: Clock, api_url: Callable[[], str]) -> None:
        self._context = context
        self._clock = clock
        self._api_url = api_url
        self._shell = ask_shell(context.bash, context.environment)

    def start(self, claimed: ClaimedJob, gpus: tuple[str, ...]) -> Attempt:
        """Start the process of a job that may use these GPUs.

        Raises:
            SpawnError: See `spawn`.
        """
        stdio = self._stdio(claimed)
        command = command_line(claimed.job.invocation_script, claimed.job.command)
        environment = self._environment(claimed, gpus)
        direct = self._shell.find_direct(command, environment, added=claimed.job.env or ())
        started, started_ms = self._clock.monotonic(), self._clock.wall_ms()
        child = spawn(
            [self._shell.path, "-c", command],
            {**environment, "_": direct[0]} if direct else environment,
            stdout=f"{stdio}.o",
            stderr=f"{stdio}.e",
            mode=self._context.log_mode,
            direct=direct,
        )
        return Attempt(
            claimed=claimed,
            child=child,
            gpus=gpus,
            started=started,
            started_ms=started_ms,
            usage=Usage(last_sampled=started),
        )

    def start_recovery(self, attempt: Attempt, script: str, exit_code: int) -> Child:
        """Start the recovery script of a job that exited with `exit_code`.

        It appends to the job's output.

        Raises:
            SpawnError: See `spawn`.
        """
        stdio = self._stdio(attempt.claimed)
        return spawn(
            [self._shell.path, "-c", script],
            self._environment(attempt.claimed, attempt.gpus, exit_code),
            stdout=f"{stdio}.o",
            stderr=f"{stdio}.e",
            mode=self._context.log_mode,
            append=True,
        )

    def signal(self, attempt: Attempt, signum: int) -> None:
        """Send a signal to all processes of an attempt."""
        send_signal(attempt.child, signum)

    def reap(self, attempt: Attempt) -> ProcessExit:
        """Reap the process of an attempt, and kill what a stopped job has left."""
        return reap(attempt.child, kill_rest=attempt.stop is not None)

    def find_outputs(self, files: Sequence[OutputFile]) -> tuple[dict[FileId, float], list[str]]:
        """Return the modification times of files that exist, by id, and the paths of others."""
        times: dict[FileId, float] = {}
        missing: list[str] = []
        for file in files:
            try:
                times[file.id] = Path(file.path).stat().st_mtime
            except (OSError, ValueError):
                missing.append(file.path)
        return times, missing

    def write_stderr(self, claimed: ClaimedJob, text: str) -> None:
        """Append a line of the runner's own to a job's stderr, if the disk allows."""
        path = Path(f"{self._stdio(claimed)}.e")
        with contextlib.suppress(OSError):
            create_file(path, self._context.log_mode)
            with path.open("a", encoding="utf-8") as file:
                file.write(f"torc: {escape_hidden(text)}\n")

    def _stdio(self, claimed: ClaimedJob) -> str:
        """Return the path of a job's output without the ending."""
        job = claimed.job
        return output_paths.job_stdio(
            self._context.output_dir,
            job.workflow_id,
            id_of(claimed),
            claimed.run_id,
            job.attempt_id,
        )

    def _environment(
        self, claimed: ClaimedJob, gpus: tuple[str, ...], exit_code: int | None = None
    ) -> dict[str, str]:
        environment = job_environment(
            self._shell.environment,
            claimed,
            gpus,
            exit_code,
            gpu_kind=self._context.gpu_kind,
        )
        environment["TORC_API_URL"] = self._api_url()
        return environment

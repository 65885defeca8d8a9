"""Starts, signals and reaps the processes of jobs, and finds their output files."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from torc_core.characters import escape_hidden
from torc_core.clock import Clock
from torc_core.host.output_files import create_file
from torc_core.model.exchange import ClaimedJob
from torc_core.runner.logs import log
from torc_core.runner.policy import output_paths
from torc_core.runner.policy.context import RunnerContext
from torc_core.runner.policy.monitoring.sampling import Usage
from torc_core.runner.policy.outputs.stdio import StdioFiles, stdio_files
from torc_core.runner.policy.outputs.written import FoundOutputs
from torc_core.runner.process.affinity import bound_to
from torc_core.runner.process.attempt import Attempt, id_of, job_ids
from torc_core.runner.process.child import Child, ProcessExit, SpawnError, reap, send_signal, spawn
from torc_core.runner.process.environment import job_environment
from torc_core.runner.process.outputs import find_outputs, states_of
from torc_core.runner.process.preparation import (
    check_size,
    discard_file,
    ensure_log_directory,
    ensure_working_directory,
    job_command,
    keep_descriptors,
    may_have_file,
    working_directory,
)
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
        keep_descriptors()
        self._directory = working_directory()

    def start(
        self, claimed: ClaimedJob, gpus: tuple[str, ...], cpus: tuple[int, ...] = ()
    ) -> Attempt:
        """Start the process of a job that may use these GPUs and CPUs; without CPUs, all.

        Raises:
            SpawnError: See `spawn`, and `preparation`.
        """
        files = self._stdio(claimed)
        environment = self._environment(claimed, gpus)
        script, command = claimed.job.invocation_script, claimed.job.command
        command = self._prepare(claimed, script, command, environment)
        direct = self._shell.find_direct(command, environment, added=claimed.job.env or ())
        has_to_write = not self._context.execution.accept_unchanged_outputs
        before = states_of(claimed.output_files) if has_to_write else {}
        started, started_ms = self._clock.monotonic(), self._clock.wall_ms()
        with bound_to(cpus):
            child = spawn(
                [self._shell.path, "-c", command],
                {**environment, "_": direct[0]} if direct else environment,
                stdout=files.stdout or os.devnull,
                stderr=files.stderr or os.devnull,
                mode=self._context.log_mode,
                direct=direct,
            )
        return Attempt(
            claimed=claimed,
            child=child,
            gpus=gpus,
            cpus=cpus,
            started=started,
            started_ms=started_ms,
            usage=Usage(last_sampled=started),
            outputs_before=before,
        )

    def start_recovery(self, attempt: Attempt, script: str, exit_code: int) -> Child:
        """Start the recovery script of a job that exited with `exit_code`.

        Its output goes to files of its own beside the job's.

        Raises:
            SpawnError: See `spawn`, and `preparation`.
        """
        files = self._stdio(attempt.claimed, output_paths.RECOVERY)
        environment = self._environment(attempt.claimed, attempt.gpus, exit_code)
        command = self._prepare(attempt.claimed, None, script, environment)
        with bound_to(attempt.cpus):
            return spawn(
                [self._shell.path, "-c", command],
                environment,
                stdout=files.stdout or os.devnull,
                stderr=files.stderr or os.devnull,
                mode=self._context.log_mode,
            )

    def signal(self, attempt: Attempt, signum: int) -> None:
        """Send a signal to all processes of an attempt."""
        send_signal(attempt.child, signum)

    def reap(self, attempt: Attempt) -> ProcessExit:
        """Reap the process of an attempt, and kill what a stopped job has left."""
        if may_have_file(attempt.claimed):
            discard_file(self._command_file(attempt.claimed))
        return reap(attempt.child, kill_rest=attempt.stop is not None)

    def find_outputs(self, attempt: Attempt, earlier_looks: int) -> FoundOutputs:
        """Return what became of the output files of an attempt that has ended."""
        return find_outputs(
            attempt.claimed.output_files,
            attempt.outputs_before,
            attempt.started_ms,
            is_again=earlier_looks > 0,
        )

    def write_stderr(self, claimed: ClaimedJob, text: str) -> None:
        """Append a line of the runner's own to a job's stderr, if that is kept and can be."""
        stderr = self._stdio(claimed).stderr
        if stderr is None:
            return
        path = Path(stderr)
        with contextlib.suppress(OSError):
            create_file(path, self._context.log_mode)
            with path.open("a", encoding="utf-8") as file:
                file.write(f"torc: {escape_hidden(text)}\n")

    def delete_stdio(self, claimed: ClaimedJob) -> None:
        """Delete the files of a job's output, if the file system allows."""
        for _, path in self._stdio(claimed).streams:
            try:
                Path(path).unlink(missing_ok=True)
            except OSError as error:
                log.warning(
                    "Output of a completed job was not deleted", error=error, **job_ids(claimed)
                )

    def _prepare(
        self, claimed: ClaimedJob, script: str | None, command: str, environment: Mapping[str, str]
    ) -> str:
        """See to it that a command can be started, and return what bash is given to run."""
        mode, file = self._context.log_mode, self._command_file(claimed)
        ensure_log_directory(output_paths.stdio_directory(self._context.output_dir), mode)
        ensure_working_directory(self._directory)
        whole = job_command(script, command, file=file, mode=mode)
        try:
            check_size(whole, environment)
        except SpawnError:
            discard_file(file)
            raise
        return whole

    def _command_file(self, claimed: ClaimedJob) -> str:
        return f"{self._stem(claimed)}.sh"

    def _stdio(self, claimed: ClaimedJob, suffix: str = "") -> StdioFiles:
        mode = self._context.execution.stdio_of(claimed.job.name).mode
        return stdio_files(self._stem(claimed) + suffix, mode)

    def _stem(self, claimed: ClaimedJob) -> str:
        """Return the path of an attempt's files without the ending."""
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

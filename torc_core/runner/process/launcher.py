"""What is started for a job: command, environment and files; and what the job leaves."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from torc_core.characters import escape_hidden
from torc_core.clock import Clock
from torc_core.host.files.output_files import create_file
from torc_core.model.exchange import ClaimedJob
from torc_core.runner.guard.messages import Exited, Start, pack
from torc_core.runner.logs import log
from torc_core.runner.policy import output_paths
from torc_core.runner.policy.commands.step import is_step
from torc_core.runner.policy.context import RunnerContext
from torc_core.runner.policy.exit_outcome import StopReason
from torc_core.runner.policy.monitoring.sampling import Usage
from torc_core.runner.policy.outputs.stdio import StdioFiles, stdio_files
from torc_core.runner.policy.outputs.written import FoundOutputs
from torc_core.runner.process.attempt import Attempt, Recovery, id_of, job_ids
from torc_core.runner.process.environment import job_variables
from torc_core.runner.process.guards import Guards
from torc_core.runner.process.outputs import find_outputs, states_of
from torc_core.runner.process.preparation import (
    check_size,
    discard_file,
    ensure_log_directory,
    ensure_working_directory,
    job_command,
    may_have_file,
    working_directory,
)
from torc_core.runner.process.records import AttemptRecord, encode
from torc_core.runner.process.shell import ask_shell
from torc_core.runner.process.start_errors import SpawnError
from torc_core.runner.process.steps.files import end_step, step_began_at
from torc_core.runner.process.steps.starting import Steps

QUEUED_AT_MOST_S = 1.0
"""Several times as long as what is queued behind a job takes, and a fraction of any lease: of a
runner that is suspended nothing starts once its jobs may be another one's."""


class Launcher:
    """Starts jobs and recovery scripts; a simulator has its own.

    Args:
        context: Where they run.
        clock: The time.
        guards: Have the processes started.
        api_url: Returns the server's address for programs in jobs; an embedded server may move.
    """

    def __init__(
        self, context: RunnerContext, clock: Clock, guards: Guards, api_url: Callable[[], str]
    ) -> None:
        self._context = context
        self._clock = clock
        self._guards = guards
        self._api_url = api_url
        self._shell = ask_shell(context.bash, context.environment)
        self._directory = working_directory()
        self._steps = None if context.steps is None else Steps(context, context.steps)
        guards.configure(self._directory, self._shell.environment)

    def start(
        self, claimed: ClaimedJob, gpus: tuple[str, ...], cpus: tuple[int, ...] = ()
    ) -> Attempt:
        """Have the process of a job started that may use these GPUs and CPUs; without CPUs, all.

        Raises:
            SpawnError: See `preparation`; or no guard can be started.
        """
        attempt, command = self._make_attempt(claimed, gpus, cpus)
        self._guards.start(attempt, command)
        return attempt

    def queue(self, claimed: ClaimedJob, before: Attempt) -> Attempt:
        """Have the process of a job started once that of another one has exited with 0.

        Raises:
            SpawnError: Like `start`.
        """
        attempt, command = self._make_attempt(claimed, (), ())
        attempt.was_queued = True
        self._guards.queue(attempt, command, before, until=attempt.started + QUEUED_AT_MOST_S)
        return attempt

    def start_recovery(self, attempt: Attempt, script: str, recovery: Recovery) -> None:
        """Have the recovery script of a job started, whose completion is reported after it.

        Its output goes to files of its own beside the job's.

        Raises:
            SpawnError: See `preparation`; or no guard can be started.
        """
        claimed = attempt.claimed
        record = AttemptRecord(
            claimed=claimed, gpus=attempt.gpus, cpus=attempt.cpus, recovery=recovery
        )
        variables = self._variables(attempt, recovery.completion.return_code)
        environment = {**self._shell.environment, **variables}
        command = self._prepare(claimed, None, script, environment)
        files = self._stdio(claimed, output_paths.RECOVERY)
        self._guards.start(attempt, self._command(files, command, variables, record))

    def discard_command(self, attempt: Attempt) -> None:
        """Delete the file of a command that was too long: its process has exited."""
        if may_have_file(attempt.claimed):
            discard_file(self._command_file(attempt.claimed))

    def end_step(self, attempt: Attempt, exited: Exited) -> StopReason | None:
        """Return the limit at which Slurm has ended the step of an attempt, None for none.

        What srun says beyond the exit code goes to the job's stderr.
        """
        end = end_step(self._stem(attempt.claimed))
        if exited.exit_code == 0:
            return None
        if end.printed:
            self.write_stderr(attempt.claimed, " ".join(end.printed))
        return end.limit

    def step_began_at(self, attempt: Attempt) -> float | None:
        """Return when the step of an attempt began, in seconds since 1970; None: not yet."""
        return step_began_at(self._stem(attempt.claimed))

    def find_outputs(self, attempt: Attempt, earlier_looks: int) -> FoundOutputs:
        """Return how the output files of an attempt that has ended are."""
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

    def _make_attempt(
        self, claimed: ClaimedJob, gpus: tuple[str, ...], cpus: tuple[int, ...]
    ) -> tuple[Attempt, Start]:
        now = self._clock.monotonic()
        has_to_write = not self._context.execution.accept_unchanged_outputs
        attempt = Attempt(
            claimed=claimed,
            gpus=gpus,
            cpus=cpus,
            started=now,
            started_ms=self._clock.wall_ms(),
            usage=Usage(last_sampled=now),
            is_step=self._steps is not None and is_step(claimed),
            outputs_before=states_of(claimed.output_files) if has_to_write else {},
        )
        variables = self._variables(attempt)
        environment = {**self._shell.environment, **variables}
        script, command = claimed.job.invocation_script, claimed.job.command
        command = self._prepare(claimed, script, command, environment)
        record = AttemptRecord(
            claimed=claimed,
            gpus=gpus,
            cpus=cpus,
            outputs_before=attempt.outputs_before,
            is_step=attempt.is_step,
        )
        files = self._stdio(claimed)
        if self._steps is not None and attempt.is_step:
            start = self._command(files, command, variables, record)
            return attempt, self._steps.wrap(start, claimed, command, files, self._stem(claimed))
        direct = self._shell.find_direct(command, environment, added=claimed.job.env or ())
        if direct:
            variables["_"] = direct[0]
        return attempt, self._command(files, command, variables, record, direct)

    def _command(
        self,
        files: StdioFiles,
        command: str,
        variables: dict[str, str],
        record: AttemptRecord,
        direct: list[str] | None = None,
    ) -> Start:
        return Start(
            id=0,
            arguments=[pack(each) for each in self._shell.arguments(command)],
            direct=[pack(each) for each in direct or ()],
            environment={pack(name): pack(value) for name, value in variables.items()},
            stdout=pack(files.stdout or os.devnull),
            stderr=pack(files.stderr or os.devnull),
            mode=self._context.log_mode,
            cpus=list(record.cpus),
            record=encode(record),
        )

    def _prepare(
        self, claimed: ClaimedJob, script: str | None, command: str, environment: Mapping[str, str]
    ) -> str:
        """See to it that a command can be started, and return what bash is given to run."""
        mode, file = self._context.log_mode, self._command_file(claimed)
        ensure_log_directory(output_paths.stdio_directory(self._context.output_dir), mode)
        if ensure_working_directory(self._directory):
            self._guards.configure(self._directory, self._shell.environment)
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

    def _variables(self, attempt: Attempt, exit_code: int | None = None) -> dict[str, str]:
        variables = job_variables(
            attempt.claimed, attempt.gpus, exit_code, gpu_kind=self._context.gpu_kind
        )
        variables["TORC_API_URL"] = self._api_url()
        return variables

"""Starts and ends the processes of jobs through guards, and finds the jobs' output files."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path
from typing import NamedTuple

import msgspec

from torc_core.characters import escape_hidden
from torc_core.clock import Clock
from torc_core.errors import MachineError
from torc_core.host.output_files import create_file
from torc_core.model.exchange import ClaimedJob
from torc_core.model.ids import ComputeNodeId
from torc_core.runner.guard.messages import (
    Configure,
    End,
    Exited,
    Forget,
    Hello,
    Leave,
    Refused,
    Start,
    Started,
    pack,
)
from torc_core.runner.logs import log
from torc_core.runner.policy import output_paths
from torc_core.runner.policy.context import RunnerContext
from torc_core.runner.policy.monitoring.sampling import Usage
from torc_core.runner.policy.outputs.stdio import StdioFiles, stdio_files
from torc_core.runner.policy.outputs.written import FoundOutputs
from torc_core.runner.process.adoption import Adopted, adopt, lost_entries
from torc_core.runner.process.attempt import (
    Attempt,
    GuardedProcess,
    ProcessRecord,
    Recovery,
    id_of,
    job_ids,
)
from torc_core.runner.process.environment import job_variables
from torc_core.runner.process.guard_client import CareRecord, GuardClient, GuardRecord, start_guard
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
from torc_core.runner.process.shell import ask_shell
from torc_core.runner.process.start_errors import SpawnError, SpawnFailure

_encode = msgspec.json.Encoder().encode


class Lost(NamedTuple):
    """A process whose guard is gone, so that its exit is not known; it was ended."""


class Taken(NamedTuple):
    """A process that another runner has taken over."""


ProcessEvent = Started | Refused | Exited | Lost | Taken


class Launcher:
    """All that a runner does to processes; a simulator has its own.

    Args:
        context: Where they run.
        clock: The time.
        api_url: Returns the server's address for programs in jobs; an embedded server may move.
        watch: Wakes the loop whenever a descriptor is readable.
        care: For a caretaker, should this runner die.
    """

    def __init__(
        self,
        context: RunnerContext,
        clock: Clock,
        api_url: Callable[[], str],
        watch: Callable[[int], None],
        care: CareRecord,
    ) -> None:
        self._context = context
        self._care = care
        self._clock = clock
        self._api_url = api_url
        self._watch = watch
        self._shell = ask_shell(context.bash, context.environment)
        self._directory = working_directory()
        self._ids = count(1)
        self._own: GuardClient | None = None
        self._guards: dict[int, GuardClient] = {}
        """By descriptor: our own, and those of dead runners."""
        self._attempts: dict[tuple[GuardClient, int], Attempt] = {}
        """By guard and number of a process that has not exited."""
        self._settled: list[Path] = []
        """Directories of guards that are gone: deleted once everything is reported."""

    def start(
        self, claimed: ClaimedJob, gpus: tuple[str, ...], cpus: tuple[int, ...] = ()
    ) -> Attempt:
        """Have the process of a job started that may use these GPUs and CPUs; without CPUs, all.

        Raises:
            SpawnError: See `preparation`; or no guard can be started.
        """
        now = self._clock.monotonic()
        has_to_write = not self._context.execution.accept_unchanged_outputs
        attempt = Attempt(
            claimed=claimed,
            gpus=gpus,
            cpus=cpus,
            started=now,
            started_ms=self._clock.wall_ms(),
            usage=Usage(last_sampled=now),
            outputs_before=states_of(claimed.output_files) if has_to_write else {},
        )
        variables = self._variables(attempt)
        environment = {**self._shell.environment, **variables}
        script, command = claimed.job.invocation_script, claimed.job.command
        command = self._prepare(claimed, script, command, environment)
        direct = self._shell.find_direct(command, environment, added=claimed.job.env or ())
        if direct:
            variables["_"] = direct[0]
        record = ProcessRecord(
            claimed=claimed, gpus=gpus, cpus=cpus, outputs_before=attempt.outputs_before
        )
        self._start(attempt, self._stdio(claimed), command, variables, record, direct)
        return attempt

    def start_recovery(self, attempt: Attempt, script: str, recovery: Recovery) -> None:
        """Have the recovery script of a job started, whose completion is reported after it.

        Its output goes to files of its own beside the job's.

        Raises:
            SpawnError: See `preparation`; or no guard can be started.
        """
        claimed = attempt.claimed
        record = ProcessRecord(
            claimed=claimed, gpus=attempt.gpus, cpus=attempt.cpus, recovery=recovery
        )
        variables = self._variables(attempt, recovery.completion.return_code)
        environment = {**self._shell.environment, **variables}
        command = self._prepare(claimed, None, script, environment)
        files = self._stdio(claimed, output_paths.RECOVERY)
        self._start(attempt, files, command, variables, record)

    def end(self, attempt: Attempt, grace_s: float) -> None:
        """End all processes of an attempt: SIGTERM, and after a grace SIGKILL for what is left."""
        if attempt.processes and attempt.stop is not None:
            process = attempt.processes[-1]
            reason = attempt.stop.name
            process.guard.send(End(id=process.id, grace_s=grace_s, reason=reason))

    def forget(self, attempt: Attempt) -> None:
        """Drop what the guards keep of an attempt: the server knows."""
        for process in attempt.processes:
            process.guard.send(Forget(ids=[process.id]))

    def flush(self) -> None:
        """Send the guards what they are to do."""
        for guard in self._guards.values():
            guard.flush()

    def receive(self, fd: int) -> list[tuple[Attempt, ProcessEvent]]:
        """Return what has happened to processes, given the descriptor of their guard."""
        guard = self._guards[fd]
        events: list[tuple[Attempt, ProcessEvent]] = []
        for event in guard.receive():
            if isinstance(event, Hello):
                continue
            attempt = self._attempts.get((guard, event.id))
            if attempt is None:
                continue
            events.append((attempt, event))
            if not isinstance(event, Started):
                del self._attempts[guard, event.id]
                if may_have_file(attempt.claimed):
                    discard_file(self._command_file(attempt.claimed))
        if guard.is_gone:
            events += self._settle(guard)
        return events

    def adopt(
        self, is_ours: Callable[[GuardRecord], bool], *, cares: bool = False
    ) -> tuple[list[Adopted], list[ComputeNodeId]]:
        """Take over what dead runners of the workflow have left on this machine.

        Args:
            is_ours: Whether a guard's compute node is one of our server's.
            cares: Only until the next runner comes.

        Returns:
            Their attempts, and their compute nodes.
        """
        adopted: list[Adopted] = []
        nodes: list[ComputeNodeId] = []
        for runner in adopt(self._context.workflow_id, is_ours):
            nodes.append(runner.compute_node_id)
            adopted += runner.attempts
            if runner.guard is None:
                self._settled.append(runner.directory)
                continue
            node = self._context.node_id, self._context.node_start_time
            runner.guard.take(*node, cares=cares)
            self._add(runner.guard)
            for each in runner.attempts:
                if each.exited is None:
                    self._attempts[runner.guard, each.attempt.processes[-1].id] = each.attempt
        return adopted, nodes

    def close(self, *, is_reported: bool) -> None:
        """Leave the guards, which end once their processes have.

        Args:
            is_reported: The server knows of everything that has exited.
        """
        for guard in self._guards.values():
            guard.send(Leave())
            guard.flush()
            guard.close()
        for directory in self._settled if is_reported else ():
            shutil.rmtree(directory, ignore_errors=True)

    def start_guard(self) -> None:
        """Start our own guard, so that the first job need not wait for it.

        Raises:
            SpawnError: It cannot be started.
        """
        context = self._context
        try:
            self._own = start_guard(
                context.workflow_id, context.node_id, context.node_start_time, self._care
            )
        except (OSError, MachineError) as error:
            raise SpawnError(
                f"No process can be started here: {error}",
                hint="Look at the space and the permissions of the state directory.",
                cause=SpawnFailure.MACHINE,
            ) from error
        self._add(self._own)
        self._configure(self._own)

    def _configure(self, guard: GuardClient) -> None:
        variables = self._shell.environment
        packed = {pack(name): pack(value) for name, value in variables.items()}
        guard.send(Configure(directory=pack(self._directory), environment=packed))

    def _start(
        self,
        attempt: Attempt,
        files: StdioFiles,
        command: str,
        variables: dict[str, str],
        record: ProcessRecord,
        direct: list[str] | None = None,
    ) -> None:
        if self._own is None:
            self.start_guard()
        assert self._own is not None
        process = GuardedProcess(self._own, next(self._ids))
        self._own.send(
            Start(
                id=process.id,
                arguments=[pack(each) for each in self._shell.arguments(command)],
                direct=[pack(each) for each in direct or ()],
                environment={pack(name): pack(value) for name, value in variables.items()},
                stdout=pack(files.stdout or os.devnull),
                stderr=pack(files.stderr or os.devnull),
                mode=self._context.log_mode,
                cpus=list(record.cpus),
                record=msgspec.Raw(_encode(record)),
            )
        )
        attempt.processes = [*attempt.processes, process]
        attempt.pid, attempt.reaper = None, self._own.pid
        self._attempts[self._own, process.id] = attempt

    def _add(self, guard: GuardClient) -> None:
        self._guards[guard.fileno()] = guard
        self._watch(guard.fileno())

    def _settle(self, guard: GuardClient) -> list[tuple[Attempt, ProcessEvent]]:
        """Return how the processes of a guard that is gone have exited, or that they are lost."""
        left = {each: a for each, a in self._attempts.items() if each[0] is guard}
        del self._guards[guard.fileno()]
        guard.close()
        if guard is self._own:
            self._own = None
        for each in left:
            del self._attempts[each]
        if guard.serves_another():
            return [(attempt, Taken()) for attempt in left.values()]
        if not left:
            return []
        log.error("Guard is gone; its jobs are ended", directory=guard.directory)
        entries = lost_entries(guard.record.name, guard.directory)
        exits = {entry.id: entry for entry in entries if isinstance(entry, Exited)}
        self._settled.append(guard.directory)
        return [(attempt, exits.get(number, Lost())) for (_, number), attempt in left.items()]

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
        if ensure_working_directory(self._directory) and self._own is not None:
            self._configure(self._own)
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

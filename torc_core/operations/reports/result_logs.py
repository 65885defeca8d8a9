"""Where the logs of results are: in output directories that are listed once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from torc_core.model.compute import ComputeNode, SchedulerType
from torc_core.model.execution import ExecutionConfig
from torc_core.model.ids import JobId, WorkflowId
from torc_core.model.result import Result
from torc_core.model.status import JobStatus
from torc_core.operations.logs.output_directory import find_outputs
from torc_core.runner.policy import output_paths
from torc_core.runner.policy.outputs.stdio import StdioFiles, possible_modes, stdio_files

_SLURM_RUNNER_LOG = re.compile(rf"{output_paths.SLURM_RUNNER}_wf\d+_sl(\d+)_n\w+_pid(\d+)\.log")


class MissingLog(msgspec.Struct, frozen=True, kw_only=True):
    """A log should be there, and is not."""

    what: str
    """Which of the logs, such as "job stdout"."""
    job_id: JobId
    path: str

    @property
    def sentence(self) -> str:
        """Which one."""
        return f"{self.what} log file does not exist for job {self.job_id}: {self.path}"


class SlurmLogs(NamedTuple):
    """What an allocation has printed."""

    slurm_job_id: int | None = None
    stdout: str | None = None
    stderr: str | None = None


class ResultLogs:
    """The logs of a workflow.

    Args:
        workflow_id: The workflow.
        directories: Output directories of its runners, at least one.
        execution: What is kept of the output of its jobs.
    """

    def __init__(
        self, workflow_id: WorkflowId, directories: Sequence[Path], execution: ExecutionConfig
    ) -> None:
        self.missing: list[MissingLog] = []
        """The logs that should be there and are not; once, where several results share one."""
        self._directories = [str(directory) for directory in directories]
        self._execution = execution
        self._there = {
            f"{directory}/{file.relative}": file
            for directory in directories
            for file in find_outputs(directory)
            if file.name.workflow_id == workflow_id
        }
        self._slurm_runner_logs = {
            match.groups(): path
            for path, file in reversed(self._there.items())  # of several, the first directory's
            if (match := _SLURM_RUNNER_LOG.fullmatch(file.relative)) is not None
        }
        """By the allocation and the process id of the runner."""
        self._missed: set[str] = set()

    def streams(self, result: Result, job_name: str) -> StdioFiles:
        """Return where stdout and stderr of an attempt are; None for what there is not."""
        stdio = self._execution.stdio_of(job_name)
        candidates = [
            stdio_files(self._stem(directory, result), mode)
            for directory in self._directories
            for mode in possible_modes(stdio.mode)
        ]
        for files in candidates:
            found = StdioFiles(self._existing(files.stdout), self._existing(files.stderr))
            if found.streams:
                return found
        if not (stdio.delete_on_success and result.status is JobStatus.COMPLETED):
            for name, path in candidates[0].streams:
                self._miss(f"job {name}", result, path)
        return StdioFiles(None, None)

    def runner_log(self, result: Result, node: ComputeNode) -> str | None:
        """Return where the runner of an attempt has logged."""
        slurm_job_id = _slurm_job_id(node)
        if slurm_job_id is not None:
            return self._slurm_runner_log(result, node, slurm_job_id)
        pairs = [
            output_paths.runner_logs(
                directory,
                node.hostname,
                result.workflow_id,
                result.run_id,
                result.compute_node_id,
            )
            for directory in self._directories
        ]
        own_first = [path for first, own in pairs for path in (own, first)]
        return self._one_of("job runner", result, own_first, expected=pairs[0][0])

    def slurm(self, result: Result, node: ComputeNode) -> SlurmLogs:
        """Return what the allocation of an attempt has printed, if it had one."""
        slurm_job_id = _slurm_job_id(node)
        if slurm_job_id is None:
            return SlurmLogs()
        stems = [
            output_paths.slurm_output(directory, result.workflow_id, slurm_job_id)
            for directory in self._directories
        ]
        stdout, stderr = (
            self._one_of(f"Slurm {name}", result, [stem + ending for stem in stems])
            for name, ending in (("stdout", ".o"), ("stderr", ".e"))
        )
        return SlurmLogs(slurm_job_id, stdout, stderr)

    def _slurm_runner_log(self, result: Result, node: ComputeNode, slurm_job_id: int) -> str | None:
        """Return the log of a runner in an allocation; its number there is not recorded."""
        expected = output_paths.slurm_log(
            self._directories[0],
            output_paths.SLURM_RUNNER,
            result.workflow_id,
            slurm_job_id,
            0,
            node.pid,
        )
        found = self._slurm_runner_logs.get((str(slurm_job_id), str(node.pid)))
        return self._one_of("job runner", result, [found or expected])

    def _one_of(
        self, what: str, result: Result, candidates: Sequence[str], *, expected: str = ""
    ) -> str | None:
        """Return the first path that exists; without any, note the one that was expected."""
        for path in candidates:
            if found := self._existing(path):
                return found
        self._miss(what, result, expected or candidates[0])
        return None

    def _existing(self, path: str | None) -> str | None:
        """Return a path, in its plain form, if it was listed."""
        file = None if path is None else self._there.get(path)
        return None if file is None else str(file.path)

    def _miss(self, what: str, result: Result, path: str) -> None:
        if path not in self._missed:
            self._missed.add(path)
            self.missing.append(MissingLog(what=what, job_id=result.job_id, path=path))

    def _stem(self, directory: str, result: Result) -> str:
        return output_paths.job_stdio(
            directory, result.workflow_id, result.job_id, result.run_id, result.attempt_id
        )


def _slurm_job_id(node: ComputeNode) -> int | None:
    """Return the id of the allocation of a node, if Slurm has granted it."""
    if node.compute_node_type != SchedulerType.SLURM or not isinstance(node.scheduler, dict):
        return None
    slurm_job_id = node.scheduler.get("slurm_job_id")
    return slurm_job_id if isinstance(slurm_job_id, int) else None

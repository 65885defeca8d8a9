"""Where the logs of results are: in output directories that are listed once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from torc_core.model.compute import ComputeNode
from torc_core.model.execution import ExecutionConfig
from torc_core.model.ids import WorkflowId
from torc_core.model.result import Result
from torc_core.model.status import JobStatus
from torc_core.operations.logs.output_directory import find_outputs
from torc_core.operations.reporter import PlainNotice
from torc_core.runner.policy import output_paths
from torc_core.runner.policy.output_paths import OutputKind
from torc_core.runner.policy.outputs.stdio import StdioFiles, possible_modes, stdio_files


class SlurmLogs(NamedTuple):
    """The logs of an allocation."""

    slurm_job_id: int | None = None
    stdout: str | None = None
    stderr: str | None = None
    environment: str | None = None
    """The variables of the runner."""
    kernel_messages: str | None = None
    """Written only when something has failed."""


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
        self.missing: list[PlainNotice] = []
        """The logs that should be there and are not; once, where several results share one."""
        self._directories = [str(directory) for directory in directories]
        self._execution = execution
        self._there = {
            f"{directory}/{file.relative}": file
            for directory in directories
            for file in find_outputs(directory)
            if file.name.workflow_id == workflow_id
        }
        self._of_runners = {
            (file.name.kind, file.name.slurm_job_id, file.name.pid): path
            for path, file in reversed(self._there.items())  # of several, the first directory's
            if file.name.pid is not None
        }
        """What runners in allocations have written; their numbers there are not recorded."""
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
        if node.slurm_job_id is not None:
            return self._of_runner(
                "job runner", result, node, OutputKind.RUNNER_LOG, output_paths.SLURM_RUNNER
            )
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
        """Return the logs of the allocation of an attempt, if it had one."""
        slurm_job_id = node.slurm_job_id
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
        environment = self._of_runner(
            "Slurm environment",
            result,
            node,
            OutputKind.SLURM_ENVIRONMENT,
            output_paths.SLURM_ENVIRONMENT,
        )
        messages = self._of_runners.get((OutputKind.KERNEL_MESSAGES, slurm_job_id, node.pid))
        return SlurmLogs(slurm_job_id, stdout, stderr, environment, self._existing(messages))

    def _of_runner(
        self, what: str, result: Result, node: ComputeNode, kind: OutputKind, prefix: str
    ) -> str | None:
        """Return what a runner in an allocation has written, under a name with this prefix."""
        slurm_job_id = node.slurm_job_id
        assert slurm_job_id is not None
        expected = output_paths.slurm_log(
            self._directories[0], prefix, result.workflow_id, slurm_job_id, 0, node.pid
        )
        found = self._of_runners.get((kind, slurm_job_id, node.pid))
        return self._one_of(what, result, [found or expected])

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
            self.missing.append(
                PlainNotice(f"{what} log file does not exist for job {result.job_id}: {path}")
            )

    def _stem(self, directory: str, result: Result) -> str:
        return output_paths.job_stdio(
            directory, result.workflow_id, result.job_id, result.run_id, result.attempt_id
        )

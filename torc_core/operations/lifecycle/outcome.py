"""How a run went, in words for its user: what failed or was stopped, and what to do next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from torc_core.client import TorcClient
from torc_core.diagnosis.words import code_words
from torc_core.host.files.disk import is_full
from torc_core.model.execution import stored_execution_config
from torc_core.model.result import Result
from torc_core.model.status import ACTIVE, JobStatus
from torc_core.operations.facts import count, how_to_run_again
from torc_core.operations.jobs.output_fault import may_lack_output, output_fault
from torc_core.runner.policy.output_paths import job_stdio
from torc_core.runner.policy.outputs.stdio import stdio_files
from torc_core.runner.policy.summary import RunSummary
from torc_core.units import counted, format_seconds

_SHOWN = 5
"""How many jobs are named."""
_OPEN = frozenset({JobStatus.READY, JobStatus.BLOCKED, JobStatus.TERMINATED})
"""Statuses of jobs that a further run may complete."""


def run_sentence(summary: RunSummary) -> str:
    """Return how a run went in one line."""
    title = f"Workflow {summary.workflow_id}"
    if summary.run_id:  # 0: it was stopped before the server has answered
        title = f"{title}, run {summary.run_id}"
    jobs = _listed(summary.jobs_by_status)
    if summary.unanswered:
        jobs = f"this runner's jobs: {_listed(summary.outcomes)},"
    return f"{title}: {jobs} in {format_seconds(summary.duration_s)} ({summary.reason})."


def remarks(summary: RunSummary, output_dir: str) -> Iterator[str]:
    """Yield what is to be said of any run, also of one that has succeeded."""
    counts = summary.jobs_by_status
    if summary.unanswered:
        yield f"How many jobs the workflow has in each status is not known: {summary.unanswered}"
    yield from summary.actions_left
    if held := count(counts, ACTIVE):
        are = "is" if held == 1 else "are"
        yield (
            f"{counted(held, 'job')} {are} still held by other runners or clients, "
            f"which have not reported completion."
        )
    elif not (count(counts, _OPEN) or summary.unanswered or any(summary.outcomes.values())):
        again = how_to_run_again(summary.workflow_id, counts)
        yield f"Nothing was left to run. {again}"
    if summary.lost_log_lines:
        lines = counted(summary.lost_log_lines, "line")
        yield f"The runner's log in {output_dir} lacks {lines}: its disk had no room."


def explain(client: TorcClient, summary: RunSummary, output_dir: str) -> Iterator[str]:
    """Yield which jobs did not complete and why, where their stderr is, and what to do next.

    Raises:
        TorcError: The server refused a request, or did not answer.
    """
    yield from _failures(client, summary, output_dir)
    for each in summary.over_limit[:_SHOWN]:
        yield f"stopped: {each.sentence}"
    if summary.over_limit and not summary.is_canceled:  # with the same limits it would end alike
        workflow_id, what = summary.workflow_id, "what is left"
        yield f"Raise what they lacked, and run {what}: torc recover {workflow_id}"
        yield f"Or run {what} without limits: torc run {workflow_id} --no-limit-resources"
    elif (command := next_command(summary)) is not None:
        yield f"Continue with what is left: torc {command}"


def next_command(summary: RunSummary) -> str | None:
    """Return what to run next, without `torc`; None if no job is left that a run may complete."""
    if not count(summary.jobs_by_status, _OPEN):
        return None
    command = "workflows resume" if summary.is_canceled else "run"
    return f"{command} {summary.workflow_id}"


def how_failed(result: Result, fault: str) -> str:
    """Return how a job failed: a command that only lacks output files exited with 0."""
    code, words = result.return_code, code_words(result.return_code)
    if fault and may_lack_output(result):
        return fault.removeprefix("The job ").rstrip(".")
    return f"exit code {code} ({words})" if words else f"exit code {code}"


def _failures(client: TorcClient, summary: RunSummary, output_dir: str) -> Iterator[str]:
    workflow_id = summary.workflow_id
    execution = stored_execution_config(client.get_workflow(workflow_id).execution_config)
    failed = client.list_results(workflow_id, status=JobStatus.FAILED, limit=_SHOWN)
    for result in failed.items:
        job = client.get_job(result.job_id)
        stem = job_stdio(output_dir, workflow_id, result.job_id, result.run_id, result.attempt_id)
        streams = stdio_files(stem, execution.stdio_of(job.name).mode).streams
        where = "".join(
            f"; its {name}: {path}"
            if Path(path).exists()
            else f"; its output: torc jobs logs {job.id}"
            for name, path in streams[-1:]
        )
        fault = output_fault(Path(path) for _, path in streams[-1:])
        yield f"failed: {job.name}, {how_failed(result, fault)}{where}"
    if failed.total_count > len(failed.items):
        yield f"All {failed.total_count}: torc results list {workflow_id} --failed"
    if failed.items and is_full(Path(output_dir)):
        yield f"The disk of {output_dir} is full: logs may be cut, jobs may have failed of that."


def _listed(counts: Mapping[str, int]) -> str:
    listed = (f"{number} {name.replace('_', ' ')}" for name, number in counts.items() if number)
    return ", ".join(listed) or "no jobs"

"""What a watch says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from torc_core.client import TorcClient
from torc_core.errors import ExitCode
from torc_core.model.ids import WorkflowId
from torc_core.model.status import JobStatus
from torc_core.operations.facts import count
from torc_core.operations.recovery.watch.options import WatchOptions
from torc_core.operations.recovery.watch.situation import Situation
from torc_core.operations.reporter import PlainNotice

_NAMED = 10
"""How many jobs are named that did not complete."""
_COUNTED = (
    JobStatus.COMPLETED,
    JobStatus.RUNNING,
    JobStatus.PENDING,
    JobStatus.FAILED,
    JobStatus.BLOCKED,
)
_FAILURES = (JobStatus.FAILED, JobStatus.CANCELED, JobStatus.TERMINATED)


class Watched(msgspec.Struct, frozen=True, kw_only=True):
    """A watch is over."""

    workflow_id: WorkflowId
    exit_code: ExitCode
    sentence: str
    hint: str = ""

    @property
    def text(self) -> str:
        """All of it, for the log."""
        return f"{self.sentence}\n{self.hint}".strip()


class Watching(msgspec.Struct, frozen=True, kw_only=True):
    """A watch begins, or goes on after a recovery: no news where only the latest is shown."""

    sentence: str


def watching(workflow_id: WorkflowId, options: WatchOptions) -> Watching:
    """Return the first line."""
    return Watching(sentence=f"Watching workflow {workflow_id} ({options.sentence})")


def counts_line(counts: Mapping[str, int]) -> PlainNotice:
    """Return the line of job counts: those of the reference, and others if there are any."""
    others = (each for each in JobStatus if each not in _COUNTED and count(counts, {each}))
    shown = (*_COUNTED, *others)
    return PlainNotice(", ".join(f"{each}={count(counts, {each})}" for each in shown))


def outcome_lines(client: TorcClient, situation: Situation) -> Iterable[PlainNotice]:
    """Yield how a workflow that has no job left to run ended.

    Raises:
        TorcError: The server did not answer.
    """
    workflow_id, counts = situation.workflow_id, situation.counts
    yield PlainNotice(f"Workflow {workflow_id} is complete")
    if not situation.failures:
        return
    yield PlainNotice("Workflow completed with failures:")
    for status in (*_FAILURES, JobStatus.COMPLETED):
        yield PlainNotice(f"  - {status.capitalize()}: {count(counts, {status}):,}")
    named = 0
    for status in (JobStatus.FAILED, JobStatus.TERMINATED):
        results = client.list_results(workflow_id, status=status, limit=_NAMED - named).items
        for result in results if named < _NAMED else ():
            name = client.get_job(result.job_id).name
            code = f"return code {result.return_code}"
            yield PlainNotice(f"  {status}: job {result.job_id} ({name}), {code}")
            named += 1
    if named < (more := count(counts, {JobStatus.FAILED, JobStatus.TERMINATED})):
        yield PlainNotice(f"  All {more:,}: torc results list {workflow_id} --failed")

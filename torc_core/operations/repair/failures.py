"""Failed jobs grouped by what they have in common, and what each group needs. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from enum import StrEnum
from itertools import cycle
from typing import NamedTuple

import msgspec

from torc_core.diagnosis.failures import Diagnosis
from torc_core.diagnosis.signatures import Signature, fold, kind_of, needs_log, plain_line
from torc_core.diagnosis.words import fault_in
from torc_core.model.ids import ComputeNodeId, JobId
from torc_core.model.job import Job
from torc_core.model.result import Result
from torc_core.operations.recovery.verdicts import RAISED, JobVerdict
from torc_core.units import counted

NO_RESULT = "no result recorded"
NOT_WRITTEN = "output file not written"


class Need(StrEnum):
    """What jobs need before they can complete."""

    RECOVER = "recover"
    """More memory or time, which a recovery gives them."""
    RERUN = "rerun"
    """Nothing but another attempt: they were lost or stopped."""
    LOOK = "look"
    """A user, who finds out why they failed and fixes it."""


class FailedJob(NamedTuple):
    """A failed job, and what is known of its latest attempt."""

    job_id: JobId
    name: str
    kind: str
    """Why it failed in words, or its exit code."""
    need: Need
    needs_log: bool
    """Only its log tells why it failed."""
    run_id: int
    attempt_id: int
    return_code: int | None
    seconds: float
    peak_memory_bytes: int | None
    memory_bytes: int | None
    """What its requirements state."""
    node_id: ComputeNodeId | None


class FailureGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Failed jobs with one signature."""

    signature: Signature
    need: Need
    jobs: tuple[FailedJob, ...]
    """By id."""
    example: str = ""
    """The line of the log of the first of them, as it was written; not clean."""
    line: str = ""
    """What their logs tell: the line itself if it is the same for all, else as it was folded."""
    is_read: bool = True
    """Whether their logs were read, where these tell anything."""

    @property
    def num_nodes(self) -> int:
        """How many nodes they are known to have run on."""
        return len({job.node_id for job in self.jobs if job.node_id is not None})

    @property
    def job_ids(self) -> list[JobId]:
        """The ids, in ascending order."""
        return [job.job_id for job in self.jobs]


def failed_job(
    job: Job, result: Result | None, diagnosis: Diagnosis | None, verdict: JobVerdict
) -> FailedJob:
    """Return what is kept of a failed job: there may be a hundred thousand."""
    stated = None if diagnosis is None else diagnosis.observation.stated.memory_bytes
    return FailedJob(
        job_id=JobId(job.id or 0),
        name=job.name,
        kind=NO_RESULT if diagnosis is None else kind_of(diagnosis),
        need=need_of(verdict),
        needs_log=diagnosis is None or needs_log(diagnosis),
        run_id=0 if result is None else result.run_id,
        attempt_id=job.attempt_id if result is None else result.attempt_id,
        return_code=None if result is None else result.return_code,
        seconds=0.0 if result is None else max(0.0, result.exec_time_minutes * 60),
        peak_memory_bytes=None if result is None else result.peak_memory_bytes,
        memory_bytes=stated,
        node_id=None if result is None else result.compute_node_id,
    )


def need_of(verdict: JobVerdict) -> Need:
    """Return what a job needs, by what a recovery would do with it."""
    if verdict.why_not is not None or verdict.cause is None:
        return Need.LOOK
    return Need.RECOVER if verdict.cause in RAISED else Need.RERUN


class Grouping:
    """Groups failed jobs as they become known."""

    def __init__(self) -> None:
        self._known: dict[tuple[Signature, Need], list[FailedJob]] = {}
        self._examples: dict[tuple[Signature, Need], str] = {}
        self._differing: set[tuple[Signature, Need]] = set()
        """Those whose jobs do not all have the same line."""
        self._unread: dict[tuple[str, Need], dict[JobId, FailedJob]] = {}

    def add(self, job: FailedJob) -> None:
        """Add a job; if only its log tells why it failed, it waits for that to be read."""
        if job.needs_log:
            self._unread.setdefault((job.kind, job.need), {})[job.job_id] = job
        else:
            self._known.setdefault((Signature(job.kind), job.need), []).append(job)

    def add_line(self, job: FailedJob, line: str) -> None:
        """Add what the log of a job tells.

        Args:
            job: One that waits for that.
            line: Of its log, not clean; empty if there is no log here, or nothing in it.
        """
        found = self._unread.get((job.kind, job.need), {}).pop(job.job_id, None)
        if found is None:
            return
        kind = NOT_WRITTEN if fault_in(line) else job.kind
        key = Signature(kind, fold(line, job.name)), job.need
        self._known.setdefault(key, []).append(found)
        if plain_line(self._examples.setdefault(key, line)) != plain_line(line):
            self._differing.add(key)

    @property
    def num_unread(self) -> int:
        """How many jobs wait for their logs to be read."""
        return sum(map(len, self._unread.values()))

    def next_to_read(self, number: int) -> list[FailedJob]:
        """Return the jobs whose logs are read next: the same number of each kind, by id."""
        return list(_in_turn([iter(each.values()) for each in self._unread.values()], number))

    def groups(self) -> tuple[FailureGroup, ...]:
        """Return the groups, the largest first."""
        read = (
            FailureGroup(
                signature=key[0],
                need=key[1],
                jobs=tuple(sorted(jobs)),
                example=self._examples.get(key, ""),
                line=self._line(key),
            )
            for key, jobs in self._known.items()
        )
        unread = (
            FailureGroup(
                signature=Signature(kind), need=need, jobs=tuple(jobs.values()), is_read=False
            )
            for (kind, need), jobs in self._unread.items()
            if jobs
        )
        found = [*read, *unread]
        return tuple(sorted(found, key=lambda each: (-len(each.jobs), each.signature)))

    def _line(self, key: tuple[Signature, Need]) -> str:
        is_same = key not in self._differing
        return plain_line(self._examples.get(key, "")) if is_same else key[0].line


def _in_turn(sources: Collection[Iterator[FailedJob]], number: int) -> Iterator[FailedJob]:
    left = list(sources)
    for source in cycle(sources):
        if not left or number <= 0:
            return
        if source not in left:
            continue
        job = next(source, None)
        if job is None:
            left.remove(source)
        else:
            number -= 1
            yield job


def total(groups: Iterable[FailureGroup]) -> int:
    """Return how many jobs there are in some groups."""
    return sum(len(group.jobs) for group in groups)


def needs_of(groups: Iterable[FailureGroup]) -> Mapping[Need, str]:
    """Return how many jobs need what, such as "3 jobs"."""
    numbers = Counter[Need]()
    for group in groups:
        numbers[group.need] += len(group.jobs)
    return {need: counted(numbers[need], "job") for need in Need if numbers[need]}

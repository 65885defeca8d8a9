"""Which jobs run again when a workflow is reinitialized, and why: pure.

What did not complete runs again, and so does what has changed since, with everything downstream. A
failed job stays failed unless that concerns it, as retrying is a decision of the user; and what
needs it stays with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from enum import Enum, auto
from typing import Any, NamedTuple

import msgspec

from torc_core.graph import topological_order
from torc_core.model.ids import FileId, JobId, id_of
from torc_core.model.job import Job
from torc_core.model.status import ACTIVE, JobStatus
from torc_core.operations.job_graph import JobGraph
from torc_core.spec.plan import shorten_names

SAME_TIME_S = 0.01
"""Times of modification that differ by less are the same, as in the reference: file systems and
copies round them."""
_NAMED = 3

_UNFINISHED = {
    JobStatus.UNINITIALIZED: "it was reset, or has not run yet",
    JobStatus.BLOCKED: "it has not run yet",
    JobStatus.READY: "it has not run yet",
    JobStatus.CANCELED: "it was canceled",
    JobStatus.TERMINATED: "it was terminated",
}
_STAYS = {
    JobStatus.COMPLETED: "it is complete, and nothing has changed",
    JobStatus.FAILED: "it failed, and nothing that it depends on has changed",
    JobStatus.PENDING_FAILED: "it failed, and waits for a decision",
    JobStatus.DISABLED: "it is disabled",
    JobStatus.PENDING: "it is about to run",
    JobStatus.RUNNING: "it is running",
}
_UNTOUCHED = ACTIVE | {JobStatus.DISABLED}


class KnownFile(NamedTuple):
    """A file of the workflow: when it was modified, in seconds since 1970; None for never."""

    name: str
    path: str
    recorded: float | None
    """As recorded when its jobs were initialized, or when a job wrote it."""
    present: float | None


class Findings(NamedTuple):
    """What is known of a workflow before it is reinitialized."""

    graph: JobGraph
    files: Mapping[FileId, KnownFile]
    changes: Mapping[JobId, Sequence[str]]
    """What else has changed of single jobs, in words."""


class Rerun(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a job runs again, and why, or why not."""

    job_id: JobId
    name: str
    reruns: bool
    reasons: tuple[str, ...]
    is_reset: bool
    """Whether it is reset: also if it will then not run, because it needs a job that failed."""

    def record(self) -> dict[str, Any]:
        """Return it for programs."""
        return {
            "job_id": self.job_id,
            "name": self.name,
            "reruns": self.reruns,
            "reasons": list(self.reasons),
        }


class _Hold(Enum):
    """How a job keeps those from running that depend on it."""

    UNSUCCESSFUL = auto()
    """They are canceled unless they run regardless of failures."""
    UNDECIDED = auto()
    """They wait."""


_HOLDING = {
    JobStatus.FAILED: _Hold.UNSUCCESSFUL,
    JobStatus.CANCELED: _Hold.UNSUCCESSFUL,
    JobStatus.PENDING_FAILED: _Hold.UNDECIDED,
}
"""How jobs do that which are not reset."""


class _Upstream(NamedTuple):
    """What jobs with the same dependencies have to know of them."""

    is_changing: bool
    """Whether anything upstream runs again."""
    rerunning: list[str]
    unsuccessful: list[str]
    undecided: list[str]


def decide_reruns(findings: Findings) -> list[Rerun]:
    """Decide for each job whether it runs again.

    Jobs on a cycle, and those after one, are reset like new ones: to initialize them is an error.
    """
    jobs, dependencies = findings.graph
    written = {file_id for job in jobs for file_id in job.output_file_ids or ()}
    decided: dict[int, Rerun] = {}
    is_changing: dict[int, bool] = {}
    holds: dict[int, _Hold] = {}
    summaries: dict[int, _Upstream] = {}

    def names(of: Sequence[int], which: Callable[[int], bool]) -> list[str]:
        return [jobs[at].name for at in of if which(at)]

    for at in topological_order(dependencies):
        job, needed = jobs[at], dependencies[at]
        if id(needed) not in summaries:  # equal dependencies are mostly one object
            summaries[id(needed)] = _Upstream(
                any(is_changing[each] for each in needed),
                names(needed, lambda each: decided[each].reruns),
                names(needed, lambda each: holds.get(each) is _Hold.UNSUCCESSFUL),
                names(needed, lambda each: holds.get(each) is _Hold.UNDECIDED),
            )
        upstream = summaries[id(needed)]
        changed = _file_reasons(job, findings.files, written)
        changed += findings.changes.get(id_of(job), ())
        rerun, hold = _decide(job, changed, upstream)
        decided[at] = rerun
        is_changing[at] = rerun.is_reset or upstream.is_changing
        if hold is not None:
            holds[at] = hold
    return [decided.get(at) or _on_a_cycle(job) for at, job in enumerate(jobs)]


def _on_a_cycle(job: Job) -> Rerun:
    return Rerun(
        job_id=id_of(job),
        name=job.name,
        reruns=False,
        reasons=("its dependencies form a cycle",),
        is_reset=True,
    )


def _decide(job: Job, changed: list[str], upstream: _Upstream) -> tuple[Rerun, _Hold | None]:
    status = JobStatus(job.status or JobStatus.UNINITIALIZED)
    held = _held(job, upstream)
    # What was canceled because of a failure would only be canceled again.
    is_stuck = (status, held) == (JobStatus.CANCELED, _Hold.UNSUCCESSFUL) and not (
        changed or upstream.is_changing
    )
    reasons = list(changed)
    if status in _UNFINISHED and not is_stuck:
        reasons.append(_UNFINISHED[status])
    if upstream.rerunning:
        reasons.append(_phrase("job", upstream.rerunning, "runs again", "run again"))
    elif upstream.is_changing:
        reasons.append("jobs upstream of it run again")
    is_reset = bool(reasons) and status not in _UNTOUCHED
    if is_stuck or (is_reset and held is not None):
        reasons = [_held_reason(upstream)]
    elif not is_reset:
        reasons = [_STAYS[status]]
    rerun = Rerun(
        job_id=id_of(job),
        name=job.name,
        reruns=is_reset and held is None,
        reasons=tuple(reasons),
        is_reset=is_reset,
    )
    return rerun, held if is_reset else _HOLDING.get(status)


def _held(job: Job, upstream: _Upstream) -> _Hold | None:
    """Return how a job that is reset is kept from running."""
    if upstream.undecided:
        return _Hold.UNDECIDED
    if upstream.unsuccessful and job.cancel_on_blocking_job_failure:
        return _Hold.UNSUCCESSFUL
    return None


def _held_reason(upstream: _Upstream) -> str:
    missing = upstream.undecided or upstream.unsuccessful
    return f"it needs {_phrase('job', missing, 'which', 'which', separator=', ')} did not complete"


def _file_reasons(
    job: Job, files: Mapping[FileId, KnownFile], written: AbstractSet[FileId]
) -> list[str]:
    changed, gone, unknown = [], [], []
    for file_id in job.input_file_ids or ():
        if (file := files.get(file_id)) is None:
            continue  # it was deleted while all this was read
        if file.present is None:
            if file.recorded is not None:
                gone.append(file.name)
        elif file.recorded is None:
            if file_id not in written:  # else the job that wrote it knows
                unknown.append(file.name)
        elif abs(file.present - file.recorded) > SAME_TIME_S:
            changed.append(file.name)
    missing = []
    if job.status == JobStatus.COMPLETED:
        outputs = [files[file_id] for file_id in job.output_file_ids or () if file_id in files]
        missing = [file.name for file in outputs if file.present is None]
    found = (
        ("input file", changed, "changed", "changed"),
        ("input file", gone, "is gone", "are gone"),
        ("input file", unknown, "has no recorded time", "have no recorded time"),
        ("output file", missing, "is missing", "are missing"),
    )
    return [f"its {_phrase(noun, names, one, many)}" for noun, names, one, many in found if names]


def _phrase(noun: str, names: Sequence[str], one: str, many: str, *, separator: str = " ") -> str:
    """Return a sentence about named things, such as "jobs `a`, `work_{1..5}` run again"."""
    folded = names if len(names) == 1 else shorten_names(names)
    listed = ", ".join(f"`{name}`" for name in folded[:_NAMED])
    rest = len(folded) - _NAMED
    more = f" and {rest:,} more" if rest > 0 else ""
    plural, verb = ("", one) if len(names) == 1 else ("s", many)
    return f"{noun}{plural} {listed}{more}{separator}{verb}"

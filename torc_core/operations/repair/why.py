"""Why a job has its status, and what happens next: the answer from the facts. Pure.

What a user can do is said in commands; the interface puts its keys in their place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import NamedTuple

import msgspec

from torc_core.diagnosis.failures import Diagnosis
from torc_core.diagnosis.words import cause_words, code_words, fault_in
from torc_core.failure_rules import choose_rule, may_retry
from torc_core.model.compute import ComputeNode
from torc_core.model.job import Job, JobOrigin
from torc_core.model.resources import FailureRule
from torc_core.model.result import Result
from torc_core.model.status import FAILURES, JobStatus
from torc_core.model.workflow import WorkflowStatus
from torc_core.moments import read_moment, said_moment
from torc_core.operations.facts import count
from torc_core.operations.jobs.names import line_of, name_job
from torc_core.operations.jobs.output_fault import may_lack_output
from torc_core.operations.lifecycle.machine_fit import NeverFits
from torc_core.units import counted, format_bytes, format_seconds


class Weight(StrEnum):
    """How a reason is meant."""

    PLAIN = "plain"
    WAITS = "waits"
    FAILED = "failed"
    NEXT = "next"
    """What happens next, or what a user can do."""


class Reason(NamedTuple):
    """One part of the answer; its text names what users have named, and is not clean."""

    name: str
    text: str
    weight: Weight = Weight.PLAIN


class WhyFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a job and of what it waits for."""

    job: Job
    status: WorkflowStatus
    now: float
    """Seconds since 1970."""
    blockers: tuple[Job, ...] = ()
    """The first of what it waits for."""
    num_blockers: int = 0
    chain: tuple[Job, ...] = ()
    """From the first of them upstream, to one that waits for no other job."""
    because_of: Job | None = None
    """The failed job that caused its cancellation."""
    because: str = ""
    """Why that one failed."""
    canceled_by: str = ""
    """By what else it was canceled."""
    nodes: tuple[ComputeNode, ...] = ()
    """Those that are active, of any job."""
    never_fits: tuple[NeverFits, ...] = ()
    """What it needs more of than each active node has."""
    not_here: NeverFits | None = None
    """The same for this machine, where no node is active."""
    node: ComputeNode | None = None
    """Where it runs, or ran last."""
    in_slurm: bool = False
    """Whether jobs of the workflow run in Slurm."""
    queue: tuple[str, ...] = ()
    """What Slurm says of allocations that wait."""
    latest: Result | None = None
    diagnosis: Diagnosis | None = None
    log_line: str = ""
    """The line of its log that tells why it failed."""
    handler: str = ""
    """The name of its failure handler."""
    rules: tuple[FailureRule, ...] = ()


def explain(facts: WhyFacts) -> list[Reason]:
    """Return why a job is where it is: first the status, last what happens next."""
    job = facts.job
    status = JobStatus(job.status or JobStatus.UNINITIALIZED)
    said = f"{status}, attempt {job.attempt_id} of run {facts.status.run_id}"
    return [Reason("Status", said), *_BY_STATUS[status](facts)]


def _next(*whats_and_commands: str) -> Reason:
    """Return what a user can do: for what, and the command for it, in turn."""
    words = iter(whats_and_commands)
    pairs = zip(words, words, strict=True)
    return Reason("Next", "; ".join(f"{what}: {command}" for what, command in pairs), Weight.NEXT)


def _run(facts: WhyFacts) -> str:
    return f"torc run {facts.job.workflow_id}"


def _submit(facts: WhyFacts) -> str:
    return f"torc submit {facts.job.workflow_id}"


def _rerun(facts: WhyFacts) -> str:
    return f"torc recover {facts.job.workflow_id} --retry-unknown"


def _retry(job: Job) -> str:
    return f"torc jobs retry {job.id}"


def _uninitialized(facts: WhyFacts) -> Iterator[Reason]:
    if facts.status.run_id:
        yield Reason("Waits", "it was reset or added, and not initialized since", Weight.WAITS)
        yield _next("to run what was reset, and what failed", _rerun(facts))
    else:
        yield Reason("Waits", "the workflow was never started", Weight.WAITS)
        yield _next("to run it on this machine", _run(facts), "in Slurm", _submit(facts))


def _blocked(facts: WhyFacts) -> Iterator[Reason]:
    if facts.blockers:
        more = facts.num_blockers - len(facts.blockers)
        listed = "\n".join(map(line_of, facts.blockers))
        rest = f"\nand {more:,} more" if more > 0 else ""
        number = counted(facts.num_blockers, "job")
        yield Reason("Waits for", f"{number}:\n{listed}{rest}", Weight.WAITS)
    if not facts.chain:
        return
    root = facts.chain[-1]
    if len(facts.chain) > 1:
        way = " ← ".join(job.name for job in facts.chain)
        yield Reason("Chain", f"{facts.job.name} ← {way}")
    said = _ROOT.get(JobStatus(root.status or JobStatus.UNINITIALIZED))
    if said is not None:
        yield Reason("Held up by", f"{name_job(root)}: {said}", Weight.WAITS)
    if root.status is JobStatus.READY:
        yield from _waits_for_runner(facts)
    elif root.status is JobStatus.PENDING_FAILED:
        yield _next("to retry it", _retry(root))
    elif root.status in _RERUN:
        yield _next("to rerun it", _rerun(facts))


_ROOT: Mapping[JobStatus, str] = {
    JobStatus.RUNNING: "it runs",
    JobStatus.PENDING: "a runner has claimed it, and starts it when there is room",
    JobStatus.READY: "it is ready, and waits for a runner",
    JobStatus.PENDING_FAILED: "it failed, and waits for your decision",
    JobStatus.UNINITIALIZED: "it was reset or added, and not initialized since",
    JobStatus.FAILED: "it failed",
    JobStatus.TERMINATED: "it was terminated",
    JobStatus.CANCELED: "it was canceled",
}
"""What is said of the job upstream that everything waits for."""
_RERUN = FAILURES | {JobStatus.CANCELED}


def _ready(facts: WhyFacts) -> Iterator[Reason]:
    yield from _again(facts)
    yield from _waits_for_runner(facts)


def _waits_for_runner(facts: WhyFacts) -> Iterator[Reason]:
    """Yield why what is ready does not run."""
    for line in facts.queue:
        yield Reason("Slurm", line, Weight.WAITS)
    if not facts.nodes:
        if facts.not_here is not None and not facts.in_slurm:
            yield Reason("Never fits", facts.not_here.sentence, Weight.FAILED)
        if not facts.queue:
            yield Reason("Waits", "no runner is active", Weight.WAITS)
            here = () if facts.in_slurm else ("to run it on this machine", _run(facts))
            yield _next(*here, "to submit it to Slurm", _submit(facts))
        return
    runners = counted(len(facts.nodes), "active runner")
    if len(facts.never_fits) == len(facts.nodes):
        needed = ", ".join(each.sentence for each in facts.never_fits[0].shortfalls)
        said = f"no active runner is large enough: it needs {needed}"
        yield Reason("Never fits", said, Weight.FAILED)
        yield Reason("Next", "give it less, or start a larger runner", Weight.NEXT)
        return
    counts = facts.status.jobs_by_status
    active, ready = (count(counts, {each}) for each in (JobStatus.RUNNING, JobStatus.READY))
    yield Reason(
        "Waits",
        f"for room on {runners}: {counted(active, 'job')} running, {ready:,} ready",
        Weight.WAITS,
    )


def _pending(facts: WhyFacts) -> Iterator[Reason]:
    yield from _again(facts)
    where = "" if facts.node is None else f" on {facts.node.hostname}"
    yield Reason("Waits", f"claimed by the runner{where}, which starts it next", Weight.WAITS)


def _running(facts: WhyFacts) -> Iterator[Reason]:
    yield from _again(facts)
    where = "" if facts.node is None else f" on {facts.node.hostname}"
    started = read_moment(facts.job.start_time)
    since = ""
    if started is not None:
        lasts = format_seconds(max(0.0, facts.now - started))
        since = f" since {said_moment(started, facts.now)}, for {lasts} now"
    yield Reason("Runs", f"it runs{where}{since}")


def _again(facts: WhyFacts) -> Iterator[Reason]:
    """Yield why a job runs again."""
    latest, job = facts.latest, facts.job
    if latest is None or (latest.run_id, latest.attempt_id) >= (
        facts.status.run_id,
        job.attempt_id,
    ):
        return
    ended = f"attempt {latest.attempt_id} of run {latest.run_id} {_outcome(latest)}"
    by = f", and handler {facts.handler} retries it" if job.origin == JobOrigin.RETRY else ""
    if latest.run_id < facts.status.run_id:
        by = f"; run {facts.status.run_id} began since"
    yield Reason("Again", f"{ended}{by}")


def _outcome(result: Result) -> str:
    words = code_words(result.return_code) if result.return_code else ""
    return f"{result.status} with exit code {result.return_code}" + (f" ({words})" * bool(words))


def _completed(facts: WhyFacts) -> Iterator[Reason]:
    if facts.latest is not None:
        yield Reason("Completed", f"it ran {_time(facts.latest)}{_on(facts)}")


def _failed(facts: WhyFacts) -> Iterator[Reason]:
    latest, diagnosis = facts.latest, facts.diagnosis
    words = "" if diagnosis is None else cause_words(diagnosis)
    lacks_output = latest is not None and may_lack_output(latest)
    fault = fault_in(facts.log_line) if lacks_output and not words else ""
    if latest is None:
        yield Reason("Why", "no result of it was recorded", Weight.FAILED)
    else:
        code = f"exit code {latest.return_code}"
        own = f"{code}, which is the program's own"
        yield Reason("Why", words or fault or own, Weight.FAILED)
        # The command had 0, and what is listed for it would contradict the line above.
        had = f"listed with {code} for that" if fault else code
        yield Reason("Evidence", f"{had}, ran {_time(latest)}{_used(facts)}{_on(facts)}")
    if facts.log_line and not fault:
        yield Reason("Log", facts.log_line, Weight.FAILED)
    yield from _handler(facts)
    if facts.job.status is JobStatus.PENDING_FAILED:
        yield _next("it waits for your decision; to retry it", _retry(facts.job))
        return
    job_id = facts.job.id
    yield _next(
        *("its log", f"torc jobs logs {job_id}"),
        *("another command", f"torc jobs update {job_id} --command"),
        *("to retry it", _retry(facts.job)),
        *("all that failed", _rerun(facts)),
        *("with more memory or time", f"torc recover {facts.job.workflow_id}"),
    )


def _time(result: Result) -> str:
    return format_seconds(max(0.0, result.exec_time_minutes * 60))


def _used(facts: WhyFacts) -> str:
    peak = None if facts.latest is None else facts.latest.peak_memory_bytes
    if peak is None:
        return ""
    stated = None if facts.diagnosis is None else facts.diagnosis.observation.stated.memory_bytes
    of = "" if stated is None else f" of {format_bytes(stated)}"
    return f", peak memory {format_bytes(peak)}{of}"


def _on(facts: WhyFacts) -> str:
    return "" if facts.node is None else f", on {facts.node.hostname}"


def _handler(facts: WhyFacts) -> Iterator[Reason]:
    """Yield what the failure handler of a failed job has decided."""
    if not facts.handler or facts.latest is None:
        return
    code = facts.latest.return_code
    rule = choose_rule(facts.rules, code)
    if rule is None:
        said = f"{facts.handler} has no rule for exit code {code}"
    elif may_retry(rule, facts.latest.attempt_id):
        said = f"{facts.handler} retries exit code {code}, but its recovery script failed"
    else:
        said = f"{facts.handler} has had all {counted(rule.max_retries, 'attempt')}"
    yield Reason("Handler", said)


def _canceled(facts: WhyFacts) -> Iterator[Reason]:
    cause = facts.because_of
    if cause is None:
        said = facts.canceled_by or "by a user, or with its workflow"
        yield Reason("Why", f"canceled {said}", Weight.FAILED)
    else:
        did = _DID.get(JobStatus(cause.status or JobStatus.CANCELED), "was canceled")
        yield Reason("Why", f"canceled because of {name_job(cause)}, which {did}", Weight.FAILED)
        if facts.because:
            yield Reason("Its cause", facts.because, Weight.FAILED)
    yield _next("to rerun it with what failed", _rerun(facts))


_DID = {JobStatus.FAILED: "failed", JobStatus.TERMINATED: "was terminated"}


def _disabled(_facts: WhyFacts) -> Iterator[Reason]:
    yield Reason("Why", "its owner has excluded it; it counts as complete")


_BY_STATUS: Mapping[JobStatus, Callable[[WhyFacts], Iterator[Reason]]] = {
    JobStatus.UNINITIALIZED: _uninitialized,
    JobStatus.BLOCKED: _blocked,
    JobStatus.READY: _ready,
    JobStatus.PENDING: _pending,
    JobStatus.RUNNING: _running,
    JobStatus.COMPLETED: _completed,
    **dict.fromkeys((*FAILURES, JobStatus.PENDING_FAILED), _failed),
    JobStatus.CANCELED: _canceled,
    JobStatus.DISABLED: _disabled,
}

"""What a watch does next. Pure: who begins to watch decides as one who has watched all the time.

The rules are asked in their order, and the first that knows an answer decides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import msgspec

from torc_core.errors import ExitCode
from torc_core.model.records.recovery import Recovery, RecoveryKind
from torc_core.model.status import JobStatus
from torc_core.moments import read_moment, zoned_moment
from torc_core.operations.facts import count
from torc_core.operations.recovery.watch.options import WatchOptions
from torc_core.operations.recovery.watch.situation import Allocations, Situation
from torc_core.units import counted

MOST_FRUITLESS = 3
"""So often nodes are requested, or runs begun, without an attempt that ends."""
SHORTLY_S = 2.0
"""Until a process that was started has registered its runner, or one has ended after it."""


class Wait(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing is to be done before something happens."""

    until: float | None = None
    """When something is to be done even if nothing happens: seconds since 1970."""
    why: str | None = None
    """A sentence, if it is not simply that jobs run."""


class Finish(msgspec.Struct, frozen=True, kw_only=True):
    """The watch is over."""

    exit_code: ExitCode
    sentence: str
    hint: str = ""


class Recover(msgspec.Struct, frozen=True, kw_only=True):
    """Run again what failed or was lost."""

    attempt: int
    """Which one in a row."""
    number: int
    """Of its record in this run; an unfinished one is continued."""


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """Request nodes."""

    number: int
    why: str
    only_retries: bool = False
    """Other jobs have their nodes."""


class RunHere(msgspec.Struct, frozen=True, kw_only=True):
    """Run the workflow on this machine."""

    number: int


class Settle(msgspec.Struct, frozen=True, kw_only=True):
    """Make the records agree with what is over."""


class Release(msgspec.Struct, frozen=True, kw_only=True):
    """Cancel allocations that wait for nodes, as no job is left for them."""


Decision: TypeAlias = Wait | Finish | Recover | Schedule | RunHere | Settle | Release
_Rule: TypeAlias = Callable[[Situation, WatchOptions, float], Decision | None]


def decide(situation: Situation, options: WatchOptions, now: float) -> Decision:
    """Return what is to be done.

    Args:
        situation: How the workflow is.
        options: What is allowed.
        now: Seconds since 1970, by the server's clock.
    """
    for rule in _RULES:
        decision = rule(situation, options, now)
        if decision is not None:
            return _unless_begun(decision, situation)
    return _unless_begun(_unattended(situation, options, now), situation)


def _unless_begun(decision: Decision, situation: Situation) -> Decision:
    """Refuse to begin something beside a recovery that has not ended."""
    left = situation.going_on
    if (
        left is None
        or isinstance(decision, Wait | Finish | Settle | Release)
        or _continues(decision, left)
    ):
        return decision
    return _fail(
        f"Recovery {left.number} of run {left.run_id}, which {left.holder} began, has not ended.",
        f"Go on with it: torc recover {situation.workflow_id}",
    )


def _withdrawn(situation: Situation, _options: WatchOptions, _now: float) -> Decision | None:
    workflow_id = situation.workflow_id
    if situation.is_archived:
        hint = f"Restore it first: torc workflows archive false {workflow_id}"
        return _fail(f"Workflow {workflow_id} is archived.", hint)
    if situation.is_canceled:
        hint = f"Run what is left: torc workflows resume {workflow_id}"
        return _fail(f"Workflow {workflow_id} is canceled.", hint)
    if not sum(situation.counts.values()):
        return _fail(f"Workflow {workflow_id} has no jobs.", "")
    return None


def _begun(situation: Situation, options: WatchOptions, now: float) -> Decision | None:
    """Wait for a recovery that goes on, and go on with one that does not."""
    left = situation.going_on
    if left is None:
        return None
    if left.is_held:
        why = f"Recovery {left.number} of run {left.run_id} is carried out by {left.holder}."
        until = read_moment(left.held_until)
        return Wait(until=None if until is None else max(until, now + SHORTLY_S), why=why)
    if left.kind == RecoveryKind.RECOVER and options.recover:
        return Recover(attempt=situation.finished_retries + 1, number=left.number)
    if left.kind == RecoveryKind.SCHEDULE and (options.recover or options.auto_schedule):
        if situation.allocations is None:
            return RunHere(number=left.number)
        return Schedule(number=left.number, why=f"{left.holder} has not done it.")
    return None


def _ended(situation: Situation, options: WatchOptions, _now: float) -> Decision | None:
    if not situation.is_over:
        return None
    if not situation.failures:
        number = count(situation.counts, {JobStatus.COMPLETED})
        return Finish(
            exit_code=ExitCode.OK,
            sentence=f"Workflow completed successfully ({counted(number, 'job')})",
        )
    if options.recover:
        return _recover_ended(situation, options)
    return _fail(
        f"{counted(situation.failures, 'job')} of workflow {situation.workflow_id} did not "
        "complete.",
        f"See what would help: torc recover {situation.workflow_id} --dry-run",
    )


def _never_submitted(situation: Situation, _options: WatchOptions, _now: float) -> Decision | None:
    allocations = situation.allocations
    if allocations is None or allocations.requested or situation.runners or situation.runs_here:
        return None
    return _fail(
        f"Workflow {situation.workflow_id} has no scheduled compute nodes: it was never submitted.",
        f"Submit it: torc submit {situation.workflow_id}",
    )


def _orphaned(situation: Situation, _options: WatchOptions, _now: float) -> Decision | None:
    allocations = situation.allocations or Allocations()
    is_left = allocations.left or situation.runners or situation.runs_here
    is_held = situation.stale_runners or (situation.active and not situation.dead_runners)
    if allocations.stale or (is_held and not is_left):
        return Settle()
    return None


def _attended(situation: Situation, options: WatchOptions, now: float) -> Decision | None:
    """Wait while runners work or nodes are waited for, unless too many retries wait."""
    allocations = situation.allocations or Allocations()
    if allocations.left and options.auto_schedule and not situation.is_over:
        return _reinforce(situation, options, now)
    if allocations.left or situation.runners:
        return Wait(why="Waiting until the last workers have left." if situation.is_over else None)
    if situation.runs_here:
        return Wait(until=now + SHORTLY_S)
    return None


def _unattended(situation: Situation, options: WatchOptions, now: float) -> Decision:
    """Decide about jobs that are left while no runner is."""
    is_ready = bool(count(situation.counts, {JobStatus.READY}))
    if situation.allocations is None:
        # Of a workflow that was started before, a run takes what is ready or left by dead runners.
        if is_ready or situation.active or not situation.run_id or not options.recover:
            return _run_here(situation, options)
    elif options.auto_schedule and is_ready:
        return _schedule_all(situation, options, now)
    if options.recover:
        return _recover(situation, options)
    workflow_id = situation.workflow_id
    by_itself = f". To request nodes without asking: torc watch {workflow_id} --auto-schedule"
    return _fail(
        f"Workflow {workflow_id} has no allocation left. Jobs that are not complete: "
        f"{situation.unfinished:,}.",
        f"Run them: torc recover {workflow_id}{'' if options.auto_schedule else by_itself}",
    )


_RULES: Sequence[_Rule] = (
    _withdrawn,
    _begun,
    _ended,
    _never_submitted,
    _orphaned,
    _attended,
)


def _continues(decision: Decision, left: Recovery) -> bool:
    """Return whether a decision is to go on with the recovery that has not ended."""
    kinds = {
        Recover: RecoveryKind.RECOVER,
        Schedule: RecoveryKind.SCHEDULE,
        RunHere: RecoveryKind.SCHEDULE,
    }
    return kinds.get(type(decision)) == left.kind


def _recover_ended(situation: Situation, options: WatchOptions) -> Decision | None:
    """Recover as soon as all who worked have left; None as long as they have not."""
    decision = _recover(situation, options)
    allocations = situation.allocations or Allocations()
    if isinstance(decision, Recover) and allocations.waiting:
        return Release()
    is_left = allocations.running or allocations.stale or situation.stale_runners
    is_left = is_left or situation.runners or situation.runs_here
    return None if isinstance(decision, Recover) and is_left else decision


def _recover(situation: Situation, options: WatchOptions) -> Decision:
    attempt = situation.finished_retries + 1
    if attempt > options.max_retries:
        return _fail(
            f"Max retries ({options.max_retries}) exceeded. Manual intervention required.",
            f"See what failed: torc results list {situation.workflow_id} --failed",
        )
    return Recover(attempt=attempt, number=situation.next_number(RecoveryKind.RECOVER))


def _run_here(situation: Situation, options: WatchOptions) -> Decision:
    if not options.recover:
        return Wait(
            why=f"No runner works on workflow {situation.workflow_id}. To run it here: "
            f"torc run {situation.workflow_id} --detach"
        )
    if situation.fruitless >= MOST_FRUITLESS:
        return _fail(
            f"{counted(situation.fruitless, 'run')} of workflow {situation.workflow_id} ended "
            "without the end of a job.",
            f"See why: torc run {situation.workflow_id}",
        )
    return RunHere(number=situation.next_number(RecoveryKind.SCHEDULE))


def _schedule_all(situation: Situation, options: WatchOptions, now: float) -> Decision:
    """Request nodes at once, if the last ones that were requested have served for something."""
    if situation.fruitless >= MOST_FRUITLESS:
        return _fail(
            f"Nodes were requested {situation.fruitless} times, and no job has ended on them.",
            f"See how they ended: torc slurm sacct {situation.workflow_id}; and their logs: "
            f"torc slurm parse-logs {situation.workflow_id}",
        )
    if situation.fruitless:
        due = situation.schedules[0] + options.cooldown_s
        if due > now:
            again = zoned_moment(due, now)
            return Wait(
                until=due,
                why="No job has ended on the nodes that were requested last. Nodes are requested "
                f"again at {again}.",
            )
    ready = count(situation.counts, {JobStatus.READY})
    return Schedule(
        number=situation.next_number(RecoveryKind.SCHEDULE),
        why=f"No allocation is left for {counted(ready, 'ready job')}.",
    )


def _reinforce(situation: Situation, options: WatchOptions, now: float) -> Decision:
    """Request nodes beside others for retries that are many, or wait for long."""
    allocations, last = situation.allocations, max(situation.schedules, default=None)
    assert allocations is not None
    waiting = situation.retries
    if last is not None and allocations.waiting:  # the nodes requested last are for these
        waiting = tuple(since for since in waiting if since > last)
    dues = []
    if len(waiting) >= options.threshold:
        # A retry is ready for a moment before the runner takes it that runs the workflow.
        dues.append(waiting[options.threshold - 1] + options.poll_interval_s)
    if waiting and options.stranded_timeout_s:
        dues.append(waiting[0] + options.stranded_timeout_s)
    if not dues:
        return Wait()
    due = min(dues) if last is None else max(min(dues), last + options.cooldown_s)
    if due > now:
        return Wait(until=due)
    return Schedule(
        number=situation.next_number(RecoveryKind.SCHEDULE),
        why=f"Retries that wait for nodes: {len(waiting):,}.",
        only_retries=True,
    )


def _fail(sentence: str, hint: str) -> Finish:
    return Finish(exit_code=ExitCode.JOBS_FAILED, sentence=sentence, hint=hint)

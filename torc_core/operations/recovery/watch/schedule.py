"""Nodes for jobs that have none, or a run on this machine: what a watch does about it, once.

The record at the server keeps two watches apart, and says to who continues it what was begun.
"""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from torc_core.client import every_item
from torc_core.decoders import convert
from torc_core.model.ids import JobId, WorkflowId, id_of
from torc_core.model.records.recovery import RecoveryKind, RecoveryOutcome
from torc_core.model.status import JobStatus
from torc_core.operations.lifecycle.run import RunRequest, propose_run
from torc_core.operations.recovery.record import Held, begin_recovery, take_over
from torc_core.operations.recovery.watch.decide import RunHere, Schedule
from torc_core.operations.recovery.watch.look import waiting_retries
from torc_core.operations.recovery.watch.request import Means
from torc_core.operations.recovery.watch.situation import Situation
from torc_core.operations.reporter import PlainNotice, Reporter, carry_out_unasked
from torc_core.operations.slurm.regeneration.regenerate import (
    RegenerateRequest,
    propose_regenerate,
)


class _Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What the record says is done."""

    why: str
    only_job_ids: tuple[JobId, ...] = ()


def schedule(means: Means, situation: Situation, decision: Schedule, reporter: Reporter) -> bool:
    """Request nodes; return whether there was anything to request.

    Raises:
        ConflictError: Another one acts, or nodes were requested meanwhile.
        UsageError: No allocation can be planned for a job.
        TorcError: The server or Slurm refused something, or did not answer.
    """
    client, workflow_id = means.connection.client, situation.workflow_id
    jobs: Collection[JobId] = ()
    if decision.only_retries:
        jobs = tuple(waiting_retries(client, workflow_id))
        if not jobs:
            return False
    with _hold(means, situation, decision.number, decision.why, jobs) as held:
        reporter.progress(PlainNotice(f"{decision.why} Requesting nodes..."))
        stored = convert(held.plan, _Plan)
        left = _still_ready(means, workflow_id, stored.only_job_ids)
        if stored.only_job_ids and not left:
            held.end(RecoveryOutcome.ABANDONED, "No retry waits any more.")
            return False
        request = RegenerateRequest(
            plan=means.request.plan,
            site=means.request.site,
            keeps_terminated=means.request.options.recover,
            call=f"watch{held.recovery.number}",
            beside_unfinished=bool(left),
            only_job_ids=left,
        )
        proposed = propose_regenerate(
            means.connection, means.slurm, means.request.settings, workflow_id, request
        )
        held.check()
        done = carry_out_unasked(proposed.proposal, reporter)
        is_done = bool(done.slurm_job_ids or done.found)
        held.end(RecoveryOutcome.DONE if is_done else RecoveryOutcome.ABANDONED, done.sentence)
    reporter.progress(PlainNotice(done.sentence))
    return is_done


def run_here(means: Means, situation: Situation, decision: RunHere, reporter: Reporter) -> bool:
    """Run a workflow on this machine, in the background, unless a watch that was killed has.

    Raises:
        ConflictError: Another one acts, or the workflow cannot be run.
        TorcError: The run does not start.
    """
    why = "No runner works on it."
    with _hold(means, situation, decision.number, why, ()) as held:
        if situation.runners or situation.runs_here or situation.is_over:
            held.end(RecoveryOutcome.DONE, "Its run has begun before.")
            return True
        options = msgspec.structs.replace(means.request.run, workflow_id=situation.workflow_id)
        keeps = means.request.options.recover  # then a recovery decides which run again
        request = RunRequest(
            options=options, is_detached=True, keeps_terminated=keeps, base=means.request.base
        )
        proposal = propose_run(means.connection, request)
        held.check()
        run = carry_out_unasked(proposal, reporter)
        held.end(RecoveryOutcome.DONE, run.sentence)
    reporter.progress(PlainNotice(run.sentence))
    return True


def _hold(
    means: Means, situation: Situation, number: int, why: str, jobs: Collection[JobId]
) -> Held:
    left = situation.going_on
    if left is not None:
        return take_over(means.connection.client, left)
    return begin_recovery(
        means.connection.client,
        situation.workflow_id,
        RecoveryKind.SCHEDULE,
        situation.run_id,
        number,
        _Plan(why=why, only_job_ids=tuple(jobs)),
    )


def _still_ready(
    means: Means, workflow_id: WorkflowId, jobs: Collection[JobId]
) -> tuple[JobId, ...]:
    """Return those of some jobs that are ready: a plan for the others would never be due."""
    if not jobs:
        return ()
    ready = every_item(means.connection.client.list_jobs, workflow_id, status=JobStatus.READY)
    return tuple(id_of(job) for job in ready if id_of(job) in jobs)

"""What a recovery would do, looked at without changing anything but what is over already."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import msgspec

from torc_core import graph
from torc_core.client import TorcClient
from torc_core.host.connect import Connection
from torc_core.host.machine import inspect_machine
from torc_core.hpc.slurm.programs.calls import Slurm
from torc_core.model.ids import JobId, id_of
from torc_core.model.status import JobStatus
from torc_core.operations.facts import count, is_settled
from torc_core.operations.hpc.profiles import find_profile
from torc_core.operations.job_graph import read_job_graph
from torc_core.operations.lifecycle.machine_fit import refuse_impossible
from torc_core.operations.lifecycle.run import check_output_directory
from torc_core.operations.recovery.facts import RecoveryFacts, read_facts
from torc_core.operations.recovery.node_kinds import NodeKind, of_machine, of_profile
from torc_core.operations.recovery.plan import RecoveryPlan
from torc_core.operations.recovery.planning import make_recovery_plan
from torc_core.operations.recovery.procedure.outcome import Verdict
from torc_core.operations.recovery.procedure.outset import Outset, require_slurm
from torc_core.operations.recovery.procedure.request import RecoverRequest
from torc_core.operations.recovery.procedure.stored import StoredPlan
from torc_core.operations.recovery.report import plan_lines, summary
from torc_core.operations.slurm.regeneration.plan_jobs import stored_buffer_s
from torc_core.operations.slurm.regeneration.regenerate import (
    RegenerateRequest,
    Regeneration,
    propose_regenerate,
)
from torc_core.units import counted


class Prospect(msgspec.Struct, frozen=True, kw_only=True):
    """What is known, and decided, before a recovery."""

    outset: Outset
    facts: RecoveryFacts
    stored: StoredPlan
    verdict: Verdict
    regeneration: Regeneration | None = None
    """What Slurm would be asked for."""

    @property
    def plan(self) -> RecoveryPlan:
        """Which failed jobs are retried, and with what."""
        return self.stored.recovery

    @property
    def names(self) -> Mapping[JobId, str]:
        """Of the jobs that did not end well."""
        ids = (job_id for group in self.plan.groups for job_id in group.job_ids)
        return {job_id: self.facts.jobs[job_id].name for job_id in ids}

    def lines(self) -> Iterator[str]:
        """Yield what would be done, for people."""
        yield from plan_lines(self.plan)
        yield from self.further_lines()

    def further_lines(self) -> Iterator[str]:
        """Yield what follows from the plan of the jobs that failed, for people."""
        if self.outset.left_jobs:
            yield f"{counted(self.outset.left_jobs, 'job')} left without a worker"
        if self.plan.groups and self.verdict is Verdict.RECOVERABLE:
            yield f"Fixes: {summary(self.plan)}"
        if self.regeneration is not None:
            yield from self.regeneration.shown.lines
        elif self.verdict is Verdict.RECOVERABLE:
            yield "Then the workflow runs on this machine."


def look_ahead(
    connection: Connection, slurm: Slurm, request: RecoverRequest, outset: Outset
) -> Prospect:
    """Decide what a recovery does.

    Args:
        connection: The server.
        slurm: The programs of this machine's cluster.
        request: What is asked for.
        outset: The workflow, which no longer runs.

    Raises:
        UsageError: No partition has what jobs need, among others.
        MachineError: There is no Slurm here for a workflow that runs there, or the output directory
            cannot be used.
        UnreachableError: Slurm does not answer.
    """
    counts = outset.status.jobs_by_status
    fails = count(counts, frozenset(JobStatus) - _WELL)
    if not outset.is_local and (fails or outset.left_jobs):
        require_slurm(slurm, request.workflow_id)
    nodes = _node_kinds(request, outset) if fails else ()
    facts = read_facts(
        connection.client,
        request.workflow_id,
        nodes=nodes,
        slurm=slurm if fails and not outset.is_local else None,
    )
    plan = make_recovery_plan(facts, request.options)
    uninitialized = count(counts, {JobStatus.UNINITIALIZED})
    stored = StoredPlan(
        recovery=plan,
        hook=request.options.hook,
        is_local=outset.is_local,
        begins_run=bool(plan.reset) or uninitialized > 0,
    )
    verdict = decide_verdict(plan, outset)
    return Prospect(
        outset=outset,
        facts=facts,
        stored=stored,
        verdict=verdict,
        regeneration=_look_at_place(connection, slurm, request, stored, outset.orphans)
        if verdict is Verdict.RECOVERABLE
        else None,
    )


_WELL = frozenset(
    {JobStatus.COMPLETED, JobStatus.DISABLED, JobStatus.READY, JobStatus.UNINITIALIZED}
)


def decide_verdict(plan: RecoveryPlan, outset: Outset) -> Verdict:
    """Return whether there is anything to do. Pure."""
    if plan.reset or outset.left_jobs:
        return Verdict.RECOVERABLE
    if plan.other_failures or not is_settled(outset.status.jobs_by_status):
        return Verdict.HOPELESS
    return Verdict.COMPLETE


def _node_kinds(request: RecoverRequest, outset: Outset) -> tuple[NodeKind, ...]:
    """Return where jobs can run again."""
    if outset.is_local:
        return of_machine(inspect_machine(), request.run)
    profile = find_profile(request.settings, request.plan.profile)
    return of_profile(profile, stored_buffer_s(outset.workflow))


def _look_at_place(
    connection: Connection,
    slurm: Slurm,
    request: RecoverRequest,
    stored: StoredPlan,
    orphans: Collection[JobId],
) -> Regeneration | None:
    """Return what Slurm would be asked for; of this machine, refuse what cannot be."""
    if stored.is_local:
        check_output_directory(request.run.output_dir, request.base)
        refuse_impossible(request.run)
        return None
    again = _running_again(connection.client, stored.recovery).union(orphans)
    return propose_regenerate(
        connection,
        slurm,
        request.settings,
        request.workflow_id,
        RegenerateRequest(
            plan=request.plan,
            site=request.site,
            include_job_ids=tuple(sorted(again)),
            keeps_terminated=True,
            raised={each.requirements_id: each.patch for each in stored.recovery.raises},
        ),
    )


def _running_again(client: TorcClient, plan: RecoveryPlan) -> set[JobId]:
    """Return the jobs that a reset of those of a plan initializes: all downstream with them."""
    jobs, dependencies = read_job_graph(client, plan.workflow_id)
    place = {id_of(job): at for at, job in enumerate(jobs)}
    reset = {place[job_id] for job_id in plan.reset if job_id in place}
    again = reset | graph.downstream(dependencies, reset)
    return {id_of(jobs[at]) for at in again if jobs[at].status is not JobStatus.DISABLED}

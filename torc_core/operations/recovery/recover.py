"""Recover a workflow from failures, once: `torc recover`, and what a watch does.

What is over is recorded first. Then it is decided which jobs run again and with what, and that plan
is stored with the server; its steps follow, and each is recorded. So a recovery that was killed is
continued by the next one, where it ended.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import chain

from torc_core.errors import ConflictError
from torc_core.host.connect import Connection
from torc_core.hpc.slurm.programs.calls import Slurm
from torc_core.model.ids import JobId, WorkflowId, id_of
from torc_core.model.records.recovery import Recovery, RecoveryKind
from torc_core.model.workflow import Workflow
from torc_core.operations.facts import title_of
from torc_core.operations.lifecycle.run import where_lines
from torc_core.operations.recovery.hook import Hook, check_hook
from torc_core.operations.recovery.orphans import Orphans, find_orphans
from torc_core.operations.recovery.procedure.outcome import (
    Recovered,
    RecoveryPreview,
    Verdict,
    nothing_sentence,
)
from torc_core.operations.recovery.procedure.outset import (
    read_outset,
    refuse_active,
    refuse_unstarted,
)
from torc_core.operations.recovery.procedure.prospect import Prospect, look_ahead
from torc_core.operations.recovery.procedure.request import RecoverRequest, Turn
from torc_core.operations.recovery.procedure.steps import Done, Steps
from torc_core.operations.recovery.procedure.stored import (
    StoredPlan,
    may_continue,
    read_stored,
    steps_left,
)
from torc_core.operations.recovery.procedure.take_over import abandon, continue_silent
from torc_core.operations.recovery.record import (
    NOT_KEPT,
    Held,
    begin_recovery,
    find_unfinished,
    next_number,
    read_recoveries,
)
from torc_core.operations.recovery.report import plan_lines
from torc_core.operations.recovery.sync_report import describe
from torc_core.operations.recovery.sync_status import settle
from torc_core.operations.reporter import SILENT, PlainNotice, Proposal, Question, Reporter
from torc_core.operations.reports.utilization import UtilizationRequest, report_utilization

__all__ = ["RecoverRequest", "Turn", "preview_recover", "propose_recover", "recover"]

_LOOKS = 5
_LOOK_S = 1.0
"""How often, and when, is looked again at jobs that change hands."""


def propose_recover(
    connection: Connection, slurm: Slurm, request: RecoverRequest, reporter: Reporter = SILENT
) -> Proposal[Recovered]:
    """Propose to recover a workflow, or to continue a recovery that was not finished.

    What is over although its records say otherwise is recorded at once, as `sync-status` does.

    Args:
        connection: The server.
        slurm: The programs of this machine's cluster; they are asked if the workflow runs there.
        request: What is wanted.
        reporter: Reports what is looked at.

    Raises:
        NotFoundError: There is no such workflow.
        ConflictError: It is archived, was never started, or something of it still runs.
        AccessError: The hook is for the workflow of another user, or written by one.
        UsageError: The options make no sense, or no node is large enough for a job.
        MachineError: The hook cannot be run, there is no Slurm here for a workflow that runs there,
            or the output directory cannot be used.
        UnreachableError: Slurm does not answer.
    """
    return _Recovery(connection, slurm, request).propose(reporter)


def preview_recover(
    connection: Connection, slurm: Slurm, request: RecoverRequest, reporter: Reporter = SILENT
) -> RecoveryPreview:
    """Return what `propose_recover` would propose; nothing is changed.

    Raises:
        TorcError: As there.
    """
    return _Recovery(connection, slurm, request).preview(reporter)


def recover(
    connection: Connection,
    slurm: Slurm,
    request: RecoverRequest,
    turn: Turn | None = None,
    reporter: Reporter = SILENT,
    *,
    pause: Callable[[float], None] = time.sleep,
) -> Recovered:
    """Recover a workflow without a question.

    Args:
        connection: The server.
        slurm: The programs of this machine's cluster.
        request: What is wanted.
        turn: Which recovery is meant: of two that begin the same, one does, and the other is
            refused. None for the next one.
        reporter: Reports what is done.
        pause: Waits so many seconds, for Slurm or for another one that may recover it.

    Raises:
        ConflictError: Another one recovers it, among others.
        TorcError: As of `propose_recover`.
    """
    proposal = _Recovery(connection, slurm, request, turn, pause).propose(reporter)
    for warning in proposal.warnings:
        reporter.warn(warning)
    if proposal.question is not None:
        for line in proposal.question.lines:
            reporter.progress(PlainNotice(line))
    return proposal.perform(reporter, force=False)


class _Recovery:
    """One call."""

    def __init__(
        self,
        connection: Connection,
        slurm: Slurm,
        request: RecoverRequest,
        turn: Turn | None = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        request.options.check()
        self._connection = connection
        self._client = connection.client
        self._slurm = slurm
        self._request = request
        self._turn = turn
        self._pause = pause
        self._workflow = self._client.get_workflow(request.workflow_id)
        self._hook = _check_hook(request, self._workflow)

    @property
    def _workflow_id(self) -> WorkflowId:
        return self._request.workflow_id

    def propose(self, reporter: Reporter) -> Proposal[Recovered]:
        """Look at everything, and record what is over."""
        found = self._find_unfinished()
        stored = None if found is None else self._continuable(found)
        if found is not None and stored is not None:
            return self._propose_to_continue(found, stored)
        prospect = self._look(reporter)
        if prospect.verdict is not Verdict.RECOVERABLE:
            return Proposal(
                question=None,
                perform=lambda _reporter, **_force: self._recovered(
                    prospect.stored, Done(), prospect
                ),
            )
        regeneration = prospect.regeneration
        where = where_lines(self._request.base) if prospect.stored.is_local else ()

        def perform(reporter: Reporter, **_force: bool) -> Recovered:
            if found is not None:
                abandon(self._client, found, reporter, pause=self._pause)
            held = self._begin(prospect.stored, reporter)
            return self._carry_out(held, prospect.stored, reporter, prospect)

        return Proposal(
            question=Question(
                sentence=f"Recover {title_of(self._workflow)}?", lines=(*prospect.lines(), *where)
            ),
            warnings=() if regeneration is None else regeneration.proposal.warnings,
            perform=perform,
        )

    def preview(self, reporter: Reporter) -> RecoveryPreview:
        """Look at everything, and change nothing."""
        found = self._find_unfinished()
        stored = None if found is None else self._continuable(found)
        if found is not None and stored is not None:
            return RecoveryPreview(
                workflow_id=self._workflow_id,
                title=title_of(self._workflow),
                verdict=Verdict.RECOVERABLE,
                plan=stored.recovery,
                before=(_begun(found),),
                after=(_left(found),),
                names=_names(stored),
            )
        orphans = find_orphans(self._client, self._slurm, self._workflow_id, reporter)
        prospect = self._look(reporter, orphans)
        lines = [f"{each}, to be cleaned up first" for each in describe(orphans).found]
        if prospect.verdict is not Verdict.RECOVERABLE:
            lines.append(nothing_sentence(self._workflow_id, prospect.verdict, prospect.plan))
        regeneration = prospect.regeneration
        return RecoveryPreview(
            workflow_id=self._workflow_id,
            title=title_of(self._workflow),
            verdict=prospect.verdict,
            plan=prospect.plan,
            before=tuple(lines),
            after=tuple(prospect.further_lines()),
            names=prospect.names,
            slurm_dry_run=None if regeneration is None else regeneration.dry_run_record,
            diagnosis=report_utilization(
                prospect.facts.diagnoses.values(),
                UtilizationRequest(workflow_id=self._workflow_id, include_failed=True),
            ).report,
        )

    def _look(self, reporter: Reporter, orphans: Orphans | None = None) -> Prospect:
        """Look ahead. What is over is settled now, unless it is given."""
        client, workflow_id = self._client, self._workflow_id
        refuse_unstarted(workflow_id, client.get_workflow_status(workflow_id))
        if orphans is None:
            settle(client, self._slurm, workflow_id, reporter, pause=self._pause)
        outset = read_outset(client, self._slurm, self._workflow, orphans)
        for _ in range(_LOOKS):
            if not outset.is_in_flux:
                break
            self._pause(_LOOK_S)
            outset = read_outset(client, self._slurm, self._workflow, orphans)
        refuse_active(outset)
        reporter.progress(PlainNotice("Diagnosing failures..."))
        return look_ahead(self._connection, self._slurm, self._request, outset)

    def _find_unfinished(self) -> Recovery | None:
        return find_unfinished(read_recoveries(self._client, self._workflow_id))

    def _continuable(self, recovery: Recovery) -> StoredPlan | None:
        """Return the plan of a recovery that can be continued."""
        stored = read_stored(recovery)
        if stored is None:
            return None
        run_id = self._client.get_workflow_status(self._workflow_id).run_id
        hook = self._request.options.hook
        return stored if may_continue(recovery, stored, hook=hook, run_id=run_id) else None

    def _propose_to_continue(self, recovery: Recovery, stored: StoredPlan) -> Proposal[Recovered]:
        def perform(reporter: Reporter, **_force: bool) -> Recovered:
            held = continue_silent(self._client, recovery, reporter, pause=self._pause)
            return self._carry_out(held, stored, reporter)

        return Proposal(
            question=Question(
                sentence=f"Continue the recovery of {title_of(self._workflow)}?",
                lines=(_begun(recovery), *plan_lines(stored.recovery), _left(recovery)),
            ),
            perform=perform,
        )

    def _begin(self, stored: StoredPlan, reporter: Reporter) -> Held:
        run_id, kind = stored.recovery.run_id, RecoveryKind.RECOVER
        turn = self._turn or Turn(
            run_id, next_number(read_recoveries(self._client, self._workflow_id), kind, run_id)
        )
        if turn.run_id != run_id:
            raise ConflictError(
                f"Run {run_id} of workflow {self._workflow_id} has begun meanwhile."
            )
        held = begin_recovery(self._client, self._workflow_id, kind, *turn, stored)
        if not held.is_kept:
            reporter.warn(NOT_KEPT)
        return held

    def _carry_out(
        self, held: Held, stored: StoredPlan, reporter: Reporter, prospect: Prospect | None = None
    ) -> Recovered:
        steps = Steps(
            self._connection, self._slurm, self._request, self._workflow, self._hook, reporter
        )
        return self._recovered(stored, steps.carry_out(held, stored), prospect)

    def _recovered(
        self, stored: StoredPlan, done: Done, prospect: Prospect | None = None
    ) -> Recovered:
        return Recovered(
            workflow_id=self._workflow_id,
            title=title_of(self._workflow),
            verdict=Verdict.RECOVERABLE if prospect is None else prospect.verdict,
            plan=stored.recovery,
            names=_names(stored) if prospect is None else prospect.names,
            reset_jobs=len(stored.recovery.reset) if done.reset_jobs is None else done.reset_jobs,
            regenerated=done.regenerated,
            run=done.run,
            remark=done.remark,
        )


def _check_hook(request: RecoverRequest, workflow: Workflow) -> Hook | None:
    options = request.options
    if options.hook is None:
        return None
    return check_hook(options.hook, workflow, user=request.user, trust=options.trust)


def _names(stored: StoredPlan) -> dict[JobId, str]:
    """Return the names of jobs that a plan itself has. Pure."""
    pairs = (zip(each.job_ids, each.names, strict=False) for each in stored.recovery.groups)
    return dict(chain.from_iterable(pairs))


def _begun(recovery: Recovery) -> str:
    """Return who began a recovery that is not finished. Pure."""
    done = f"finished the step {recovery.step}" if recovery.step else "finished no step"
    number = id_of(recovery)
    return f"{recovery.holder} began recovery {number} at {recovery.started_at}, and {done}"


def _left(recovery: Recovery) -> str:
    """Return what is left of it. Pure."""
    return f"Steps left: {', '.join(steps_left(recovery)) or 'nothing but to record its end'}"

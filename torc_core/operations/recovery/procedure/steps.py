"""The steps of a recovery, each recorded once it is finished.

A step finds what an earlier try has done of it. So a recovery that is continued does nothing twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from torc_core.client import every_item
from torc_core.errors import ConflictError
from torc_core.host.connect import Connection
from torc_core.host.runs import RunState
from torc_core.hpc.slurm.programs.calls import Slurm
from torc_core.model.ids import JobId, WorkflowId, id_of
from torc_core.model.records.recovery import RecoveryOutcome
from torc_core.model.workflow import Workflow
from torc_core.operations.facts import is_settled, readiness
from torc_core.operations.lifecycle.initialize import begin_run, reset_jobs
from torc_core.operations.lifecycle.run import Run, RunRequest, propose_run
from torc_core.operations.local_runs import local_runs
from torc_core.operations.recovery.hook import Hook, run_hook
from torc_core.operations.recovery.plan import Raise, RecoveryPlan
from torc_core.operations.recovery.procedure.outset import refuse_unstarted
from torc_core.operations.recovery.procedure.request import RecoverRequest
from torc_core.operations.recovery.procedure.stored import Step, StoredPlan, steps_left
from torc_core.operations.recovery.record import Held
from torc_core.operations.recovery.report import summary
from torc_core.operations.recovery.verdicts import FAILED
from torc_core.operations.reporter import PlainNotice, Reporter, carry_out_unasked
from torc_core.operations.slurm.regeneration.outcome import Regenerated
from torc_core.operations.slurm.regeneration.regenerate import (
    RegenerateRequest,
    propose_regenerate,
)
from torc_core.units import counted


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """What the steps have done."""

    regenerated: Regenerated | None = None
    run: Run | None = None
    reset_jobs: int | None = None
    """None if jobs had been reset before."""
    remark: str = "Its last step had been finished before."
    """Why there is neither; a sentence."""


class Steps:
    """Carries out one recovery.

    Args:
        connection: The server.
        slurm: The programs of this machine's cluster.
        request: What was asked for.
        workflow: What is recovered.
        hook: What runs before jobs are reset.
        reporter: Where progress goes.
    """

    def __init__(
        self,
        connection: Connection,
        slurm: Slurm,
        request: RecoverRequest,
        workflow: Workflow,
        hook: Hook | None,
        reporter: Reporter,
    ) -> None:
        self._connection = connection
        self._client = connection.client
        self._slurm = slurm
        self._request = request
        self._workflow = workflow
        self._hook = hook
        self._reporter = reporter
        self._done = Done()

    @property
    def _workflow_id(self) -> WorkflowId:
        return id_of(self._workflow)

    def carry_out(self, held: Held, stored: StoredPlan) -> Done:
        """Do what is left of a plan, and end its record.

        Raises:
            ConflictError: Another one has taken the recovery over, or begun another run.
            MachineError: The hook failed, or there is no Slurm here any more, among others.
            TorcError: The server or Slurm refused something, or did not answer.
        """
        todo: Mapping[Step, Callable[[Held, StoredPlan], str]] = {
            Step.ADJUST: self._adjust,
            Step.HOOK: self._run_hook,
            Step.RESET: self._reset,
            Step.SUBMIT: self._have_run,
        }
        with held:
            for step in steps_left(held.recovery):
                held.check()
                held.step(step, todo[step](held, stored) or None)
            held.end(RecoveryOutcome.DONE, summary(stored.recovery))
        return self._done

    def _adjust(self, _held: Held, stored: StoredPlan) -> str:
        """Raise requirements; what a user has changed since the plan was made stays."""
        raises = stored.recovery.raises
        if not raises:
            return ""
        present = {
            id_of(each): each
            for each in every_item(self._client.list_resource_requirements, self._workflow_id)
        }
        for each in raises:
            needs = present.get(each.requirements_id)  # none if it was deleted, or never was here
            if needs is not None and (needs.memory, needs.runtime) == _before(each):
                self._client.update_resource_requirements(each.requirements_id, each.patch)
        self._say(f"Applied fixes: {summary(stored.recovery)}")
        return f"{counted(len(raises), 'set')} of requirements raised"

    def _run_hook(self, _held: Held, _stored: StoredPlan) -> str:
        if self._hook is None:
            return ""
        self._say(f"Running recovery hook: {self._hook.command}")
        run_hook(self._hook, self._client, self._workflow, self._reporter.progress)
        return self._hook.command

    def _reset(self, _held: Held, stored: StoredPlan) -> str:
        """Reset jobs and begin a run, unless that run has begun."""
        if not stored.begins_run:
            return ""
        plan, client, workflow_id = stored.recovery, self._client, self._workflow_id
        status = client.get_workflow_status(workflow_id)
        refuse_unstarted(workflow_id, status)  # a user may have canceled it meanwhile
        run_id = status.run_id
        if run_id == plan.run_id:
            jobs = self._still_failed(plan)
            self._say(f"Resetting {len(jobs):,} job(s) for retry...")
            reset_jobs(client, workflow_id, jobs, {}, run_id)
            self._say(f"Reset {len(jobs):,} job(s)")
            self._done = Done(reset_jobs=len(jobs))
        elif run_id != plan.run_id + 1:
            raise ConflictError(
                f"Workflow {workflow_id} is at run {run_id}: someone has begun another run.",
                hint=f"Look at it again: torc recover {workflow_id} --dry-run",
            )
        self._say("Reinitializing workflow...")
        status = begin_run(
            client, workflow_id, plan.run_id + 1, only_uninitialized=True, keeps_terminated=True
        )
        return f"{counted(len(plan.reset), 'job')} reset; {readiness(status)}"

    def _still_failed(self, plan: RecoveryPlan) -> list[JobId]:
        """Return the jobs to reset: what a user has had run again meanwhile is not among them."""
        failed = {
            id_of(job)
            for status in sorted(FAILED)
            for job in every_item(self._client.list_jobs, self._workflow_id, status=status)
        }
        return [job_id for job_id in plan.reset if job_id in failed]

    def _have_run(self, held: Held, stored: StoredPlan) -> str:
        """See to it that jobs run, if there are any: between two tries others may have run them."""
        status = self._client.get_workflow_status(self._workflow_id)
        if is_settled(status.jobs_by_status):
            return self._remark("No job is left to run.")
        return self._run_here() if stored.is_local else self._submit(held)

    def _submit(self, held: Held) -> str:
        """Plan and request allocations; they are found again by the name of the call."""
        self._say("Regenerating Slurm schedulers...")
        number = held.recovery.id
        request = RegenerateRequest(
            plan=self._request.plan,
            site=self._request.site,
            keeps_terminated=True,
            call=None if number is None else f"recover{number}",
            # What was made is found by the process that continues this recovery.
            command=f"torc recover {self._workflow_id}",
        )
        proposal = propose_regenerate(
            self._connection, self._slurm, self._request.settings, self._workflow_id, request
        ).proposal
        if proposal.objection is not None:
            raise proposal.objection
        done = proposal.perform(self._reporter, force=False)
        self._done = msgspec.structs.replace(self._done, regenerated=done)
        return done.sentence

    def _run_here(self) -> str:
        """Prepare or start a run on this machine, unless there is one."""
        workflow_id = self._workflow_id
        if any(run.state is RunState.RUNNING for run in local_runs(self._client, workflow_id)):
            return self._remark("A run on this machine is active already.")
        request = RunRequest(
            options=msgspec.structs.replace(self._request.run, workflow_id=workflow_id),
            is_detached=self._request.is_detached,
            keeps_terminated=True,
            base=self._request.base,
        )
        run = carry_out_unasked(propose_run(self._connection, request), self._reporter)
        self._done = msgspec.structs.replace(self._done, run=run)
        return run.sentence

    def _remark(self, sentence: str) -> str:
        self._done = msgspec.structs.replace(self._done, remark=sentence)
        return sentence

    def _say(self, sentence: str) -> None:
        self._reporter.progress(PlainNotice(sentence))


def _before(larger: Raise) -> tuple[str, str]:
    return larger.old_memory, larger.old_runtime

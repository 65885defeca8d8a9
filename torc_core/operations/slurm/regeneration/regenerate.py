"""Plan new allocations for the jobs of a workflow that are left, and request them.

A call that is killed may be repeated: it finds what the first one has done. Others that call at the
same time, or later while its allocations wait or run, do not make a second set.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Mapping
from types import MappingProxyType

import msgspec

from torc_core.config.hpc import HpcSettings
from torc_core.errors import ConflictError, TorcError
from torc_core.host.connect import Connection
from torc_core.hpc.planning.stored import PLANNED
from torc_core.hpc.slurm.nodes import Requested, SlurmNodes, slurm_defaults
from torc_core.hpc.slurm.programs.calls import Slurm
from torc_core.hpc.slurm.settle import settle_allocations
from torc_core.model.ids import JobId, RequirementsId, WorkflowId
from torc_core.model.resources import ResourceRequirementsPatch, SlurmScheduler
from torc_core.model.status import JobStatus
from torc_core.model.workflow import WorkflowStatus
from torc_core.operations.facts import refuse_archived, title_of
from torc_core.operations.reporter import Notice, PlainNotice, Proposal, Reporter
from torc_core.operations.slurm.plan_file import PlanRequest
from torc_core.operations.slurm.regeneration.outcome import (
    MadeScheduler,
    Regenerated,
    dry_run_record,
    found_schedulers,
    made_schedulers,
    missing_allocations,
    planned_allocations,
    regeneration_question,
    remark_on_none,
    remark_on_rest,
)
from torc_core.operations.slurm.regeneration.plan_jobs import (
    JobPlan,
    plan_left_jobs,
    read_left_jobs,
    with_tag,
)
from torc_core.operations.slurm.regeneration.replace import replace_requests
from torc_core.operations.slurm.regeneration.standing import (
    Course,
    Standing,
    decide_course,
    missing_requests,
    read_standing,
    tagged_ids,
    unfinished_error,
    uninitialized_error,
)
from torc_core.operations.slurm.submission.check import check_schedulers
from torc_core.operations.slurm.submission.contents import SubmissionPlan
from torc_core.operations.slurm.submission.due_actions import carry_out_due
from torc_core.operations.slurm.submission.ended import refuse_ended
from torc_core.operations.slurm.submission.site import SiteOptions, look_at_site, open_site
from torc_core.operations.slurm.submission.start import needs_start, started
from torc_core.operations.slurm.submission.submit import submitted_allocation


class RegenerateRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What a user asks for."""

    plan: PlanRequest = PlanRequest()
    site: SiteOptions | None = None
    """Where workers work; None if no allocation is to be requested."""
    include_job_ids: tuple[JobId, ...] = ()
    """Jobs to plan for whatever their status is, as they are going to be reset."""
    keeps_terminated: bool = False
    """Leave terminated jobs as they are, for one who has decided which of them run again; else all
    are ready again once nodes are requested."""
    raised: Mapping[RequirementsId, ResourceRequirementsPatch] = MappingProxyType({})
    """Memory and runtime that requirements are going to have, for one who only looks ahead."""
    call: str | None = None
    """The name of the call, lower-case letters and digits, for one who repeats it until it is done:
    what was made under this name in this run is carried on. Without one, the latest plan of the run
    is, until all of its allocations that are due exist."""
    beside_unfinished: bool = False
    """Plan even if allocations of the workflow wait or run."""
    only_job_ids: tuple[JobId, ...] = ()
    """If any, plan for these alone: what requests nodes for the others goes on doing so."""
    command: str = ""
    """The command line that goes on after an error; left out, the shortest that does."""


class Regeneration(msgspec.Struct, frozen=True, kw_only=True):
    """A regeneration that is possible: what it will do, and its proposal."""

    workflow_id: WorkflowId
    planned: JobPlan | None
    """None if there is nothing to plan, or only something left to request."""
    shown: SubmissionPlan
    submits: bool
    nothing: Regenerated | None = None
    """The outcome, if no job is left."""
    proposal: Proposal[Regenerated]

    @property
    def dry_run_record(self) -> dict[str, object]:
        """All of it for programs."""
        return dry_run_record(
            self.workflow_id,
            self.planned,
            self.shown,
            [each.sentence for each in self.proposal.warnings],
            submits=self.submits,
        )


def propose_regenerate(
    connection: Connection,
    slurm: Slurm,
    settings: HpcSettings,
    workflow_id: WorkflowId,
    request: RegenerateRequest,
) -> Regeneration:
    """Propose schedulers for the jobs that no worker has begun, and to request their nodes.

    What requested nodes of Slurm before no longer does.

    Args:
        connection: The server.
        slurm: The programs of this machine's cluster.
        settings: What the configuration says of HPC systems.
        workflow_id: The workflow.
        request: What is wanted.

    Raises:
        NotFoundError: There is no such workflow, profile, or job that is to be included.
        ConflictError: It is archived or canceled; or what was to be requested has existed, and has
            ended.
        UsageError: Jobs have no requirements, or such that no partition has; no account is known.
        MachineError: There is no Slurm here, or the output directory cannot be used.
        UnreachableError: Slurm's controller does not answer.
    """
    work = _Work(connection, slurm, settings, workflow_id, request)
    return work.propose()


class _Work:
    """One call."""

    def __init__(
        self,
        connection: Connection,
        slurm: Slurm,
        settings: HpcSettings,
        workflow_id: WorkflowId,
        request: RegenerateRequest,
    ) -> None:
        self._connection = connection
        self._client = connection.client
        self._slurm = slurm
        self._settings = settings
        self._workflow_id = workflow_id
        self._request = request

    @property
    def _resumes(self) -> bool:
        """Whether terminated jobs are made ready as nodes are requested."""
        return self._request.site is not None and not self._request.keeps_terminated

    def propose(self) -> Regeneration:
        """Look at everything, and change nothing."""
        client, workflow_id, site = self._client, self._workflow_id, self._request.site
        status = client.get_workflow_status(workflow_id)
        refuse_archived(workflow_id, status)
        if status.is_canceled:
            raise ConflictError(
                f"Workflow {workflow_id} is canceled: there is nothing to run.",
                hint=f"Begin a new run first: torc workflows reinitialize {workflow_id}",
            )
        prospect = None if site is None else look_at_site(self._connection, self._slurm, site)
        standing, course = self._look()
        plan = None if course.is_begun else self._plan(standing)
        if plan is None and not course.is_begun:
            return self._nothing(standing, status)
        planned = None if plan is None else with_tag(plan, course.tag)
        warnings: tuple[Notice, ...] = () if prospect is None else prospect.warnings
        if planned is None:
            missing = missing_requests(standing, course.tag)
            allocations = missing_allocations(missing, standing.schedulers)
        else:
            allocations = planned_allocations(planned, submits=site is not None)
            warnings += tuple(PlainNotice(each) for each in planned.plan.warnings)
            if site is not None:
                warnings += self._check(planned, standing, site)
        shown = SubmissionPlan(
            allocations=allocations,
            server=None if prospect is None else prospect.server,
            output_dir=None if site is None else str(site.directory),
        )

        def perform(reporter: Reporter, *, force: bool) -> Regenerated:
            return self._perform(status, plan, reporter, force=force)

        return Regeneration(
            workflow_id=workflow_id,
            planned=planned,
            shown=shown,
            submits=site is not None,
            proposal=Proposal(
                question=regeneration_question(
                    title_of(standing.workflow), planned, shown, submits=site is not None
                ),
                objection=uninitialized_error(workflow_id, status) or self._objection(course),
                warnings=warnings,
                perform=perform,
            ),
        )

    def _look(self) -> tuple[Standing, Course]:
        standing = read_standing(self._client, self._slurm, self._workflow_id)
        request = self._request
        course = decide_course(
            standing,
            request.call,
            submits=request.site is not None,
            is_forced=request.beside_unfinished,
        )
        return standing, course

    def _objection(self, course: Course) -> ConflictError | None:
        if self._request.beside_unfinished:
            return None
        return unfinished_error(self._workflow_id, course.unfinished)

    def _plan(self, standing: Standing) -> JobPlan | None:
        """Plan for the jobs that are left, without a tag; None if there are none."""
        request = self._request
        resumed = {JobStatus.TERMINATED} if self._resumes else set()
        included = request.only_job_ids or request.include_job_ids
        statuses = frozenset[JobStatus]() if request.only_job_ids else PLANNED | resumed
        workflow, raised = standing.workflow, request.raised
        left = read_left_jobs(self._client, workflow, included, statuses, raised)
        if not left.entries:
            return None
        return plan_left_jobs(
            left, standing.workflow, standing.schedulers, self._settings, request.plan
        )

    def _check(self, planned: JobPlan, standing: Standing, site: SiteOptions) -> tuple[Notice, ...]:
        """Refuse what Slurm would not take, and return what it may let wait for ever."""
        schedulers = [
            SlurmScheduler(workflow_id=self._workflow_id, **msgspec.structs.asdict(each.record))
            for each in planned.plan.schedulers
        ]
        return check_schedulers(self._slurm, schedulers, slurm_defaults(standing.workflow), site)

    def _nothing(self, standing: Standing, status: WorkflowStatus) -> Regeneration:
        done = Regenerated(
            workflow_id=self._workflow_id,
            title=title_of(standing.workflow),
            pending_jobs=0,
            remark=remark_on_none(self._workflow_id, status),
        )
        return Regeneration(
            workflow_id=self._workflow_id,
            planned=None,
            shown=SubmissionPlan(allocations=()),
            submits=self._request.site is not None,
            nothing=done,
            proposal=Proposal(question=None, perform=lambda _reporter, **_force: done),
        )

    def _perform(
        self, status: WorkflowStatus, plan: JobPlan | None, reporter: Reporter, *, force: bool
    ) -> Regenerated:
        uninitialized = uninitialized_error(self._workflow_id, status)
        if uninitialized is not None:
            raise uninitialized
        if not self._resumes or not needs_start(status, is_new=False):
            return self._carry_out(plan, reporter, force=force)
        workflow = self._client.get_workflow(self._workflow_id)
        with started(self._client, workflow, reporter, is_new=False, force=force):
            return self._carry_out(None, reporter, force=force)

    def _carry_out(self, plan: JobPlan | None, reporter: Reporter, *, force: bool) -> Regenerated:
        """Plan unless that is done, and request what is due."""
        client, workflow_id, site = self._client, self._workflow_id, self._request.site
        standing, course = self._look()
        objection = self._objection(course)
        if objection is not None and not force:
            raise objection
        settle_allocations(client, standing.views, workflow_id, cluster=standing.cluster)
        shortest = f"torc slurm regenerate {workflow_id}{' --submit' if site else ''}"
        with _hinting(f"To go on: {self._request.command or shortest}"):
            made: tuple[MadeScheduler, ...] = ()
            warnings: tuple[str, ...] = ()
            jobs = 0
            if course.is_begun:
                made, jobs = self._found(standing, course)
            else:
                plan = self._plan(standing) if plan is None else plan
                if plan is not None:  # its jobs may have been taken meanwhile
                    planned = with_tag(plan, course.tag)
                    submits, beside = site is not None, bool(self._request.only_job_ids)
                    ids = replace_requests(
                        client, workflow_id, planned, course.tag, submits=submits, beside=beside
                    )
                    made, jobs = made_schedulers(planned, ids), len(plan.jobs)
                    warnings = plan.plan.warnings
            done = Requested()
            if site is not None:
                is_new = not course.is_begun
                done = self._request_nodes(standing, made, site, reporter, is_new=is_new)
        return Regenerated(
            workflow_id=workflow_id,
            title=title_of(standing.workflow),
            pending_jobs=jobs,
            schedulers=made,
            submitted=site is not None,
            slurm_job_ids=done.submitted,
            found=done.found,
            warnings=warnings,
            remark=remark_on_rest(workflow_id, self._request.call, submits=site is not None)
            if made
            else "",
        )

    def _found(self, standing: Standing, course: Course) -> tuple[tuple[MadeScheduler, ...], int]:
        """Return what an earlier call has made, and the number of jobs that are left."""
        left = read_left_jobs(self._client, standing.workflow, self._request.include_job_ids)
        schedulers = tagged_ids(standing, course.tag).values()
        return found_schedulers(standing, schedulers, left.jobs.values()), len(left.jobs)

    def _request_nodes(
        self,
        standing: Standing,
        made: Collection[MadeScheduler],
        site: SiteOptions,
        reporter: Reporter,
        *,
        is_new: bool,
    ) -> Requested:
        """Request the nodes of schedulers that were made now, or by an earlier call."""
        nodes = SlurmNodes(
            self._client,
            self._slurm,
            open_site(self._connection, self._slurm, standing.workflow, site),
            on_submitted=lambda number: reporter.progress(submitted_allocation(number)),
        )
        schedulers = {each.id for each in made}
        done = carry_out_due(self._client, self._workflow_id, nodes, schedulers=schedulers)
        if done.found and not done.submitted:
            refuse_ended(self._client, self._slurm, self._workflow_id, len(done.found))
        if is_new:  # what is found a worker has submitted, which was quicker
            return Requested(submitted=(*done.submitted, *done.found))
        return done


@contextlib.contextmanager
def _hinting(how: str) -> Iterator[None]:
    """Say how to go on if a block fails."""
    try:
        yield
    except TorcError as error:
        error.hint = f"{error.hint} {how}".strip()
        raise

"""What is asked to say why a job is where it is: a few requests, whatever the workflow's size."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from torc_core.client import TorcClient, every_item
from torc_core.decoders import decode
from torc_core.diagnosis.failures import Diagnosis, diagnose
from torc_core.diagnosis.observation import Observation
from torc_core.diagnosis.words import cause_words, fault_in
from torc_core.host.machine import inspect_machine
from torc_core.model.compute import ComputeNode
from torc_core.model.events.event import Event, EventType
from torc_core.model.execution import stored_execution_config
from torc_core.model.ids import JobId, WorkflowId, id_of
from torc_core.model.job import Job
from torc_core.model.resources import FailureRule, ResourceRequirements
from torc_core.model.result import Result
from torc_core.model.status import FAILURES, JobStatus
from torc_core.model.workflow import Workflow
from torc_core.moments import said_moment
from torc_core.operations.jobs.logs import find_log
from torc_core.operations.jobs.relations import (
    Related,
    canceled_because_of,
    related_to,
    without_relations,
)
from torc_core.operations.lifecycle.machine_fit import NeverFits, find_misfit
from torc_core.operations.recovery.procedure.outset import runs_in_slurm
from torc_core.operations.repair.log_ends import telling_line_of
from torc_core.operations.repair.why import WhyFacts
from torc_core.operations.slurm.queue_watch import QueueLook
from torc_core.operations.slurm.waiting import waiting_lines
from torc_core.resources import Resources
from torc_core.runner.policy.limits import limit_codes
from torc_core.runner.policy.options import RunnerOptions
from torc_core.runner.server.node import offered_resources

SHOWN = 8
"""The most jobs that are named of those that one waits for."""
_MOST_STEPS = 12
"""How far upstream is looked for what holds a job up."""
_DONE = frozenset({JobStatus.COMPLETED, JobStatus.DISABLED})
_OPEN = ",".join(sorted(frozenset(JobStatus) - _DONE))
_EVENTS = 200
"""So many of the latest events of a kind are searched for a cancellation."""
_FAILED = FAILURES | {JobStatus.PENDING_FAILED}


def read_why(
    client: TorcClient,
    job_id: JobId,
    options: RunnerOptions,
    queue: QueueLook | None,
    now: float,
) -> WhyFacts:
    """Read what says why a job is where it is.

    Args:
        client: The server.
        job_id: The job.
        options: Those of a run on this machine, which say what it offers.
        queue: What Slurm says of the allocations of its workflow.
        now: Seconds since 1970.

    Raises:
        NotFoundError: There is no such job.
        TorcError: The server refused a request, or did not answer.
    """
    job = client.get_job(job_id)
    workflow = client.get_workflow(job.workflow_id)
    latest = _latest_result(client, job)
    node_id = job.compute_node_id or (None if latest is None else latest.compute_node_id)
    only = msgspec.structs.replace(
        without_relations(job), failure_handler_id=job.failure_handler_id
    )
    related = related_to(client, only, node_id)
    facts = WhyFacts(
        job=job,
        status=client.get_workflow_status(job.workflow_id),
        now=now,
        node=related.node,
        latest=latest,
        queue=() if queue is None else waiting_lines(queue.views.values(), now),
    )
    if job.status is JobStatus.BLOCKED:
        facts = _with_blockers(client, facts)
    waiting = facts.chain[-1] if facts.chain else job
    if waiting.status is JobStatus.READY:
        return _with_runners(client, facts, waiting, related.requirements, options)
    if job.status in _FAILED:
        return _with_failure(client, facts, workflow, related)
    return _with_cancellation(client, facts) if job.status is JobStatus.CANCELED else facts


def _latest_result(client: TorcClient, job: Job) -> Result | None:
    page = client.list_results(
        job.workflow_id, job_id=job.id, all_runs=True, sort_by="id", reverse_sort=True, limit=1
    )
    return next(iter(page.items), None)


def open_upstream(client: TorcClient, job: Job) -> tuple[Sequence[Job], int]:
    """Return the first of the jobs that a job waits for, and how many there are.

    Raises:
        TorcError: The server refused the request, or did not answer.
    """
    needed = set(job.depends_on_job_ids or ())
    page = client.list_jobs(
        job.workflow_id, downstream_job_id=id_of(job), status=_OPEN, limit=SHOWN
    )
    # A server that does not know the filter returns others, too.
    found = [each for each in page.items if id_of(each) in needed]
    return found, page.total_count if len(found) == len(page.items) else len(found)


def _with_blockers(client: TorcClient, facts: WhyFacts) -> WhyFacts:
    blockers, number = open_upstream(client, facts.job)
    chain: list[Job] = []
    found: Sequence[Job] = blockers
    seen: set[JobId] = set()
    for _ in range(_MOST_STEPS):
        nearest = min(found, key=_is_blocked, default=None)
        if nearest is None or id_of(nearest) in seen:
            break
        chain.append(nearest)
        seen.add(id_of(nearest))
        if nearest.status is not JobStatus.BLOCKED:
            break
        found, _number = open_upstream(client, client.get_job(id_of(nearest)))
    return msgspec.structs.replace(
        facts, blockers=tuple(blockers), num_blockers=number, chain=tuple(chain)
    )


def _is_blocked(job: Job) -> bool:
    """Order jobs so that those come first which wait for no other one."""
    return job.status is JobStatus.BLOCKED


def _with_runners(
    client: TorcClient,
    facts: WhyFacts,
    waiting: Job,
    requirements: ResourceRequirements | None,
    options: RunnerOptions,
) -> WhyFacts:
    at = facts.job.workflow_id
    listed = every_item(client.list_compute_nodes, at, is_active=True)
    nodes = tuple(node for node in listed if not node.is_caretaker)
    if waiting is not facts.job:
        requirements = related_to(client, without_relations(waiting), None).requirements
    misfits: list[NeverFits | None] = []
    not_here = None
    if requirements is not None:
        misfits = [find_misfit(requirements, _offered(node)) for node in nodes]
        if not nodes:
            not_here = find_misfit(requirements, offered_resources(options, inspect_machine()))
    return msgspec.structs.replace(
        facts,
        nodes=nodes,
        never_fits=tuple(each for each in misfits if each is not None),
        not_here=not_here,
        in_slurm=runs_in_slurm(client, at),
    )


def _offered(node: ComputeNode) -> Resources:
    return Resources(
        num_cpus=node.num_cpus,
        memory_bytes=int(node.memory_gb * 2**30),
        num_gpus=node.num_gpus,
        num_nodes=node.num_nodes,
    )


def _with_failure(
    client: TorcClient, facts: WhyFacts, workflow: Workflow, related: Related
) -> WhyFacts:
    handler = related.handler
    diagnosis = _diagnose(facts.job, facts.latest, related.requirements, workflow)
    return msgspec.structs.replace(
        facts,
        diagnosis=diagnosis,
        log_line=telling_line_of(find_log(client, facts.job)) or "",
        handler="" if handler is None else handler.name,
        rules=() if handler is None else _rules(handler.rules),
    )


def _diagnose(
    job: Job,
    latest: Result | None,
    requirements: ResourceRequirements | None,
    workflow: Workflow,
) -> Diagnosis | None:
    if latest is None:
        return None
    codes = limit_codes(stored_execution_config(workflow.execution_config))
    return diagnose(Observation(job=job, result=latest, requirements=requirements), codes)


def _rules(stored: str) -> tuple[FailureRule, ...]:
    try:
        return tuple(decode(stored, list[FailureRule]))
    except msgspec.MsgspecError:  # stored by another client
        return ()


def _with_cancellation(client: TorcClient, facts: WhyFacts) -> WhyFacts:
    cause = canceled_because_of(client, facts.job)
    if cause is None:
        return msgspec.structs.replace(facts, canceled_by=_canceled_by(client, facts))
    if cause.status not in FAILURES:
        return msgspec.structs.replace(facts, because_of=cause)
    workflow = client.get_workflow(cause.workflow_id)
    latest = _latest_result(client, cause)
    needs = related_to(client, without_relations(cause), None).requirements
    diagnosis = _diagnose(cause, latest, needs, workflow)
    words = "" if diagnosis is None else cause_words(diagnosis)
    if not words and latest is not None:
        words = f"exit code {latest.return_code}"
    line = telling_line_of(find_log(client, cause)) or ""
    because = fault_in(line) or ": ".join(filter(None, (words, line)))
    return msgspec.structs.replace(facts, because_of=cause, because=because)


def _canceled_by(client: TorcClient, facts: WhyFacts) -> str:
    """Return what canceled a job, if no failure did, going by events."""
    at, job_id = facts.job.workflow_id, facts.job.id
    with_workflow = [event.timestamp for event in _latest(client, at, EventType.WORKFLOW_CANCELED)]
    alone = [
        event.timestamp
        for event in _latest(client, at, EventType.JOB_CANCELED)
        if isinstance(event.data, dict) and event.data.get("job_id") == job_id
    ]
    if with_workflow and (not alone or alone[0] >= with_workflow[0]):
        return f"with its workflow, at {said_moment(with_workflow[0] / 1000, facts.now)}"
    return f"by a user, at {said_moment(alone[0] / 1000, facts.now)}" if alone else ""


def _latest(client: TorcClient, workflow_id: WorkflowId, kind: EventType) -> Iterable[Event]:
    return client.list_events(
        workflow_id, category=kind, sort_by="id", reverse_sort=True, limit=_EVENTS
    ).items

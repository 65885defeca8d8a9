"""Make a workflow's records agree with what is over: `torc workflows sync-status`."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable

import msgspec

from torc_core.client import TorcClient
from torc_core.clock import utc_now
from torc_core.errors import ConflictError, NotFoundError
from torc_core.hpc.slurm.programs.calls import Slurm
from torc_core.hpc.slurm.settle import record_settled
from torc_core.model.compute import ComputeNode, SchedulerType
from torc_core.model.ids import ComputeNodeId, WorkflowId, id_of
from torc_core.model.job import Job
from torc_core.model.result import LOST_RETURN_CODE, Result
from torc_core.model.status import ACTIVE, JobStatus
from torc_core.operations.facts import refuse_archived
from torc_core.operations.recovery.orphans import Orphans, find_orphans
from torc_core.operations.recovery.sync_report import Synchronized, describe
from torc_core.operations.reporter import SILENT, PlainNotice, Proposal, Question, Reporter


def propose_sync_status(
    client: TorcClient,
    slurm: Slurm,
    workflow_id: WorkflowId,
    reporter: Reporter = SILENT,
    *,
    dry_run: bool = False,
) -> Proposal[Synchronized]:
    """Propose to record what is over in a workflow.

    Args:
        client: The server.
        slurm: The programs of this machine's cluster.
        workflow_id: The workflow.
        reporter: Reports while Slurm's accounting is waited for.
        dry_run: Change nothing.

    Raises:
        NotFoundError: There is no such workflow.
        ConflictError: It is archived.
        UnreachableError: Slurm does not answer.
    """
    refuse_archived(workflow_id, client.get_workflow_status(workflow_id))
    orphans = find_orphans(client, slurm, workflow_id, reporter)

    def perform(_reporter: Reporter, **_force: bool) -> Synchronized:
        return describe(orphans) if dry_run else settle_orphans(client, orphans)

    found = describe(orphans).found
    question = Question(
        sentence=f"Clean up what is over in workflow {workflow_id}?", lines=found, is_optional=True
    )
    return Proposal(
        question=None if dry_run or not found else question,
        warnings=() if orphans.elsewhere is None else (orphans.elsewhere,),
        perform=perform,
    )


def settle(
    client: TorcClient,
    slurm: Slurm,
    workflow_id: WorkflowId,
    reporter: Reporter,
    *,
    pause: Callable[[float], None] = time.sleep,
) -> Synchronized:
    """Record what is over in a workflow, and say what that was.

    Args:
        client: The server.
        slurm: The programs of this machine's cluster.
        workflow_id: The workflow.
        reporter: Reports progress.
        pause: Waits so many seconds for Slurm's accounting.

    Raises:
        TorcError: The server or Slurm did not answer.
    """
    orphans = find_orphans(client, slurm, workflow_id, reporter, pause=pause)
    done = settle_orphans(client, orphans)
    if done.found:
        for line in filter(None, done.lines):
            reporter.progress(PlainNotice(line))
    if orphans.elsewhere is not None:
        reporter.warn(orphans.elsewhere)
    return done


def settle_orphans(client: TorcClient, orphans: Orphans) -> Synchronized:
    """Record what is over.

    The server gives a job whose node is over another attempt, up to its limit. One that does not,
    that of the reference, has the job fail here.

    Raises:
        TorcError: The server did not answer.
    """
    record_settled(client, orphans.settled)
    ends = _Ends(client, orphans)
    lost = [each for each in orphans.lost if ends.end(each.job, each.node_id)]
    unheld = [job for job in orphans.unheld if ends.end(job, None)]
    done = describe(orphans, lost, unheld)
    return msgspec.structs.replace(done, ready=ends.ready, failed=ends.failed)


_AGAIN = ACTIVE | {JobStatus.READY}
"""Statuses of jobs that have another attempt."""


class _Ends:
    """Sees to the ends of lost attempts, one by one."""

    def __init__(self, client: TorcClient, orphans: Orphans) -> None:
        self._client = client
        self._orphans = orphans
        self._node_id: ComputeNodeId | None = None
        self.ready = self.failed = 0

    def end(self, job: Job, node_id: ComputeNodeId | None) -> bool:
        """Return whether the attempt is lost; if its end is not recorded, it fails now."""
        try:
            now = self._client.get_job(id_of(job))
            if is_same_attempt(job, now):
                now = self._fail(now, node_id)
        except (ConflictError, NotFoundError):
            return False  # reported, reset or deleted meanwhile
        is_again = now.status in _AGAIN
        self.ready += is_again
        self.failed += now.status is JobStatus.FAILED
        return is_again or now.status is JobStatus.FAILED

    def _fail(self, job: Job, node_id: ComputeNodeId | None) -> Job:
        run_id = self._orphans.run_id
        result = Result(
            job_id=id_of(job),
            workflow_id=job.workflow_id,
            run_id=run_id,
            attempt_id=job.attempt_id,
            compute_node_id=node_id or job.compute_node_id or self._any_node(),
            return_code=LOST_RETURN_CODE,
            exec_time_minutes=0.0,
            completion_time=utc_now(),
            status=JobStatus.FAILED,
        )
        return self._client.complete_job(id_of(job), JobStatus.FAILED, run_id, result)

    def _any_node(self) -> ComputeNodeId:
        """Return a node for results of jobs that ran in an unknown place."""
        if self._node_id is None:
            workflow_id = self._orphans.workflow_id
            found = self._client.list_compute_nodes(workflow_id, limit=1).items
            self._node_id = id_of(
                found[0] if found else self._client.create_compute_node(_stand_in(workflow_id))
            )
        return self._node_id


def is_same_attempt(before: Job, now: Job) -> bool:
    """Return whether a job is still in the attempt that it was in. Pure."""
    return (
        now.status in ACTIVE
        and now.attempt_id == before.attempt_id
        and now.compute_node_id == before.compute_node_id
    )


def _stand_in(workflow_id: WorkflowId) -> ComputeNode:
    return ComputeNode(
        workflow_id=workflow_id,
        hostname=socket.gethostname(),
        pid=os.getpid(),
        start_time=utc_now(),
        is_active=False,
        num_cpus=1,
        memory_gb=1.0,
        num_gpus=0,
        num_nodes=1,
        compute_node_type=SchedulerType.LOCAL,
    )

"""Exchanges with a server that knows only the reference's calls: one call per report.

Such a server sends no news, so a wait lasts until the runner has something to report, or is over.
Its tokens are the attempt numbers.
"""

from __future__ import annotations

import contextlib
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TypeVar

import msgspec

from torc_core.client import TorcClient
from torc_core.clock import Clock, utc_text
from torc_core.decoders import decode
from torc_core.errors import ConflictError, NotFoundError, ServerError, TorcError, UsageError
from torc_core.model.action import WORKER_TRIGGERS, ActionType
from torc_core.model.artifact import FilePatch
from torc_core.model.compute import ComputeNodePatch
from torc_core.model.events.commands import recovery_event
from torc_core.model.events.event import Event
from torc_core.model.events.text import to_event
from torc_core.model.exchange import (
    ClaimedJob,
    Exchange,
    ExchangeReply,
    JobEnd,
    JobRelease,
    JobStart,
    Outcome,
    OutputFile,
    RecoveryEnd,
    ReportOutcome,
    WorkRequest,
)
from torc_core.model.ids import (
    ComputeNodeId,
    FailureHandlerId,
    FileId,
    JobId,
    RequirementsId,
    WorkflowId,
)
from torc_core.model.job import ClaimedJobs, Job
from torc_core.model.resources import FailureRule, ResourceRequirements
from torc_core.model.result import LOST_ATTEMPTS_LIMIT, LOST_RETURN_CODE, Result
from torc_core.model.status import JobStatus
from torc_core.resources import Requirements
from torc_core.runner.policy.backoff import looks_after_completion
from torc_core.units import parse_duration, parse_memory

_NO_LIMIT = 2**31 - 1
"""For `retry_job`: whether there is another attempt was decided here."""
_REFUSALS = (ConflictError, NotFoundError, UsageError)
"""Errors that a retry will not change."""


_Key = tuple[str, int, int]
"""A report: its kind, the job and its token."""
Report = TypeVar("Report", JobStart, JobEnd, JobRelease)


class SingleCallProtocol:
    """Exchanges made of documented calls; see `ExchangeProtocol`."""

    def __init__(
        self,
        client: TorcClient,
        workflow_id: WorkflowId,
        run_id: int,
        compute_node_id: ComputeNodeId,
        clock: Clock,
    ) -> None:
        self._client = client
        self._clock = clock
        self._workflow_id = workflow_id
        self._run_id = run_id
        self._compute_node_id = compute_node_id
        self._requirements: dict[int | None, ResourceRequirements] = {}
        self._rules: dict[int, list[FailureRule]] = {}
        self._paths: dict[int, str] = {}
        self._sent: dict[_Key, ReportOutcome] = {}
        """Outcomes of reports of an exchange that failed later: they are not sent again."""
        self._claimed: set[JobId] = set()
        """Ids of the jobs that this runner has claimed."""
        self._started: dict[JobId, str] = {}
        """When those started whose start was reported."""
        self._lost: defaultdict[JobId | None, set[int]] = defaultdict(set)
        """Tokens of the attempts that this runner has lost, by job: such a server counts none."""
        self._looks: Iterator[float] = iter(())
        """The pauses before the next looks, while jobs may become ready."""
        self._undelivered: list[Job] = []
        """Jobs that were claimed before a call failed: the next reply has them."""
        self._news = threading.Event()
        self._latest = 0
        self._counting = threading.Lock()
        self._lock = threading.Lock()

    def exchange(self, request: Exchange) -> ExchangeReply:
        """See `ExchangeProtocol`."""
        with self._counting:
            self._latest = max(self._latest, request.seq)
        self._news.set()
        with self._lock:
            outcomes = self._report(request)
            reply = self._look(request)
            self._sent = {key: self._sent[key] for key in self._sent.keys() - _keys_of(request)}
            self._news.clear()
        with contextlib.suppress(TorcError):  # the next exchange meets it, too
            reply = self._look_until(reply, request)
        return msgspec.structs.replace(reply, outcomes=outcomes)

    def _look_until(self, reply: ExchangeReply, request: Exchange) -> ExchangeReply:
        """Look again as long as the request waits and nothing is there."""
        left_s = request.wait_seconds
        while left_s > 0 and not (reply.jobs or reply.is_complete or request.seq < self._latest):
            pause_s = min(left_s, next(self._looks, left_s))
            if self._news.wait(pause_s):
                break
            left_s -= pause_s
            if left_s > 0:
                with self._lock:
                    reply = self._look(request)
        return reply

    def _report(self, request: Exchange) -> list[Outcome]:
        for start in request.starts:
            self._once("start", start, self._start)
        outcomes = [
            Outcome(job_id=end.job_id, result=self._once("end", end, self._end))
            for end in request.ends
        ] + [
            Outcome(job_id=release.job_id, result=self._once("release", release, self._release))
            for release in request.releases
        ]
        for node_id in request.replaces:
            self._client.update_compute_node(node_id, ComputeNodePatch(is_active=False))
        if request.ends:
            self._looks = looks_after_completion()
        return outcomes

    def _look(self, request: Exchange) -> ExchangeReply:
        """Claim jobs, and ask how the workflow is."""
        state = self._client.is_workflow_complete(self._workflow_id)
        reason = None
        if request.work is not None and request.seq == self._latest and not state.is_canceled:
            claimed = self._claim(request.work)
            reason = claimed.reason
            self._undelivered += claimed.jobs
        reply = ExchangeReply(
            outcomes=[],
            jobs=[self._resolve(job) for job in self._undelivered],
            reason=reason,
            kill=sorted(self._claimed) if state.is_canceled else [],
            is_canceled=state.is_canceled,
            is_complete=state.is_complete,
            has_pending_actions=self._has_pending_actions(),
        )
        self._undelivered.clear()
        return reply

    def _has_pending_actions(self) -> bool:
        """Return whether an action is due that any runner can execute while it runs jobs.

        One that each runner executes stays due there for ever; it is found at the end.
        """
        return any(
            action.action_type == ActionType.RUN_COMMANDS
            and action.trigger_type not in WORKER_TRIGGERS
            and not action.persistent
            for action in self._client.get_pending_actions(self._workflow_id)
        )

    def _once(self, kind: str, report: Report, send: Callable[[Report], object]) -> ReportOutcome:
        """Send a report unless this exchange sent it before it failed; return its outcome."""
        key = (kind, report.job_id, report.token)
        if key not in self._sent:
            try:
                send(report)
            except _REFUSALS:
                self._sent[key] = ReportOutcome.ILLEGAL
            else:
                self._sent[key] = ReportOutcome.OK
        return self._sent[key]

    def _start(self, start: JobStart) -> None:
        self._started[start.job_id] = start.start_time
        self._client.start_job(start.job_id, self._run_id, self._compute_node_id)

    def _end(self, end: JobEnd) -> None:
        if end.start_time is not None and end.job_id not in self._started:
            # The completion of a short job reports its start as well; only a running job can be
            # retried.
            with contextlib.suppress(*_REFUSALS):
                self._client.start_job(end.job_id, self._run_id, self._compute_node_id)
        self._claimed.discard(end.job_id)
        self._started.pop(end.job_id, None)
        if end.recovery is not None:
            with contextlib.suppress(*_REFUSALS):
                self._client.create_event(self._recovery_event(end, end.recovery))
        if end.retry:
            # `retry_job` keeps no result of the attempt.
            with contextlib.suppress(*_REFUSALS):
                self._client.create_result(self._result(end))
            self._client.retry_job(end.job_id, self._run_id, _NO_LIMIT)
            return
        for file_id, modified in end.output_file_mtimes.items():
            # Its record may have been deleted; the job is complete anyway.
            with contextlib.suppress(*_REFUSALS):
                self._client.update_file(file_id, FilePatch(st_mtime=modified))
        self._client.complete_job(end.job_id, end.status, self._run_id, self._result(end))

    def _result(self, end: JobEnd) -> Result:
        return Result(
            job_id=end.job_id,
            workflow_id=self._workflow_id,
            run_id=self._run_id,
            attempt_id=end.token,
            compute_node_id=self._compute_node_id,
            return_code=end.return_code,
            exec_time_minutes=end.exec_time_minutes,
            completion_time=end.completion_time,
            status=end.status,
            peak_memory_bytes=end.peak_memory_bytes,
            avg_memory_bytes=end.avg_memory_bytes,
            peak_cpu_percent=end.peak_cpu_percent,
            avg_cpu_percent=end.avg_cpu_percent,
        )

    def _recovery_event(self, end: JobEnd, recovery: RecoveryEnd) -> Event:
        record = recovery_event(
            end,
            recovery,
            job_name=self._client.get_job(end.job_id).name,
            attempt_id=end.token,
            compute_node_id=self._compute_node_id,
            run_id=self._run_id,
        )
        return to_event(self._workflow_id, record)

    def _release(self, release: JobRelease) -> None:
        if release.is_lost:
            self._end(self._lose(release))
            return
        self._claimed.discard(release.job_id)
        self._client.manage_status_change(release.job_id, JobStatus.READY, self._run_id)

    def _lose(self, release: JobRelease) -> JobEnd:
        """Return what our server would record of an attempt that was lost with its guard."""
        self._lost[release.job_id].add(release.token)
        now = self._clock.wall_ms()
        start_time = self._started.get(release.job_id, utc_text(now))
        started_s = datetime.fromisoformat(start_time).timestamp()
        return JobEnd(
            job_id=release.job_id,
            token=release.token,
            status=JobStatus.FAILED,
            return_code=LOST_RETURN_CODE,
            exec_time_minutes=max(0.0, (now / 1000 - started_s) / 60),
            completion_time=utc_text(now),
            retry=len(self._lost[release.job_id]) < LOST_ATTEMPTS_LIMIT,
        )

    def _claim(self, work: WorkRequest) -> ClaimedJobs:
        if work.max_jobs <= 0:
            return ClaimedJobs(jobs=[])
        if work.by_resources:
            claimed = self._client.claim_jobs_based_on_resources(
                self._workflow_id,
                work.max_jobs,
                work.resources,
                sort_method=work.sort_method,
                strict_scheduler_match=work.strict_scheduler_match,
            )
        else:
            claimed = self._client.claim_next_jobs(self._workflow_id, work.max_jobs)
        self._claimed.update(job.id for job in claimed.jobs if job.id is not None)
        return claimed

    def _resolve(self, job: Job) -> ClaimedJob:
        """Look up what a claim of the batch protocol would have returned.

        A claim of the reference's server leaves out invocation scripts.
        """
        if job.id is not None and job.invocation_script is None:
            script = self._client.get_job(job.id).invocation_script
            job = msgspec.structs.replace(job, invocation_script=script)
        record = self._requirements_with(job.resource_requirements_id)
        needs = Requirements.stated(
            num_cpus=record.num_cpus,
            memory_bytes=parse_memory(record.memory),
            num_gpus=record.num_gpus,
            num_nodes=record.num_nodes,
            runtime_s=parse_duration(record.runtime),
        )
        lost = len(self._lost[job.id])
        return ClaimedJob(
            job=job,
            token=job.attempt_id,
            run_id=self._run_id,
            num_cpus=needs.num_cpus,
            num_gpus=needs.num_gpus,
            num_nodes=needs.num_nodes,
            memory_bytes=needs.memory_bytes,
            runtime_seconds=needs.runtime_s,
            output_files=[
                OutputFile(id=file_id, path=self._path(file_id))
                for file_id in job.output_file_ids or []
            ],
            failure_rules=self._rules_of(job.failure_handler_id),
            uncounted_attempts=lost,
            lost_attempts=lost,
        )

    def _requirements_with(self, requirements_id: RequirementsId | None) -> ResourceRequirements:
        if requirements_id not in self._requirements:
            self._requirements[requirements_id] = (
                ResourceRequirements(workflow_id=self._workflow_id, name="default")
                if requirements_id is None
                else self._client.get_resource_requirements(requirements_id)
            )
        return self._requirements[requirements_id]

    def _path(self, file_id: FileId) -> str:
        if file_id not in self._paths:
            self._paths[file_id] = self._client.get_file(file_id).path
        return self._paths[file_id]

    def _rules_of(self, handler_id: FailureHandlerId | None) -> list[FailureRule]:
        if handler_id is None:
            return []
        if handler_id not in self._rules:
            text = self._client.get_failure_handler(handler_id).rules
            try:
                self._rules[handler_id] = decode(text, list[FailureRule])
            except msgspec.MsgspecError as error:
                raise ServerError(
                    f"The rules of failure handler {handler_id} are not valid: {error}."
                ) from error
        return self._rules[handler_id]


def _keys_of(request: Exchange) -> set[_Key]:
    return {
        (kind, report.job_id, report.token)
        for kind, reports in (
            ("start", request.starts),
            ("end", request.ends),
            ("release", request.releases),
        )
        for report in reports
    }

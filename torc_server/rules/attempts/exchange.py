"""One exchange of the batch protocol: a runner's reports in, jobs and news out.

Reports go to `runner_reports`, jobs come from `claims`, jobs to stop from `cancel`; here it is
decided what belongs into the reply. The protocol: `torc_core.model.exchange`.
"""

from __future__ import annotations

from typing import NamedTuple

from msgspec.structs import replace
from sqlalchemy import Connection, bindparam, func, null, select, true, update

from torc_core.errors import NotFoundError, UsageError
from torc_core.model.events.types import ComputeNodeHeard
from torc_core.model.exchange import (
    ClaimedJob,
    Exchange,
    ExchangeReply,
    Outlook,
    Shutdown,
    WorkRequest,
)
from torc_core.model.ids import ComputeNodeId, WorkflowId
from torc_core.model.records.timers import DEFAULT_TIMERS, RunnerTimers
from torc_core.model.status import JobStatus
from torc_server.rules import actions
from torc_server.rules.attempts.cancel import HAS_KILL_REQUESTS, kill_requests
from torc_server.rules.attempts.claimed_jobs import claimed_jobs
from torc_server.rules.attempts.claims import Claimer, ClaimRequest, capacity_of, claim
from torc_server.rules.attempts.lost.leases import replace_nodes, return_node
from torc_server.rules.attempts.outlook import add_reach, outlook_of
from torc_server.rules.attempts.packing import sort_method_of
from torc_server.rules.attempts.ready import requirements_of
from torc_server.rules.attempts.report_check import Place
from torc_server.rules.attempts.runner_reports import (
    complete_jobs,
    release_jobs,
    start_or_adopt_jobs,
)
from torc_server.rules.events import record
from torc_server.rules.workflows import HAS_OPEN_JOBS, has_unsuccessful_jobs
from torc_server.storage import tables
from torc_server.storage.long_work.unfinished import is_kept
from torc_server.storage.notify import ENDED_WAITS
from torc_server.storage.statements import Prepared, Record

MAX_REPORTS = 10_000
"""The most starts, completions or releases in one exchange."""

_node = tables.compute_node
_workflow = tables.workflow
_attempt = tables.attempt
_job = tables.job

_SITUATION = Prepared(
    select(
        _node.c.workflow_id,
        _node.c.last_seq,
        _node.c.is_active,
        _node.c.hostname,
        _node.c.suspect_at,
        _node.c.shutdown,
        _node.c.shutdown_reason,
        _workflow.c.run_id,
        _workflow.c.is_canceled,
        _workflow.c.compute_node_ignore_workflow_completion,
    )
    .join(_workflow, _workflow.c.id == _node.c.workflow_id)
    .where(_node.c.id == bindparam("node_id"), is_kept(_workflow.c.id))
)
_HEARTBEAT = Prepared(
    update(_node)
    .where(_node.c.id == bindparam("node_id"))
    .values(
        last_seen_at=bindparam("now"),
        suspect_at=null(),
        last_seq=bindparam("seq"),
        is_active=func.coalesce(_node.c.is_active, true()),
    )
)
_NOTE_BOOT = Prepared(
    update(_node).where(_node.c.id == bindparam("node_id")).values(boot_id=bindparam("boot"))
)
_CLAIMED_BEFORE = Prepared(
    select(_job)
    .join(_attempt, (_attempt.c.job_id == _job.c.id) & (_attempt.c.token == _job.c.token))
    .where(
        _attempt.c.compute_node_id == bindparam("node_id"),
        _attempt.c.claim_seq == bindparam("seq"),
        _attempt.c.ended_at.is_(None),
        _job.c.status == JobStatus.PENDING.number,
    )
    .order_by(_attempt.c.id)
)
_NEWS = Prepared(
    select(
        HAS_OPEN_JOBS.label("has_open_jobs"),
        actions.HAS_PENDING.label("has_pending_actions"),
        HAS_KILL_REQUESTS.label("has_kill_requests"),
    )
)


class Answer(NamedTuple):
    """The server's answer to an exchange, and whether the runner should have it at once."""

    reply: ExchangeReply
    workflow_id: WorkflowId
    has_news: bool
    is_superseded: bool = False
    """The runner has sent a newer exchange."""


def answer_exchange(
    conn: Connection,
    node_id: ComputeNodeId,
    request: Exchange,
    timers: RunnerTimers = DEFAULT_TIMERS,
    *,
    now_ms: int,
) -> Answer:
    """Record a runner's reports, and claim jobs for it.

    What is inactive holds no job: of a runner that was silent for longer than its lease nothing is
    taken as started before it has come back with all that it runs.

    A repeated exchange gets the same answer. For one that a newer exchange has superseded only
    its reports are recorded; it gets the jobs that it claimed before, whose answer was lost. A
    runner that waits for work has its exchange answered again by `answer_waiting`.

    Raises:
        NotFoundError: There is no such compute node.
        UsageError: More than 10,000 reports of a kind, or an invalid request for work.
    """
    if max(len(request.starts), len(request.ends), len(request.releases)) > MAX_REPORTS:
        raise UsageError(
            f"More than {MAX_REPORTS:,} reports in one exchange.",
            hint="Send them in several exchanges.",
        )
    situation = _situation(conn, node_id)
    place = Place(situation.workflow_id, situation.run_id, node_id)
    if request.returns and _is_lost(situation):
        return_node(conn, node_id, now_ms=now_ms)
        situation = _situation(conn, node_id)
    starts = [] if _is_lost(situation) else request.starts
    stale = start_or_adopt_jobs(conn, place, starts, request.releases, now_ms=now_ms)
    outcomes = complete_jobs(conn, place, request.ends, now_ms=now_ms)
    outcomes += release_jobs(conn, place, request.releases, now_ms=now_ms)
    if request.replaces:
        replace_nodes(conn, place.workflow_id, request.replaces, node_id, now_ms=now_ms)
    if request.seq < situation.last_seq:
        jobs = _claimed_before(conn, node_id, request.seq, situation)
        reply = ExchangeReply(outcomes=outcomes, jobs=jobs, kill=stale)
        return Answer(reply, place.workflow_id, has_news=True, is_superseded=True)
    _HEARTBEAT.run_each(conn, [{"node_id": node_id, "now": now_ms, "seq": request.seq}])
    conn.info.setdefault(ENDED_WAITS, set()).add(node_id)
    if request.boot_id is not None:
        _NOTE_BOOT.run(conn, node_id=node_id, boot=request.boot_id)
    if situation.suspect_at is not None:
        heard = ComputeNodeHeard(compute_node_id=node_id, hostname=situation.hostname)
        record(conn, place.workflow_id, heard, now_ms=now_ms)
    answer = _answer(conn, node_id, request, situation, timers, now_ms=now_ms)
    kill = list(dict.fromkeys([*stale, *answer.reply.kill]))
    reply = replace(answer.reply, outcomes=outcomes, kill=kill)
    return Answer(reply, place.workflow_id, answer.has_news or bool(stale))


def answer_waiting(
    conn: Connection,
    node_id: ComputeNodeId,
    request: Exchange,
    timers: RunnerTimers = DEFAULT_TIMERS,
    *,
    now_ms: int,
) -> Answer:
    """Answer an exchange once more, whose reports are recorded and whose runner waits for news.

    Raises:
        NotFoundError: The compute node is gone.
    """
    situation = _situation(conn, node_id)
    if request.seq < situation.last_seq:
        return Answer(ExchangeReply(), situation.workflow_id, has_news=True, is_superseded=True)
    return _answer(conn, node_id, request, situation, timers, now_ms=now_ms, is_first=False)


def _situation(conn: Connection, node_id: ComputeNodeId) -> Record:
    situation: Record | None = _SITUATION.first(conn, node_id=node_id)
    if situation is None:
        raise NotFoundError.of("compute node", node_id)
    return situation


def _is_lost(situation: Record) -> bool:
    return situation.is_active is not None and not situation.is_active


def _answer(  # noqa: PLR0913 - all that an answer depends on
    conn: Connection,
    node_id: ComputeNodeId,
    request: Exchange,
    situation: Record,
    timers: RunnerTimers,
    *,
    now_ms: int,
    is_first: bool = True,
) -> Answer:
    workflow_id = situation.workflow_id
    jobs: list[ClaimedJob] = []
    reason = outlook = None
    is_asked_to_exit, is_lost = situation.shutdown is not None, _is_lost(situation)
    if request.work is not None and not (situation.is_canceled or is_asked_to_exit or is_lost):
        if request.seq == situation.last_seq:
            jobs = _claimed_before(conn, node_id, request.seq, situation)
        if not jobs:
            claimer = Claimer(workflow_id, situation.run_id, node_id, request.seq)
            claimed = claim(conn, claimer, _claim_request(request.work), now_ms=now_ms)
            reason = claimed.reason
            if request.work.asks_outlook and not claimed.rows:
                outlook = outlook_of(
                    conn,
                    workflow_id,
                    node_id,
                    claimed.missed,
                    lease_s=timers.lost_seconds,
                    now_ms=now_ms,
                    counts=is_first,
                )
                if request.work.by_resources:
                    whole = capacity_of(request.work.node or request.work.resources)
                    outlook = add_reach(conn, workflow_id, outlook, whole)
            jobs = claimed_jobs(
                conn,
                claimed.rows,
                claimed.requirements,
                situation.run_id,
                raised=1,
                numbers=claimed.numbers,
            )
    [news] = _NEWS.all(
        conn,
        workflow_id=workflow_id,
        node_id=node_id,
        schedules_nodes=request.schedules_nodes,
    )
    kill, kill_is_new = kill_requests(conn, node_id) if news.has_kill_requests else ([], False)
    if outlook is not None and outlook.is_hopeless and news.has_pending_actions:
        outlook = Outlook()
    is_complete = not news.has_open_jobs
    reply = ExchangeReply(
        jobs=jobs,
        reason=reason,
        outlook=outlook,
        kill=kill,
        is_lost=is_lost,
        timers=timers if request.asks_timers else None,
        is_canceled=situation.is_canceled,
        is_complete=is_complete,
        is_successful=is_complete and not has_unsuccessful_jobs(conn, workflow_id),
        has_pending_actions=news.has_pending_actions,
        shutdown=None if situation.shutdown is None else Shutdown(situation.shutdown),
        shutdown_reason=situation.shutdown_reason,
    )
    is_over = reply.is_complete and not situation.compute_node_ignore_workflow_completion
    is_known = request.work is not None and request.work.knows_stuck
    is_hopeless = outlook is not None and outlook.is_hopeless and not is_known
    has_news = bool(jobs) or kill_is_new or situation.is_canceled or is_over or is_hopeless
    has_news = has_news or is_asked_to_exit or is_lost
    has_news = has_news or (news.has_pending_actions and request.awaits_actions)
    return Answer(reply, workflow_id, has_news)


def _claimed_before(
    conn: Connection, node_id: ComputeNodeId, seq: int, situation: Record
) -> list[ClaimedJob]:
    """Return the jobs that an earlier try of an exchange claimed, and that have not started."""
    rows = _CLAIMED_BEFORE.all(conn, node_id=node_id, seq=seq)
    return claimed_jobs(conn, rows, requirements_of(conn, rows), situation.run_id)


def _claim_request(work: WorkRequest) -> ClaimRequest:
    return ClaimRequest(
        limit=work.max_jobs,
        free=capacity_of(work.resources) if work.by_resources else None,
        scheduler_id=work.resources.scheduler_config_id,
        strict=work.strict_scheduler_match,
        sort_method=sort_method_of(work.sort_method, field="sort_method"),
        prefetch=work.queue_ahead,
        node=None if work.node is None else capacity_of(work.node),
    )

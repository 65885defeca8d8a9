"""One turn of a runner's talk with the server, see `torc_core.model.exchange`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace
from sqlalchemy import BindParameter, Connection, bindparam, exists, select, update

from torc_core.errors import NotFoundError, UsageError
from torc_core.model.exchange import (
    ClaimedJob,
    Exchange,
    ExchangeReply,
    OutputFile,
    WorkRequest,
)
from torc_core.model.resources import FailureRule
from torc_core.model.status import JobStatus
from torc_server.rules import actions
from torc_server.rules.attempts.claims import Claimer, Wish, capacity_of, claim
from torc_server.rules.attempts.outcome import AttemptOutcome
from torc_server.rules.attempts.packing import Need
from torc_server.rules.attempts.ready import needs_of
from torc_server.rules.attempts.report_check import Place
from torc_server.rules.attempts.runner_reports import end_jobs, release_jobs, start_jobs
from torc_server.rules.jobs import job_of
from torc_server.rules.workflows import HAS_OPEN_JOBS
from torc_server.storage import tables
from torc_server.storage.statements import Prepared, Record

MAX_REPORTS = 10_000
"""The most starts, ends or releases in one turn."""

_node = tables.compute_node
_workflow = tables.workflow
_attempt = tables.attempt
_job = tables.job
_file = tables.file
_output = tables.job_output_file
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)

_SITUATION = (
    select(
        _node.c.workflow_id,
        _node.c.last_seq,
        _workflow.c.run_id,
        _workflow.c.is_canceled,
        _workflow.c.compute_node_ignore_workflow_completion,
    )
    .join(_workflow, _workflow.c.id == _node.c.workflow_id)
    .where(_node.c.id == bindparam("node_id"))
)
_SEEN = (
    update(_node)
    .where(_node.c.id == bindparam("node_id"))
    .values(last_seen_at=bindparam("now"), last_seq=bindparam("seq"), is_active=True)
)
_CLAIMED_IN_TURN = (
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
_OUTPUTS = Prepared(
    select(_output.c.job_id, _file.c.id, _file.c.path)
    .join(_file, _file.c.id == _output.c.file_id)
    .where(_output.c.job_id.in_(_IDS))
    .order_by(_output.c.job_id, _file.c.id)
)
_HANDLERS = Prepared(
    select(tables.failure_handler.c.id, tables.failure_handler.c.rules).where(
        tables.failure_handler.c.id.in_(_IDS)
    )
)
_HELD_ANEW = (
    exists()
    .where(
        _job.c.id == _attempt.c.job_id,
        _job.c.compute_node_id == _attempt.c.compute_node_id,
        _job.c.token > _attempt.c.token,
    )
    .correlate(_attempt)
)
_WISHED_DEAD = (
    _attempt.c.compute_node_id == bindparam("node_id"),
    _attempt.c.ended_at.is_(None),
    _attempt.c.outcome.is_not(None),
    ~_HELD_ANEW,  # a runner is told of jobs, not of attempts: it would stop the new one
)
_TO_KILL = select(_attempt.c.job_id, _attempt.c.outcome).where(*_WISHED_DEAD)
_STANDING = select(
    HAS_OPEN_JOBS.label("has_open_jobs"),
    actions.HAS_PENDING.label("has_pending_actions"),
    exists().where(*_WISHED_DEAD).label("has_kills"),
)
_KILL_TOLD = (
    update(_attempt)
    .where(
        _attempt.c.compute_node_id == bindparam("of_node"),
        _attempt.c.ended_at.is_(None),
        _attempt.c.outcome == AttemptOutcome.CANCEL_REQUESTED,
    )
    .values(outcome=AttemptOutcome.CANCELING)
)


class Turn(NamedTuple):
    """The server's answer to a turn, and whether the runner should have it at once."""

    reply: ExchangeReply
    workflow_id: int
    has_news: bool
    is_overtaken: bool = False
    """A newer turn was taken before."""


def take_turn(conn: Connection, node_id: int, turn: Exchange, *, now_ms: int) -> Turn:
    """Take a runner's reports, and give it work.

    The same turn again is answered the same. A turn that a newer one has overtaken gets its
    reports taken, and the jobs that it was given before, in an answer that was lost; nothing new.
    Whoever waits for work looks again, see `look_again`.

    Raises:
        NotFoundError: There is no such compute node.
        UsageError: More than 10,000 reports of a kind, or a wish that makes no sense.
    """
    if max(len(turn.starts), len(turn.ends), len(turn.releases)) > MAX_REPORTS:
        raise UsageError(
            f"More than {MAX_REPORTS:,} reports in one turn.", hint="Send them in several turns."
        )
    situation = _situation(conn, node_id)
    place = Place(situation.workflow_id, situation.run_id, node_id)
    fenced = start_jobs(conn, place, turn.starts, now_ms=now_ms) if turn.starts else []
    outcomes = end_jobs(conn, place, turn.ends, now_ms=now_ms)
    outcomes += release_jobs(conn, place, turn.releases, now_ms=now_ms)
    if turn.seq < situation.last_seq:
        jobs = _given_before(conn, node_id, turn.seq, situation)
        reply = ExchangeReply(outcomes=outcomes, jobs=jobs, kill=fenced)
        return Turn(reply, place.workflow_id, has_news=True, is_overtaken=True)
    conn.execute(_SEEN, {"node_id": node_id, "now": now_ms, "seq": turn.seq})
    answer = _answer(conn, node_id, turn, situation, now_ms=now_ms)
    reply = replace(answer.reply, outcomes=outcomes, kill=[*fenced, *answer.reply.kill])
    return Turn(reply, place.workflow_id, answer.has_news or bool(fenced))


def look_again(conn: Connection, node_id: int, turn: Exchange, *, now_ms: int) -> Turn:
    """Look whether there is something now for a runner that waits; its reports are taken already.

    Raises:
        NotFoundError: The compute node is gone.
    """
    situation = _situation(conn, node_id)
    if turn.seq < situation.last_seq:
        return Turn(ExchangeReply(), situation.workflow_id, has_news=True, is_overtaken=True)
    return _answer(conn, node_id, turn, situation, now_ms=now_ms)


def _situation(conn: Connection, node_id: int) -> Record:
    situation = conn.execute(_SITUATION, {"node_id": node_id}).one_or_none()
    if situation is None:
        raise NotFoundError("compute node", node_id)
    return situation


def _answer(
    conn: Connection, node_id: int, turn: Exchange, situation: Record, *, now_ms: int
) -> Turn:
    workflow_id = situation.workflow_id
    jobs: list[ClaimedJob] = []
    reason = None
    if turn.work is not None and not situation.is_canceled:
        if turn.seq == situation.last_seq:
            jobs = _given_before(conn, node_id, turn.seq, situation)
        if not jobs:
            claimer = Claimer(workflow_id, situation.run_id, node_id, turn.seq)
            claimed = claim(conn, claimer, _wish(turn.work), now_ms=now_ms)
            jobs = _claimed_jobs(conn, claimed.rows, claimed.needs, situation.run_id, raised=1)
            reason = claimed.reason
    standing = conn.execute(_STANDING, {"workflow_id": workflow_id, "node_id": node_id}).one()
    kill, kill_is_new = _to_kill(conn, node_id) if standing.has_kills else ([], False)
    reply = ExchangeReply(
        jobs=jobs,
        reason=reason,
        kill=kill,
        is_canceled=situation.is_canceled,
        is_complete=not standing.has_open_jobs,
        has_pending_actions=standing.has_pending_actions,
    )
    ends = reply.is_complete and not situation.compute_node_ignore_workflow_completion
    return Turn(reply, workflow_id, bool(jobs) or kill_is_new or situation.is_canceled or ends)


def _given_before(conn: Connection, node_id: int, seq: int, situation: Record) -> list[ClaimedJob]:
    """Return the jobs that were claimed in a turn before, and that nobody has started."""
    rows = conn.execute(_CLAIMED_IN_TURN, {"node_id": node_id, "seq": seq}).all()
    return _claimed_jobs(conn, rows, needs_of(conn, rows), situation.run_id)


def _wish(work: WorkRequest) -> Wish:
    return Wish(
        limit=work.max_jobs,
        free=capacity_of(work.resources) if work.by_resources else None,
        scheduler_id=work.resources.scheduler_config_id,
        strict=work.strict_scheduler_match,
        sort_method=work.sort_method,
        ahead=work.queue_ahead,
        node=None if work.node is None else capacity_of(work.node),
    )


def _to_kill(conn: Connection, node_id: int) -> tuple[list[int], bool]:
    """Return the jobs to stop, and whether the runner has not been told of some."""
    found = conn.execute(_TO_KILL, {"node_id": node_id}).all()
    is_new = any(row.outcome == AttemptOutcome.CANCEL_REQUESTED for row in found)
    if is_new:
        conn.execute(_KILL_TOLD, {"of_node": node_id})
    return [row.job_id for row in found], is_new


def _claimed_jobs(
    conn: Connection,
    rows: Sequence[Record],
    needs: Mapping[int, Need],
    run_id: int,
    *,
    raised: int = 0,
) -> list[ClaimedJob]:
    """Return the wire form of jobs; `raised` is by how much a claim has raised their tokens."""
    if not rows:
        return []
    outputs: dict[int, list[OutputFile]] = {}
    for job_id, file_id, path in _OUTPUTS.all_of(conn, [row.id for row in rows]):
        outputs.setdefault(job_id, []).append(OutputFile(id=file_id, path=path))
    rules = _failure_rules(conn, {row.failure_handler_id for row in rows} - {None})
    claimed = []
    for row in rows:
        need = needs[row.resource_requirements_id]
        files = outputs.get(row.id, [])
        claimed.append(
            ClaimedJob(
                job=replace(
                    job_of(row),
                    status=JobStatus.PENDING,
                    compute_node_id=None,  # the runner's own, which it knows
                    output_file_ids=[output.id for output in files],
                ),
                token=row.token + raised,
                run_id=run_id,
                num_cpus=need.num_cpus,
                num_gpus=need.num_gpus,
                num_nodes=need.num_nodes,
                memory_bytes=need.memory_bytes,
                runtime_seconds=need.runtime_s,
                output_files=files,
                failure_rules=rules.get(row.failure_handler_id, []),
            )
        )
    return claimed


def _failure_rules(conn: Connection, handler_ids: set[int]) -> Mapping[int, list[FailureRule]]:
    """Return the rules of failure handlers; rules that nobody can read are none."""
    found = {}
    for handler_id, rules in _HANDLERS.all_of(conn, handler_ids):
        try:
            found[handler_id] = msgspec.json.decode(rules, type=list[FailureRule])
        except msgspec.MsgspecError:
            found[handler_id] = []
    return found

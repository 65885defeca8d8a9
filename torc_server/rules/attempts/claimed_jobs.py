"""Claimed jobs as runners receive them: with all that running them takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import BindParameter, Connection, bindparam, func, select

from torc_core.decoders import decode
from torc_core.model.exchange import ClaimedJob, OutputFile
from torc_core.model.ids import JobId, RequirementsId
from torc_core.model.resources import FailureRule
from torc_core.model.status import REPORTABLE, JobStatus
from torc_core.resources import Requirements
from torc_server.rules.attempts.outcome import AttemptOutcome
from torc_server.rules.jobs import job_of
from torc_server.storage import tables
from torc_server.storage.statements import Prepared, Record

_file = tables.file
_output = tables.job_output_file
_handler = tables.failure_handler
_attempt = tables.attempt
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)

_OUTPUTS = Prepared(
    select(_output.c.job_id, _file.c.id, _file.c.path)
    .join(_file, _file.c.id == _output.c.file_id)
    .where(_output.c.job_id.in_(_IDS))
    .order_by(_output.c.job_id, _file.c.id)
)
_EARLIER = _attempt.alias()
_LOST = Prepared(
    select(_attempt.c.job_id, func.count())
    .where(
        _attempt.c.job_id.in_(_IDS),
        _attempt.c.run_id == bindparam("run_id"),
        _attempt.c.outcome == AttemptOutcome.GUARD_LOST,
        _attempt.c.token
        > select(func.coalesce(func.max(_EARLIER.c.token), 0))
        .where(_EARLIER.c.job_id == _attempt.c.job_id, _EARLIER.c.outcome.in_(sorted(REPORTABLE)))
        .correlate(_attempt)
        .scalar_subquery(),
    )
    .group_by(_attempt.c.job_id)
)
_HANDLERS = Prepared(select(_handler.c.id, _handler.c.rules).where(_handler.c.id.in_(_IDS)))


def claimed_jobs(
    conn: Connection,
    rows: Sequence[Record],
    requirements: Mapping[RequirementsId, Requirements],
    run_id: int,
    *,
    raised: int = 0,
    numbers: Mapping[JobId, int] | None = None,
) -> list[ClaimedJob]:
    """Return jobs in their wire form.

    Args:
        conn: A connection.
        rows: The jobs.
        requirements: What they need, by id of the requirements.
        run_id: The run in which they were claimed.
        raised: By how much their tokens were raised since the rows were read.
        numbers: The numbers of their attempts that were changed since.
    """
    if not rows:
        return []
    outputs: dict[int, list[OutputFile]] = {}
    for job_id, file_id, path in _OUTPUTS.all_of(conn, [row.id for row in rows]):
        outputs.setdefault(job_id, []).append(OutputFile(id=file_id, path=path))
    rules = _failure_rules(conn, {row.failure_handler_id for row in rows} - {None})
    before = [row.id for row in rows if row.token]  # most jobs are claimed once
    lost = dict(_LOST.all_of(conn, before, run_id=run_id))
    claimed = []
    for row in rows:
        needed = requirements[row.resource_requirements_id]
        files = outputs.get(row.id, [])
        number = (numbers or {}).get(row.id, row.attempt_id)
        claimed.append(
            ClaimedJob(
                job=replace(
                    job_of(row),
                    status=JobStatus.PENDING,
                    attempt_id=number,
                    compute_node_id=None,  # the runner's own, which it knows
                    output_file_ids=[output.id for output in files],
                ),
                token=row.token + raised,
                run_id=run_id,
                num_cpus=needed.num_cpus,
                num_gpus=needed.num_gpus,
                num_nodes=needed.num_nodes,
                memory_bytes=needed.memory_bytes,
                runtime_seconds=needed.runtime_s,
                output_files=files,
                failure_rules=rules.get(row.failure_handler_id, []),
                uncounted_attempts=row.uncounted_attempts + number - row.attempt_id,
                lost_attempts=lost.get(row.id, 0),
            )
        )
    return claimed


def _failure_rules(conn: Connection, handler_ids: set[int]) -> Mapping[int, list[FailureRule]]:
    """Return the rules of failure handlers; unreadable rules count as none."""
    found = {}
    for handler_id, rules in _HANDLERS.all_of(conn, handler_ids):
        try:
            found[handler_id] = decode(rules, list[FailureRule])
        except msgspec.MsgspecError:
            found[handler_id] = []
    return found

"""What initializing writes: planned in one reading, written at once or piece by piece.

Every piece is short, and may be written again: after a crash the same plan is made once more from
the same choice of jobs, see `rules.large.initializing`.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import compress, count

from sqlalchemy import BindParameter, Connection, bindparam, delete, exists, select, update

from torc_core.errors import ConflictError
from torc_core.graph import SharedRows, find_cycles
from torc_core.model.ids import JobId
from torc_core.model.status import ACTIVE, SETTLED, JobStatus
from torc_server.rules.attempts.outcome import AttemptOutcome
from torc_server.rules.dependencies.input_hash import input_hashes
from torc_server.rules.dependencies.inputs import Inputs, dependencies, names_of, read_inputs
from torc_server.rules.dependencies.sets import Members, drop_unused, ensure_sets, recount_sets
from torc_server.rules.jobs import NO_HOLDER
from torc_server.storage import tables
from torc_server.storage.sizes import note_deletion
from torc_server.storage.statements import Prepared
from torc_server.storage.tables.workflow import WorkflowRow

PIECE = 1_000
"""Jobs, or members of sets, that one piece writes: some 25 ms, on PostgreSQL 50."""
_SHOWN_NAMES = 10

_job = tables.job
_attempt = tables.attempt
_result = tables.result
_latest = tables.latest_result
_ACTIVE_NUMBERS = frozenset(status.number for status in ACTIVE)
_FIRST = {True: JobStatus.READY.number, False: JobStatus.BLOCKED.number}
"""The first status of a job, by whether it depends on no other."""
_IDS: BindParameter[int] = bindparam("ids", expanding=True)

_IN_RANGE = (
    _job.c.workflow_id == bindparam("of_workflow"),
    _job.c.id.between(bindparam("first"), bindparam("last")),
)
_READ = Prepared(
    select(
        _job.c.id,
        _job.c.command,
        _job.c.invocation_script,
        _job.c.env,
        _job.c.status,
        _job.c.dependency_set_id,
    )
    .where(*_IN_RANGE)
    .order_by(_job.c.id)
)
_LINK = Prepared(
    update(_job)
    .where(_job.c.id == bindparam("of_job"))
    .values(dependency_set_id=bindparam("set_id"))
)
# Only what changes: each column that is set costs the upkeep of its index.
_PLACE = Prepared(
    update(_job)
    .where(_job.c.id == bindparam("of_job"))
    .values(status=bindparam("to_status"), input_hash=bindparam("hash"))
)
_TAKE = Prepared(update(_job).where(_job.c.id.in_(_IDS)).values(NO_HOLDER))
_LOSE = Prepared(
    update(_attempt)
    .where(
        _attempt.c.job_id.in_(_IDS),
        _attempt.c.ended_at.is_(None),
        # An earlier attempt may be open still: its runner is to stop it.
        exists().where(_job.c.id == _attempt.c.job_id, _job.c.token == _attempt.c.token),
    )
    .values(ended_at=bindparam("now"), outcome=AttemptOutcome.LOST)
)
_FORGET_RESULTS = Prepared(
    delete(_latest).where(
        _latest.c.job_id.in_(
            select(_job.c.id).where(
                *_IN_RANGE,
                _job.c.status.not_in(
                    [each.number for each in (*SETTLED, JobStatus.PENDING_FAILED)]
                ),
            )
        )
    )
)
"""Of jobs that are going to run. One that failed and stays so keeps the result that says why."""
_NEXT_ATTEMPT = Prepared(
    update(_job)
    .where(
        *_IN_RANGE,
        _job.c.status.in_((JobStatus.BLOCKED.number, JobStatus.READY.number)),
        exists().where(
            _result.c.job_id == _job.c.id,
            _result.c.run_id == bindparam("in_run"),
            _result.c.attempt_id == _job.c.attempt_id,
        ),
    )
    .values(attempt_id=_job.c.attempt_id + 1)
)
"""A job that has a result in this run gets a new attempt, so that both results are kept."""

Choose = Callable[[Inputs, SharedRows], bytes | bytearray]
"""Returns 1 for each job to place, 0 for others, given all of them and what they depend on."""
Piece = Callable[[Connection, int], None]
"""`piece(connection, now in ms)` writes a part of a plan."""


@dataclass(frozen=True)
class Plan:
    """Which jobs of a workflow are made blocked or ready, and what all of them depend on."""

    workflow: WorkflowRow
    run_id: int
    """The run that follows."""
    inputs: Inputs
    needed: SharedRows
    """For each job the positions of those that it depends on."""
    chosen: bytes | bytearray
    """1 for each job that is placed."""

    @property
    def jobs(self) -> Sequence[JobId]:
        """The ascending ids of the jobs that are placed."""
        return self.inputs.ids_of(self.chosen)

    @property
    def positions(self) -> Iterator[int]:
        """The ascending positions of the jobs that are placed."""
        return compress(count(), self.chosen)

    def pieces(self, *, forgets_results: bool, size: int | None = None) -> Iterator[Piece]:
        """Yield what is to be written, in this order.

        Args:
            forgets_results: Whether the latest results of jobs that are going to run are none.
            size: How many jobs, or members of sets, one piece writes; `PIECE` if not given.
        """
        size = size or PIECE
        rows, old = self.needed.rows, len(self.inputs.set_ids)
        set_ids = self.inputs.set_ids + array("q", bytes(8 * (len(rows) - old)))
        used = bytearray(len(rows))
        for number in self.needed.numbers:
            used[number] = 1
        used[0] = 0  # the empty set is none
        for some in self._by_size(compress(range(old, len(rows)), used[old:]), size):
            yield partial(self._add_sets, set_ids, some)
        for first in range(0, len(self.needed), size):
            span = slice(first, first + size)
            yield partial(self._place, span, set_ids, forgets_results)
        unused = array("q", (set_ids[number] for number in range(1, old) if not used[number]))
        for at in range(0, len(unused), size):
            yield partial(_drop, unused[at : at + size])
        for some in self._by_size(compress(count(), used), size):
            yield partial(_recount, [set_ids[number] for number in some])

    def _by_size(self, numbers: Iterable[int], size: int) -> Iterator[list[int]]:
        """Yield numbers of sets in lists that have so many members together, or a few more."""
        some: list[int] = []
        members = 0
        for number in numbers:
            some.append(number)
            members += len(self.needed.rows[number])
            if members >= size:
                yield some
                some, members = [], 0
        if some:
            yield some

    def _members(self, number: int) -> Members:
        """Return the ids of the members of a set."""
        return tuple(self.inputs.ids[position] for position in self.needed.rows[number])

    def _add_sets(
        self, set_ids: array[int], numbers: list[int], conn: Connection, _now_ms: int
    ) -> None:
        members = [self._members(number) for number in numbers]
        made = ensure_sets(conn, self.workflow.id, members, counted=False)
        for number, of_set in zip(numbers, members, strict=True):
            set_ids[number] = made[of_set]

    def _place(
        self, span: slice, set_ids: array[int], forgets_results: bool, conn: Connection, now_ms: int
    ) -> None:
        ids, chosen = self.inputs.ids[span], self.chosen[span]
        within = {"of_workflow": self.workflow.id, "first": ids[0], "last": ids[-1]}
        rows = _READ.all(conn, **within)
        hashes = input_hashes(self.inputs, self.needed, rows, span.start)
        needed = [set_ids[number] or None for number in self.needed.numbers[span]]
        _PLACE.run_each(
            conn,
            [
                {"of_job": row.id, "to_status": _FIRST[set_id is None], "hash": digest}
                for row, set_id, digest in compress(zip(rows, needed, hashes, strict=True), chosen)
            ],
        )
        linked = [
            {"of_job": row.id, "set_id": set_id}
            for row, set_id in zip(rows, needed, strict=True)
            if set_id != row.dependency_set_id
        ]
        if linked:
            _LINK.run_each(conn, linked)
            note_deletion(conn, self.workflow.id)
        held = [row.id for row in compress(rows, chosen) if row.status in _ACTIVE_NUMBERS]
        _TAKE.run_of(conn, held)
        _LOSE.run_of(conn, held, now=now_ms)
        _NEXT_ATTEMPT.run(conn, in_run=self.run_id, **within)
        if forgets_results:
            _FORGET_RESULTS.run(conn, **within)


def make_plan(
    conn: Connection,
    workflow: WorkflowRow,
    choose: Choose,
    *,
    run_id: int | None = None,
    clears_ephemeral: bool = False,
) -> Plan:
    """Work out all dependencies of a workflow, and which jobs are placed.

    Those that are blocked for no reason, as what they wait for is settled, are released by
    `release_stuck`.

    Args:
        conn: A connection that reads.
        workflow: The workflow.
        choose: Chooses the jobs.
        run_id: The run that follows, if it is not the present one.
        clears_ephemeral: Whether ephemeral user data are going to be cleared.

    Raises:
        ConflictError: Jobs depend on each other in a cycle.
    """
    inputs = read_inputs(conn, workflow.id, clears_ephemeral=clears_ephemeral)
    needed = dependencies(inputs)
    _refuse_cycles(conn, inputs, needed)
    return Plan(
        workflow=workflow,
        run_id=workflow.run_id if run_id is None else run_id,
        inputs=inputs,
        needed=needed,
        chosen=choose(inputs, needed),
    )


def _drop(set_ids: Sequence[int], conn: Connection, _now_ms: int) -> None:
    drop_unused(conn, set_ids)


def _recount(set_ids: Sequence[int], conn: Connection, _now_ms: int) -> None:
    recount_sets(conn, set_ids)


def _refuse_cycles(conn: Connection, inputs: Inputs, needed: SharedRows) -> None:
    last = array("i", (max(members, default=-1) for members in needed.rows))
    if all(last[number] < at for at, number in enumerate(needed.numbers)):
        return  # all depend on earlier ones, as is usual: there can be no cycle
    cycles = find_cycles(needed)
    if not cycles:
        return
    job_ids = [JobId(inputs.ids[position]) for position in cycles[0]]
    names = names_of(conn, job_ids[:_SHOWN_NAMES])
    shown = names + (["..."] if len(job_ids) > _SHOWN_NAMES else [])
    raise ConflictError(
        f"The jobs depend on each other in a cycle: {' -> '.join([*shown, names[0]])}.",
        hint="Remove one of these dependencies, or one of the files or user data behind them.",
        job_ids=job_ids,
    )

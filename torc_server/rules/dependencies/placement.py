"""What initializing writes: planned in one reading, written at once or piece by piece.

Every piece is short, and may be written again: after a crash the same plan is made once more from
the same choice of jobs, see `rules.large.initializing`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice

from sqlalchemy import BindParameter, Connection, bindparam, delete, exists, select, update

from torc_core.errors import ConflictError
from torc_core.graph import find_cycles
from torc_core.model.ids import JobId
from torc_core.model.status import ACTIVE, SETTLED, JobStatus
from torc_server.rules.attempts.outcome import AttemptOutcome
from torc_server.rules.dependencies.input_hash import input_hashes
from torc_server.rules.dependencies.inputs import Inputs, dependencies, read_inputs
from torc_server.rules.dependencies.sets import (
    Members,
    drop_unused,
    ensure_sets,
    recount_sets,
    set_ids_of,
)
from torc_server.rules.jobs import NO_HOLDER
from torc_server.storage import tables
from torc_server.storage.sizes import note_deletion
from torc_server.storage.statements import Prepared
from torc_server.storage.tables.workflow import WorkflowRow

PIECE = 2_000
"""Jobs, or members of sets, that one piece writes: some 50 ms."""
_SHOWN_NAMES = 10

_job = tables.job
_attempt = tables.attempt
_result = tables.result
_latest = tables.latest_result
_ACTIVE_NUMBERS = frozenset(status.number for status in ACTIVE)
_FIRST = {True: JobStatus.READY.number, False: JobStatus.BLOCKED.number}
"""The first status of a job, by whether it depends on no other."""
_IDS: BindParameter[int] = bindparam("ids", expanding=True)

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
_IN_RANGE = (
    _job.c.workflow_id == bindparam("of_workflow"),
    _job.c.id.between(bindparam("first"), bindparam("last")),
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

Choose = Callable[[Inputs, Sequence[Members]], set[int]]
"""Returns the positions of the jobs to place, given all of them and what they depend on."""
Piece = Callable[[Connection, int], None]
"""`piece(connection, now in ms)` writes a part of a plan."""


@dataclass(frozen=True)
class Plan:
    """Which jobs of a workflow are made blocked or ready, and what all of them depend on."""

    workflow: WorkflowRow
    run_id: int
    """The run that follows."""
    inputs: Inputs
    needed: list[Members]
    """For each job the ids of those that it depends on."""
    chosen: set[int]
    """Positions of the jobs that are placed."""
    old_sets: frozenset[int]

    @property
    def jobs(self) -> list[JobId]:
        """The ascending ids of the jobs that are placed."""
        return [self.inputs.jobs[at].id for at in sorted(self.chosen)]

    @property
    def is_first(self) -> bool:
        """Whether no job of the workflow was initialized before."""
        return not any(row.input_hash for row in self.inputs.jobs)

    def pieces(self, *, forgets_results: bool) -> Iterator[Piece]:
        """Yield what is to be written, in this order.

        Args:
            forgets_results: Whether the latest results of jobs that are going to run are none.
        """
        sets = {
            stated: row.dependency_set_id
            for stated, row in zip(self.inputs.stated, self.inputs.jobs, strict=True)
            if stated
        }
        new = dict.fromkeys(members for members in self.needed if members not in sets)
        for some in _by_size(new):
            yield partial(self._add_sets, sets, some)
        hashes = input_hashes(self.inputs, self.needed)
        for at in range(0, len(self.needed), PIECE):
            yield partial(self._place, at, sets, list(islice(hashes, PIECE)), forgets_results)
        unused = sorted(self.old_sets - set(sets.values()))
        for at in range(0, len(unused), PIECE):
            yield partial(_drop, unused[at : at + PIECE])
        for some in _by_size(sets):
            yield partial(_recount, [sets[members] for members in some])

    def _add_sets(
        self, sets: dict[Members, int], members: list[Members], conn: Connection, _now_ms: int
    ) -> None:
        sets |= ensure_sets(conn, self.workflow.id, members, counted=False)

    def _place(
        self,
        first: int,
        sets: Mapping[Members, int],
        hashes: Sequence[str],
        forgets_results: bool,
        conn: Connection,
        now_ms: int,
    ) -> None:
        positions = range(first, first + len(hashes))
        rows = [self.inputs.jobs[at] for at in positions]
        set_ids = [sets.get(self.needed[at]) for at in positions]
        _PLACE.run_each(
            conn,
            [
                {"of_job": row.id, "to_status": _FIRST[set_id is None], "hash": digest}
                for at, row, set_id, digest in zip(positions, rows, set_ids, hashes, strict=True)
                if at in self.chosen
            ],
        )
        linked = [
            {"of_job": row.id, "set_id": set_id}
            for row, set_id in zip(rows, set_ids, strict=True)
            if set_id != row.dependency_set_id
        ]
        if linked:
            _LINK.run_each(conn, linked)
            note_deletion(conn, self.workflow.id)
        held = [
            row.id
            for at, row in zip(positions, rows, strict=True)
            if at in self.chosen and row.status in _ACTIVE_NUMBERS
        ]
        _TAKE.run_of(conn, held)
        _LOSE.run_of(conn, held, now=now_ms)
        within = {"of_workflow": self.workflow.id, "first": rows[0].id, "last": rows[-1].id}
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
    _refuse_cycles(inputs, needed)
    ids = [row.id for row in inputs.jobs]
    by_position: dict[int, Members] = {}
    for members in needed:
        if id(members) not in by_position:
            by_position[id(members)] = tuple(ids[position] for position in members)
    return Plan(
        workflow=workflow,
        run_id=workflow.run_id if run_id is None else run_id,
        inputs=inputs,
        needed=[by_position[id(members)] for members in needed],
        chosen=choose(inputs, needed),
        old_sets=set_ids_of(conn, workflow.id),
    )


def _drop(set_ids: list[int], conn: Connection, _now_ms: int) -> None:
    drop_unused(conn, set_ids)


def _recount(set_ids: list[int], conn: Connection, _now_ms: int) -> None:
    recount_sets(conn, set_ids)


def _by_size(sets: Iterable[Members]) -> Iterator[list[Members]]:
    """Yield sets in lists that have some `PIECE` members together."""
    some: list[Members] = []
    size = 0
    for members in sets:
        if not members:
            continue
        some.append(members)
        size += len(members)
        if size >= PIECE:
            yield some
            some, size = [], 0
    if some:
        yield some


def _refuse_cycles(inputs: Inputs, needed: Sequence[Members]) -> None:
    if all(not members or members[-1] < position for position, members in enumerate(needed)):
        return  # all depend on earlier ones, as is usual: there can be no cycle
    cycles = find_cycles(needed)
    if not cycles:
        return
    names = [inputs.jobs[position].name for position in cycles[0]]
    shown = names[:_SHOWN_NAMES] + (["..."] if len(names) > _SHOWN_NAMES else [])
    raise ConflictError(
        f"The jobs depend on each other in a cycle: {' -> '.join([*shown, names[0]])}.",
        hint="Remove one of these dependencies, or one of the files or user data behind them.",
        job_ids=[inputs.jobs[position].id for position in cycles[0]],
    )

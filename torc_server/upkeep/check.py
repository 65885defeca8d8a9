"""Whether a database is whole, and its counters right; what can be repaired of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import Connection, Table, func, select

from torc_core.model.events.types import CountersCorrected
from torc_core.model.ids import WorkflowId
from torc_core.units import counted
from torc_server.rules.dependencies import propagation, sets
from torc_server.rules.events import record
from torc_server.storage import tables
from torc_server.storage.database import Database


class Checked(NamedTuple):
    """What was found in a database."""

    damage: list[str]
    """Sentences; nothing here repairs it."""
    miscounted: dict[WorkflowId, int]
    """How many counters of dependencies are wrong, by workflow."""
    num_workflows: int
    num_jobs: int

    @property
    def problems(self) -> Iterator[str]:
        """One sentence for each thing that is wrong."""
        yield from self.damage
        for workflow_id, number in self.miscounted.items():
            wrong = counted(number, "wrong counter")
            yield f"Workflow {workflow_id} has {wrong} of dependencies."


def check(connection: Connection, database: Database) -> Checked:
    """Read all of a database, and say what is wrong with it.

    Raises:
        DBAPIError: It cannot be read.
    """
    damage = database.find_damage(connection, is_quick=False)
    return Checked(
        damage,
        {} if damage else sets.find_miscounted(connection),
        *(_size(connection, table) for table in (tables.workflow, tables.job)),
    )


def repair(connection: Connection, workflow_id: WorkflowId, number: int, *, now_ms: int) -> None:
    """Correct the counters of a workflow, and what waited for no other job; with an event.

    Args:
        connection: In a transaction.
        workflow_id: The workflow.
        number: How many of its counters are wrong.
        now_ms: When, in milliseconds since 1970.
    """
    sets.recount(connection, workflow_id)
    record(connection, workflow_id, CountersCorrected(counters=number), now_ms=now_ms)
    run = select(tables.workflow.c.run_id).where(tables.workflow.c.id == workflow_id)
    propagation.release_stuck(
        connection, workflow_id, run_id=connection.execute(run).scalar_one(), now_ms=now_ms
    )


def _size(connection: Connection, table: Table) -> int:
    return connection.execute(select(func.count()).select_from(table)).scalar_one()

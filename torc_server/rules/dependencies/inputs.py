"""What the jobs of a workflow depend on, read at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, exists, select

from torc_core.graph import all_dependencies
from torc_core.model.ids import WorkflowId
from torc_server.rules.dependencies.sets import Members, members_of
from torc_server.rules.jobs import LINKS
from torc_server.storage import tables
from torc_server.storage.statements import Prepared, Record

_job = tables.job
_JOBS = Prepared(
    select(
        _job.c.id,
        _job.c.name,
        _job.c.command,
        _job.c.invocation_script,
        _job.c.env,
        _job.c.status,
        _job.c.compute_node_id,
        _job.c.dependency_set_id,
        _job.c.input_hash,
    )
    .where(_job.c.workflow_id == bindparam("workflow_id"))
    .order_by(_job.c.id)
)

Links = list[Members]
"""For each job the ids of related things, ascending; equal lists are one object."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """The jobs of a workflow by ascending id, and for each of them what it depends on."""

    jobs: Sequence[Record]
    links: dict[str, Links]
    """By field of a job on the wire, see `jobs.LINKS`."""
    stated: list[Members]
    """The ids of the jobs that each depends on explicitly, as its dependency set has them."""
    contents: dict[int, str]
    """A digest of the value of each user data that no job writes, by id."""


def read_inputs(
    conn: Connection, workflow_id: WorkflowId, *, clears_ephemeral: bool = False
) -> Inputs:
    """Read the jobs of a workflow and all that they depend on.

    Args:
        conn: A connection that reads.
        workflow_id: The workflow.
        clears_ephemeral: Whether ephemeral user data count as cleared.
    """
    jobs = _JOBS.all(conn, workflow_id=workflow_id)
    positions = {row.id: position for position, row in enumerate(jobs)}
    sets = members_of(conn, workflow_id)
    return Inputs(
        jobs=jobs,
        links={field: _links(conn, workflow_id, field, positions) for field in LINKS},
        stated=[sets.get(row.dependency_set_id, ()) for row in jobs],
        contents=_contents(conn, workflow_id, clears_ephemeral=clears_ephemeral),
    )


def dependencies(inputs: Inputs) -> list[Members]:
    """Return for each job the positions of the jobs that it depends on.

    Those that are stated, and the writers of the files and user data that it reads.
    """
    return all_dependencies(
        positions_of(inputs),
        [
            (inputs.links["input_file_ids"], inputs.links["output_file_ids"]),
            (inputs.links["input_user_data_ids"], inputs.links["output_user_data_ids"]),
        ],
    )


def positions_of(inputs: Inputs) -> list[Members]:
    """Return for each job the positions of the jobs that it depends on explicitly."""
    positions = {row.id: position for position, row in enumerate(inputs.jobs)}
    located: dict[int, Members] = {}
    for members in inputs.stated:
        if id(members) not in located:
            located[id(members)] = tuple(positions[job_id] for job_id in members)
    return [located[id(members)] for members in inputs.stated]


def _links(
    conn: Connection, workflow_id: WorkflowId, field: str, positions: dict[int, int]
) -> Links:
    table, column = LINKS[field]
    rows = conn.execute(
        select(table.c.job_id, table.c[column])
        .join(_job, _job.c.id == table.c.job_id)
        .where(_job.c.workflow_id == workflow_id)
        .order_by(table.c.job_id, table.c[column])
    )
    found: dict[int, list[int]] = {}
    for job_id, linked in rows:
        found.setdefault(job_id, []).append(linked)
    nothing: Members = ()
    one_object: dict[Members, Members] = {}
    links = [nothing] * len(positions)
    for job_id, linked_ids in found.items():
        members = tuple(linked_ids)
        links[positions[job_id]] = one_object.setdefault(members, members)
    return links


def _contents(
    conn: Connection, workflow_id: WorkflowId, *, clears_ephemeral: bool
) -> dict[int, str]:
    table = tables.user_data
    written = tables.job_output_user_data.c.user_data_id
    rows: Any = conn.execute(
        select(table.c.id, table.c.data, table.c.is_ephemeral).where(
            table.c.workflow_id == workflow_id, ~exists().where(written == table.c.id)
        )
    )
    return {
        data_id: sha256(
            msgspec.json.encode(None if clears_ephemeral and is_ephemeral else data, order="sorted")
        ).hexdigest()
        for data_id, data, is_ephemeral in rows
    }

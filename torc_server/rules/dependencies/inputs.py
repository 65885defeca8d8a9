"""What the jobs of a workflow depend on, read at once, and held in some 50 bytes per job.

Of each job there is only what decides which jobs are placed, and where. Names and commands are read
again, a few at a time, when they are needed.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left as _at
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from itertools import compress
from typing import Any, cast

import msgspec
from sqlalchemy import BindParameter, Connection, bindparam, exists, select

from torc_core.graph import Rows, SharedRows
from torc_core.model.ids import JobId, WorkflowId
from torc_core.model.status import JobStatus
from torc_server.rules.dependencies.sets import members_between, set_ids_of
from torc_server.rules.jobs import LINKS
from torc_server.storage import tables
from torc_server.storage.statements import Prepared

_FLOWS = (
    ("input_file_ids", "output_file_ids"),
    ("input_user_data_ids", "output_user_data_ids"),
)
"""Through what jobs depend on each other: what reads it, and what writes it."""
_MOST_SEEN = 10_000
"""How many sets of inputs are remembered, to see that those of a job are another's as well."""

_job = tables.job
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_JOBS = Prepared(
    select(
        _job.c.id,
        _job.c.status,
        _job.c.compute_node_id,
        _job.c.dependency_set_id,
        _job.c.input_hash,
    )
    .where(_job.c.workflow_id == bindparam("workflow_id"))
    .order_by(_job.c.id)
)
_NAMES = Prepared(select(_job.c.id, _job.c.name).where(_job.c.id.in_(_IDS)))
# A sum has no index: SQLite reads the links of a range in their order, instead of sorting them.
_LINKED = {
    field: Prepared(
        select(table.c.job_id, table.c[column].label("linked"))
        .join(_job, _job.c.id == table.c.job_id)
        .where(
            table.c.job_id.between(bindparam("first"), bindparam("last")),
            _job.c.workflow_id + 0 == bindparam("of_workflow"),
        )
        .order_by(table.c.job_id, table.c[column])
    )
    for field, (table, column) in LINKS.items()
}


@dataclass(frozen=True, slots=True)
class Inputs:
    """The jobs of a workflow by ascending id, and for each of them what it depends on."""

    ids: array[int]
    statuses: bytes
    """The number of each job's status."""
    held: bytes
    """1 for each job that a compute node has."""
    is_new: bool
    """Whether none of them was ever initialized."""
    stated: SharedRows
    """The positions of the jobs that each depends on explicitly, as its dependency set has them."""
    set_ids: array[int]
    """The ids of all sets of the workflow, in the order of the rows of `stated`; 0 for the first,
    which is empty."""
    links: Mapping[str, Rows]
    """By field of a job on the wire, see `jobs.LINKS`."""
    contents: dict[int, str]
    """A digest of the value of each user data that no job writes, by id."""

    def having(self, statuses: Collection[JobStatus]) -> bytes:
        """Return 1 for each job in one of these statuses, and 0 for all others."""
        numbers = {status.number for status in statuses}
        return self.statuses.translate(bytes(number in numbers for number in range(256)))

    def ids_of(self, marks: bytes | bytearray) -> Sequence[JobId]:
        """Return the ascending ids of the jobs that are marked with 1."""
        return cast("Sequence[JobId]", array("q", compress(self.ids, marks)))


def read_inputs(
    conn: Connection, workflow_id: WorkflowId, *, clears_ephemeral: bool = False
) -> Inputs:
    """Read the jobs of a workflow and all that they depend on.

    Args:
        conn: A connection that reads.
        workflow_id: The workflow.
        clears_ephemeral: Whether ephemeral user data count as cleared.
    """
    ids, of_jobs, statuses, held = array("q"), array("q"), bytearray(), bytearray()
    is_new = True
    for job_id, status, node_id, set_id, input_hash in _JOBS.each(conn, workflow_id=workflow_id):
        ids.append(job_id)
        of_jobs.append(set_id or 0)
        statuses.append(status)
        held.append(node_id is not None)
        is_new = is_new and input_hash is None
    set_ids = array("q", [0])
    set_ids.extend(set_ids_of(conn, workflow_id))
    rows = _members(conn, workflow_id, set_ids, ids)
    numbers = array(
        "i", (number if rows[number] else 0 for number in map(partial(_at, set_ids), of_jobs))
    )
    return Inputs(
        ids=ids,
        statuses=bytes(statuses),
        held=bytes(held),
        is_new=is_new,
        stated=SharedRows(numbers, rows),
        set_ids=set_ids,
        links={field: _links(conn, workflow_id, field, ids) for field in LINKS},
        contents=_contents(conn, workflow_id, clears_ephemeral=clears_ephemeral),
    )


def dependencies(inputs: Inputs) -> SharedRows:
    """Return for each job the positions of the jobs that it depends on.

    Those that are stated, and the writers of the files and user data that it reads. The rows begin
    with those that are stated.
    """
    needed = inputs.stated
    for reads, writes in _FLOWS:
        if inputs.links[reads].items and inputs.links[writes].items:
            needed = _with_flow(needed, inputs.links[reads], _writers(inputs.links[writes]))
    return needed


def names_of(conn: Connection, job_ids: Sequence[JobId]) -> list[str]:
    """Return the names of jobs, in the order of the ids."""
    names = dict(_NAMES.all_of(conn, job_ids))
    return [names[job_id] for job_id in job_ids]


def _members(
    conn: Connection, workflow_id: WorkflowId, set_ids: array[int], ids: array[int]
) -> Rows:
    """Return for each set the positions of its members."""
    first, last = set_ids[:2][-1], set_ids[-1]
    found = members_between(conn, workflow_id, first, last)
    pairs = ((_at(set_ids, set_id), _at(ids, job_id)) for set_id, job_id in found)
    return Rows.grouped("i", len(set_ids), pairs)


def _links(conn: Connection, workflow_id: WorkflowId, field: str, ids: array[int]) -> Rows:
    if not ids:
        return Rows("q")
    found = _LINKED[field].each(conn, first=ids[0], last=ids[-1], of_workflow=workflow_id)
    return Rows.grouped("q", len(ids), ((_at(ids, job_id), linked) for job_id, linked in found))


def _writers(writes: Rows) -> Callable[[int], array[int]]:
    """Return what returns the positions of the jobs that write something."""
    owners = array("i")
    for job in range(len(writes)):
        owners.extend([job] * len(writes[job]))
    order = sorted(range(len(owners)), key=writes.items.__getitem__)
    written = array("q", map(writes.items.__getitem__, order))
    owners = array("i", map(owners.__getitem__, order))
    return lambda item: owners[_at(written, item) : _at(written, item + 1)]


def _with_flow(needed: SharedRows, reads: Rows, writers: Callable[[int], array[int]]) -> SharedRows:
    """Add the jobs that write what each job reads, itself excepted."""
    numbers, rows = needed.numbers[:], needed.rows.copy()
    seen: dict[tuple[int, tuple[int, ...]], int] = {}
    for job, (number, read) in enumerate(zip(needed.numbers, reads, strict=True)):
        if not read:
            continue
        known = seen.get((number, read))
        if known is None:
            stated = needed.rows[number]
            through = {writer for item in read for writer in writers(item)}
            both = sorted(through.difference([job]).union(stated))
            known = number
            if len(both) > len(stated):
                known = len(rows)
                rows.add(both)
            if job not in through:
                if len(seen) >= _MOST_SEEN:
                    seen.clear()
                seen[number, read] = known
        numbers[job] = known
    return SharedRows(numbers, rows)


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

"""The input hash of a job, stored when it is initialized: whether its inputs have changed since.

It is a digest of everything that counts, and then, behind colons, short digests of single inputs.
Whether a job changed is decided by the first alone, which is all that servers before have stored;
the others say what it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import blake2b
from itertools import compress, tee

import msgspec
from sqlalchemy import Connection, bindparam, select

from torc_core.graph import SharedRows
from torc_core.model.ids import JobId, UserDataId, WorkflowId
from torc_core.model.workflow import InputChange
from torc_server.rules.dependencies.inputs import Inputs
from torc_server.rules.dependencies.sets import Members
from torc_server.rules.jobs import LINKS
from torc_server.storage import tables
from torc_server.storage.statements import Prepared, Record

_READ = "input_user_data_ids"
_USER_DATA_AT = 1 + list(LINKS).index(_READ)
_SHORT = 8
"""Characters of the digest of a single input."""
_MOST_VALUES = 8
"""The values of more user data than this have one digest together, as each job stores them."""
_MOST_DIGESTS = 2_000
"""How many digests are remembered, as jobs with the same relations are mostly neighbors."""

_Relations = tuple[int | Members, ...]
"""The number of the set that a job depends on, and what it is linked to."""

_job = tables.job
_HASHED = Prepared(
    select(_job.c.id, _job.c.command, _job.c.invocation_script, _job.c.env, _job.c.input_hash)
    .where(_job.c.workflow_id == bindparam("workflow_id"))
    .order_by(_job.c.id)
)


def input_hashes(
    inputs: Inputs, needed: SharedRows, rows: Iterable[Record], first: int = 0
) -> Iterator[str]:
    """Yield for some jobs a digest of what each depends on.

    That is its command, its invocation script and its environment, the ids of the jobs it needs, of
    its files and its user data, and the values of the user data it reads and no job writes.

    Args:
        inputs: All jobs.
        needed: For each job the positions of the jobs that it depends on.
        rows: Their commands, invocation scripts and environments; they follow each other.
        first: The position of the first of them.
    """
    encode = msgspec.json.Encoder(order="sorted").encode
    digests: dict[_Relations, tuple[bytes, str]] = {}
    numbers = memoryview(needed.numbers)[first:]
    columns = [linked.following(first) for linked in inputs.links.values()]
    for row, *relations in zip(rows, numbers, *columns, strict=False):
        key: _Relations = tuple(relations)
        if key not in digests:
            number, *links = relations
            related = tuple([inputs.ids[at] for at in needed.rows[number]]), *links
            read = related[_USER_DATA_AT]
            values = [inputs.contents.get(data_id) for data_id in read]
            if len(digests) >= _MOST_DIGESTS:
                digests.clear()
            digests[key] = encode((related, values)), _values(inputs, read) if read else ""
        of_related, of_values = digests[key]
        own = (row.command, row.invocation_script, *([row.env] if row.env else ()))
        whole = blake2b(encode(own) + of_related, digest_size=16).hexdigest()
        command = blake2b(row.command.encode(), digest_size=_SHORT // 2).hexdigest()
        yield f"{whole}:{command}{of_values}"


def find_changes(
    conn: Connection, workflow_id: WorkflowId, inputs: Inputs
) -> dict[int, InputChange]:
    """Return what changed of jobs since they were initialized, by their positions."""
    changes = {}
    jobs, again = tee(_HASHED.each(conn, workflow_id=workflow_id))
    hashes = input_hashes(inputs, inputs.stated, again)
    for at, (row, new) in enumerate(zip(jobs, hashes, strict=True)):
        old = row.input_hash
        if old is not None and old.partition(":")[0] != new.partition(":")[0]:
            changes[at] = _describe(inputs, at, old.split(":")[1:], new.split(":")[1:])
    return changes


def _describe(inputs: Inputs, at: int, old: list[str], new: list[str]) -> InputChange:
    job_id = JobId(inputs.ids[at])
    if not old or len(old) != len(new):  # of an older server, or it reads other user data
        return InputChange(job_id=job_id)
    command, *values = [before != after for before, after in zip(old, new, strict=True)]
    read = _constants(inputs, inputs.links[_READ][at])
    known = compress(read, values) if len(read) <= _MOST_VALUES else ()
    return InputChange(
        job_id=job_id, command=command, user_data=any(values), user_data_ids=list(known)
    )


def _constants(inputs: Inputs, read: Members) -> list[UserDataId]:
    """Return the ids of the user data among these that no job writes."""
    return [UserDataId(data_id) for data_id in read if data_id in inputs.contents]


def _values(inputs: Inputs, read: Members) -> str:
    """Return short digests of the values of user data that a job reads and no job writes."""
    contents = [inputs.contents[data_id] for data_id in _constants(inputs, read)]
    if len(contents) > _MOST_VALUES:
        together = "".join(contents).encode()
        contents = [blake2b(together, digest_size=_SHORT // 2).hexdigest()]
    return "".join(f":{each[:_SHORT]}" for each in contents)

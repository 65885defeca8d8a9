"""Jobs that add jobs: each call in one transaction, and a repeated call adds nothing.

The state of each iteration is stored as user data, whose names count the iterations of a lineage.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, TypeVar

from sqlalchemy import BindParameter, Connection, bindparam, insert, select, update

from torc_core.characters import forbidden_in_name
from torc_core.errors import TransitionError, UsageError
from torc_core.graph import find_cycles
from torc_core.model.events.jobs import (
    JobsSpawned,
)
from torc_core.model.ids import JobId, RequirementsId, WorkflowId, id_of
from torc_core.model.job import Job, JobOrigin
from torc_core.model.spawning import (
    DEFAULT_MAX_ITERATIONS,
    LINEAGE_VARIABLE,
    SpawnJob,
    SpawnReply,
    SpawnRequest,
    lineage_prefix,
)
from torc_core.model.status import ACTIVE, JobStatus
from torc_server.errors import SpawnError
from torc_server.rules.creation import create_jobs
from torc_server.rules.events import record, touch
from torc_server.rules.jobs import find_job, needed_jobs
from torc_server.rules.workflows import find_workflow
from torc_server.storage import tables
from torc_server.storage.statements import Prepared, Record
from torc_server.storage.tables.job import JobRow
from torc_server.storage.tables.workflow import WorkflowRow

MAX_LINEAGE_LENGTH = 200

Id = TypeVar("Id", bound=int)

_job = tables.job.c
_data = tables.user_data
_needs = tables.resource_requirements.c
_NAMES: BindParameter[Any] = bindparam("ids", expanding=True)
_OF_WORKFLOW: BindParameter[Any] = bindparam("workflow_id")

_JOBS = Prepared(
    select(_job.id, _job.name, _job.origin).where(
        _job.workflow_id == _OF_WORKFLOW, _job.name.in_(_NAMES)
    )
)
_REQUIREMENTS = Prepared(
    select(_needs.id, _needs.name).where(
        _needs.workflow_id == _OF_WORKFLOW, _needs.name.in_(_NAMES)
    )
)


def spawn_jobs(
    conn: Connection, job_id: JobId, request: SpawnRequest, *, now_ms: int
) -> SpawnReply:
    """Add jobs that depend on the calling job, and store the state of the lineage.

    Raises:
        NotFoundError: There is no such job.
        TransitionError: No runner holds the calling job.
        UsageError: A name that is unknown or stands for several, or a lineage that cannot be one.
        SpawnError: Other jobs have these names, or the lineage has used up its iterations.
    """
    caller = find_job(conn, job_id)
    status = JobStatus.from_number(caller.status)
    if status not in ACTIVE:  # its start may be reported after its first call
        raise TransitionError(
            f"Job {job_id} ({caller.name}) is {status.value}; only a running job adds jobs.",
            hint="Call spawn_jobs from the job's own process, with its TORC_JOB_ID.",
            status=status.value,
            wanted=JobStatus.RUNNING.value,
        )
    lineage = _lineage(request, caller)
    iteration = _iterations(conn, caller.workflow_id, lineage)
    if not request.jobs:
        _store_final(conn, caller.workflow_id, lineage_prefix(lineage) + "final", request.state)
        return SpawnReply(iteration=iteration)
    _check_names(request.jobs)
    before = _spawned_before(conn, caller, [job.name for job in request.jobs])
    if before:
        return SpawnReply(iteration=iteration, spawned_job_ids=before)
    workflow = find_workflow(conn, caller.workflow_id)
    _check_iterations(workflow, lineage, iteration)
    new = _new_jobs(conn, caller, lineage, request.jobs)
    created = create_jobs(conn, new, status=JobStatus.BLOCKED, origin=JobOrigin.SPAWN)
    iteration += 1
    _store(conn, workflow.id, f"{lineage_prefix(lineage)}g{iteration:06d}", request.state)
    event = JobsSpawned(
        job_id=job_id,
        job_name=caller.name,
        lineage=lineage,
        iteration=iteration,
        jobs=len(created),
        run_id=workflow.run_id,
    )
    record(conn, workflow.id, event, now_ms=now_ms)
    ids = [id_of(job) for job in created]
    return SpawnReply(iteration=iteration, spawned_job_ids=ids)


def _lineage(request: SpawnRequest, caller: JobRow) -> str:
    lineage: str = caller.name if request.lineage is None else request.lineage
    if not 0 < len(lineage) <= MAX_LINEAGE_LENGTH or forbidden_in_name(lineage):
        raise UsageError(
            f"{lineage[:MAX_LINEAGE_LENGTH]!r} cannot be the name of a lineage.",
            hint=f"Use 1 to {MAX_LINEAGE_LENGTH} printable characters.",
            field="lineage",
        )
    return lineage


def _iterations(conn: Connection, workflow_id: WorkflowId, lineage: str) -> int:
    """Return how many times a lineage has added jobs."""
    beginning = lineage_prefix(lineage) + "g"
    names = conn.execute(
        select(_data.c.name).where(
            _data.c.workflow_id == workflow_id, _data.c.name.startswith(beginning, autoescape=True)
        )
    ).scalars()
    numbered = re.compile(re.escape(beginning) + r"(\d{6,9})", re.ASCII)
    return max((int(found[1]) for name in names if (found := numbered.fullmatch(name))), default=0)


def _check_iterations(workflow: WorkflowRow, lineage: str, iteration: int) -> None:
    most = (workflow.dynamic_jobs or {}).get("max_iterations") or DEFAULT_MAX_ITERATIONS
    if iteration >= most:
        raise SpawnError(
            f"The lineage {lineage!r} has added jobs {iteration} times; {most} are allowed.",
            hint="Find out why it does not finish, or create the workflow with a larger "
            "dynamic_jobs.max_iterations.",
            iteration=iteration,
            max_iterations=most,
        )


def _check_names(jobs: Sequence[SpawnJob]) -> None:
    places: dict[str, int] = {}
    for place, job in enumerate(jobs):
        if not job.name:
            raise UsageError(f"Job {place + 1} of {len(jobs)} has no name.", field="name")
        if places.setdefault(job.name, place) != place:
            raise UsageError(
                f"Two jobs of the request are named {job.name!r}.",
                hint="Jobs of one request need different names.",
                field="name",
            )


def _spawned_before(conn: Connection, caller: JobRow, names: Sequence[str]) -> list[JobId]:
    """Return the jobs that a repeated request created the first time; none if it is new.

    Those are jobs with exactly these names that were spawned and depend on the same caller.

    Raises:
        SpawnError: Jobs have some of these names otherwise.
    """
    rows = _JOBS.all_of(conn, names, workflow_id=caller.workflow_id)
    if not rows:
        return []
    needed = needed_jobs(conn, [row.id for row in rows])
    ids = {
        row.name: row.id
        for row in rows
        if row.origin == JobOrigin.SPAWN and caller.id in needed.get(row.id, ())
    }
    if len(ids) < len(names) or len(rows) > len(names):
        taken = next((row.name for row in rows if row.name not in ids), rows[0].name)
        raise SpawnError(
            f"Workflow {caller.workflow_id} has a job named {taken!r} already.",
            hint="Use different names for the jobs of each iteration.",
            field="name",
            value=taken,
        )
    return [ids[name] for name in names]


def _new_jobs(
    conn: Connection, caller: JobRow, lineage: str, jobs: Sequence[SpawnJob]
) -> list[Job]:
    """Return the jobs to create, their names resolved."""
    places = {job.name: place for place, job in enumerate(jobs)}
    named = {name for job in jobs for name in job.depends_on or ()} - places.keys()
    existing = _by_name(JobId, _JOBS.all_of(conn, named, workflow_id=caller.workflow_id), "job")
    _check_known(named, existing, caller, "job")
    needs = {job.resource_requirements for job in jobs if job.resource_requirements}
    found = _REQUIREMENTS.all_of(conn, needs, workflow_id=caller.workflow_id)
    requirements = _by_name(RequirementsId, found, "resource requirements")
    _check_known(needs, requirements, caller, "resource requirements")
    # As `create_jobs` has it: -1 stands for the first job of the call.
    ids = existing | {name: JobId(-1 - place) for name, place in places.items()}
    _check_cycles(jobs, places)
    return [
        Job(
            workflow_id=caller.workflow_id,
            name=job.name,
            command=job.command,
            priority=job.priority or 0,
            cancel_on_blocking_job_failure=job.cancel_on_blocking_job_failure is not False,
            depends_on_job_ids=[caller.id, *(ids[name] for name in job.depends_on or ())],
            resource_requirements_id=requirements.get(job.resource_requirements or ""),
            env={LINEAGE_VARIABLE: lineage},
        )
        for job in jobs
    ]


def _by_name(id_type: Callable[[int], Id], rows: Iterable[Record], kind: str) -> dict[str, Id]:
    found: dict[str, Id] = {}
    for row in rows:
        if found.setdefault(row.name, id_type(row.id)) != row.id:
            raise UsageError(
                f"Several {kind} are named {row.name!r}: {found[row.name]} and {row.id}.",
                hint="Refer only to unambiguous names.",
            )
    return found


def _check_known(
    names: AbstractSet[str], known: Mapping[str, int], caller: JobRow, kind: str
) -> None:
    unknown = sorted(names - known.keys())
    if unknown:
        some = ", ".join(map(repr, unknown[:3])) + (", ..." if len(unknown) > 3 else "")
        raise UsageError(
            f"Workflow {caller.workflow_id} has no {kind} named {some}.",
            hint="Name what exists in the workflow, or a job of the same request.",
        )


def _check_cycles(jobs: Sequence[SpawnJob], places: Mapping[str, int]) -> None:
    cycles = find_cycles(
        [tuple({places[name] for name in job.depends_on or () if name in places}) for job in jobs]
    )
    if cycles:
        names = [jobs[place].name for place in cycles[0][:10]]
        raise UsageError(
            f"The jobs depend on each other in a cycle: {' -> '.join([*names, names[0]])}.",
            hint="Remove one of these dependencies.",
            field="depends_on",
        )


def _store(conn: Connection, workflow_id: WorkflowId, name: str, state: Any) -> None:
    values = {"workflow_id": workflow_id, "name": name, "data": state, "is_ephemeral": False}
    conn.execute(insert(_data), values)
    touch(conn, workflow_id)


def _store_final(conn: Connection, workflow_id: WorkflowId, name: str, state: Any) -> None:
    """Store the final state of a lineage, in place of an earlier one."""
    again = (_data.c.workflow_id == workflow_id) & (_data.c.name == name)
    if not conn.execute(update(_data).where(again).values(data=state)).rowcount:
        _store(conn, workflow_id, name, state)

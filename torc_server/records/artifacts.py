"""User data with the jobs that write and read it."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select

from torc_core.errors import NotFoundError
from torc_core.model.artifact import UserData
from torc_core.model.ids import JobId, WorkflowId
from torc_server.records import crud
from torc_server.records.resources import USER_DATA
from torc_server.storage import tables


def create_user_data(
    connection: Connection,
    user_data: UserData,
    *,
    producer_job_id: JobId | None,
    consumer_job_id: JobId | None,
    now_ms: int,
) -> UserData:
    """Create user data, linked to jobs of its workflow, and return it.

    Raises:
        NotFoundError: There is no such workflow, or no such job in it.
    """
    created = crud.create(connection, USER_DATA, user_data, now_ms=now_ms)
    links = (
        (tables.job_output_user_data, producer_job_id),
        (tables.job_input_user_data, consumer_job_id),
    )
    for table, job_id in links:
        if job_id is not None:
            _require_job(connection, created.workflow_id, job_id)
            connection.execute(insert(table).values(job_id=job_id, user_data_id=created.id))
    return created


def _require_job(connection: Connection, workflow_id: WorkflowId, job_id: JobId) -> None:
    job = tables.job.c
    found = select(job.id).where(job.id == job_id, job.workflow_id == workflow_id)
    if connection.execute(found).first() is None:
        raise NotFoundError.of("job", job_id, hint=f"Name a job of workflow {workflow_id}.")

"""How far a workflow is, and what it still needs before it can run."""

from __future__ import annotations

from sqlalchemy import Connection, exists, or_, select

from torc_core.model.artifact import FileIds, UserDataIds
from torc_core.model.ids import WorkflowId
from torc_core.model.status import JobStatus
from torc_core.model.workflow import IsComplete
from torc_server.rules.workflows import find_workflow, has_open_jobs
from torc_server.storage import tables

_job = tables.job
_IS_COMPLETED = _job.c.status == JobStatus.COMPLETED.number


def is_complete(conn: Connection, workflow_id: WorkflowId) -> IsComplete:
    """Return whether all jobs of a workflow are complete, or it was canceled.

    Raises:
        NotFoundError: There is no such workflow.
    """
    workflow = find_workflow(conn, workflow_id)
    return IsComplete(
        is_canceled=workflow.is_canceled,
        is_complete=workflow.is_canceled or not has_open_jobs(conn, workflow_id),
        needs_to_run_completion_script=workflow.has_detected_need_to_run_completion_script,
    )


def is_uninitialized(conn: Connection, workflow_id: WorkflowId) -> bool:
    """Return whether every job of a workflow is uninitialized or disabled.

    Raises:
        NotFoundError: There is no such workflow.
    """
    find_workflow(conn, workflow_id)
    others = [
        status.number
        for status in JobStatus
        if status not in {JobStatus.UNINITIALIZED, JobStatus.DISABLED}
    ]
    initialized = exists().where(_job.c.workflow_id == workflow_id, _job.c.status.in_(others))
    return not conn.execute(select(initialized)).scalar_one()


def required_existing_files(conn: Connection, workflow_id: WorkflowId) -> FileIds:
    """Return the ascending ids of the files that must exist before the workflow can run.

    Those that jobs read and none writes, and those that completed jobs wrote.

    Raises:
        NotFoundError: There is no such workflow.
    """
    find_workflow(conn, workflow_id)
    file, read, written = tables.file.c, tables.job_input_file.c, tables.job_output_file.c
    is_read = exists().where(read.file_id == file.id)
    is_written = exists().where(written.file_id == file.id)
    is_done = exists().where(written.file_id == file.id, written.job_id == _job.c.id, _IS_COMPLETED)
    query = select(file.id).where(
        file.workflow_id == workflow_id, or_(is_read & ~is_written, is_done)
    )
    return FileIds(files=list(conn.execute(query.order_by(file.id)).scalars()))


def missing_user_data(conn: Connection, workflow_id: WorkflowId) -> UserDataIds:
    """Return the ascending ids of the user data that must have a value and has none.

    Which must have one follows the rule of `required_existing_files`.

    Raises:
        NotFoundError: There is no such workflow.
    """
    find_workflow(conn, workflow_id)
    data = tables.user_data.c
    read, written = tables.job_input_user_data.c, tables.job_output_user_data.c
    is_read = exists().where(read.user_data_id == data.id)
    is_written = exists().where(written.user_data_id == data.id)
    is_done = exists().where(
        written.user_data_id == data.id, written.job_id == _job.c.id, _IS_COMPLETED
    )
    query = select(data.id).where(
        data.workflow_id == workflow_id, data.data.is_(None), or_(is_read & ~is_written, is_done)
    )
    return UserDataIds(user_data=list(conn.execute(query.order_by(data.id)).scalars()))

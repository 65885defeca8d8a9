"""Files and user data, which jobs read or write them, and their provenance."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Index

from torc_core.model.ids import FileId, JobId, UserDataId, WorkflowId
from torc_server.storage.tables.columns import (
    NUMBERED,
    Row,
    json,
    key,
    reference,
    text,
    weak_reference,
)


class FileRow(Row, table=True):
    """A file that jobs read or write."""

    __tablename__ = "file"
    __table_args__ = NUMBERED

    id: FileId = key()
    workflow_id: WorkflowId = reference("workflow.id", index=True)
    name: str = text()
    path: str = text()
    st_mtime: float | None = None


class UserDataRow(Row, table=True):
    """A JSON value that jobs read or write."""

    __tablename__ = "user_data"
    __table_args__ = NUMBERED

    id: UserDataId = key()
    workflow_id: WorkflowId = reference("workflow.id", index=True)
    name: str = text()
    is_ephemeral: bool = False
    data: Any = json()


class JobInputFileRow(Row, table=True):
    """A job reads a file."""

    __tablename__ = "job_input_file"

    job_id: JobId = reference("job.id", primary_key=True)
    file_id: FileId = reference("file.id", primary_key=True, index=True)


class JobOutputFileRow(Row, table=True):
    """A job writes a file."""

    __tablename__ = "job_output_file"

    job_id: JobId = reference("job.id", primary_key=True)
    file_id: FileId = reference("file.id", primary_key=True, index=True)


class JobInputUserDataRow(Row, table=True):
    """A job reads user data."""

    __tablename__ = "job_input_user_data"

    job_id: JobId = reference("job.id", primary_key=True)
    user_data_id: UserDataId = reference("user_data.id", primary_key=True, index=True)


class JobOutputUserDataRow(Row, table=True):
    """A job writes user data."""

    __tablename__ = "job_output_user_data"

    job_id: JobId = reference("job.id", primary_key=True)
    user_data_id: UserDataId = reference("user_data.id", primary_key=True, index=True)


class RoCrateEntityRow(Row, table=True):
    """An entity of a workflow's RO-Crate."""

    __tablename__ = "ro_crate_entity"
    __table_args__ = (
        Index("ux_ro_crate_entity", "workflow_id", "entity_id", unique=True),
        NUMBERED,
    )

    id: int = key()
    workflow_id: WorkflowId = reference("workflow.id")
    entity_id: str = text()
    entity_type: str = text()
    file_id: FileId | None = weak_reference("file.id", index=True)
    entity_metadata: Any = json()
    """`metadata` on the wire; SQLModel reserves that name."""

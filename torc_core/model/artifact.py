"""Files and user data: what jobs read and write, and so depend on."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, UnsetType

from torc_core.model.ids import FileId, JobId, UserDataId, WorkflowId
from torc_core.model.wire import Wire, stated


class File(Wire, frozen=True, kw_only=True):
    """A file that jobs read or write. The server never accesses the path."""

    id: FileId | None = None
    workflow_id: WorkflowId
    name: str
    path: str
    st_mtime: float | None = None
    """Last modification, seconds since 1970, as last reported by a client."""


class FilePatch(Wire, frozen=True, kw_only=True):
    """The fields of a file to change; null clears those that may be empty."""

    name: str | None = None
    path: str | None = None
    st_mtime: float | UnsetType | None = UNSET


class UserData(Wire, frozen=True, kw_only=True):
    """A JSON value that jobs read or write."""

    id: UserDataId | None = None
    workflow_id: WorkflowId
    is_ephemeral: bool = stated(False)
    name: str
    data: Any = None


class UserDataPatch(Wire, frozen=True, kw_only=True):
    """The fields of user data to change; null clears those that may be empty."""

    name: str | None = None
    is_ephemeral: bool | None = None
    data: Any = UNSET


class Files(Wire, frozen=True, kw_only=True):
    """Files of one workflow, created in one transaction."""

    files: list[File]


class UserDataList(Wire, frozen=True, kw_only=True):
    """User data of one workflow, created in one transaction."""

    user_data: list[UserData]


class FileIds(Wire, frozen=True, kw_only=True):
    """Ids of the files that must exist before a workflow starts."""

    files: list[FileId]


class UserDataIds(Wire, frozen=True, kw_only=True):
    """Ids of the user data that must be set before a workflow starts."""

    user_data: list[UserDataId]


class JobFileRelationship(Wire, frozen=True, kw_only=True):
    """A file with the job that writes it and one that reads it; either may be absent."""

    file_id: FileId
    file_name: str
    file_path: str
    producer_job_id: JobId | None = None
    producer_job_name: str | None = None
    consumer_job_id: JobId | None = None
    consumer_job_name: str | None = None
    workflow_id: WorkflowId


class JobUserDataRelationship(Wire, frozen=True, kw_only=True):
    """User data with the job that writes it and one that reads it; either may be absent."""

    user_data_id: UserDataId
    user_data_name: str
    producer_job_id: JobId | None = None
    producer_job_name: str | None = None
    consumer_job_id: JobId | None = None
    consumer_job_name: str | None = None
    workflow_id: WorkflowId

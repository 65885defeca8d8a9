"""File records."""

from __future__ import annotations

from typing import Unpack

from torc_core.client.filters import FileFilters
from torc_core.client.request import LONG_S, Endpoints
from torc_core.model.artifact import File, FilePatch, Files
from torc_core.model.ids import FileId, WorkflowId
from torc_core.model.page import Page


class FileEndpoints(Endpoints):
    """Operations on the files of a workflow."""

    def create_file(self, file: File) -> File:
        """Create a file record; the file itself need not exist."""
        return self._post("/files", File, file)

    def create_files(self, files: list[File]) -> list[File]:
        """Create file records of one workflow together; returned in the same order."""
        return self._post("/bulk_files", Files, Files(files=files), timeout_s=LONG_S).files

    def list_files(self, workflow_id: WorkflowId, **filters: Unpack[FileFilters]) -> Page[File]:
        """Return a page of files."""
        path = "/files"
        return self._list(path, Page[File], filters, FileFilters, workflow_id)

    def get_file(self, file_id: FileId) -> File:
        """Return one file record."""
        return self._get(f"/files/{file_id}", File)

    def update_file(self, file_id: FileId, patch: FilePatch) -> File:
        """Change the given fields of a file record."""
        return self._update(f"/files/{file_id}", File, patch)

    def delete_file(self, file_id: FileId) -> File:
        """Delete a file record; the file itself stays."""
        return self._delete(f"/files/{file_id}", File)

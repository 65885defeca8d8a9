"""Bring a workflow to its start: what a client does around the server's own steps.

The reference leaves the order of these steps to its clients: check what must exist, take
everything back, count a new run, note when files changed last, then let the server work out
dependencies.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from torc_core.client import TorcClient, every_item
from torc_core.errors import ConflictError, NotFoundError
from torc_core.model.artifact import FilePatch
from torc_core.model.workflow import WorkflowStatus


class StartCheck(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in the way of a start, and what a start would overwrite."""

    missing_input_files: list[str]
    """Paths that jobs read, no job writes, and that do not exist."""
    existing_output_files: list[str]
    """Paths that jobs write and that exist already."""
    missing_user_data: int
    """How many records are read, never written, and empty."""

    @property
    def is_safe(self) -> bool:
        """Whether nothing is missing."""
        return not self.missing_input_files and not self.missing_user_data


def check_start(client: TorcClient, workflow_id: int, base: Path | None = None) -> StartCheck:
    """Look at files and user data before a start.

    Args:
        client: The server.
        workflow_id: The workflow.
        base: The directory that relative paths mean; the current one when left out.
    """
    base = base or Path()
    required = set(client.list_required_existing_files(workflow_id))
    files = list(every_item(client.list_files, workflow_id))
    written = {file.id for file in every_item(client.list_files, workflow_id, is_output=True)}
    return StartCheck(
        missing_input_files=[
            file.path
            for file in files
            if file.id in required - written and not (base / file.path).exists()
        ],
        existing_output_files=[
            file.path for file in files if file.id in written and (base / file.path).exists()
        ],
        missing_user_data=len(client.list_missing_user_data(workflow_id)),
    )


def initialize_workflow(
    client: TorcClient, workflow_id: int, *, force: bool = False, base: Path | None = None
) -> WorkflowStatus:
    """Start a new run: all jobs are taken back, then blocked or ready.

    Args:
        client: The server.
        workflow_id: The workflow.
        force: Go on although inputs are missing.
        base: The directory that relative paths mean; the current one when left out.

    Raises:
        ConflictError: The workflow is archived or has active jobs, or inputs are missing.
    """
    status = client.get_workflow_status(workflow_id)
    if status.is_archived:
        raise ConflictError(
            f"Workflow {workflow_id} is archived.",
            hint=f"Take it back first: torc workflows archive false {workflow_id}",
        )
    if not force:
        _refuse_missing_inputs(workflow_id, check_start(client, workflow_id, base))
    client.reset_workflow_status(workflow_id, force=force)
    client.reset_job_status(workflow_id)
    started = WorkflowStatus(
        is_canceled=False,
        is_archived=False,
        run_id=status.run_id + 1,
        has_detected_need_to_run_completion_script=False,
    )
    client.update_workflow_status(workflow_id, started)
    note_file_times(client, workflow_id, base)
    client.initialize_jobs(workflow_id)
    return client.get_workflow_status(workflow_id)


def archive_workflow(client: TorcClient, workflow_id: int, *, is_archived: bool) -> None:
    """Put a workflow into the archive, or take it out.

    Raises:
        NotFoundError: There is no such workflow.
    """
    try:
        client.archive_workflow(workflow_id, is_archived=is_archived)
    except NotFoundError:  # the workflow, or in servers before 0.35 the call
        status = client.get_workflow_status(workflow_id)
        changed = WorkflowStatus(
            is_canceled=status.is_canceled,
            is_archived=is_archived,
            run_id=status.run_id,
            has_detected_need_to_run_completion_script=(
                status.has_detected_need_to_run_completion_script
            ),
        )
        client.update_workflow_status(workflow_id, changed)


def note_file_times(client: TorcClient, workflow_id: int, base: Path | None = None) -> None:
    """Tell the server when each file was changed last, where that is news."""
    for file in list(every_item(client.list_files, workflow_id)):
        modified = _modified((base or Path()) / file.path)
        if modified is not None and modified != file.st_mtime:
            assert file.id is not None
            client.update_file(file.id, FilePatch(st_mtime=modified))


def _modified(path: Path) -> float | None:
    try:
        return path.stat().st_mtime
    except OSError:
        return None


def _refuse_missing_inputs(workflow_id: int, check: StartCheck) -> None:
    if check.is_safe:
        return
    missing = [f"input file {path} does not exist" for path in check.missing_input_files]
    if check.missing_user_data:
        missing.append(f"{check.missing_user_data} user data records are empty")
    raise ConflictError(
        f"Workflow {workflow_id} cannot start: {'; '.join(missing[:10])}"
        + (f"; and {len(missing) - 10} more" if len(missing) > 10 else "")
        + ".",
        hint=f"Provide them, or go on without: torc workflows initialize --force {workflow_id}",
    )

"""What a run needs before it starts: files and user data that no job of it makes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from torc_core.client import TorcClient, every_item
from torc_core.errors import ConflictError
from torc_core.model.ids import UserDataId, WorkflowId
from torc_core.operations.facts import first_lines
from torc_core.spec.expanded import ExpandedWorkflow
from torc_core.units import counted

_NAMED_MISSING = 10


class StartCheck(msgspec.Struct, frozen=True, kw_only=True):
    """What a run needs and lacks, and what it would overwrite."""

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

    def record(self, workflow_id: WorkflowId) -> dict[str, Any]:
        """Return it for programs, as the reference prints it."""
        return {
            "workflow_id": workflow_id,
            "safe": self.is_safe,
            "missing_input_files": self.missing_input_files,
            "missing_input_file_count": len(self.missing_input_files),
            "missing_user_data_count": self.missing_user_data,
            "existing_output_files": self.existing_output_files,
            "existing_output_file_count": len(self.existing_output_files),
        }

    def lines(self) -> tuple[str, ...]:
        """Return the first of the existing output files for a question."""
        paths = self.existing_output_files
        if not paths:
            return ()
        heading = f"Output files that exist and will be overwritten: {len(paths):,}"
        return heading, *first_lines(f"  {path}" for path in paths)


def check_start(
    client: TorcClient, workflow_id: WorkflowId, base: Path | None = None
) -> StartCheck:
    """Look at files and user data before a run.

    Args:
        client: The server.
        workflow_id: The workflow.
        base: The directory that relative paths mean; the current one when left out.
    """
    required = set(client.list_required_existing_files(workflow_id))
    files = list(every_item(client.list_files, workflow_id))
    written = {file.id for file in every_item(client.list_files, workflow_id, is_output=True)}
    absent = {file.id for file in files if modified_at(file.path, base) is None}
    missing = absent & (required - written)
    return StartCheck(
        missing_input_files=[file.path for file in files if file.id in missing],
        existing_output_files=[
            file.path for file in files if file.id in written and file.id not in absent
        ],
        missing_user_data=len(_missing_user_data(client, workflow_id)),
    )


def check_file_start(spec: ExpandedWorkflow) -> StartCheck:
    """Look at files and user data before a workflow is created from a file, to be run at once."""
    read = {index for job in spec.jobs for index in job.input_files}
    written = {index for job in spec.jobs for index in job.output_files}
    needed = {index for job in spec.jobs for index in job.input_user_data}
    made = {index for job in spec.jobs for index in job.output_user_data}
    present = {i for i in read | written if modified_at(spec.files[i].path) is not None}
    return StartCheck(
        missing_input_files=[spec.files[i].path for i in sorted(read - written - present)],
        existing_output_files=[spec.files[i].path for i in sorted(written & present)],
        missing_user_data=sum(spec.user_data[i].data is None for i in needed - made),
    )


def _missing_user_data(client: TorcClient, workflow_id: WorkflowId) -> set[UserDataId]:
    missing = set(client.list_missing_user_data(workflow_id))
    if missing:  # also what a completed job could have written, and did not
        for job in every_item(client.list_jobs, workflow_id, include_relationships=True):
            missing.difference_update(job.output_user_data_ids or ())
    return missing


def find_missing_inputs(
    title: str, check: StartCheck, command: str, override: str = "--force"
) -> ConflictError | None:
    """Return the objection to a run without its inputs.

    Args:
        title: What cannot start, at the beginning of a sentence.
        check: What it lacks.
        command: The command line that does it once nothing is missing.
        override: The option that makes it do so anyway.
    """
    if check.is_safe:
        return None
    missing = [f"input file {path} does not exist" for path in check.missing_input_files]
    if check.missing_user_data:
        missing.append(f"{counted(check.missing_user_data, 'user data record')} without a value")
    rest = len(missing) - _NAMED_MISSING
    return ConflictError(
        f"{title} cannot start: {'; '.join(missing[:_NAMED_MISSING])}"
        + (f"; and {rest} more" if rest > 0 else "")
        + ".",
        hint=f"Provide them, then: {command}. To continue without them, add {override}.",
    )


def modified_at(path: str, base: Path | None = None) -> float | None:
    """Return when a file was modified last, in seconds since 1970; None if it is not there."""
    try:
        return ((base or Path()) / path).stat().st_mtime
    except (OSError, ValueError):
        return None

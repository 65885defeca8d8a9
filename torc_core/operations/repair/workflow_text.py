"""A workflow as text that a user can edit, and what of the edited text can be applied to it."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from torc_core.client import TorcClient, every_item
from torc_core.errors import ConflictError
from torc_core.host.runs import RunDirectory
from torc_core.model.ids import JobId, UserDataId, WorkflowId, id_of
from torc_core.model.job import Job
from torc_core.operations.definition.transfer.export_workflow import export_workflow
from torc_core.operations.definition.transfer.read_document import read_document
from torc_core.operations.local_runs import local_runs
from torc_core.operations.reporter import SILENT
from torc_core.spec import SpecFile
from torc_core.units import counted

MOST_EXPORTED = 20_000
"""So many jobs an export may have that is to be edited: it has a line for each."""


class WorkflowText(msgspec.Struct, frozen=True, kw_only=True):
    """What can be edited of a workflow."""

    text: str
    suffix: str
    """Of the name of its file, with the dot."""
    is_export: bool
    """It is the document of an export; else the file that the workflow was made from."""
    user_data: Mapping[str, UserDataId] = {}
    """The ids of the workflow's user data by name: commands may hold them."""


class EditedWorkflow(msgspec.Struct, frozen=True, kw_only=True):
    """An edited text, which is without problems, beside the workflow that it was."""

    commands: Mapping[JobId, str]
    """Jobs of the workflow with another command now, and that."""
    new: tuple[str, ...]
    """Names of jobs that the workflow does not have."""
    gone: tuple[str, ...]
    """Names of its jobs that the text has no longer."""
    num_jobs: int
    """How many jobs a workflow made of the text has."""

    def lines(self) -> tuple[str, ...]:
        """Return what differs."""
        found = (
            (len(self.commands), "changed command"),
            (len(self.new), "new job"),
            (len(self.gone), "removed job"),
        )
        said = tuple(counted(number, what) for number, what in found if number)
        return said or ("No command differs, and the jobs are the same.",)


def read_workflow_text(client: TorcClient, workflow_id: WorkflowId) -> WorkflowText:
    """Return the file that a workflow was made from, if a run here has kept it, else an export.

    Raises:
        NotFoundError: There is no such workflow.
        ConflictError: There is no file, and it is too large to be edited as an export.
    """
    for run in local_runs(client, workflow_id):
        path = RunDirectory(Path(run.directory)).spec_file
        if path is not None:
            return WorkflowText(text=path.read_text("utf-8"), suffix=path.suffix, is_export=False)
    number = client.list_jobs(workflow_id, limit=1).total_count
    if number > MOST_EXPORTED:
        raise ConflictError(
            f"Workflow {workflow_id} has {counted(number, 'job')}, too many to be edited as text, "
            "and the file that it was made from is not here.",
            hint="Edit that file, and create another workflow from it.",
        )
    target = io.BytesIO()
    export_workflow(client, workflow_id, target)
    return WorkflowText(text=target.getvalue().decode(), suffix=".json", is_export=True)


def check_workflow_text(edited: WorkflowText, source: str) -> dict[str, str]:
    """Return the commands of the jobs of an edited text, by name.

    Args:
        edited: The text.
        source: What to call it.

    Raises:
        SpecError: It has problems, each with its place.
    """
    if edited.is_export:
        document = read_document(io.BytesIO(edited.text.encode()), source, SILENT)
        return {job.name: job.command for job in document.jobs}
    spec = SpecFile(source=source, suffix=edited.suffix, text=edited.text).expand()
    ids = [edited.user_data.get(each.name, 0) for each in spec.user_data]
    return {job.name: job.render_command(ids) for job in spec.jobs}


def compare_with_workflow(
    client: TorcClient, workflow_id: WorkflowId, commands: Mapping[str, str]
) -> EditedWorkflow:
    """Return what differs between an edited text and the workflow.

    Raises:
        TorcError: The server refused a request, or did not answer.
    """
    return compare_commands(every_item(client.list_jobs, workflow_id), commands)


def compare_commands(jobs: Iterable[Job], commands: Mapping[str, str]) -> EditedWorkflow:
    """Return what differs between the jobs of a workflow and those of an edited text. Pure."""
    present = {job.name: job for job in jobs}
    return EditedWorkflow(
        commands={
            id_of(job): commands[name]
            for name, job in present.items()
            if commands.get(name, job.command) != job.command
        },
        new=tuple(name for name in commands if name not in present),
        gone=tuple(name for name in present if name not in commands),
        num_jobs=len(commands),
    )

"""Create a workflow on a server: all of it, or nothing."""

from __future__ import annotations

from pathlib import Path

import msgspec

from torc_core.client import TorcClient
from torc_core.model.execution import ExecutionConfig
from torc_core.model.ids import WorkflowId, id_of
from torc_core.model.workflow import Workflow
from torc_core.operations.definition.kept import check_kept
from torc_core.operations.definition.records_builder import RecordsBuilder
from torc_core.operations.definition.rollback import deleted_on_failure
from torc_core.operations.reporter import SILENT, PlainNotice, Reporter
from torc_core.spec.expanded import ExpandedWorkflow
from torc_core.units import counted

DEFAULT_MONITOR = {"enabled": True, "granularity": "summary", "sample_interval_seconds": 5}
"""Peak and average figures are recorded unless the file says otherwise, as in the reference."""


class Created(msgspec.Struct, frozen=True, kw_only=True):
    """A workflow was created."""

    workflow_id: WorkflowId
    name: str
    num_jobs: int

    @property
    def sentence(self) -> str:
        """What was done."""
        return f"Created #{self.workflow_id} {self.name} with {counted(self.num_jobs, 'job')}."


def create(
    client: TorcClient, spec: ExpandedWorkflow, *, user: str, reporter: Reporter = SILENT
) -> Created:
    """Create a workflow, and report what its file was warned of; there is no question.

    Raises:
        TorcError: The server refused something; what existed by then is deleted again.
    """
    for warning in spec.warnings:
        reporter.warn(PlainNotice(warning))
    workflow_id = create_workflow(client, spec, user=user, reporter=reporter)
    return Created(workflow_id=workflow_id, name=spec.name, num_jobs=len(spec.jobs))


def create_workflow(
    client: TorcClient, spec: ExpandedWorkflow, *, user: str, reporter: Reporter = SILENT
) -> WorkflowId:
    """Create a workflow with everything in it and return its id.

    Args:
        client: The server.
        spec: What to create.
        user: The owner; a user named in the file does not count, as in the reference.
        reporter: Where progress goes, after each batch of jobs.

    Raises:
        TorcError: The server refused something; what existed by then is deleted again, as for any
            other exception.
    """
    record = workflow_record(spec, user)
    check_kept(client, record, spec.jobs, reporter)
    workflow_id = id_of(client.create_workflow(record))
    with deleted_on_failure(client, workflow_id):
        RecordsBuilder(client, spec, workflow_id).build(
            lambda number, total: reporter.progress(created_jobs(number, total), number / total)
        )
    return workflow_id


def created_jobs(number: int, total: int) -> PlainNotice:
    """Return how many jobs have been created so far."""
    return PlainNotice(f"Created {number:,} of {counted(total, 'job')} …")


def without_monitoring(spec: ExpandedWorkflow) -> ExpandedWorkflow:
    """Return the workflow with its resource monitoring switched off."""
    settings = msgspec.structs.replace(spec.settings, resource_monitor={"enabled": False})
    return msgspec.structs.replace(spec, settings=settings)


def workflow_record(spec: ExpandedWorkflow, user: str) -> Workflow:
    """Return the record of a workflow, without what is in it."""
    given = {
        name: value
        for name, value in msgspec.structs.asdict(spec.settings).items()
        if value is not None and name not in {"resource_monitor", "execution_config"}
    }
    monitor = spec.settings.resource_monitor or DEFAULT_MONITOR
    given |= {
        "user": user,
        "resource_monitor_config": _text(monitor),
        "submission_directory": working_directory(),
    }
    if (execution := _execution_config(spec)) is not None:
        given["execution_config"] = execution
    for name in ("metadata", "slurm_defaults", "execution_config"):
        if name in given:
            given[name] = _text(given[name])
    return Workflow(**given)


def _execution_config(spec: ExpandedWorkflow) -> ExecutionConfig | None:
    """Return the setting of the workflow with those of its jobs: records of jobs have none."""
    config = spec.settings.execution_config
    own = {job.name: job.stdio for job in spec.jobs if job.stdio is not None}
    if not own:
        return config
    config = config or ExecutionConfig()
    overrides = {**(config.job_stdio_overrides or {}), **own}
    return msgspec.structs.replace(config, job_stdio_overrides=overrides)


def working_directory() -> str | None:
    """Return the directory that this program was started in, if it is there still."""
    try:
        return str(Path.cwd())
    except FileNotFoundError:
        return None


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()

"""Check a workflow file without creating anything: a dry run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from torc_core.errors import SpecError
from torc_core.model.action import ActionType, TriggerType
from torc_core.spec import ExpandedWorkflow, SpecFile

_TITLE = "Workflow Validation Results"
_TRIGGER, _ACTION = TriggerType.ON_WORKFLOW_START, ActionType.SCHEDULE_NODES


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What would be created."""

    workflow: str
    description: str | None
    jobs: int
    job_entries: int
    """How many entries of the file the jobs are expanded from."""
    dependencies: int
    files: int
    user_data: int
    resource_requirements: int
    failure_handlers: int
    slurm_schedulers: int
    actions: int
    is_ready_for_submission: bool
    """It requests nodes of a scheduler when it starts."""


class Validation(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of a dry run."""

    valid: bool
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    summary: Summary | None = None
    """None of a file that is not valid."""

    def record(self) -> dict[str, Any]:
        """Return it for programs, as the reference prints it."""
        record: dict[str, Any] = msgspec.to_builtins(self)
        return record

    @property
    def sentence(self) -> str:
        """Return it for people, in several lines."""
        assert self.summary is not None, "the errors of a file that is not valid are raised"
        lines = [*_summary_lines(self.summary)]
        lines += _section("Notes", self.notes) + _section("Warnings", self.warnings)
        return "\n".join([*lines, "", "Validation: PASSED"])


def failed_validation(error: SpecError) -> Validation:
    """Return the outcome of a dry run of a file with errors."""
    return Validation(valid=False, errors=tuple(error.problems))


def validate(file: SpecFile, *, skip_checks: bool = False) -> Validation:
    """Check a workflow file, and count what it would create.

    Args:
        file: The file.
        skip_checks: Only warn of jobs that need more nodes or time than their scheduler has.

    Raises:
        SpecError: It has problems; all of them are reported.
    """
    spec = file.expand(skip_checks=skip_checks)
    return Validation(
        valid=True, warnings=spec.warnings, notes=spec.notes, summary=_summarize(spec)
    )


def _summarize(spec: ExpandedWorkflow) -> Summary:
    return Summary(
        workflow=spec.name,
        description=spec.settings.description,
        jobs=len(spec.jobs),
        job_entries=len(spec.job_entries),
        dependencies=sum(map(len, spec.dependencies())),
        files=len(spec.files),
        user_data=len(spec.user_data),
        resource_requirements=len(spec.resource_requirements),
        failure_handlers=len(spec.failure_handlers),
        slurm_schedulers=len(spec.slurm_schedulers),
        actions=len(spec.actions),
        is_ready_for_submission=any(
            (action.trigger_type, action.action_type) == (_TRIGGER, _ACTION)
            for action in spec.actions
        ),
    )


def _summary_lines(summary: Summary) -> Iterator[str]:
    yield from (_TITLE, "=" * len(_TITLE), f"Workflow: {summary.workflow}")
    if summary.description:
        yield f"Description: {summary.description}"
    expanded = ""
    if summary.jobs != summary.job_entries:
        expanded = f" (expanded from {summary.job_entries:,} job specs)"
    yield from ("", "Components to be created:", f"  Jobs: {summary.jobs:,}{expanded}")
    for name, number in (
        ("Dependencies", summary.dependencies),
        ("Files", summary.files),
        ("User data records", summary.user_data),
        ("Resource requirements", summary.resource_requirements),
        ("Failure handlers", summary.failure_handlers),
        ("Slurm schedulers", summary.slurm_schedulers),
        ("Workflow actions", summary.actions),
    ):
        if number:
            yield f"  {name}: {number:,}"
    ready, has = ("Ready", "has") if summary.is_ready_for_submission else ("Not ready", "has no")
    yield f"Submission: {ready} for scheduler submission ({has} {_TRIGGER} {_ACTION} action)"


def _section(title: str, entries: Sequence[str]) -> list[str]:
    if not entries:
        return []
    return ["", f"{title} ({len(entries)}):", *(f"  - {entry}" for entry in entries)]

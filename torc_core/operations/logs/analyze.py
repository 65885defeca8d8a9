"""Search the logs of a workflow for errors: in an output directory, or in a bundle.

A bundle may come from others. It is read as a stream and never unpacked, so nothing of it is
written anywhere, and what its members are called is only shown.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from torc_core.diagnosis.log_patterns import LOG_PATTERNS, Severity
from torc_core.diagnosis.log_scan import LogIssue
from torc_core.errors import NotFoundError, UsageError
from torc_core.model.ids import WorkflowId
from torc_core.model.wire import Wire, stated
from torc_core.operations.logs.output_directory import find_outputs
from torc_core.operations.logs.search import SEARCHED, LogSearch
from torc_core.operations.logs.tar_stream import ArchiveError, read_members
from torc_core.operations.reporter import PlainNotice, Reporter
from torc_core.runner.policy.output_paths import OutputName, read_name
from torc_core.units import counted

_IDS_SHOWN = 10


class ErrorType(Wire, frozen=True, kw_only=True):
    """How often a kind of error was found."""

    pattern_name: str
    group: str
    severity: Severity
    count: int


class LogAnalysis(Wire, frozen=True, kw_only=True):
    """What was found in the logs of a workflow."""

    workflow_id: WorkflowId
    source: str
    files_parsed: int = stated(0)
    files_with_errors: int = stated(0)
    error_count: int = stated(0)
    """Lines with errors, critical ones included."""
    warning_count: int = stated(0)
    errors: list[LogIssue] = stated([])
    """The first of these lines, warnings included."""
    errors_left_out: int = stated(0)
    """How many more there are; all are counted."""
    error_types: list[ErrorType] = stated([])
    members_left_out: int = stated(0)
    """What a bundle holds that is not a log with a plain name: links, devices, paths elsewhere."""

    @property
    def sentence(self) -> str:
        """What was found, in short."""
        searched = f"{counted(self.files_parsed, 'file')} of workflow {self.workflow_id} searched"
        if not (self.error_count or self.warning_count):
            return f"{searched}: no errors found."
        return (
            f"{searched}, {self.files_with_errors:,} with errors: "
            f"{counted(self.error_count, 'error')}, {counted(self.warning_count, 'warning')}."
        )


def analyze_logs(path: Path, workflow_id: WorkflowId | None, reporter: Reporter) -> LogAnalysis:
    """Search the logs of one workflow.

    Args:
        path: An output directory, or a bundle.
        workflow_id: The workflow; may be left out if there are logs of only one.
        reporter: Where progress and warnings go.

    Raises:
        NotFoundError: There is no such path, or it has no logs of the workflow.
        UsageError: There are several workflows, or the path is not a bundle.
    """
    if path.is_dir():
        return _analyze_directory(path, workflow_id, reporter)
    if path.is_file():
        return _analyze_bundle(path, workflow_id, reporter)
    raise NotFoundError(
        f"There is no directory or bundle {path}.",
        hint="Name an output directory, or a bundle such as wf12.tar.gz.",
    )


def _analyze_directory(
    path: Path, workflow_id: WorkflowId | None, reporter: Reporter
) -> LogAnalysis:
    found = [file for file in find_outputs(path) if file.name.kind in SEARCHED]
    if workflow_id is None and len(ids := {file.name.workflow_id for file in found}) > 1:
        raise _several(path, sorted(ids))
    search = _Search(path, workflow_id, reporter)
    search.logs.add_files(file for file in found if search.wants(file.name))
    return search.analysis()


def _analyze_bundle(path: Path, workflow_id: WorkflowId | None, reporter: Reporter) -> LogAnalysis:
    search = _Search(path, workflow_id, reporter)
    try:
        with gzip.open(path) as archive:
            for member in read_members(cast("BinaryIO", archive)):
                if not (member.is_plain and _is_plain_path(member.name)):
                    search.members_left_out += 1
                    continue
                name = read_name(PurePosixPath(member.name).name)
                if name is not None and search.wants(name):
                    search.logs.add(member.name, name, member.data.blocks())
    except (ArchiveError, EOFError, OSError, zlib.error) as error:
        search.end_early(str(error))
    return search.analysis()


def _is_plain_path(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts


class _Search:
    """The search of the logs of one workflow; by default of the first one that there is a log of.

    Args:
        path: Where the logs are.
        workflow_id: The workflow.
        reporter: Where progress and warnings go.
    """

    def __init__(self, path: Path, workflow_id: WorkflowId | None, reporter: Reporter) -> None:
        self.members_left_out = 0
        self._path = path
        self._given = workflow_id
        self._workflow_id = workflow_id
        self._reporter = reporter
        self.logs = LogSearch(reporter)

    def wants(self, name: OutputName) -> bool:
        """Return whether a file is a log of the workflow.

        Raises:
            UsageError: It is one of another workflow, and none was named.
        """
        if name.kind not in SEARCHED:
            return False
        if self._workflow_id is None:
            self._workflow_id = name.workflow_id
        if name.workflow_id == self._workflow_id:
            return True
        if self._given is None:
            raise _several(self._path, [self._workflow_id, name.workflow_id])
        return False

    def end_early(self, why: str) -> None:
        """Note that the rest cannot be read.

        Raises:
            UsageError: Nothing could be read.
        """
        if not self.logs.scan.files:
            raise UsageError(
                f"{self._path} is not a readable bundle of logs: {why}.",
                hint="Bundles are made by: torc logs bundle WORKFLOW",
            )
        self._reporter.warn(
            PlainNotice(f"{self._path} was searched up to where it is damaged: {why}")
        )

    def analysis(self) -> LogAnalysis:
        """Return what was found.

        Raises:
            NotFoundError: There was no log of the workflow.
        """
        scan = self.logs.scan
        if self._workflow_id is None or not scan.files:
            which = "" if self._given is None else f" of workflow {self._given}"
            raise NotFoundError(
                f"{self._path} holds no logs{which}.",
                hint="Name an output directory, an unpacked bundle (wf12), or wf12.tar.gz.",
            )
        return LogAnalysis(
            workflow_id=self._workflow_id,
            source=str(self._path),
            files_parsed=scan.files,
            files_with_errors=scan.files_with_issues,
            error_count=scan.total - scan.warnings,
            warning_count=scan.warnings,
            errors=scan.issues,
            errors_left_out=scan.total - len(scan.issues),
            error_types=[
                ErrorType(
                    pattern_name=each.name,
                    group=each.group,
                    severity=each.severity,
                    count=scan.by_pattern[each.name],
                )
                for each in LOG_PATTERNS
                if scan.by_pattern[each.name]
            ],
            members_left_out=self.members_left_out,
        )


def _several(path: Path, workflow_ids: Sequence[WorkflowId]) -> UsageError:
    ids = ", ".join(map(str, workflow_ids[:_IDS_SHOWN]))
    return UsageError(
        f"{path} holds logs of several workflows, such as {ids}.",
        hint="Choose one with --workflow-id.",
    )

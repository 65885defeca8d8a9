"""The lists of the interface as data: their columns, filters and sources."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from torc_core.model.artifact import File
from torc_core.model.compute import ComputeNode
from torc_core.model.event import Event
from torc_core.model.event_types import EVENT_SEVERITY
from torc_core.model.job import Job
from torc_core.model.result import Result
from torc_core.model.status import JobStatus
from torc_core.model.workflow import Workflow
from torc_core.units import format_bytes, format_seconds
from torc_tui.lists.listing import Cell, Column, Filter, Query, View
from torc_tui.state.progress import FAILED, count, percent, state_of
from torc_tui.terminal import clean
from torc_tui.theme import QUIET, SEVERITY_TONE, WORKFLOW_LOOK, look_of

_BROKEN_TONE = look_of("failed").tone


def status_cell(status: str | None) -> Cell:
    """Return a job's status with its glyph, in its colour."""
    look = look_of(status)
    return Cell(f"{look.glyph} {clean(status or 'unknown')}", look.tone)


def when(milliseconds: float) -> str:
    """Return a moment (milliseconds since 1970) in local time, to the second."""
    try:
        moment = datetime.fromtimestamp(milliseconds / 1000, tz=UTC).astimezone()
    except (OverflowError, OSError, ValueError):
        return "?"
    return f"{moment:%m-%d %H:%M:%S}"


def event_type(event: Event) -> str:
    """Return the type of a stored event; older servers call it otherwise."""
    data = event.data if isinstance(event.data, dict) else {}
    return str(data.get("type") or data.get("event_type") or data.get("category") or "event")


def event_text(event: Event) -> str:
    """Return what an event says besides its type, as "name=value" or as JSON.

    Of flags it names those that are set.
    """
    if not isinstance(event.data, dict):
        return json.dumps(event.data, ensure_ascii=False)
    quiet = {"type", "event_type", "category", "severity"}
    return "  ".join(
        name if value is True else f"{name}={value}"
        for name, value in event.data.items()
        if name not in quiet and value is not None and value is not False
    )


def _moment(name: str) -> Callable[[Any], Cell]:
    """Show an attribute that is ISO 8601 in local time, as all moments."""

    def show(item: Any) -> Cell:
        text = str(getattr(item, name) or "")
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            return Cell(clean(text), QUIET)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return Cell(when(aware.timestamp() * 1000), QUIET)

    return show


def _plain(name: str) -> Callable[[Any], Cell]:
    """Show an attribute as it is, and nothing for None."""

    def show(item: Any) -> Cell:
        value = getattr(item, name)
        return Cell("" if value is None else clean(str(value)))

    return show


def _quiet(name: str) -> Callable[[Any], Cell]:
    plain = _plain(name)
    return lambda item: Cell(plain(item).text, QUIET)


def _text(name: str) -> Callable[[Any], str]:
    return lambda item: str(getattr(item, name) or "")


def _yes_or_no(text: str) -> bool:
    answer = {"yes": True, "true": True, "no": False, "false": False}.get(text.lower())
    if answer is None:
        raise ValueError("it is yes or no")
    return answer


def _whole_number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError("it is a whole number") from None


def _status(text: str) -> JobStatus:
    """Return the status that is meant by its name, or by a beginning that no other one has."""
    word = text.lower()
    meant = [each for each in JobStatus if each.startswith(word)]
    if word in meant:
        return JobStatus(word)
    if len(meant) != 1:
        raise ValueError(f"{' or '.join(meant)}?" if meant else "try ready, running or failed")
    return meant[0]


def _workflow_state(workflow: Workflow) -> Cell:
    if workflow.job_counts is None and not workflow.is_archived:
        return Cell("")
    state = state_of(workflow.job_counts or {}, is_canceled=bool(workflow.is_canceled))
    if workflow.is_archived:
        state = "archived"
    look = WORKFLOW_LOOK[state]
    return Cell(f"{look.glyph} {state}", look.tone)


def _done(workflow: Workflow) -> Cell:
    return Cell(f"{percent(workflow.job_counts)}%" if workflow.job_counts else "")


def _failed(workflow: Workflow) -> Cell:
    failed = count(workflow.job_counts or {}, FAILED)
    return Cell(f"{failed:,}" if failed else "", _BROKEN_TONE)


def _jobs(workflow: Workflow) -> Cell:
    return Cell("" if workflow.job_counts is None else f"{sum(workflow.job_counts.values()):,}")


def _return_code(result: Result) -> Cell:
    return Cell(str(result.return_code), _BROKEN_TONE if result.return_code else "")


def _peak_memory(result: Result) -> Cell:
    size = result.peak_memory_bytes
    return Cell("" if size is None else format_bytes(size))


def _peak_cpu(result: Result) -> Cell:
    share = result.peak_cpu_percent
    return Cell("" if share is None else f"{share:.0f}%")


def _duration(result: Result) -> Cell:
    return Cell(format_seconds(max(0.0, result.exec_time_minutes * 60)))


def _modified(file: File) -> Cell:
    return Cell("" if file.st_mtime is None else when(file.st_mtime * 1000), QUIET)


def _event_tone(event: Event) -> str:
    return SEVERITY_TONE.get(EVENT_SEVERITY.get(event_type(event), ""), "")


def _memory(node: ComputeNode) -> Cell:
    return Cell(f"{node.memory_gb:.1f} GiB")


def _active(node: ComputeNode) -> Cell:
    return Cell("▶ active", "yellow") if node.is_active else Cell("- ended", QUIET)


def _attempt(job: Job) -> Cell:
    return Cell(str(job.attempt_id), "yellow" if job.attempt_id > 1 else QUIET)


def _id(item: Any) -> int:
    return item.id or 0


def _number(title: str, show: Callable[[Any], Cell], sort_by: str = "", rank: int = 0) -> Column:
    return Column(title, show, sort_by, is_number=True, rank=rank)


_ID = _number("ID", _plain("id"), "id")

WORKFLOWS = View(
    name="Workflows",
    columns=(
        _ID,
        Column("Name", _plain("name"), "name", narrowest=14, widest=32),
        Column("State", _workflow_state, least=10),
        _number("Done", _done),
        _number("Fail", _failed),
        _number("Jobs", _jobs, rank=1),
        Column("User", _quiet("user"), "user", widest=16, rank=2),
        Column("Description", _quiet("description"), "description", widest=60, rank=3),
    ),
    page=lambda client, _workflow_id, **paging: client.list_workflows(
        include_job_counts=True, **paging
    ),
    key=_id,
    filters=(
        Filter("name", "Name", _text("name")),
        Filter("description", "Description", _text("description")),
        Filter("user", "User", _text("user")),
        Filter(
            "is_archived",
            "Archived (yes, no)",
            lambda workflow: "yes" if workflow.is_archived else "no",
            _yes_or_no,
        ),
    ),
    order=Query(sort_by="id", reverse=True, filters={"is_archived": "no"}),
)

JOBS = View(
    name="Jobs",
    columns=(
        _ID,
        Column("Name", _plain("name"), "name", narrowest=12, widest=36),
        Column("Status", lambda job: status_cell(job.status), "status", least=12),
        _number("Try", _attempt, "attempt_id", rank=2),
        Column("Command", _quiet("command"), "command", widest=200, rank=1),
    ),
    page=lambda client, workflow_id, **paging: client.list_jobs(workflow_id, **paging),
    key=_id,
    filters=(
        Filter("name", "Name", _text("name")),
        Filter("status", "Status", _text("status"), _status),
        Filter("command", "Command", _text("command")),
    ),
    alike=1,
)

FILES = View(
    name="Files",
    columns=(
        _ID,
        Column("Name", _plain("name"), "name", widest=32),
        Column("Modified", _modified, "st_mtime"),
        Column("Path", _plain("path"), "path", widest=200),
    ),
    page=lambda client, workflow_id, **paging: client.list_files(workflow_id, **paging),
    key=_id,
    filters=(Filter("name", "Name", _text("name")), Filter("path", "Path", _text("path"))),
)

EVENTS = View(
    name="Events",
    columns=(
        Column("Time", lambda event: Cell(when(event.timestamp), QUIET), "id"),
        Column(
            "Type",
            lambda event: Cell(clean(event_type(event)), _event_tone(event)),
            least=20,
            narrowest=20,
        ),
        Column("Data", lambda event: Cell(clean(event_text(event))), widest=400),
    ),
    page=lambda client, workflow_id, **paging: client.list_events(workflow_id, **paging),
    key=_id,
    filters=(Filter("category", "Category", event_type),),
    order=Query(sort_by="id", reverse=True),
)

RESULTS = View(
    name="Results",
    columns=(
        _number("Job", _plain("job_id"), "job_id"),
        _number("Run", _plain("run_id"), "run_id"),
        _number("Try", _plain("attempt_id"), "attempt_id"),
        Column("Status", lambda result: status_cell(result.status), "status", least=12),
        _number("Return", _return_code, "return_code"),
        _number("Time", _duration, "exec_time_minutes"),
        _number("Peak mem", _peak_memory, "peak_memory_bytes", rank=1),
        _number("Peak CPU", _peak_cpu, "peak_cpu_percent", rank=2),
        Column("Ended", _moment("completion_time"), "completion_time", rank=3),
    ),
    page=lambda client, workflow_id, **paging: client.list_results(
        workflow_id, all_runs=True, **paging
    ),
    key=_id,
    filters=(
        Filter("status", "Status", _text("status"), _status),
        Filter("return_code", "Return code", lambda result: str(result.return_code),
               _whole_number),
        Filter("job_id", "Job", lambda result: str(result.job_id), _whole_number),
    ),
    order=Query(sort_by="id", reverse=True),
)  # fmt: skip

NODES = View(
    name="Nodes",
    columns=(
        _ID,
        Column("Host", _plain("hostname"), "hostname", narrowest=12, widest=30),
        Column("State", _active, "is_active", least=8),
        _number("PID", _plain("pid"), "pid", rank=1),
        _number("CPUs", _plain("num_cpus"), "num_cpus"),
        _number("Memory", _memory, "memory_gb"),
        _number("GPUs", _plain("num_gpus"), "num_gpus"),
        Column("Type", _plain("compute_node_type"), "compute_node_type", rank=3),
        Column("Started", _moment("start_time"), "start_time", rank=2),
    ),
    page=lambda client, workflow_id, **paging: client.list_compute_nodes(workflow_id, **paging),
    key=_id,
    filters=(
        Filter("hostname", "Host", _text("hostname")),
        Filter("is_active", "Active (yes, no)", lambda node: "yes" if node.is_active else "no",
               _yes_or_no),
    ),
)  # fmt: skip

TABS = (JOBS, FILES, EVENTS, RESULTS, NODES)
"""The lists of one workflow, in the order of the tabs; the DAG follows."""

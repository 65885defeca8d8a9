"""Texts that are read in full: the help, the details of a row, the problems of a file."""

from __future__ import annotations

import textwrap
import time
from collections.abc import Iterable, Sequence

from torc_core.client import TorcClient
from torc_core.errors import SpecError, TorcError
from torc_core.model.ids import JobId
from torc_core.model.job import Job
from torc_core.model.resources import ResourceRequirements
from torc_core.model.result import Result
from torc_core.operations.slurm.queue_watch import QueueLook
from torc_tui.actions import ACTIONS
from torc_tui.lists.cells import moment_cell, status_cell
from torc_tui.lists.listing import Listing
from torc_tui.lists.results import duration, peak_cpu, peak_memory
from torc_tui.state.column_widths import fill
from torc_tui.state.queue import queue_facts
from torc_tui.terminal import clean
from torc_tui.theme import QUIET, Cell

_NAME = 12
"""Cells of a name before its value."""
_SHOWN_IDS = 40
_ended = moment_cell("completion_time")

Text = list[list[Cell]]
"""Lines of cells."""


def help_text(width: int) -> Text:
    """Return every key binding, by group."""
    lines: Text = []
    group = ""
    for action in ACTIONS:
        if not action.group:
            continue
        if action.group != group:
            group = action.group
            lines += [[], [Cell(group, "bold")]] if lines else [[Cell(group, "bold")]]
        lines.append([Cell(fill(f"  {action.label}", _NAME), "bold"), Cell(action.help)])
    lines += [[], [Cell("Runs continue if you quit or lose the connection.", QUIET)]]
    return [[Cell(cell.text[:width], cell.tone) for cell in line] for line in lines]


def error_text(error: TorcError, width: int) -> Text:
    """Return an error and what to do next, or all problems of a file."""
    lines: Text = []
    parts = error.problems if isinstance(error, SpecError) else error.message.splitlines()
    for part in parts:
        lines += _wrapped(part, width)
    return [*lines, [], *_wrapped(error.hint, width)] if error.hint else lines


def row_text(listing: Listing, item: object, width: int) -> Text:
    """Return every column of a row, in full."""
    lines: Text = []
    for column in listing.columns:
        cell = column.show(item)
        lines += _fact(column.title, cell.text, width, cell.tone)
    return lines


def job_text(
    client: TorcClient, job_id: JobId, queue: QueueLook | None = None
) -> tuple[Job, Sequence[tuple[str, str, str]]]:
    """Return a job and facts about it: name, value, tone.

    Args:
        client: The server.
        job_id: The job.
        queue: What Slurm says of the allocations of its workflow.

    Raises:
        TorcError: The server refused the request, or did not answer.
    """
    job = client.get_job(job_id)
    requirements = (
        client.get_resource_requirements(job.resource_requirements_id)
        if job.resource_requirements_id
        else None
    )
    results = client.list_results(
        job.workflow_id, job_id=job_id, all_runs=True, sort_by="id", reverse_sort=True, limit=20
    ).items
    name, status, *more = _job_facts(job)
    waits = queue_facts(job, queue, time.time())
    facts = [name, status, *waits, *more, *_needs(requirements), *map(_result_fact, results)]
    return job, facts


def facts_text(facts: Iterable[tuple[str, str, str]], width: int) -> Text:
    """Lay facts out: the name at the left, the value wrapped beside it."""
    lines: Text = []
    for name, value, tone in facts:
        lines += _fact(name, value, width, tone)
    return lines


def _job_facts(job: Job) -> list[tuple[str, str, str]]:
    status = status_cell(job.status)
    facts = [
        ("Job", f"{job.id}  {job.name}", "bold"),
        ("Status", f"{status.text}   attempt {job.attempt_id}", status.tone),
        ("Command", job.command, ""),
        ("Invocation", job.invocation_script or "", ""),
        ("Depends on", _ids(job.depends_on_job_ids, "job"), ""),
        ("Reads", _ids(job.input_file_ids, "file"), ""),
        ("Writes", _ids(job.output_file_ids, "file"), ""),
    ]
    if not job.cancel_on_blocking_job_failure:
        facts.append(("On failure", "runs even if a job that it depends on fails", ""))
    return [fact for fact in facts if fact[1]]


def _needs(requirements: ResourceRequirements | None) -> list[tuple[str, str, str]]:
    if requirements is None:
        return []
    gpus = f", {requirements.num_gpus} GPU" if requirements.num_gpus else ""
    text = (
        f"{requirements.name}: {requirements.num_cpus} CPU{gpus}, "
        f"{requirements.memory} memory, {requirements.runtime}"
    )
    return [("Needs", text, "")]


def _result_fact(result: Result) -> tuple[str, str, str]:
    status = status_cell(result.status)
    text = f"{status.text}, exit code {result.return_code}, {duration(result)}"
    if (memory := peak_memory(result)) is not None:
        text += f", peak {memory}"
    if (cpu := peak_cpu(result)) is not None:
        text += f", {cpu} CPU"
    name = f"Run {result.run_id}.{result.attempt_id}"
    return name, f"{text}, {_ended(result).text}", status.tone


def _ids(ids: Sequence[int] | None, kind: str) -> str:
    if not ids:
        return ""
    shown = ", ".join(map(str, ids[:_SHOWN_IDS]))
    rest = f" and {len(ids) - _SHOWN_IDS:,} more" if len(ids) > _SHOWN_IDS else ""
    return f"{len(ids):,} {kind}{'s' if len(ids) > 1 else ''}: {shown}{rest}"


def _fact(name: str, value: str, width: int, tone: str = "") -> Text:
    lines = _wrapped(value, max(10, width - _NAME), tone) or [[]]
    return [
        [Cell(fill(name if at == 0 else "", _NAME), QUIET), *line] for at, line in enumerate(lines)
    ]


def _wrapped(text: str, width: int, tone: str = "") -> Text:
    """Cut text into lines; it is cleaned here."""
    return [
        [Cell(part, tone)]
        for line in text.splitlines()
        for part in textwrap.wrap(clean(line.expandtabs()), width) or [""]
    ]

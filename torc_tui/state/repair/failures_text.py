"""What is said below the list of failures: the group under the cursor, and what it needs."""

from __future__ import annotations

from collections.abc import Iterator

from rich.cells import cell_len

from torc_core.operations.repair.failures import NOT_WRITTEN, FailedJob, FailureGroup, Need
from torc_core.units import counted, format_bytes, format_seconds
from torc_tui.keys.in_words import key_of, keyed
from torc_tui.state.column_widths import fill
from torc_tui.state.texts.layout import Text, lines_text
from torc_tui.terminal import clean
from torc_tui.theme import QUIET, Cell

_NEXT = {
    Need.RECOVER: "{failures.recover} gives them what they lacked and runs them again; "
    "{failures.plan} shows the plan first.",
    Need.RERUN: "They need nothing but another attempt: {failures.recover} recovers them, "
    "{failures.retry} retries them.",
    Need.LOOK: "{failures.logs} shows the log of the first at its first error, {failures.why} why; "
    "{failures.edit} edits, {failures.retry} retries.",
}
_NOT_READ = (
    "Only their logs tell why they failed, and these were not read yet: {failures.more} reads more."
)
_NAME = 28
"""The most cells of the name of a job."""


def group_text(group: FailureGroup | None, width: int, height: int) -> Text:
    """Return a group with as many of its jobs as there is room for.

    Args:
        group: The one under the cursor, if there is any.
        width: Cells of a line.
        height: Lines that there are.
    """
    if group is None:
        return []
    head = [[_heading(group, width)], *_example(group, width)]
    tail = lines_text([keyed(_NEXT[group.need] if group.is_read else _NOT_READ)], width - 1)
    foot: Text = [[Cell(" "), *line] for line in tail]
    room = max(1, height - len(head) - len(foot))
    number = len(group.jobs) if len(group.jobs) <= room else max(1, room - 1)
    shown = group.jobs[:number]
    name_width = min(_NAME, max((cell_len(clean(job.name)) for job in shown), default=0))
    had_code = group.signature.kind != NOT_WRITTEN
    jobs: Text = [[Cell(_line_of(job, name_width, has_code=had_code)[:width])] for job in shown]
    if (more := len(group.jobs) - number) > 0 and number < room:
        jobs.append([Cell(f"   … {more:,} more; {key_of('failures.open')} lists all", QUIET)])
    return [*head, *jobs, *foot]


def _heading(group: FailureGroup, width: int) -> Cell:
    nodes = group.num_nodes
    where = "" if not nodes else ", all on one node" if nodes == 1 else f", on {nodes:,} nodes"
    if len(group.jobs) == 1:
        where = ""
    text = f" ── {counted(len(group.jobs), 'job')}{where}: {clean(group.signature.kind)} "
    return Cell(fill(text + "─" * max(0, width - cell_len(text)), width), QUIET)


def _example(group: FailureGroup, width: int) -> Iterator[list[Cell]]:
    if group.example:
        text = clean(group.example.expandtabs())
        yield [Cell("   "), Cell(fill(text, max(1, min(cell_len(text), width - 4))), "yellow")]


def _line_of(job: FailedJob, name_width: int, *, has_code: bool) -> str:
    """Return a job; the code of one that did not write its output is not that of its command."""
    parts = [f"try {job.attempt_id}"]
    if job.return_code is not None:
        parts += [f"exit {job.return_code}"] if has_code else []
        parts.append(format_seconds(job.seconds))
    if job.peak_memory_bytes is not None:
        of = "" if job.memory_bytes is None else f" of {format_bytes(job.memory_bytes)}"
        parts.append(f"peak {format_bytes(job.peak_memory_bytes)}{of}")
    return f"   {job.job_id:>6}  {fill(clean(job.name), name_width)}  {'  '.join(parts)}"

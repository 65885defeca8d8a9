"""A recovery plan as a text that is read in full: failures by cause, and what follows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from torc_core.diagnosis.failures import CLUSTER_CAUSES, Cause
from torc_core.model.ids import RequirementsId
from torc_core.operations.recovery.plan import JobGroup, Raise, RecoveryPlan, WhyNot
from torc_core.operations.recovery.verdicts import RAISED
from torc_core.units import counted, format_bytes, format_duration, format_seconds
from torc_tui.keys.in_words import keyed
from torc_tui.state.texts.layout import Text, facts_text, lines_text
from torc_tui.terminal import clean
from torc_tui.theme import QUIET, Cell

NAMES_SHOWN = 5
"""Of the jobs of one group."""
_TITLES: dict[Cause | None, str] = {
    Cause.OUT_OF_MEMORY: "Out of memory",
    Cause.OUT_OF_TIME: "Out of time",
    Cause.LOST: "Lost with their runner, node or allocation",
    Cause.STOPPED: "Stopped with their runner or allocation",
    Cause.NOT_WRITTEN: "Output file not written",
    Cause.UNKNOWN: "Unknown cause",
    None: "Canceled",
}
"""By cause, in their order."""
_BECAUSE = {
    WhyNot.NOT_WRITTEN: "exited with 0 but did not write an output file; {job.why} says which, "
    "{job.logs} shows what a job wrote, {workflow.rerun} retries all as they are",
    WhyNot.UNKNOWN: "would likely fail again; {job.logs} shows what a job wrote, "
    "{workflow.rerun} retries all as they are",
}
"""In place of the reason of a plan, which names options of commands."""
_INDENT = "  "
_Fact = tuple[str, str, str]


def plan_text(
    plan: RecoveryPlan, width: int, *, before: Iterable[str] = (), after: Iterable[str] = ()
) -> Text:
    """Return a plan, a part for each cause of failures.

    Args:
        plan: The plan.
        width: Cells of a line.
        before: Sentences above it.
        after: Sentences below it.
    """
    raises = {each.requirements_id: each for each in plan.raises}
    failures = [
        _cause_text(cause, groups, raises, width)
        for cause in _TITLES
        if (groups := [group for group in plan.groups if group.cause == cause])
    ]
    ends = [*_demand(plan), *after]
    return _joined(
        [lines_text([*before, *_overview(plan)], width), *failures, lines_text(ends, width)]
    )


def _overview(plan: RecoveryPlan) -> Iterator[str]:
    retried, left = len(plan.reset), plan.other_failures
    if retried or left:
        jobs = counted(retried + left, "job")
        yield f"{jobs} did not end well: {retried:,} to be retried, {left:,} to be left alone."


def _demand(plan: RecoveryPlan) -> Iterator[str]:
    if plan.node_hours:
        yield f"The retried jobs take {plan.node_hours:,.3g} node-hours at most."


def _cause_text(
    cause: Cause | None,
    groups: list[JobGroup],
    raises: Mapping[RequirementsId, Raise],
    width: int,
) -> Text:
    number = counted(sum(len(group.job_ids) for group in groups), "job")
    lines: Text = [[Cell(f"{_TITLES[cause]}  ", "bold"), Cell(number, QUIET)]]
    for at, group in enumerate(groups):
        lines += [[]] if at else []
        larger = None if group.requirements_id is None else raises.get(group.requirements_id)
        for line in facts_text(_group_facts(group, larger), width - len(_INDENT)):
            lines.append([Cell(_INDENT), *line])
    return lines


def _group_facts(group: JobGroup, larger: Raise | None) -> Iterator[_Fact]:
    if group.why_not is not None:
        yield "not retried", _names(group), "yellow"
        if group.kind:
            yield "exit code", group.kind, ""
        own = _BECAUSE.get(group.why_not)
        yield "because", group.reason if own is None else keyed(own), ""
        return
    yield "retried", _names(group), "green"
    if larger is not None:
        yield from _raise_facts(larger)
    elif group.cause in RAISED:
        yield "with", "what they require now, which is more than they had", ""
    elif group.cause in CLUSTER_CAUSES:
        yield "with", "what they had: it was not their fault", ""


def _raise_facts(larger: Raise) -> Iterator[_Fact]:
    if larger.memory:
        used = larger.peak_memory_bytes
        notes = ("" if used is None else f"used at most {format_bytes(used)}", larger.memory_cap)
        yield "memory", _change(larger.old_memory, larger.memory, notes), "bold"
    if larger.runtime:
        ran = larger.longest_s
        notes = ("" if ran is None else f"ran at most {format_seconds(ran)}", larger.runtime_cap)
        old, new = map(format_duration, (larger.old_runtime, larger.runtime))
        yield "runtime", _change(old, new, notes), "bold"
    if larger.num_sharing:
        others = counted(larger.num_sharing, "other unfinished job")
        share, get = ("shares", "gets") if larger.num_sharing == 1 else ("share", "get")
        yield "also", f"{others} {share} the requirements {larger.name!r} and {get} the same", ""


def _names(group: JobGroup) -> str:
    """Return how many jobs these are, and the first of them."""
    named = [
        f"{clean(name)} ({job_id})"
        for job_id, name in zip(group.job_ids[:NAMES_SHOWN], group.names, strict=False)
    ]
    more = len(group.job_ids) - len(named)
    rest = f" and {more:,} more" if more else ""
    return f"{counted(len(group.job_ids), 'job')}: {', '.join(named)}{rest}"


def _change(old: str, new: str, notes: Iterable[str]) -> str:
    said = "; ".join(filter(None, notes))
    return f"{old} → {new}" + (f"   {said}" if said else "")


def _joined(parts: Iterable[Text]) -> Text:
    """Return parts with an empty line between them."""
    text: Text = []
    for part in filter(None, parts):
        text += [[], *part] if text else part
    return text

"""Schedulers and requests for nodes, written into a KDL file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torc_core.model.action import requests_slurm_nodes
from torc_core.spec.annotate.edits import Edits
from torc_core.spec.annotate.scheduling import Scheduling
from torc_core.spec.formats.kdl_nodes import Node, parse_kdl
from torc_core.spec.formats.write_kdl import write_kdl


def annotate_kdl(text: str, _tree: Any, scheduling: Scheduling) -> str | None:
    """Return the text with what is to be said; None for version 1, where places are not known."""
    nodes = parse_kdl(text)
    jobs = [node for node in nodes if node.name == "job"]
    if any(node.offset is None for node in nodes) or len(jobs) != len(scheduling.assignments):
        return None
    edits = Edits(text)
    for job, name in zip(jobs, scheduling.assignments, strict=True):
        _set_scheduler(edits, job, name)
    actions = [node for node in nodes if node.name == "action"]
    schedulers = [node for node in nodes if node.name == "slurm_scheduler"]
    _insert(edits, schedulers, {"slurm_schedulers": scheduling.scheduler_fields()})
    _insert(edits, actions, {"actions": [action.fields() for action in scheduling.actions]})
    for node in (*schedulers, *filter(_requests_nodes, actions)):
        _remove(edits, node)
    return edits.result()


def _set_scheduler(edits: Edits, job: Node, name: str) -> None:
    """Say which scheduler a job has: behind its requirements."""
    written = write_kdl({"scheduler": name}).strip()
    stated = _child(job, "scheduler")
    if stated is not None:
        edits.replace(stated.offset or 0, stated.end, written)
        return
    as_property = written.replace(" ", "=", 1)
    for (key, _), (start, end) in zip(job.properties, job.property_places, strict=True):
        if key == "scheduler":
            edits.replace(start, end, as_property)
            return
    _add_scheduler(edits, job, written)


def _add_scheduler(edits: Edits, job: Node, written: str) -> None:
    requirements = _child(job, "resource_requirements")
    behind = 0 if requirements is None else edits.line_end(requirements.end)
    first = requirements or next(iter(job.children), None)
    if first is None or first.offset is None:
        edits.insert(job.values_end, f" {written.replace(' ', '=', 1)}")
    elif not edits.is_first_on_line(first.offset):
        edits.insert(first.offset, f"{written}; ")
    elif behind and not edits.text[first.end : behind].split("//")[0].strip():
        edits.insert(behind, f"{edits.indentation(first.offset)}{written}\n")
    else:
        line = f"{edits.indentation(first.offset)}{written}\n"
        edits.insert(edits.line_start(first.offset), line)


def _insert(edits: Edits, others: Sequence[Node], section: dict[str, Any]) -> None:
    """Insert the nodes of a section before others of their kind, or at the end."""
    if not any(section.values()):
        return
    lines = write_kdl(section)
    if others:
        start = others[0].offset or 0
        is_first = edits.is_first_on_line(start)
        edits.insert(edits.line_start(start) if is_first else start, lines)
        return
    end = len(edits.text)
    gap = edits.gap(len(edits.text.rstrip()))
    edits.insert(end, gap + lines if edits.text.endswith("\n") else f"\n{gap}{lines}")


def _remove(edits: Edits, node: Node) -> None:
    """Remove a node, with its line if nothing else is on it."""
    start, end = node.offset or 0, node.end
    line_end = edits.line_end(end)
    if edits.is_first_on_line(start) and not edits.text[end:line_end].strip(" \t\n;"):
        edits.replace(edits.line_start(start), line_end, "")
    else:
        edits.replace(start, end, "")


def _requests_nodes(action: Node) -> bool:
    return requests_slurm_nodes(_value(action, "action_type"), _value(action, "scheduler_type"))


def _child(node: Node, name: str) -> Node | None:
    return next((each for each in node.children if each.name == name), None)


def _value(node: Node, name: str) -> Any:
    """Return the value of a field, a child or a property."""
    child = _child(node, name)
    if child is not None:
        return child.arguments[0] if child.arguments else None
    return dict(node.properties).get(name)

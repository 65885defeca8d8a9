"""Graphs of a workflow as Graphviz text, for https://graphviz.org/doc/info/lang.html."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from functools import partial

from sqlalchemy import Connection, Table, select

from torc_core.errors import NotFoundError
from torc_core.model.ids import WorkflowId
from torc_core.model.status import JobStatus
from torc_server.rules.workflows import find_workflow
from torc_server.storage import tables

_job = tables.job.c

_FILL = {
    JobStatus.READY: "lightskyblue",
    JobStatus.PENDING: "khaki",
    JobStatus.RUNNING: "gold",
    JobStatus.COMPLETED: "palegreen",
    JobStatus.FAILED: "salmon",
    JobStatus.CANCELED: "plum",
    JobStatus.TERMINATED: "salmon",
    JobStatus.DISABLED: "lightgray",
    JobStatus.PENDING_FAILED: "sandybrown",
}
"""Colors of jobs; waiting ones have none. The status is also written, for the color-blind."""

_ESCAPES = dict.fromkeys([*range(32), 127], " ") | {
    ord("\n"): r"\n",
    ord('"'): r"\"",
    ord("\\"): r"\\",
    ord("&"): "&amp;",
}
"""What Graphviz would not show unchanged: quotes, escapes, entities, control characters."""


def draw(connection: Connection, workflow_id: WorkflowId, name: str) -> str:
    """Return one of the `GRAPHS` of a workflow.

    Raises:
        NotFoundError: There is no such workflow, or no such graph.
    """
    workflow = find_workflow(connection, workflow_id)
    edges = GRAPHS.get(name)
    if edges is None:
        raise NotFoundError.of("graph", repr(name), hint=f"Ask for one of {', '.join(GRAPHS)}.")
    return "\n".join(
        [
            "digraph {",
            f"graph [rankdir=LR, label={quoted(workflow.name)}];",
            "node [shape=box, style=filled, fillcolor=white];",
            *_jobs(connection, workflow_id),
            *edges(connection, workflow_id),
            "}\n",
        ]
    )


def quoted(*lines: str) -> str:
    """Return text quoted so that Graphviz shows it unchanged."""
    return '"' + r"\n".join(line.translate(_ESCAPES) for line in lines) + '"'


def _jobs(connection: Connection, workflow_id: WorkflowId) -> Iterator[str]:
    query = select(_job.id, _job.name, _job.status).where(_job.workflow_id == workflow_id)
    for job_id, name, number in connection.execute(query.order_by(_job.id)):
        status = JobStatus.from_number(number)
        fill = f", fillcolor={_FILL[status]}" if status in _FILL else ""
        yield f"j{job_id} [label={quoted(name, status)}{fill}];"


def _dependencies(connection: Connection, workflow_id: WorkflowId) -> Iterator[str]:
    """Yield a line per dependency set; the edges of large ones meet in a point.

    A thousand jobs that each depend on the same thousand are 2,000 edges, not a million.
    """
    member = tables.dependency_set_member.c
    waiting = select(_job.dependency_set_id, _job.id).where(
        _job.workflow_id == workflow_id, _job.dependency_set_id.is_not(None)
    )
    needed = select(member.set_id, member.job_id).where(
        member.set_id.in_(waiting.with_only_columns(_job.dependency_set_id))
    )
    sides: list[dict[int, list[str]]] = []
    for query in (needed, waiting):
        by_set = defaultdict(list)
        for set_id, job_id in connection.execute(query):
            by_set[set_id].append(f"j{job_id}")
        sides.append(by_set)
    members_of, dependents_of = sides
    for set_id, members in members_of.items():
        dependents = dependents_of[set_id]
        point = ""
        if len(members) * len(dependents) > len(members) + len(dependents):
            yield f"s{set_id} [shape=point];"
            point = f"s{set_id} -> "
        yield f"{{ {' '.join(members)} }} -> {point}{{ {' '.join(dependents)} }};"


def _flow(
    thing: Table,
    shape: str,
    written: Table,
    read: Table,
    connection: Connection,
    workflow_id: WorkflowId,
) -> Iterator[str]:
    """Yield files or user data, with edges from the jobs that write and to those that read them."""
    own = thing.c.workflow_id == workflow_id
    query = select(thing.c.id, thing.c.name).where(own).order_by(thing.c.id)
    for thing_id, name in connection.execute(query):
        yield f"d{thing_id} [label={quoted(name)}, shape={shape}];"
    for links, edge in ((written, "j{} -> d{};"), (read, "d{1} -> j{0};")):
        job_id, thing_id = links.c
        pairs = select(job_id, thing_id).join(thing, thing.c.id == thing_id).where(own)
        for pair in connection.execute(pairs.order_by(job_id, thing_id)):
            yield edge.format(*pair)


GRAPHS: Mapping[str, Callable[[Connection, WorkflowId], Iterator[str]]] = {
    "job_dependencies": _dependencies,
    "job_file_relationships": partial(
        _flow, tables.file, "note", tables.job_output_file, tables.job_input_file
    ),
    "job_user_data_relationships": partial(
        _flow,
        tables.user_data,
        "cylinder",
        tables.job_output_user_data,
        tables.job_input_user_data,
    ),
}
"""What yields the nodes and edges beside the jobs, by the name of the list with the same facts."""

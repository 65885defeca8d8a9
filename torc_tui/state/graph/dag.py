"""A graph of readable size to draw: single nodes, or groups of similar names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

from torc_core.client import TorcClient, every_item
from torc_core.model.ids import WorkflowId
from torc_core.model.job import kind_name
from torc_core.model.page import Page
from torc_core.operations.facts import percent_completed
from torc_core.operations.progress.groups import Overview
from torc_tui.lists.job_counts import state_of
from torc_tui.terminal import clean
from torc_tui.theme import QUIET, WORKFLOW_LOOK, Cell, look_of

DRAWN_NODES = 200
"""Up to this number every node is drawn; beyond it, those whose names differ only in digits are one
group."""
DRAWN_GROUPS = 120
READ_EDGES = 400_000
"""Groups no longer change much: more is not looked at."""

Edge = tuple[int, int]
"""Numbers of the upstream and the downstream node."""

THING = "thing"
"""In place of a status: the node is a file or user data."""
_REST = "… other names"


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes by number and the edges between them, from upstream to downstream."""

    nodes: list[Cell]
    edges: set[tuple[int, int]]
    is_grouped: bool = False
    is_partial: bool = False
    """There are more nodes or edges than were read."""


class Node(NamedTuple):
    """A job, a file or user data."""

    number: int
    name: str
    status: str
    """Of a job; else `THING`."""


class Things(NamedTuple):
    """What passes between jobs."""

    page: Callable[..., Page[Any]]
    """`page(client, workflow_id, ...)` returns which job writes and which reads one."""
    id: str
    name: str
    """Names of the fields of such a link."""


FILES = Things(
    lambda client, workflow_id, **query: client.list_job_file_relationships(workflow_id, **query),
    "file_id", "file_name",
)  # fmt: skip
USER_DATA = Things(
    lambda client, workflow_id, **query: client.list_job_user_data_relationships(
        workflow_id, **query
    ),
    "user_data_id", "user_data_name",
)  # fmt: skip


def graph_of(overview: Overview, most_edges: int = READ_EDGES) -> Graph:
    """Return jobs and what they depend on, of so many edges at most; or their groups. Pure."""
    if overview.graph.is_by_group:
        return _graph_of_groups(overview)
    names, statuses, needs = overview.graph.names, overview.states.statuses, overview.graph.needs
    builder = GraphBuilder()
    builder.add_nodes(
        Node(at, name, str(status or ""))
        for at, (name, status) in enumerate(zip(names, statuses, strict=True))
    )
    edges = ((each, at) for at, needed in enumerate(needs) for each in needed)
    builder.add_edges(islice(edges, most_edges))
    is_partial = overview.graph.is_partial or next(edges, None) is not None
    return builder.graph(is_partial=is_partial)


def _graph_of_groups(overview: Overview) -> Graph:
    groups = overview.graph.groups[:DRAWN_GROUPS]
    nodes = [
        _group_node(group.name, each.counts)
        for group, each in zip(groups, overview.progress, strict=False)
    ]
    edges = (
        (before, at) for at, group in enumerate(groups) for before in group.after
        if before < len(groups)
    )  # fmt: skip
    is_partial = overview.graph.is_partial or len(groups) < len(overview.graph.groups)
    return Graph(nodes, without_cycles(len(nodes), edges), True, is_partial)


def read_graph(
    client: TorcClient, workflow_id: WorkflowId, things: Things, most_edges: int = READ_EDGES
) -> Graph:
    """Read which jobs write and read the files or user data of a workflow.

    Args:
        client: The server.
        workflow_id: The workflow.
        things: Files or user data.
        most_edges: With more than these the graph is partial.

    Raises:
        TorcError: The server refused the request, or did not answer.
    """
    links = every_item(things.page, client, workflow_id)
    read = list(islice(links, most_edges))
    ids = {job for each in read for job in (each.producer_job_id, each.consumer_job_id)} - {None}
    jobs = every_item(client.list_jobs, workflow_id) if ids else iter(())
    statuses = {job.id: str(job.status or "") for job in jobs if job.id in ids}
    builder = GraphBuilder()
    builder.add_nodes(_nodes_of(read, things, statuses))
    for link in read:
        thing = -getattr(link, things.id)
        if link.producer_job_id is not None:
            builder.add_edges([(link.producer_job_id, thing)])
        if link.consumer_job_id is not None:
            builder.add_edges([(thing, link.consumer_job_id)])
    return builder.graph(is_partial=next(links, None) is not None)


def _nodes_of(links: Iterable[Any], things: Things, statuses: Mapping[Any, str]) -> Iterator[Node]:
    seen: set[int] = set()
    for link in links:
        for number, name, status in (
            (link.producer_job_id, link.producer_job_name, statuses.get(link.producer_job_id, "")),
            (-getattr(link, things.id), getattr(link, things.name), THING),
            (link.consumer_job_id, link.consumer_job_name, statuses.get(link.consumer_job_id, "")),
        ):
            if number is not None and number not in seen:
                seen.add(number)
                yield Node(number, name or "", status)


class GraphBuilder:
    """Collects nodes and edges, and keeps what a drawing needs."""

    def __init__(self) -> None:
        self._nodes: dict[int, Node] = {}
        self._edges: set[tuple[int, int]] = set()
        self._groups: dict[tuple[str, bool], Counter[str]] = {}
        """By name, and whether it is of things; how many nodes by status."""
        self._group_of: dict[int, tuple[str, bool]] = {}
        self._group_edges: set[tuple[tuple[str, bool], tuple[str, bool]]] = set()

    def add_nodes(self, nodes: Iterable[Node]) -> None:
        """Add nodes; all of them before the first edge."""
        for node in nodes:
            if len(self._nodes) <= DRAWN_NODES:
                self._nodes[node.number] = node
            group = (kind_name(node.name), node.status == THING)
            self._groups.setdefault(group, Counter())[node.status] += 1
            self._group_of[node.number] = group

    def add_edges(self, edges: Iterable[Edge]) -> None:
        """Add edges between known nodes."""
        for before, after in edges:
            if before in self._group_of and after in self._group_of:
                self._group_edges.add((self._group_of[before], self._group_of[after]))
                if len(self._group_of) <= DRAWN_NODES:
                    self._edges.add((before, after))

    def graph(self, *, is_partial: bool = False) -> Graph:
        """Return every node, or groups when there are too many to read."""
        if len(self._group_of) <= DRAWN_NODES:
            number = {node: at for at, node in enumerate(self._nodes)}
            edges = {(number[a], number[b]) for a, b in self._edges}
            return Graph(
                [_node(each) for each in self._nodes.values()],
                without_cycles(len(number), edges),
                is_partial=is_partial,
            )
        return self._grouped(is_partial=is_partial)

    def _grouped(self, *, is_partial: bool) -> Graph:
        sizes = {group: counts.total() for group, counts in self._groups.items()}
        largest = set(sorted(sizes, key=lambda group: -sizes[group])[:DRAWN_GROUPS])
        kept = [group for group in self._groups if group in largest]
        number = {group: at for at, group in enumerate(kept)}
        nodes = [_group_node(group[0], self._groups[group]) for group in kept]
        rest: Counter[str] = sum(
            (counts for group, counts in self._groups.items() if group not in number), Counter()
        )
        if rest:
            nodes.append(_group_node(_REST, rest))
        last = len(nodes) - 1
        edges = {(number.get(a, last), number.get(b, last)) for a, b in self._group_edges}
        return Graph(nodes, without_cycles(len(nodes), edges), True, is_partial)


def without_cycles(size: int, edges: Iterable[tuple[int, int]]) -> set[tuple[int, int]]:
    """Return the edges without those that lead back.

    Groups may depend on each other. Jobs may not, but that is checked only when a workflow is
    initialized.
    """
    after: list[list[int]] = [[] for _ in range(size)]
    for a, b in sorted(edges):
        if a != b:
            after[a].append(b)
    entered, left = set[int](), set[int]()
    kept: set[tuple[int, int]] = set()
    for start in range(size):
        stack = [] if start in entered else [(start, iter(after[start]))]
        entered.add(start)
        while stack:
            node, ways = stack[-1]
            following = next(ways, None)
            if following is None:
                left.add(node)
                stack.pop()
            elif following in left or following not in entered:
                kept.add((node, following))
                if following not in entered:
                    entered.add(following)
                    stack.append((following, iter(after[following])))
    return kept


def _node(node: Node) -> Cell:
    if node.status == THING:
        return Cell(f"□ {clean(node.name)}", "cyan")
    look = look_of(node.status)
    return Cell(f"{look.glyph}{look.letter} {clean(node.name)}", look.tone)


def _group_node(group: str, counts: Mapping[str, int]) -> Cell:
    total = sum(counts.values())
    if total == counts.get(THING):
        return Cell(f"□ {clean(group)}{f' {total:,}' if total > 1 else ''}", "cyan")
    look = WORKFLOW_LOOK[state_of(counts)]
    shown = f" {total:,} jobs {percent_completed(counts)}%" if total > 1 else ""
    failed = counts.get("failed", 0)
    trouble = f" {look_of('failed').glyph}{failed:,}" if failed else ""
    tone = look_of("failed").tone if failed else (look.tone or QUIET)
    return Cell(f"{look.glyph}{look.letter} {clean(group)}{shown}{trouble}", tone)

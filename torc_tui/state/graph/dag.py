"""The jobs of a workflow as a graph of readable size: single jobs, or groups of similar names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice

from torc_core.client import TorcClient, every_item
from torc_core.model.artifact import JobFileRelationship, JobUserDataRelationship
from torc_core.model.ids import WorkflowId, id_of
from torc_core.model.job import Job
from torc_tui.lists.job_counts import percent, state_of
from torc_tui.terminal import clean
from torc_tui.theme import QUIET, WORKFLOW_LOOK, Cell, look_of

DRAWN_JOBS = 200
"""Up to this number every job is drawn; beyond it, jobs whose names differ only in digits are one
group."""
DRAWN_GROUPS = 120
READ_JOBS = 200_000
READ_EDGES = 400_000
"""Groups no longer change much: more is not read."""

Edge = tuple[int, int]
"""Ids of the upstream and the downstream job."""

_DIGITS = re.compile(r"\d+")
_REST = "… other names"


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes by number and the edges between them, from upstream to downstream."""

    nodes: list[Cell]
    edges: set[tuple[int, int]]
    is_grouped: bool = False
    is_partial: bool = False
    """There are more jobs or dependencies than were read."""


def fold_name(name: str) -> str:
    """Return the name with each number as "#": what similar names have in common."""
    return _DIGITS.sub("#", name)


def read_graph(client: TorcClient, workflow_id: WorkflowId) -> Graph:
    """Read the jobs and dependencies of a workflow, and draw groups if there are many.

    Raises:
        TorcError: The server refused the request, or did not answer.
    """
    builder = GraphBuilder()
    jobs = every_item(client.list_jobs, workflow_id)
    edges = _edges(client, workflow_id)
    builder.add_jobs(islice(jobs, READ_JOBS))
    builder.add_edges(islice(edges, READ_EDGES))
    is_partial = next(jobs, None) is not None or next(edges, None) is not None
    return builder.graph(is_partial=is_partial)


def _edges(client: TorcClient, workflow_id: WorkflowId) -> Iterator[Edge]:
    """Yield dependencies: the stored ones, and those through files and user data.

    The server works the latter out only when the workflow is initialized.
    """
    for each in every_item(client.list_job_dependencies, workflow_id):
        yield each.depends_on_job_id, each.job_id
    files = every_item(client.list_job_file_relationships, workflow_id)
    data = every_item(client.list_job_user_data_relationships, workflow_id)
    for link in chain[JobFileRelationship | JobUserDataRelationship](files, data):
        if link.producer_job_id is not None and link.consumer_job_id is not None:
            yield link.producer_job_id, link.consumer_job_id


class GraphBuilder:
    """Collects jobs and dependencies page by page, and keeps what a drawing needs."""

    def __init__(self) -> None:
        self._jobs: dict[int, tuple[str, str]] = {}
        self._edges: set[tuple[int, int]] = set()
        self._groups: dict[str, Counter[str]] = {}
        self._group_of: dict[int, str] = {}
        self._group_edges: set[tuple[str, str]] = set()

    def add_jobs(self, jobs: Iterable[Job]) -> None:
        """Add jobs; all of them before the first dependency."""
        for job in jobs:
            number, status = id_of(job), str(job.status or "")
            if len(self._jobs) <= DRAWN_JOBS:
                self._jobs[number] = (job.name, status)
            group = fold_name(job.name)
            counts = self._groups.get(group)
            if counts is None:
                counts = self._groups[group] = Counter()
            counts[status] += 1
            self._group_of[number] = group

    def add_edges(self, edges: Iterable[Edge]) -> None:
        """Add dependencies between known jobs."""
        for before, after in edges:
            if before in self._group_of and after in self._group_of:
                self._group_edges.add((self._group_of[before], self._group_of[after]))
                if len(self._group_of) <= DRAWN_JOBS:
                    self._edges.add((before, after))

    def graph(self, *, is_partial: bool = False) -> Graph:
        """Return every job, or groups when there are too many to read."""
        if len(self._group_of) <= DRAWN_JOBS:
            number = {job: at for at, job in enumerate(self._jobs)}
            edges = {(number[a], number[b]) for a, b in self._edges}
            return Graph(
                [_job_node(name, status) for name, status in self._jobs.values()],
                without_cycles(len(number), edges),
                is_partial=is_partial,
            )
        return self._grouped(is_partial=is_partial)

    def _grouped(self, *, is_partial: bool) -> Graph:
        sizes = {group: counts.total() for group, counts in self._groups.items()}
        largest = set(sorted(sizes, key=lambda group: -sizes[group])[:DRAWN_GROUPS])
        kept = [group for group in self._groups if group in largest]
        number = {group: at for at, group in enumerate(kept)}
        nodes = [_group_node(group, self._groups[group]) for group in kept]
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


def _job_node(name: str, status: str) -> Cell:
    look = look_of(status)
    return Cell(f"{look.glyph}{look.letter} {clean(name)}", look.tone)


def _group_node(group: str, counts: Mapping[str, int]) -> Cell:
    look = WORKFLOW_LOOK[state_of(counts)]
    total = sum(counts.values())
    shown = f" {total:,} jobs {percent(counts)}%" if total > 1 else ""
    failed = counts.get("failed", 0)
    trouble = f" {look_of('failed').glyph}{failed:,}" if failed else ""
    tone = look_of("failed").tone if failed else (look.tone or QUIET)
    return Cell(f"{look.glyph}{look.letter} {clean(group)}{shown}{trouble}", tone)

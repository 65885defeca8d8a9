"""When jobs ran on which node, and when nodes were idle. The reading is at the end; else pure."""

from __future__ import annotations

import heapq
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from torc_core.client import TorcClient
from torc_core.model.compute import ComputeNode
from torc_core.model.ids import WorkflowId, id_of
from torc_core.model.status import JobStatus
from torc_core.moments import read_moment
from torc_core.operations.progress.runtimes import span_of

MOST_ATTEMPTS = 10_000
"""So many of the latest attempts of a run are shown."""
_MOST_NODES = 1_000


class Span(NamedTuple):
    """An attempt of a job on a node; times are seconds since 1970."""

    begin: float
    end: float
    job_id: int
    name: str
    status: str


class NodeTimeline(NamedTuple):
    """What ran on one node."""

    node_id: int
    name: str
    begin: float
    end: float
    """While it was there, within the run."""
    lanes: Sequence[Sequence[Span]]
    """Attempts of one lane do not overlap; as many lanes as ever ran together."""

    @property
    def spans(self) -> Iterable[Span]:
        """All attempts."""
        return (span for lane in self.lanes for span in lane)


class Timeline(NamedTuple):
    """A run by nodes."""

    run_id: int
    begin: float
    end: float
    nodes: Sequence[NodeTimeline]
    is_partial: bool = False
    """There were more attempts before."""


def lanes_of(spans: Iterable[Span]) -> list[list[Span]]:
    """Return attempts in as few lanes as possible, so that those of a lane do not overlap."""
    lanes: list[list[Span]] = []
    free: list[tuple[float, int]] = []
    for span in sorted(spans):
        if free and free[0][0] <= span.begin:
            _, at = heapq.heappop(free)
        else:
            at = len(lanes)
            lanes.append([])
        lanes[at].append(span)
        heapq.heappush(free, (span.end, at))
    return lanes


def occupancy(spans: Iterable[Span], begin: float, end: float, cells: int) -> list[float]:
    """Return how many jobs ran on average in each part of a time."""
    if cells <= 0 or end <= begin:
        return []
    size = (end - begin) / cells
    busy = [0.0] * cells
    for span in spans:
        first = max(0, int((span.begin - begin) / size))
        last = min(cells - 1, int((span.end - begin) / size))
        for at in range(first, last + 1):
            low, high = begin + at * size, begin + (at + 1) * size
            busy[at] += max(0.0, min(high, span.end) - max(low, span.begin)) / size
    return busy


def idle_gaps(node: NodeTimeline) -> list[tuple[float, float]]:
    """Return when nothing ran on a node while it was there."""
    gaps = []
    free_from = node.begin
    for span in sorted(node.spans):
        if span.begin > free_from:
            gaps.append((free_from, span.begin))
        free_from = max(free_from, span.end)
    if node.end > free_from:
        gaps.append((free_from, node.end))
    return gaps


def busy_share(node: NodeTimeline) -> float:
    """Return the part of its lanes, while it was there, in which a job ran."""
    room = (node.end - node.begin) * len(node.lanes)
    taken = sum(span.end - span.begin for span in node.spans)
    return min(1.0, taken / room) if room > 0 else 0.0


def make_timeline(
    run_id: int,
    spans: Mapping[int, Sequence[Span]],
    nodes: Mapping[int, tuple[str, float | None, float | None]],
    *,
    is_partial: bool = False,
) -> Timeline:
    """Return attempts by node.

    Args:
        run_id: The run.
        spans: Attempts by the id of their node.
        nodes: The name, beginning and end of each node, where known.
        is_partial: There were more attempts before.
    """
    every = [span for each in spans.values() for span in each]
    begin = min((span.begin for span in every), default=0.0)
    end = max((span.end for span in every), default=0.0)
    found = []
    for node_id, own in spans.items():
        name, there_from, there_to = nodes.get(node_id, (f"node {node_id}", None, None))
        first = min(span.begin for span in own)
        last = max(span.end for span in own)
        found.append(
            NodeTimeline(
                node_id,
                name,
                max(begin, min(first, there_from or first)),
                min(end, max(last, there_to or last)),
                lanes_of(own),
            )
        )
    found.sort(key=lambda node: (node.name, node.begin, node.node_id))
    return Timeline(run_id, begin, end, found, is_partial)


def read_timeline(client: TorcClient, workflow_id: WorkflowId, run_id: int | None) -> Timeline:
    """Read when the jobs of a run ran where.

    Args:
        client: The server.
        workflow_id: The workflow.
        run_id: The run; None for the present one, with what runs now.

    Raises:
        TorcError: The server refused a request, or did not answer.
    """
    now = time.time()
    present = client.get_workflow_status(workflow_id).run_id
    number = present if run_id is None else run_id
    results = client.list_results(
        workflow_id, run_id=number, all_runs=True, limit=MOST_ATTEMPTS, sort_by="id",
        reverse_sort=True,
    )  # fmt: skip
    spans: defaultdict[int, list[Span]] = defaultdict(list)
    for result in results.items:
        if (span := span_of(result)) is not None:
            name = result.job_name or f"job {result.job_id}"
            spans[result.compute_node_id].append(
                Span(*span, result.job_id, name, str(result.status))
            )
    if number == present:
        for job in client.list_jobs(
            workflow_id, status=JobStatus.RUNNING, limit=MOST_ATTEMPTS
        ).items:
            began = read_moment(job.start_time)
            if began is not None and job.compute_node_id is not None:
                spans[job.compute_node_id].append(
                    Span(began, max(began, now), id_of(job), job.name, str(job.status))
                )
    nodes: dict[int, tuple[str, float | None, float | None]] = {
        id_of(node): _times(node, now)
        for node in client.list_compute_nodes(
            workflow_id, limit=_MOST_NODES, sort_by="id", reverse_sort=True
        ).items
    }
    return make_timeline(number, spans, nodes, is_partial=results.total_count > len(results.items))


def _times(node: ComputeNode, now: float) -> tuple[str, float | None, float | None]:
    """Return a node's name, and from when to when it was there."""
    begin = read_moment(node.start_time)
    if begin is not None and node.duration_seconds is not None:
        return node.hostname, begin, begin + node.duration_seconds
    return node.hostname, begin, now if node.is_active else None

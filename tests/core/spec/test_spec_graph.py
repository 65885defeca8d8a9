"""Levels, cycles, flows and paths of graphs, against plain definitions."""

from __future__ import annotations

from array import array
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torc_core import graph

Graph = list[tuple[int, ...]]


@st.composite
def acyclic(draw: st.DrawFn) -> Graph:
    count = draw(st.integers(0, 12))
    return [
        tuple(sorted(draw(st.sets(st.integers(0, job - 1), max_size=4)))) if job else ()
        for job in range(count)
    ]


@st.composite
def any_graph(draw: st.DrawFn) -> Graph:
    count = draw(st.integers(1, 10))
    jobs = st.integers(0, count - 1)
    return [tuple(sorted(draw(st.sets(jobs, max_size=3)))) for _ in range(count)]


def reachable(dependencies: Graph, start: int) -> set[int]:
    """Return everything that a job waits for, by the definition."""
    seen: set[int] = set()
    stack = list(dependencies[start])
    while stack:
        job = stack.pop()
        if job not in seen:
            seen.add(job)
            stack.extend(dependencies[job])
    return seen


@given(acyclic())
def test_a_level_is_one_more_than_the_highest_below(dependencies: Graph) -> None:
    level = graph.levels(dependencies)
    for job, needed in enumerate(dependencies):
        assert level[job] == 1 + max((level[other] for other in needed), default=-1)


@given(any_graph())
def test_order_respects_every_edge_and_leaves_out_what_is_behind_a_cycle(
    dependencies: Graph,
) -> None:
    order = graph.topological_order(dependencies)
    place = {job: i for i, job in enumerate(order)}
    for job in order:
        assert all(place[needed] < place[job] for needed in dependencies[job])
    cyclic = {j for j in range(len(dependencies)) if j in reachable(dependencies, j)}
    stuck = {j for j in range(len(dependencies)) if cyclic & ({j} | reachable(dependencies, j))}
    assert set(order) == set(range(len(dependencies))) - stuck


@given(any_graph())
def test_cycles_are_cycles_and_found_whenever_there_is_one(dependencies: Graph) -> None:
    cycles = graph.find_cycles(dependencies)
    for cycle in cycles:
        for job, next_job in zip(cycle, [*cycle[1:], cycle[0]], strict=True):
            assert next_job in dependencies[job]
    is_cyclic = any(j in reachable(dependencies, j) for j in range(len(dependencies)))
    assert bool(cycles) == is_cyclic
    found = [job for cycle in cycles for job in cycle]
    assert len(found) == len(set(found))


@given(any_graph(), st.sets(st.integers(0, 9), max_size=3))
def test_downstream_is_all_that_waits(dependencies: Graph, starts: set[int]) -> None:
    starts = {start for start in starts if start < len(dependencies)}
    expected = {
        job for job in range(len(dependencies)) if starts & reachable(dependencies, job)
    } - starts
    assert graph.downstream(dependencies, starts) == expected


@given(any_graph(), st.sets(st.integers(0, 9), max_size=3))
def test_upstream_is_all_that_is_waited_for(dependencies: Graph, starts: set[int]) -> None:
    starts = {start for start in starts if start < len(dependencies)}
    expected = {job for start in starts for job in reachable(dependencies, start)} - starts
    assert graph.upstream(dependencies, starts) == expected


@given(acyclic(), st.data())
def test_the_critical_path_is_the_heaviest_chain(dependencies: Graph, data: st.DataObject) -> None:
    count = len(dependencies)
    weights = data.draw(st.lists(st.integers(0, 9), min_size=count, max_size=count))
    best: list[int] = []
    for job, needed in enumerate(dependencies):
        best.append(weights[job] + max((best[other] for other in needed), default=0))
    weight, path = graph.critical_path(dependencies, weights)
    assert weight == max(best, default=0)
    assert sum(weights[job] for job in path) == weight
    for before, job in pairwise(path):
        assert before in dependencies[job]


@given(st.data())
def test_whoever_reads_waits_for_whoever_writes(data: st.DataObject) -> None:
    count = data.draw(st.integers(0, 6))
    items = st.sets(st.integers(0, 4), max_size=3).map(lambda found: tuple(sorted(found)))
    lists = st.lists(items, min_size=count, max_size=count)
    inputs, outputs = data.draw(lists), data.draw(lists)
    expected = [
        tuple(w for w in range(count) if w != r and set(outputs[w]) & set(inputs[r]))
        for r in range(count)
    ]
    assert graph.implicit_dependencies(inputs, outputs) == expected
    explicit = [(0,) if r else () for r in range(count)]
    merged = graph.all_dependencies(explicit, [(inputs, outputs), (outputs, inputs)])
    for r in range(count):
        reverse = {w for w in range(count) if w != r and set(inputs[w]) & set(outputs[r])}
        assert merged[r] == tuple(sorted({*explicit[r], *expected[r], *reverse}))


@pytest.mark.parametrize("count", [100_000])
def test_a_long_chain_needs_no_recursion(count: int) -> None:
    chain = [(), *((job,) for job in range(count - 1))]
    assert graph.levels(chain)[-1] == count - 1
    assert len(graph.critical_path(chain, [1] * count)[1]) == count
    assert len(graph.downstream(chain, [0])) == count - 1
    (cycle,) = graph.find_cycles([(count - 1,), *chain[1:]])
    assert len(cycle) == count


def test_jobs_that_read_the_same_keep_their_own_stated_dependencies() -> None:
    read = (7,)
    merged = graph.all_dependencies(
        [(), (3,), (), ()], [([(), read, read, ()], [(7,), (), (), ()])]
    )
    assert merged == [(), (0, 3), (0,), ()]


@given(any_graph(), st.data())
def test_rows_in_arrays_are_the_same_graph(dependencies: Graph, data: st.DataObject) -> None:
    distinct = list(dict.fromkeys(dependencies))
    rows = graph.Rows()
    for needed in distinct:
        rows.add(needed)
    numbers = array("i", map(distinct.index, dependencies))
    packed = graph.SharedRows(numbers, rows)
    starts = data.draw(st.sets(st.integers(0, len(dependencies) - 1)))

    assert list(packed) == dependencies
    assert list(rows.following(1)) == distinct[1:]
    assert graph.levels(packed) == graph.levels(dependencies)
    assert graph.find_cycles(packed) == graph.find_cycles(dependencies)
    assert graph.downstream(packed, starts) == graph.downstream(dependencies, starts)


@given(any_graph())
def test_rows_are_made_of_pairs(dependencies: Graph) -> None:
    pairs = [(at, number) for at, row in enumerate(dependencies) for number in row]
    assert list(graph.Rows.grouped("q", len(dependencies), pairs)) == dependencies

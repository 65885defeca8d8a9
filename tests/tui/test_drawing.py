"""Graphs are drawn so that every line means a dependency."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torc_core.model.job import Job
from torc_tui.state.graph.dag import DRAWN_JOBS, Gathering, fold_name, without_cycles
from torc_tui.state.graph.drawing import draw
from torc_tui.state.graph.layers import layer, place


def make_graph(names, edges, status="completed"):
    ids = {name: number for number, name in enumerate(names, 1)}
    gathering = Gathering()
    gathering.add_jobs(
        Job(id=number, workflow_id=1, name=name, command="true", status=status)
        for name, number in ids.items()
    )
    gathering.add_edges((ids[a], ids[b]) for a, b in edges)
    return gathering.graph()


def picture(graph):
    return ["".join(cell.text for cell in line).rstrip() for line in draw(graph).lines]


def test_a_diamond():
    edges = [("prep", "work1"), ("prep", "work2"), ("work1", "post"), ("work2", "post")]

    assert picture(make_graph(["prep", "work1", "work2", "post"], edges)) == [
        "✓C prep ─┬─✓C work1 ─┬─✓C post",
        "         └─✓C work2 ─┘",
    ]


def test_jobs_that_wait_for_the_same_jobs_share_a_line():
    names = ["a1", "a2", "a3", "b1", "b2", "b3"]
    edges = [(a, b) for a in names[:3] for b in names[3:]]

    assert picture(make_graph(names, edges)) == [
        "✓C a1 ─┬─✓C b1",
        "✓C a2 ─┼─✓C b2",
        "✓C a3 ─┴─✓C b3",
    ]


def test_many_jobs_are_drawn_as_groups_with_counts():
    train = [f"train_{i}" for i in range(DRAWN_JOBS)]
    edges = [(name, "merge") for name in train]

    assert picture(make_graph([*train, "merge"], edges)) == ["✓D train_# 200 jobs 100% ──✓D merge"]


def test_names_that_differ_in_numbers_are_alike():
    assert fold_name("seed_12_lr_0.001") == fold_name("seed_3_lr_1.5")
    assert fold_name("train_1") != fold_name("eval_1")


def test_jobs_of_a_chain_with_one_name_make_one_group():
    names = [f"step_{i}" for i in range(DRAWN_JOBS + 1)]

    assert len(picture(make_graph(names, pairwise(names)))) == 1


EDGES = st.sets(st.tuples(st.integers(0, 14), st.integers(0, 14)), max_size=40)


@given(EDGES)
def test_without_cycles_there_is_an_order(edges):
    kept = without_cycles(15, edges)
    levels = layer(15, kept)
    level = {spot.node: at for at, each in enumerate(levels) for spot in each}

    assert kept <= edges
    assert all(level[a] < level[b] for a, b in kept)


@given(EDGES)
def test_every_node_has_a_place_of_its_own_and_every_edge_a_way(edges):
    kept = without_cycles(15, edges)
    layers = layer(15, kept)

    for each in layers:
        assert len({spot.row for spot in each}) == len(each)
        assert [spot.row for spot in each] == sorted(spot.row for spot in each)
    for a, b in kept:
        assert b in _reached(layers, a)


def _reached(layers, node):
    todo = [spot for each in layers for spot in each if spot.node == node]
    found = set()
    while todo:
        for after in todo.pop().after:
            if after.node is None:
                todo.append(after)
            else:
                found.add(after.node)
    return found


@given(EDGES)
def test_every_line_of_a_drawing_is_as_wide_as_the_drawing(edges):
    names = [f"n{chr(97 + i)}" for i in range(15)]
    acyclic = [(names[a], names[b]) for a, b in without_cycles(15, edges)]
    drawing = draw(make_graph(names, acyclic))

    assert {sum(len(cell.text) for cell in line) for line in drawing.lines} == {drawing.width}


@given(st.lists(st.floats(-50, 50), min_size=1, max_size=30))
def test_placing_keeps_order_and_leaves_what_fits_alone(wishes):
    rows = place(sorted(wishes))

    assert all(a < b for a, b in pairwise(rows))
    apart = [float(3 * i) for i in range(len(wishes))]
    assert place(apart) == [round(each) for each in apart]


@pytest.mark.parametrize("name", ["\x1b[2Jx", "a\nb", "x" * 500, "日本語" * 40])
def test_hostile_names_stay_on_their_line(name):
    lines = picture(make_graph([name, "b"], [(name, "b")]))

    assert len(lines) == 1
    assert lines[0].isprintable()
    assert lines[0].endswith("✓C b")

"""Graphs are drawn so that every line means a dependency."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torc_core.model.job import kind_name
from torc_tui.state.graph.dag import (
    DRAWN_GROUPS,
    DRAWN_NODES,
    THING,
    Graph,
    GraphBuilder,
    Node,
    without_cycles,
)
from torc_tui.state.graph.drawing import LABEL, draw
from torc_tui.state.graph.layers import layer, place
from torc_tui.theme import QUIET, Cell


def make_graph(names, edges, status="completed"):
    ids = {name: number for number, name in enumerate(names, 1)}
    builder = GraphBuilder()
    builder.add_nodes(Node(number, name, status) for name, number in ids.items())
    builder.add_edges((ids[a], ids[b]) for a, b in edges)
    return builder.graph()


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
    train = [f"train_{i}" for i in range(DRAWN_NODES)]
    edges = [(name, "merge") for name in train]

    assert picture(make_graph([*train, "merge"], edges)) == ["✓D train_# 200 jobs 100% ──✓D merge"]


def test_names_that_differ_in_numbers_are_alike():
    assert kind_name("seed_12_lr_0.001") == kind_name("seed_3_lr_1.5")
    assert kind_name("train_1") != kind_name("eval_1")


def test_jobs_of_a_chain_with_one_name_make_one_group():
    names = [f"step_{i}" for i in range(DRAWN_NODES + 1)]

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


def gathered(jobs, edges=()):
    """Jobs as name and status, edges as indexes."""
    builder = GraphBuilder()
    builder.add_nodes(Node(100 + at, name, status or "") for at, (name, status) in enumerate(jobs))
    builder.add_edges((100 + a, 100 + b) for a, b in edges)
    return builder


def test_a_job_is_drawn_with_glyph_letter_and_color():
    graph = gathered([("a", "failed"), ("b\x1b", "running"), ("c", None)], [(0, 1)]).graph()

    assert graph.nodes == [Cell("✗F a", "red"), Cell("▶R b␛", "yellow"), Cell("?? c", "")]
    assert graph.edges == {(0, 1)}
    assert not graph.is_grouped
    assert not graph.is_partial


def test_files_are_drawn_apart_from_jobs_with_the_same_names():
    few = gathered([("a", "ready"), ("a", THING)], [(0, 1)]).graph()
    many = gathered([(f"a{at}", (at % 2 and "ready") or THING) for at in range(300)], []).graph()

    assert few.nodes == [Cell("○Y a", "cyan"), Cell("□ a", "cyan")]
    assert [node.text for node in many.nodes] == ["□ a# 150", "○R a# 150 jobs 0%"]


def test_dependencies_on_unknown_jobs_are_left_out():
    graph = gathered([("a", "ready"), ("b", "ready")], [(0, 9), (9, 1), (0, 1)]).graph()

    assert graph.edges == {(0, 1)}


@pytest.mark.parametrize("more", [0, 1])
def test_groups_begin_beyond_the_number_of_jobs_that_are_drawn(more):
    jobs = [(f"job_{i}", "ready") for i in range(DRAWN_NODES + more)]
    graph = gathered(jobs, [(0, DRAWN_NODES - 1)]).graph(is_partial=True)

    assert graph.is_grouped == bool(more)
    assert graph.is_partial
    assert len(graph.nodes) == (1 if more else DRAWN_NODES)
    assert graph.edges == (set() if more else {(0, DRAWN_NODES - 1)})


def test_a_group_says_how_many_how_far_and_what_failed():
    jobs = [(f"a{i}", "completed") for i in range(1500)]
    jobs += [(f"b{i}", "failed" if i < 3 else "completed") for i in range(6)]
    jobs += [(f"c{i}", "running" if i < 3 else "ready") for i in range(4)]
    jobs += [("solo", "ready"), ("gone_1", "uninitialized"), ("gone_2", "uninitialized")]
    graph = gathered(jobs, [(0, 1501), (1501, 1507), (1507, 1510)]).graph()

    assert graph.nodes == [
        Cell("✓D a# 1,500 jobs 100%", "green"),
        Cell("✗F b# 6 jobs 50% ✗3", "red"),
        Cell("▶R c# 4 jobs 0%", "yellow"),
        Cell("○R solo", "cyan"),
        Cell("·N gone_# 2 jobs 0%", QUIET),
    ]
    assert graph.edges == {(0, 1), (1, 2), (2, 3)}


def test_the_smallest_groups_are_drawn_as_one():
    letters = [a + b for a in "abcdefghijkl" for b in "abcdefghijkl"]
    jobs = [(f"{name}{i}", "ready") for name in letters[:DRAWN_GROUPS] for i in range(2)]
    jobs += [(name, "failed") for name in letters[DRAWN_GROUPS : DRAWN_GROUPS + 5]]
    rest = 2 * DRAWN_GROUPS
    graph = gathered(jobs, [(0, rest), (rest, 2), (rest, rest + 1)]).graph()

    assert len(graph.nodes) == DRAWN_GROUPS + 1
    assert graph.nodes[-1] == Cell("✗F … other names 5 jobs 0% ✗5", "red")
    assert graph.nodes[0] == Cell("○R aa# 2 jobs 0%", "cyan")
    assert (0, DRAWN_GROUPS) in graph.edges
    assert (DRAWN_GROUPS, 1) in graph.edges
    assert (DRAWN_GROUPS, DRAWN_GROUPS) not in graph.edges


@pytest.mark.parametrize(
    ("edges", "kept"),
    [
        ({(0, 0)}, set()),
        ({(0, 1), (1, 0)}, {(0, 1)}),
        ({(0, 1), (1, 2), (2, 0)}, {(0, 1), (1, 2)}),
        ({(2, 1), (1, 0)}, {(2, 1), (1, 0)}),
        ({(0, 1), (0, 2), (1, 2)}, {(0, 1), (0, 2), (1, 2)}),
        ({(0, 2), (2, 1), (1, 2)}, {(0, 2), (2, 1)}),
    ],
)
def test_edges_that_lead_back_are_left_out(edges, kept):
    assert without_cycles(3, edges) == kept


@given(EDGES)
def test_of_an_acyclic_graph_every_edge_is_kept(edges):
    acyclic = {(a, b) for a, b in edges if a < b}

    assert without_cycles(15, acyclic) == acyclic


def places(size, edges):
    return [[(spot.node, spot.row) for spot in each] for each in layer(size, edges)]


def test_layers_of_small_graphs():
    assert places(0, set()) == []
    assert places(3, set()) == [[(0, 0), (1, 1), (2, 2)]]
    assert places(2, {(0, 1)}) == [[(0, 0)], [(1, 0)]]
    assert places(2, {(1, 0)}) == [[(1, 0)], [(0, 0)]]
    diamond = {(0, 1), (0, 2), (1, 3), (2, 3)}
    assert places(4, diamond) == [[(0, 0)], [(1, 0), (2, 1)], [(3, 0)]]


def test_a_long_edge_passes_every_layer_between_and_is_shared():
    layers = layer(5, {(0, 1), (1, 2), (2, 3), (0, 3), (0, 4), (2, 4)})
    passing = [[spot for spot in each if spot.node is None] for each in layers]

    assert [len(each) for each in passing] == [0, 1, 1, 0]
    first, second = passing[1][0], passing[2][0]
    assert [spot.node for spot in first.before] == [0]
    assert first.after == [second]
    assert {spot.node for spot in second.after} == {3, 4}


@pytest.mark.parametrize(
    ("wishes", "rows"),
    [
        ([], []),
        ([0.0], [0]),
        ([4.0], [4]),
        ([0.0, 0.0], [0, 1]),
        ([5.0, 5.0, 5.0], [4, 5, 6]),
        ([0.0, 3.0, 3.0, 9.0], [0, 3, 4, 9]),
        ([1.0, 1.0, 7.0, 7.0], [0, 1, 6, 7]),
        ([2.0, 2.0, 2.0, 2.0, 2.0], [0, 1, 2, 3, 4]),
        ([0.0, 1.0, 2.0], [0, 1, 2]),
    ],
)
def test_rows_are_as_near_as_can_be(wishes, rows):
    assert place(wishes) == rows


@pytest.mark.parametrize(
    ("names", "edges", "lines"),
    [
        ("a", [], ["✓C a"]),
        ("ab", [], ["✓C a", "✓C b"]),
        ("abc", ["ab", "bc", "ac"], ["✓C a ─┬─✓C b ─┬─✓C c", "      └───────┘"]),
        ("abcd", ["ac", "bd"], ["✓C a ──✓C c", "✓C b ──✓C d"]),
        ("abc", ["ab", "ac"], ["✓C a ─┬─✓C b", "      └─✓C c"]),
        ("abc", ["ac", "bc"], ["✓C a ─┬─✓C c", "✓C b ─┘"]),
    ],
)
def test_pictures_of_small_graphs(names, edges, lines):
    assert picture(make_graph(list(names), edges)) == lines


ARMS = dict(zip(" ╵╷│╴┘┐┤╶└┌├─┴┬┼", range(16), strict=True))
STEPS = {1: (-1, 0, 2), 2: (1, 0, 1), 4: (0, -1, 8), 8: (0, 1, 4)}
"""By arm (up, down, left, right): the cell that it leads to, and the arm that meets it there."""


def at_place(lines, row, column):
    return lines[row][column] if row < len(lines) and column < len(lines[row]) else " "


def followed(lines, name):
    """The names at which the lines end that begin at the right of a name."""
    row = next(at for at, line in enumerate(lines) if f"{name} " in line)
    todo = [(row, lines[row].index(name) + len(name) + 1)]
    seen, ends = set(), set()
    while todo:
        at, column = todo.pop()
        if (at, column) in seen:
            continue
        seen.add((at, column))
        arms = ARMS.get(at_place(lines, at, column), 0)
        for arm, (down, right, meeting) in STEPS.items():
            place = (at + down, column + right)
            there = at_place(lines, *place) if arms & arm else " "
            while right and there == "│":  # an upright line that crosses lies on top
                place = (at, place[1] + right)
                there = at_place(lines, *place)
            if there.isalpha() and right == 1:
                ends.add(there)
            elif ARMS.get(there, 0) & meeting:
                todo.append(place)
    return ends


@given(EDGES)
def test_every_dependency_can_be_followed_along_lines(edges):
    acyclic = {(a, b) for a, b in edges if a < b}
    names = [chr(ord("a") + at) for at in range(15)]
    drawing = draw(Graph([Cell(name) for name in names], acyclic))
    lines = ["".join(cell.text for cell in line) for line in drawing.lines]

    for a in range(15):
        targets = {names[b] for before, b in acyclic if before == a}
        ends = followed(lines, names[a])
        assert targets <= ends
        assert ends if targets else not ends


@pytest.mark.parametrize("size", range(1, 6))
def test_lines_of_jobs_with_one_dependency_each_lead_nowhere_else(size):
    names = [chr(ord("a") + at) for at in range(2 * size)]
    edges = {(at, size + at) for at in range(size)}
    drawing = draw(Graph([Cell(name) for name in names], edges))
    lines = ["".join(cell.text for cell in line) for line in drawing.lines]

    assert [followed(lines, names[at]) for at in range(size)] == [
        {names[size + at]} for at in range(size)
    ]


def test_a_drawing_keeps_the_colors_of_its_nodes_and_lines_are_quiet():
    drawing = draw(Graph([Cell("one", "red"), Cell("two", "")], {(0, 1)}))

    assert [cell for cell in drawing.lines[0] if cell.text.strip()] == [
        Cell("one ", "red"),
        Cell("──", QUIET),
        Cell("two ", ""),
    ]
    assert drawing.width == 10


def test_a_long_name_is_cut_and_short_ones_are_joined_to_the_lines():
    graph = Graph([Cell("x" * 60), Cell("y"), Cell("z")], {(0, 2), (1, 2)})

    assert picture(graph) == [
        "x" * (LABEL - 1) + "…" + " ─┬─z",
        "y " + "─" * LABEL + "┘",
    ]


def test_an_empty_graph_is_an_empty_drawing():
    assert draw(Graph([], set())).lines == []


def test_rows_follow_those_before_and_then_those_after():
    def nodes(size, edges):
        return [[spot.node for spot in each] for each in layer(size, edges)]

    assert nodes(4, {(0, 3), (1, 2)}) == [[0, 1], [3, 2]]
    assert nodes(5, {(0, 4), (2, 4), (1, 3)}) == [[1, 0, 2], [3, 4]]

"""Columns take the room their data needs, and never more than there is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from torc_core.model.status import JobStatus
from torc_tui.lists.cells import status_cell
from torc_tui.lists.jobs import JOBS
from torc_tui.lists.listing import Column, Row
from torc_tui.lists.resources.nodes import NODES
from torc_tui.lists.results import RESULTS
from torc_tui.lists.workflows import WORKFLOWS
from torc_tui.state.column_widths import GAP, fill, fit, measure
from torc_tui.terminal import clean
from torc_tui.theme import WORKFLOW_LOOK, Cell


def make_columns(count, max_width=40):
    return [Column(f"C{i}", lambda _: "", rank=i % 3, max_width=max_width) for i in range(count)]


@given(st.text(max_size=60).map(clean), st.integers(0, 40), st.booleans())
def test_a_cell_has_exactly_its_width(text, width, is_number):
    assert cell_len(fill(text, width, is_number=is_number)) == width


@given(st.lists(st.integers(1, 60), min_size=1, max_size=9), st.integers(10, 200))
def test_columns_never_exceed_the_room(wanted, room):
    widths = fit(make_columns(len(wanted)), wanted, room)
    shown = [width for width in widths if width]

    assert sum(shown) + GAP * (len(shown) - 1) <= max(room, GAP)


def test_columns_of_the_highest_rank_go_first():
    columns = [
        Column("ID", lambda _: ""),
        Column("Name", lambda _: ""),
        Column("Detail", lambda _: "", rank=2),
        Column("Note", lambda _: "", rank=1),
    ]

    assert fit(columns, [5, 20, 20, 20], 40) == [5, 20, 0, 11]
    assert fit(columns, [5, 20, 20, 20], 30) == [5, 23, 0, 0]
    assert fit(columns, [5, 20, 20, 20], 52) == [5, 20, 0, 23]


def test_the_name_gives_way_and_words_are_whole():
    columns = [
        Column("ID", lambda _: ""),
        Column("Name", lambda _: "", shrink_to=14),
        Column("State", lambda _: "", min_width=10),
        Column("Fail", lambda _: "", is_number=True),
        Column("User", lambda _: "", rank=1),
    ]
    wanted = [4, 32, 10, 5, 8]

    assert fit(columns, wanted, 67) == [4, 32, 10, 5, 8]
    assert fit(columns, wanted, 57) == [4, 32, 10, 5, 0]
    assert fit(columns, wanted, 47) == [4, 22, 10, 5, 0]
    assert fit(columns, wanted, 39) == [4, 14, 10, 5, 0]
    assert fit(columns, wanted, 38) == [4, 20, 10, 0, 0]
    assert fit(columns, wanted, 32) == [4, 14, 10, 0, 0]


LONGEST = {
    "Workflows": max((f"- {word}" for word in WORKFLOW_LOOK), key=len),
    "Jobs": status_cell(JobStatus.PENDING_FAILED).text,
    "Results": status_cell(JobStatus.PENDING_FAILED).text,
    "Nodes": "▶ active",
}


@pytest.mark.parametrize(
    "listing", [WORKFLOWS, JOBS, RESULTS, NODES], ids=lambda listing: listing.name
)
def test_no_state_is_cut_in_40_columns_or_more(listing):
    words = next(at for at, each in enumerate(listing.columns) if each.title in {"State", "Status"})
    full = ["x" * each.max_width if each.shrink_to else "12345" for each in listing.columns]
    full[words] = LONGEST[listing.name]
    row = Row(1, tuple(map(Cell, full)), None)
    wanted = measure(listing.columns, [row], [0] * len(full))
    shown = {room: fit(listing.columns, wanted, room)[words] for room in range(37, 200)}

    assert {room: width for room, width in shown.items() if width < wanted[words]} == {}


def test_widths_follow_the_data_and_only_grow():
    columns = make_columns(1, max_width=12)
    row = Row(1, (Cell("x" * 9),), None)

    widths = measure(columns, [row], [0])
    assert widths == [9]
    assert measure(columns, [], widths) == [9]
    assert measure(columns, [Row(2, (Cell("y" * 50),), None)], widths) == [12]


def test_wide_characters_count_twice():
    assert measure(make_columns(1), [Row(1, (Cell("日本語日本語"),), None)], [0]) == [12]
    assert fill("日本語", 4) == "日 …"


def plain(title="C", **options):
    return Column(title, lambda _: "", **options)


@pytest.mark.parametrize(
    ("column", "text", "so_far", "width"),
    [
        (plain("Name"), "", 0, 4),
        (plain("Name", sort_by="name"), "", 0, 5),
        (plain("Name", min_width=9), "", 0, 9),
        (plain("Name", min_width=9), "", 11, 11),
        (plain("Name"), "12345678", 0, 8),
        (plain("Name", max_width=6), "12345678", 0, 6),
        (plain("Name"), "日本語", 0, 6),
        (plain("Long title"), "日本語", 0, 10),
        (plain("Name"), "é", 3, 4),
    ],
)
def test_the_width_that_a_column_would_like(column, text, so_far, width):
    assert measure([column], [Row(1, (Cell(text),), None)], [so_far]) == [width]


def test_each_column_is_measured_by_its_own_cells():
    rows = [Row(1, (Cell("x" * 3), Cell("y" * 9)), None), Row(2, (Cell("x" * 7), Cell("")), None)]

    assert measure([plain("A"), plain("B")], rows, [0, 0]) == [7, 9]


@pytest.mark.parametrize(
    ("columns", "wanted", "room", "widths"),
    [
        ([plain()], [5], 10, [10]),
        ([plain(is_number=True)], [5], 10, [5]),
        ([plain(is_number=True)], [5], 3, [3]),
        ([plain()], [20], 3, [3]),
        ([plain(), plain(is_number=True)], [5, 5], 30, [5, 5]),
        ([plain(), plain()], [5, 5], 30, [5, 23]),
        ([plain(), plain()], [5, 20], 17, [5, 10]),
        ([plain(), plain()], [5, 20], 15, [5, 8]),
        ([plain(), plain()], [5, 20], 14, [14, 0]),
        ([plain(), plain(min_width=20)], [5, 20], 27, [5, 20]),
        ([plain(), plain(min_width=20)], [5, 20], 26, [26, 0]),
        ([plain(), plain(rank=1), plain(rank=1)], [5, 9, 9], 27, [5, 9, 9]),
        ([plain(), plain(rank=1), plain(rank=1)], [5, 9, 9], 26, [5, 9, 8]),
        ([plain(), plain(rank=1), plain(rank=1)], [5, 9, 9], 25, [5, 18, 0]),
        ([plain(), plain(rank=2), plain(rank=1)], [5, 9, 9], 20, [5, 0, 13]),
        ([plain(), plain(shrink_to=6), plain(min_width=4)], [5, 9, 4], 22, [5, 9, 4]),
        ([plain(), plain(shrink_to=6), plain(min_width=4)], [5, 9, 4], 20, [5, 7, 4]),
        ([plain(), plain(shrink_to=6), plain(min_width=4)], [5, 9, 4], 19, [5, 6, 4]),
        ([plain(), plain(shrink_to=6), plain(min_width=4)], [5, 9, 4], 18, [5, 11, 0]),
        ([plain(shrink_to=3), plain(shrink_to=6), plain()], [5, 9, 9], 26, [5, 9, 8]),
        ([plain(shrink_to=3), plain(shrink_to=6), plain()], [5, 9, 9], 24, [3, 9, 8]),
        ([plain(shrink_to=3), plain(shrink_to=6), plain()], [5, 9, 9], 22, [3, 7, 8]),
    ],
)
def test_columns_in_a_room(columns, wanted, room, widths):
    assert fit(columns, wanted, room) == widths


@pytest.mark.parametrize(
    ("text", "width", "is_number", "shown"),
    [
        ("abc", 5, False, "abc  "),
        ("abc", 5, True, "  abc"),
        ("abc", 3, False, "abc"),
        ("abcd", 3, False, "ab…"),
        ("abcd", 1, False, "…"),
        ("abcd", 0, False, ""),
        ("日本", 5, True, " 日本"),
        ("日本", 3, True, "日…"),
    ],
)
def test_a_text_in_a_width(text, width, is_number, shown):
    assert fill(text, width, is_number=is_number) == shown

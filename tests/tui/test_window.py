"""The window on a long list asks for what is in sight and notices what changed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from torc_tui.lists.listing import Query, Row
from torc_tui.state.window import BLOCK, KEPT_BLOCKS, Window
from torc_tui.theme import Cell


def make_rows(span, total, text="x"):
    return [Row(i, (Cell(text),), i) for i in span if i < total]


def test_at_first_the_first_block_is_wanted():
    assert Window().wanted(0, 20) == range(BLOCK)


@given(total=st.integers(0, 10**6), first=st.integers(0, 10**6), height=st.integers(1, 200))
def test_after_the_answer_all_rows_in_sight_are_known(total, first, height):
    window = Window()
    window.put(range(BLOCK), total, make_rows(range(BLOCK), total))
    first = min(first, max(0, total - 1))
    span = window.wanted(first, first + height)
    if span is not None:
        assert len(span) <= 3 * BLOCK
        window.put(span, total, make_rows(span, total))

    assert window.wanted(first, first + height) is None
    for index in range(first, min(total, first + height)):
        assert window.row(index).key == index


def test_only_rows_that_look_different_have_changed():
    window = Window()
    rows = make_rows(range(BLOCK), BLOCK)
    window.put(range(BLOCK), BLOCK, rows)

    assert window.put(range(BLOCK), BLOCK, make_rows(range(BLOCK), BLOCK)) == set()
    rows[7] = Row(7, (Cell("y"),), 7)
    assert window.put(range(BLOCK), BLOCK, rows) == {7}


def test_rows_that_came_and_went_have_changed():
    window = Window()
    window.put(range(BLOCK), 10, make_rows(range(BLOCK), 10))

    assert window.put(range(BLOCK), 12, make_rows(range(BLOCK), 12)) == {10, 11}
    assert window.put(range(BLOCK), 9, make_rows(range(BLOCK), 9)) == {9, 10, 11}


def test_what_is_stale_stays_in_sight_and_is_asked_for_again():
    window = Window()
    window.put(range(BLOCK), 5, make_rows(range(BLOCK), 5))
    window.invalidate()

    assert window.row(3) is not None
    assert window.wanted(0, 5) == range(BLOCK)


def test_memory_does_not_grow_with_the_list():
    window = Window()
    total = 10 * KEPT_BLOCKS * BLOCK
    for start in range(0, total, BLOCK):
        span = range(start, start + BLOCK)
        window.put(span, total, make_rows(span, total))

    assert len(list(window.rows())) == KEPT_BLOCKS * BLOCK
    assert window.row(total - 1) is not None


def test_sorting_twice_by_a_column_reverses():
    once = Query().sorted_by("name")

    assert (once.sort_by, once.reverse) == ("name", False)
    assert once.sorted_by("name").reverse
    assert not once.sorted_by("name").sorted_by("id").reverse


def test_an_empty_filter_is_no_filter():
    query = Query().filtered("status", "failed").filtered("name", "train")

    assert query.filters == {"status": "failed", "name": "train"}
    assert query.filtered("status", "").filters == {"name": "train"}


def test_a_known_row_is_found_by_its_key():
    window = Window()
    window.put(range(BLOCK), 900, make_rows(range(BLOCK), 900))
    window.put(range(3 * BLOCK, 4 * BLOCK), 900, make_rows(range(3 * BLOCK, 4 * BLOCK), 900))

    assert window.find(5) == 5
    assert window.find(3 * BLOCK + 7) == 3 * BLOCK + 7
    assert window.find(2 * BLOCK) is None

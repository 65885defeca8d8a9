"""The window on a long list asks for what is in sight and notices what changed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from torc_tui.lists.listing import Query, Row
from torc_tui.state.window import AHEAD, BLOCK, KEPT_BLOCKS, Window
from torc_tui.theme import Cell

FETCHED = AHEAD * BLOCK


def make_rows(span, total, text="x"):
    return [Row(i, (Cell(text),), i) for i in span if i < total]


def test_at_first_what_is_in_sight_is_wanted():
    assert Window().missing_span(0, 20) == range(BLOCK)
    assert Window().missing_span(0, BLOCK) == range(2 * BLOCK)


@given(total=st.integers(0, 10**6), first=st.integers(0, 10**6), height=st.integers(1, 200))
def test_after_the_answer_all_rows_in_sight_are_known(total, first, height):
    window = Window()
    window.put(range(BLOCK), total, make_rows(range(BLOCK), total))
    first = min(first, max(0, total - 1))
    span = window.missing_span(first, first + height)
    if span is not None:
        assert len(span) <= 2 * AHEAD * BLOCK + 200
        window.put(span, total, make_rows(span, total))

    assert window.missing_span(first, first + height) is None
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
    assert window.missing_span(0, 5) == range(BLOCK)


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


def filled(total, *starts):
    """A window that has the answers for the blocks that begin at `starts`."""
    window = Window()
    for start in starts or (0,):
        span = range(start, start + BLOCK)
        window.put(span, total, make_rows(span, total))
    return window


@given(
    total=st.integers(0, 3000),
    sights=st.lists(st.tuples(st.integers(0, 3000), st.integers(1, 60)), min_size=1, max_size=8),
    shrinks=st.booleans(),
)
def test_an_answered_window_asks_no_more_wherever_it_is_and_whatever_was_stale(
    total, sights, shrinks
):
    window = filled(total)
    for first, height in sights:
        window.invalidate()
        asked = 0
        while (span := window.missing_span(first, first + height)) is not None:
            asked += 1
            assert asked <= 2, "it asks for ever"
            total = max(0, total - 7) if shrinks and asked == 1 else total
            window.put(span, total, make_rows(span, total))


def test_an_empty_list_is_asked_for_once():
    window = Window()
    assert window.put(range(BLOCK), 0, []) == set()

    assert window.total == 0
    assert window.missing_span(0, 20) is None
    assert window.row(0) is None
    window.invalidate()
    assert window.missing_span(0, 20) == range(BLOCK)
    window.put(range(BLOCK), 0, [])
    assert window.missing_span(0, 20) is None


def test_rows_that_are_unknown_are_asked_for_with_their_neighbors():
    window = filled(10 * FETCHED)
    window.put(range(FETCHED), 10 * FETCHED, make_rows(range(FETCHED), 10 * FETCHED))

    assert window.missing_span(0, FETCHED - 1) is None
    assert window.missing_span(0, FETCHED) == range(FETCHED, 2 * FETCHED)
    assert window.missing_span(2 * FETCHED + BLOCK, 2 * FETCHED + BLOCK + 5) == range(
        2 * FETCHED, 3 * FETCHED
    )
    assert window.missing_span(3 * FETCHED - 1, 4 * FETCHED) == range(2 * FETCHED, 5 * FETCHED)
    assert window.missing_span(-5, 3) is None
    assert window.missing_span(10 * FETCHED - 1, 99 * FETCHED) == range(9 * FETCHED, 10 * FETCHED)
    assert filled(5).missing_span(-9, -3) is None


def test_of_a_stale_window_only_what_is_in_sight_is_asked_for_again():
    window = filled(3 * BLOCK, 0, BLOCK, 2 * BLOCK)
    assert window.missing_span(0, 3 * BLOCK) is None
    window.invalidate()

    assert window.missing_span(BLOCK + 1, BLOCK + 9) == range(BLOCK, 2 * BLOCK)
    window.put(range(BLOCK, 2 * BLOCK), 3 * BLOCK, make_rows(range(BLOCK, 2 * BLOCK), 3 * BLOCK))
    assert window.missing_span(BLOCK + 1, BLOCK + 9) is None
    assert window.missing_span(0, 9) == range(BLOCK)
    assert window.missing_span(2 * BLOCK, 2 * BLOCK + 9) == range(2 * BLOCK, 3 * BLOCK)


def test_every_row_stands_at_its_index():
    span = range(2 * BLOCK, 4 * BLOCK)
    window = Window()
    window.put(span, 10 * BLOCK, make_rows(span, 10 * BLOCK))

    assert [window.row(index).key for index in span] == list(span)
    assert window.row(2 * BLOCK - 1) is None
    assert window.row(4 * BLOCK) is None
    assert {row.key for row in window.rows()} == set(span)
    assert [window.find(index) for index in span] == list(span)


def test_a_row_beyond_a_short_block_is_unknown():
    window = filled(5)

    assert [window.row(index) is not None for index in range(7)] == [True] * 5 + [False] * 2


def test_changes_are_counted_from_the_start_of_the_list():
    window = filled(3 * BLOCK, 2 * BLOCK)
    span = range(2 * BLOCK, 3 * BLOCK)
    rows = make_rows(span, 3 * BLOCK)
    rows[4] = Row(rows[4].key, (Cell("new"),), None)

    assert window.put(span, 3 * BLOCK, rows) == {2 * BLOCK + 4}
    assert window.row(2 * BLOCK + 4).cells == (Cell("new"),)
    assert window.put(range(BLOCK), 3 * BLOCK, make_rows(range(BLOCK), 3 * BLOCK)) == set(
        range(BLOCK)
    )


def test_the_blocks_that_were_answered_last_are_kept():
    total = (KEPT_BLOCKS + 1) * BLOCK
    window = filled(total, *range(0, KEPT_BLOCKS * BLOCK, BLOCK))
    assert window.row(0) is not None
    window.put(range(BLOCK), total, make_rows(range(BLOCK), total))
    last = range(KEPT_BLOCKS * BLOCK, total)
    window.invalidate()
    window.put(last, total, make_rows(last, total))

    assert window.row(0) is not None
    assert window.row(BLOCK) is None
    assert window.row(2 * BLOCK) is not None
    window.put(range(BLOCK, 2 * BLOCK), total, make_rows(range(BLOCK, 2 * BLOCK), total))
    assert window.missing_span(BLOCK, 2 * BLOCK - 1) is None


def test_rows_beyond_the_end_of_a_shorter_list_are_gone():
    window = Window()
    window.put(range(2 * BLOCK), 2 * BLOCK, make_rows(range(2 * BLOCK), 2 * BLOCK))

    window.put(range(BLOCK), 3, make_rows(range(BLOCK), 3))

    assert [row.key for row in window.rows()] == [0, 1, 2]
    assert window.find(BLOCK + 1) is None


def test_changes_of_all_blocks_of_an_answer_are_noticed():
    window = filled(2 * BLOCK, 0, BLOCK)
    span = range(2 * BLOCK)
    rows = make_rows(span, 2 * BLOCK)
    for index in (1, BLOCK + 1):
        rows[index] = Row(index, (Cell("new"),), index)

    assert window.put(span, 2 * BLOCK, rows) == {1, BLOCK + 1}


def test_a_last_row_that_stands_alone_in_its_block_is_asked_for():
    window = Window()
    window.put(range(FETCHED), FETCHED + 1, make_rows(range(FETCHED), FETCHED + 1))

    assert window.missing_span(FETCHED - 5, FETCHED) == range(FETCHED, 2 * FETCHED)

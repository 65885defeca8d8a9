"""A place in a long list of ascending ids is found with few looks."""

from __future__ import annotations

from bisect import bisect_right

from hypothesis import given
from hypothesis import strategies as st

from torc_tui.lists.failed.next_failed import first_beyond


@given(keys=st.sets(st.integers(-(10**9), 10**9), max_size=60), key=st.integers(-(10**9), 10**9))
def test_it_is_the_first_with_a_greater_key(keys, key):
    ordered = sorted(keys)
    for wanted in {key, *ordered}:
        place = first_beyond(ordered.__getitem__, len(ordered), wanted)
        assert place == bisect_right(ordered, wanted)


def looks(keys, key) -> int:
    seen = []
    first_beyond(lambda place: seen.append(place) or keys[place], len(keys), key)
    return len(seen)


def test_ids_that_are_close_together_take_few_looks():
    assert looks(range(7, 1_000_007), 654_321) < 8
    assert looks(range(100, 1_000_000, 167), 654_321) < 8


def test_no_list_takes_many_looks():
    far_apart = [*range(500_000), *range(10**9, 10**9 + 500_000)]
    doubling = [2**power for power in range(60)]

    assert max(looks(far_apart, key) for key in far_apart[::10_007]) < 45
    assert max(looks(doubling, key) for key in doubling) < 15

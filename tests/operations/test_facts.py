"""Words for what several operations look at."""

from __future__ import annotations

import pytest

from torc_core.operations.facts import LINES_SHOWN, first_lines


@pytest.mark.parametrize("number", [0, 1, LINES_SHOWN])
def test_as_many_lines_as_a_question_can_show_are_all_shown(number):
    lines = [f"line {each}" for each in range(number)]

    assert list(first_lines(lines)) == lines


def test_of_more_lines_the_first_are_shown_and_the_rest_is_counted():
    *first, last = first_lines(map(str, range(LINES_SHOWN + 1_234)))

    assert first == list(map(str, range(LINES_SHOWN)))
    assert last == "and 1,234 more"

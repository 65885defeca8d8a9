"""Whatever a widget paints, nothing hidden is left of it, and its line stays as wide as it was."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.app import App
from textual.color import Color
from textual.widgets import Static

from torc_core.characters import is_shown
from torc_tui.driver.shown import Shown

BLACK = Color(0, 0, 0)
RED = Style(color="red")


def shown(text: str) -> str:
    (segment,) = Shown().apply([Segment(text, RED)], BLACK)
    assert segment.style == RED
    return segment.text


@given(
    st.text(
        st.characters(codec=None) | st.sampled_from("\u200d\u200c\ufe0f\u0301a日\x1b"), max_size=200
    )
)
def test_nothing_hidden_is_left_and_the_width_stays(text):
    assert is_shown(shown(text))
    assert cell_len(shown(text)) == cell_len(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("é 日本", "é 日本"),
        ("a\x1b]0;x\x07b", "a]0;xb"),
        ("a\u202eb\x9b2J", "ab2J"),
        ("a" + "\u0301" * 30, "a" + "\u0301" * 8),
        ("a" + "\u200d\u200c" * 9 + "\u200d.b", "a" + "\u200d\u200c" * 4 + "."),
    ],
)
def test_what_has_no_width_goes(text, expected):
    assert shown(text) == expected


class Careless(App[None]):
    """Shows texts as they are."""

    def get_line_filters(self):
        return [Shown()]

    def compose(self):
        widget = Static("a\x1b[2Jb\u202ec", markup=False)
        widget.styles.border = ("round", "white")
        widget.border_title = "t\x9b2J\x1b\\[x"
        yield widget


async def test_it_is_the_last_to_see_every_line():
    async with Careless().run_test(size=(30, 3)) as pilot:
        lines = [strip.text for strip in pilot.app.screen._compositor.render_strips()]

    assert all(map(is_shown, lines))
    assert "a[2Jbc" in lines[1]
    assert [cell_len(line) for line in lines] == [30, 30, 30]

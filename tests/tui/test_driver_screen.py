"""What the driver sends shows the same as what was written for the terminal."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from tui.emulator import Terminal

from torc_tui.driver.screen import Screen
from torc_tui.driver.style import PLAIN, Style, after, change

COLUMNS, ROWS = 30, 12
ENTER = "\x1b[?1049h\x1b[?7l"

colors = st.sampled_from(["", "31", "97", "38;5;200", "38;2;1;2;3", "38;2;216;222;233"])
backgrounds = st.sampled_from(["", "44", "100", "48;5;20", "48;2;20;23;28"])
attributes = st.frozensets(st.sampled_from(["1", "3", "4", "7", "9"]), max_size=2)
sgr = st.builds(
    lambda *parts: ";".join(filter(None, [*sorted(parts[0]), *parts[1:]])),
    attributes,
    colors,
    backgrounds,
)
texts = st.text(st.sampled_from("ab  x─█●日한e\u0301😀"), max_size=12) | st.sampled_from(
    [" " * 11, " " * 29, "abc", "═" * 20]
)


@st.composite
def strips(draw) -> str:
    """Make what Textual writes: go to a cell, and some segments with their styles."""
    y, x = draw(st.integers(0, ROWS - 1)), draw(st.integers(0, COLUMNS - 1))
    data, left = f"\x1b[{y + 1};{x + 1}H", COLUMNS - x
    for drawn, style in draw(st.lists(st.tuples(texts, sgr), max_size=4)):
        text = fitting(drawn.lstrip("\u0301"), left)
        left -= width(text)
        data += f"\x1b[{style}m{text}\x1b[0m" if style else text
    return data


def width(text: str) -> int:
    return sum(0 if each == "\u0301" else 2 if each in "日한😀" else 1 for each in text)


def fitting(text: str, columns: int) -> str:
    while width(text) > columns:
        text = text[:-1]
    return text


def whole(line: str, style: str) -> str:
    """Make a frame of lines that scroll."""
    lines = [f"{line} {number}".ljust(COLUMNS)[:COLUMNS] for number in range(ROWS)]
    return "\n".join(f"\x1b[{y + 1};1H\x1b[{style}m{text}\x1b[0m" for y, text in enumerate(lines))


oddities = st.sampled_from(
    ["\x1b[2J", "\x1b[5C", "\x1b[2L", "\x1b[A", "\x1b[4;30m", "\x1b[59;1m", "\t", "\n"]
)
"""What the driver does not know, and passes on."""
frames = st.lists(strips(), min_size=1, max_size=8).map("".join) | st.builds(
    whole, st.text("ab", max_size=3), sgr.filter(bool)
)


@pytest.mark.parametrize("erases_in_color", [True, False])
@settings(max_examples=100)
@given(st.lists(st.tuples(frames, st.none() | st.integers(0, 60)), max_size=8))
def test_random_frames_are_seen_as_they_were_written(erases_in_color, written):
    screen = Screen(COLUMNS, ROWS, erases_in_color=erases_in_color)
    plain, sparing = Terminal(COLUMNS, ROWS), Terminal(COLUMNS, ROWS)
    for data in (ENTER, *(frame for frame, _ in written)):
        plain.write(data)
    screen.write(ENTER)
    for frame, budget in written:
        screen.write(frame)
        sparing.write(screen.take(budget))
    sparing.write(screen.take())

    assert sparing.cells == plain.cells
    assert screen.take() == ""


@settings(max_examples=60)
@given(st.lists(frames | st.builds(lambda *parts: "".join(parts), strips(), oddities, strips())))
def test_what_is_not_known_is_passed_on_and_nothing_is_assumed_of_it(written):
    screen, plain, sparing = pair()
    for data in written:
        plain.write(data)
        screen.write(data)
        sparing.write(screen.take())

        assert sparing.cells == plain.cells


@pytest.mark.parametrize(
    "passed",
    [
        "\x07",
        "\x1b]0;title\x07",
        "\x1b]52;c;aGVsbG8=\x07",
        "\x1b]9;4;1;50\x1b\\",
        "\x1b[?2004h",
        "\x1b[>25u",
        "\x1b[<u",
        "\x1b[?2048$p",
        "\x1b[?25l\x1b[?1000;1006h",
    ],
)
def test_what_is_not_seen_in_cells_is_passed_in_order_though_frames_are_left_out(passed):
    screen, _, sparing = pair()
    screen.write(f"\x1b[1;1Hbefore{passed}")
    screen.write(f"\x1b[1;1Hafter\x07{passed}")

    assert screen.take(0) == f"{passed}\x07{passed}"
    sparing.write(screen.take())
    assert sparing.display[0].startswith("aftere")


@given(frames)
def test_the_screen_is_painted_again_after_it_was_left(frame):
    screen, plain, sparing = pair()
    plain.write(frame)
    screen.write(frame)
    screen.take()
    screen.write("\x1b[?1049l")
    screen.write(frame)
    left = screen.take()
    assert left.endswith("\x1b[?1049l")
    screen.write("\x1b[?1049h")
    sparing.write(screen.take())

    assert sparing.cells == plain.cells


def test_nothing_is_left_behind_in_the_alternate_screen():
    """After it has grown, tmux puts rows of it where the shell goes on."""
    screen, _, _ = pair()
    terminal = Terminal(COLUMNS, ROWS + 4)
    screen.write(whole("before", "31"))
    terminal.write(screen.take())
    screen.resize(COLUMNS, ROWS + 4)
    screen.write(whole("after", "44"))
    terminal.write(screen.take())
    screen.write("\x1b[?1049l")
    erased, left, rest = screen.take().partition("\x1b[?1049l")
    terminal.write(erased)

    assert (left, rest) == ("\x1b[?1049l", "")
    assert not any(line.strip() for line in terminal.display)
    assert terminal.cells == Terminal(COLUMNS, ROWS + 4).cells


def test_a_terminal_of_another_size_is_painted_anew():
    screen, _, _ = pair()
    screen.write(whole("a", "31"))
    screen.take()
    screen.resize(20, 5)
    narrow = Terminal(20, 5)
    narrow.write(screen.take())
    assert narrow.display[0].startswith("a 0")
    screen.resize(20, 5)
    assert screen.take() == ""
    screen.repaint()
    assert "a 0" in screen.take()


@pytest.mark.parametrize("text", ["👨\u200d👩\u200d👧", "☠\ufe0f", "🇩🇪", "👍🏽"])
def test_what_follows_characters_of_uncertain_width_is_in_its_place(text):
    screen, _, sparing = pair()
    screen.write(f"\x1b[3;1H{'.' * COLUMNS}")
    sparing.write(screen.take())
    screen.write(f"\x1b[3;3H{text}after")
    sparing.write(screen.take())
    column = 2 + cell_len(text)

    assert "".join(cell.text for cell in sparing.cells[2][column:]).startswith("after...")


def test_lines_that_move_are_moved_by_the_terminal():
    screen, plain, sparing = pair()
    lines = [f"{number:2} what was written" for number in range(ROWS + 3)]
    for first in (0, 2, 3, 0):
        shown = lines[first : first + ROWS - 2]
        frame = "".join(
            f"\x1b[{y};1H{line.ljust(COLUMNS - 1)}{'█' if y == first + 3 else '░'}"
            for y, line in enumerate(shown, 2)
        )
        plain.write(frame)
        screen.write(frame)
        data = screen.take()
        sparing.write(data)
        assert sparing.cells == plain.cells
        assert first == 0 or len(data) < 150


def pair() -> tuple[Screen, Terminal, Terminal]:
    """Return a screen that has entered, and terminals for what is written and what is sent."""
    screen = Screen(COLUMNS, ROWS, erases_in_color=True)
    screen.write(ENTER)
    screen.take()
    return screen, Terminal(COLUMNS, ROWS), Terminal(COLUMNS, ROWS)


@given(st.lists(sgr, max_size=3), sgr)
def test_a_change_of_style_leads_from_any_style_to_any_other(before, wanted):
    old = PLAIN
    for each in before:
        old = after(old, each)
    new = after(PLAIN, wanted)

    assert parsed(old, change(old, new)) == new
    assert parsed(old, change(None, new)) == new


def parsed(style: Style, data: str) -> Style:
    for each in data.split("\x1b[")[1:]:
        style = after(style, each.removesuffix("m"))
    return style


@pytest.mark.parametrize(
    "beside",
    [
        "\a",
        "\x1b]9;news\a",
        "\x1bPtmux;\x1b\x1b]9;4;1;50\a\x1b\\",
        "\x1bPtmux;\x1b\x1b]0;title\x1b\x1b\\\x1b\\",
        "\x1bP\x1b]9;news\a\x1b\\",
        "\x1bP\x1b]52;c;YWJj\x1b\\\x1bPZGVm\a\x1b\\",
    ],
)
def test_all_can_be_painted_again_after_what_is_for_the_terminal_alone(beside):
    screen = Screen(COLUMNS, ROWS)
    screen.write(f"{ENTER}\x1b[1;1Hshown\x1b[2;1Htoo")
    screen.take()

    screen.write(beside)
    assert screen.take() == beside

    terminal = Terminal(COLUMNS, ROWS)
    screen.repaint()
    terminal.receive(screen.take().encode())
    assert [line.rstrip() for line in terminal.display[:2]] == ["shown", "too"]

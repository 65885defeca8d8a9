"""A log is read while it grows and while keys go on moving the view."""

from __future__ import annotations

import pytest

from torc_core.errors import MachineError
from torc_tui.state.logs.log_reader import MOVES, Layout, LogReader

LAYOUT = Layout(40, 3, wrap=False)


@pytest.fixture
def reader():
    reader = LogReader()
    yield reader
    reader.close()


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "log"
    path.write_text("".join(f"line {number}\n" for number in range(1, 21)))
    return path


def texts(page):
    return [line.text.plain for line in page.lines]


@pytest.mark.parametrize(
    ("moves", "first"),
    [
        ([], 1),
        (["down"], 2),
        (["down", "down", "up"], 2),
        (["page_down"], 3),
        (["page_down", "page_down", "page_up"], 3),
        (["bottom"], 18),
        (["bottom", "stay"], 18),
        (["bottom", "up", "top"], 1),
    ],
)
def test_all_moves_that_wait_are_carried_out_in_order(reader, log, moves, first):
    for move in moves:
        reader.move(MOVES[move])

    assert texts(reader.read(log, LAYOUT))[0] == f"line {first}"
    assert texts(reader.read(log, LAYOUT))[0] == f"line {first}"


def test_a_search_without_a_match_is_said_of_the_next_page_only(reader, log):
    reader.move(lambda _pager: False)
    assert not reader.read(log, LAYOUT).found
    assert reader.read(log, LAYOUT).found


def test_only_growth_is_shown_and_that_from_its_end(reader, log):
    assert texts(reader.read_growth(log, LAYOUT))[-1] == "line 20"
    assert reader.read_growth(log, LAYOUT) is None
    with log.open("a") as file:
        file.write("more\n")

    assert texts(reader.read_growth(log, LAYOUT)) == ["line 19", "line 20", "more"]
    assert reader.read_growth(log, LAYOUT) is None


def test_a_move_that_waits_is_no_reason_to_miss_the_end(reader, log):
    reader.read(log, LAYOUT)
    reader.move(MOVES["top"])

    assert texts(reader.read_growth(log, LAYOUT))[-1] == "line 20"


def test_another_file_begins_anew(reader, log, tmp_path):
    reader.move(MOVES["bottom"])
    reader.read(log, LAYOUT)
    other = tmp_path / "other"
    other.write_text("a\nb\nc\nd\n")

    assert texts(reader.read(other, LAYOUT)) == ["a", "b", "c"]


def test_the_layout_may_change(reader, tmp_path):
    path = tmp_path / "wide"
    path.write_text("abcdef\n")

    assert texts(reader.read(path, Layout(4, 3, wrap=True))) == ["abcd", "ef"]
    assert texts(reader.read(path, Layout(4, 3, wrap=False))) == ["abcdef"]
    assert texts(reader.read(path, Layout(3, 1, wrap=True))) == ["abc"]


def test_a_file_that_is_not_there_is_no_output_yet(reader, tmp_path):
    with pytest.raises(MachineError, match=r"no output yet: .*missing"):
        reader.read(tmp_path / "missing", LAYOUT)
    with pytest.raises(MachineError, match="Is a directory"):
        reader.read(tmp_path, LAYOUT)
    (tmp_path / "missing").write_text("here\n")
    assert texts(reader.read(tmp_path / "missing", LAYOUT)) == ["here"]


def test_closing_twice_is_closing_once(reader, log):
    reader.read(log, LAYOUT)
    reader.close()
    reader.close()

    assert texts(reader.read(log, LAYOUT))[0] == "line 1"

"""A log is read while it grows and while keys go on moving the view."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from torc_core.errors import MachineError, NotFoundError
from torc_tui.state.logs.files.local import LocalSource
from torc_tui.state.logs.log_reader import MOVES, Layout, LogReader

LAYOUT = Layout(40, 3)
FILES = Path("/proc/self/fd")


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


def step(reader, path, layout=LAYOUT, *, is_followed=False):
    """Read until there is nothing left to do; return what is then to be shown, if anything."""
    shown = reader.step(LocalSource(path), layout, is_followed=is_followed)
    while reader.has_work:
        shown = reader.step(LocalSource(path), layout, is_followed=is_followed) or shown
    return shown


def texts(shown):
    return [line.text.plain for line in shown.look.page.lines]


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

    assert texts(step(reader, log))[0] == f"line {first}"
    assert step(reader, log) is None


def test_only_growth_is_shown_and_that_from_its_end(reader, log):
    assert texts(step(reader, log, is_followed=True))[-1] == "line 20"
    assert step(reader, log, is_followed=True) is None
    with log.open("a") as file:
        file.write("more\n")

    assert texts(step(reader, log, is_followed=True)) == ["line 19", "line 20", "more"]
    assert step(reader, log, is_followed=True) is None


def test_what_is_not_followed_stays_where_it_is(reader, log):
    step(reader, log)
    with log.open("a") as file:
        file.write("more\n")

    assert texts(step(reader, log))[0] == "line 1"


def test_another_file_begins_anew(reader, log, tmp_path):
    reader.move(MOVES["bottom"])
    step(reader, log)
    other = tmp_path / "other"
    other.write_text("a\nb\nc\nd\n")

    assert texts(step(reader, other)) == ["a", "b", "c"]


def test_the_layout_may_change(reader, tmp_path):
    path = tmp_path / "wide"
    path.write_text("abcdef\n")

    assert texts(step(reader, path, Layout(4, 3, wrap=True))) == ["abcd", "ef"]
    assert texts(step(reader, path, Layout(4, 3))) == ["abcdef"]
    assert texts(step(reader, path, Layout(3, 1, wrap=True))) == ["abc"]


def test_a_file_that_is_not_there_is_no_output_yet(reader, tmp_path):
    with pytest.raises(NotFoundError, match=r"no output yet: .*missing"):
        step(reader, tmp_path / "missing")
    with pytest.raises(MachineError, match="Is a directory"):
        step(reader, tmp_path)
    (tmp_path / "missing").write_text("here\n")
    assert texts(step(reader, tmp_path / "missing")) == ["here"]


def test_what_is_no_file_is_not_waited_for(reader, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")

    with pytest.raises(MachineError, match="Is a pipe or a device, not a file"):
        step(reader, tmp_path / "pipe")
    with pytest.raises(MachineError, match="Is a pipe or a device, not a file"):
        step(reader, Path("/dev/zero"))
    with pytest.raises(MachineError, match="Too many levels of symbolic links"):
        step(reader, tmp_path / "loop")


def test_closing_twice_is_closing_once(reader, log):
    step(reader, log)
    reader.close()
    reader.close()

    assert texts(step(reader, log))[0] == "line 1"


@pytest.mark.parametrize("is_followed", [False, True])
def test_a_file_that_is_replaced_is_opened_anew(reader, log, is_followed):
    step(reader, log, is_followed=is_followed)
    fresh = log.with_name("fresh")
    fresh.write_text("other\n")
    fresh.replace(log)
    shown = step(reader, log, is_followed=is_followed)

    assert texts(shown) == ["other"]
    assert "another file has taken its place" in shown.remark


@pytest.mark.parametrize("is_followed", [False, True])
def test_a_file_that_is_cut_is_shown_from_its_beginning(reader, log, is_followed):
    reader.move(MOVES["bottom"])
    step(reader, log, is_followed=is_followed)
    os.truncate(log, 0)
    shown = step(reader, log, is_followed=is_followed)
    assert texts(shown) == []
    assert "it was truncated" in shown.remark
    log.write_text("again\n")

    assert texts(step(reader, log, is_followed=is_followed)) == ["again"]


def test_a_file_that_is_deleted_can_be_read_on(reader, log):
    step(reader, log)
    log.unlink()
    shown = step(reader, log)
    assert texts(shown)[0] == "line 1"
    assert "it was deleted" in shown.remark
    reader.move(MOVES["bottom"])
    assert texts(step(reader, log))[-1] == "line 20"
    log.write_text("new\n")

    assert texts(step(reader, log)) == ["new"]


def test_a_file_that_is_written_anew_at_the_same_length_is_read_again(reader, log):
    step(reader, log)
    log.write_text(log.read_text().replace("line", "LINE"))

    assert texts(step(reader, log))[0] == "LINE 1"


@pytest.mark.parametrize("name", ["log", "log.gz"])
def test_a_file_that_can_be_opened_but_not_read_is_closed_again(reader, tmp_path, name):
    """As on a disk that fails; it is tried again twice a second."""
    path = tmp_path / name
    path.symlink_to("/proc/self/mem")
    before = list(FILES.iterdir())

    with pytest.raises(MachineError, match="Input/output error"):
        reader.step(LocalSource(path), LAYOUT._replace(is_hex=None), is_followed=False)

    assert list(FILES.iterdir()) == before

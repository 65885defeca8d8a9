"""A line that is too long is cut between characters, and not inside a sequence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torc_tui.state.logs.files.local import LocalContent
from torc_tui.state.logs.files.logfile import LONGEST, LogFile
from torc_tui.state.logs.files.seams import AFTER, BEFORE, seam_before
from torc_tui.state.logs.pager import Pager

TOGETHER = {
    "two bytes": "é",
    "three bytes": "日",
    "four bytes": "😀",
    "mark": "e\u0301",
    "marks": "e\u0301\u0323\u0300",
    "joiner": "ی\u200c",
    "family": "👨\u200d👩\u200d👧\u200d👦",
    "skin": "👍\U0001f3fd",
    "color": "\x1b[38;5;196m",
    "link": "\x1b]8;id=7;https://example.org/a/long/address\x1b\\",
    "title": "\x1b]0;é title\x07",
    "image": "\x1b_Gf=100;" + "A" * 900 + "\x1b\\",
    "8 bits": "\x9b38;5;196m",
    "link of 8 bits": "\x9d8;;https://example.org\x9c",
    "state of a bar": "\r 45%|####      | 45/100",
}


@pytest.mark.parametrize("unit", TOGETHER.values(), ids=TOGETHER)
def test_what_belongs_together_is_not_cut(unit):
    data = unit.encode()
    for inside in range(1, len(data)):
        before = b"x" * 5000
        cut = seam_before(before + data + b"tail", len(before) + inside)
        assert cut <= len(before)
        assert len(before) - cut <= 2


@pytest.mark.parametrize("unit", TOGETHER.values(), ids=TOGETHER)
def test_a_cut_behind_is_left_where_it_is(unit):
    if not unit.startswith("\r"):
        data = b"x" * 5000 + unit.encode() + b"tail"
        assert seam_before(data, len(data) - 4) == len(data) - 4


@pytest.mark.parametrize("unit", ["\x80", "e" + "\u0301" * 5000, "\x1b]" + "A" * 9000])
def test_what_has_no_end_is_cut_all_the_same(unit):
    data = b"x" + (unit * 9000)[:9000].encode("latin-1" if unit == "\x80" else "utf-8") + b"tail"

    assert 0 < seam_before(data, 8192) <= 8192


@given(st.binary(min_size=AFTER, max_size=300), st.data())
def test_a_cut_is_near_and_in_its_line(data, draw):
    at = draw.draw(st.integers(0, len(data) - AFTER))
    cut = seam_before(data, at)

    assert max(0, at - BEFORE) <= cut <= at
    assert b"\n" not in data[cut:at] or cut == at


LINES = st.lists(
    st.sampled_from(
        ["é", "日", "👨\u200d👩\u200d👧", "e\u0301", "\x1b[31m", "x" * 4000, "\n", "\r 5%"]
    ),
    max_size=9,
)


@given(LINES, st.integers(1, 9000))
def test_pieces_have_every_byte_once_and_whole_characters(tmp_path_factory, units, times):
    content = ("".join(units) * times)[:40_000].encode()
    path = tmp_path_factory.mktemp("log") / "log"
    path.write_bytes(content)
    opened = LocalContent(path)
    log = LogFile(opened)
    try:
        at, pieces = 0, []
        while (line := log.line(at)) is not None:
            assert line.start == at < line.end <= at + 2 * LONGEST
            pieces.append(line)
            at = line.end
        backward, back = [], at
        while (line := log.line_before(back)) is not None:
            assert line.end == back
            backward.append(line)
            back = line.start
    finally:
        opened.close()

    assert at == len(content)
    assert back == 0
    assert pieces == backward[::-1]
    # A carriage return at the end of a line is part of the line's end.
    shown = "".join(line.text for line in pieces).replace("\r", "")
    assert shown == content.decode().replace("\n", "").replace("\r", "")
    assert not any("\ufffd" in line.text for line in pieces)
    assert all(
        log_line.is_rest == (content[log_line.start - 1 :][:1] != b"\n") for log_line in pieces[1:]
    )


def test_the_end_of_a_long_line_of_progress_is_the_end_of_the_page(tmp_path):
    path = tmp_path / "log"
    path.write_bytes(b"".join(b"\r step %d" % step for step in range(20_000)) + b"\nlast")
    content = LocalContent(path)
    pager = Pager(LogFile(content), height=10)
    pager.move_bottom()
    page = pager.page()
    content.close()

    assert page.is_end
    assert [line.text.plain for line in page.lines[-2:]] == ["↳  step 19999", "last"]

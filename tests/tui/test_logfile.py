"""Files of any size are read by the screenful, from both ends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torc_core.characters import is_shown
from torc_tui.state.logs.files.local import LocalContent
from torc_tui.state.logs.files.logfile import LONGEST, LogFile
from torc_tui.state.logs.pager import Pager, Position


@pytest.fixture
def make_log(tmp_path):
    opened = []

    def make(content: bytes) -> LogFile:
        path = tmp_path / f"log{len(opened)}"
        path.write_bytes(content)
        opened.append(LogFile(LocalContent(path)))
        return opened[-1]

    yield make
    for log in opened:
        log.content.close()


def numbered(count):
    return b"".join(b"line %d\n" % number for number in range(1, count + 1))


def texts(page):
    return [shown.text.plain for shown in page.lines]


def test_lines_read_forward_and_backward_are_the_same(make_log):
    log = make_log(numbered(500) + b"no end")
    forward, at = [], 0
    while (line := log.line(at)) is not None:
        forward.append(line)
        at = line.end
    backward = []
    while (line := log.line_before(at)) is not None:
        backward.append(line)
        at = line.start

    assert forward == backward[::-1]
    assert forward[-1].text == "no end"


def test_a_line_without_end_is_shown_in_pieces_that_are_marked(make_log):
    log = make_log(b"x" * (2 * LONGEST) + b"yz\nlast\n")
    pager = Pager(log, width=80, height=4)
    piece = "x" * LONGEST
    whole = [piece, f"↳ {piece}", "↳ yz", "last"]

    assert texts(pager.page()) == whole
    pager.move_bottom()
    assert texts(pager.page())[-1] == "last"
    assert all(text.startswith("↳ ") for text in texts(pager.page())[1:-1])


@given(st.binary(max_size=300))
def test_any_bytes_make_lines_that_hide_nothing(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("log") / "log"
    path.write_bytes(content)
    log = LogFile(LocalContent(path))
    try:
        page = Pager(log, width=20, height=400, wrap=True).page()
    finally:
        log.content.close()

    assert all(map(is_shown, texts(page)))


def test_the_end_of_a_file_is_a_full_screen(make_log):
    pager = Pager(make_log(numbered(1000)), height=10)
    pager.move_bottom()
    page = pager.page()

    assert texts(page) == [f"line {number}" for number in range(991, 1001)]
    assert page.is_end
    pager.move(5)
    assert pager.page().top == page.top


def test_a_short_file_is_shown_from_its_beginning(make_log):
    pager = Pager(make_log(numbered(3)), height=10)
    pager.move_bottom()
    pager.move(4)

    assert texts(pager.page()) == ["line 1", "line 2", "line 3"]


@pytest.mark.parametrize("wrap", [True, False])
def test_going_down_and_up_again_leads_back(make_log, wrap):
    lines = b"".join(b"%d %s\n" % (i, b"word " * (i % 40)) for i in range(400))
    pager = Pager(make_log(lines), width=40, height=10, wrap=wrap)
    places = [pager.top]
    for _ in range(120):
        pager.move(1)
        places.append(pager.top)
    for place in reversed(places):
        assert pager.top == place
        pager.move(-1)


def test_wrapped_lines_show_all_of_their_text(make_log):
    text = "".join(chr(ord("a") + i % 26) for i in range(205))
    pager = Pager(make_log(text.encode() + b"\n"), width=50, height=10, wrap=True)

    assert "".join(texts(pager.page())) == text
    assert len(pager.page().lines) == 5


def test_many_gigabytes_are_opened_moved_and_left_at_once(tmp_path):
    path = tmp_path / "huge"
    with path.open("wb") as file:
        file.write(b"first\n")
        file.seek(20 << 30)
        file.write(b"\nlast but one\nlast\n")
    log = LogFile(LocalContent(path))
    pager = Pager(log, height=3)
    pager.move_bottom()
    page = pager.page()
    log.content.close()

    assert texts(page)[1:] == ["last but one", "last"]
    assert page.size == path.stat().st_size


def test_a_line_is_shown_as_in_a_terminal(make_log):
    pager = Pager(make_log(b"\x1b[31mred\x1b[0m \x1b]0;title\x07 \x1b[2J\rnew\n"))
    text = pager.page().lines[0].text

    assert text.plain == "new"
    assert pager.top == Position(0, 0)


@pytest.mark.parametrize(
    ("content", "start", "line"),
    [
        (b"one\ntwo\n", 0, (0, 4, "one", False)),
        (b"one\ntwo\n", 4, (4, 8, "two", False)),
        (b"one\ntwo", 4, (4, 7, "two", False)),
        (b"one\ntwo\n", 8, None),
        (b"", 0, None),
        (b"\n\nx", 1, (1, 2, "", False)),
        (b"one\ntwo", 5, (5, 7, "wo", True)),
        (b"a\tb\r\n", 0, (0, 5, "a\tb", False)),
        (b"caf\xc3", 0, (0, 4, "caf", False)),
        (b"caf\xc3\n", 0, (0, 5, "caf\ufffd", False)),
        (b"\xff\n", 0, (0, 2, "\ufffd", False)),
        (b"old\rnew\n", 0, (0, 8, "old\rnew", False)),
        (b"x" * LONGEST + b"\n", 0, (0, LONGEST + 1, "x" * LONGEST, False)),
        (b"x" * LONGEST + b"y\n", 0, (0, LONGEST, "x" * LONGEST, False)),
        (b"x" * LONGEST + b"y\n", LONGEST, (LONGEST, LONGEST + 2, "y", True)),
        (b"x" * LONGEST + b"\n", LONGEST, (LONGEST, LONGEST + 1, "", True)),
    ],
)
def test_a_line_at_a_position(make_log, content, start, line):
    assert make_log(content).line(start) == line


@pytest.mark.parametrize(
    ("content", "start", "line"),
    [
        (b"one\ntwo\n", 8, (4, 8, "two", False)),
        (b"one\ntwo", 7, (4, 7, "two", False)),
        (b"one\ntwo\n", 4, (0, 4, "one", False)),
        (b"one\n", 0, None),
        (b"one\n", -3, None),
        (b"\n", 1, (0, 1, "", False)),
        (b"\n\n", 2, (1, 2, "", False)),
        (b"a\n" + b"x" * LONGEST, 2 + LONGEST, (2, 2 + LONGEST, "x" * LONGEST, False)),
        (b"a" + b"x" * LONGEST, 1 + LONGEST, (LONGEST, 1 + LONGEST, "x", True)),
        (b"x" * LONGEST, LONGEST, (0, LONGEST, "x" * LONGEST, False)),
    ],
)
def test_the_line_before_a_position(make_log, content, start, line):
    assert make_log(content).line_before(start) == line


def test_the_start_of_the_line_at_an_offset(make_log):
    log = make_log(b"one\n\nthree\nfour")

    assert [log.line_start(at) for at in (0, 2, 3, 4, 5, 9, 11, 14)] == [0, 0, 0, 4, 5, 5, 11, 11]
    wide = make_log(b"x" * (3 * LONGEST) + b"\n")
    assert wide.line_start(2 * LONGEST + 5) == 2 * LONGEST


def test_reading_stays_within_the_file(make_log):
    log = make_log(b"abc")

    assert log.size == 3
    assert log.read(-2, 2) == b"ab"
    assert log.read(1, 9) == b"bc"
    assert log.read(1, -1) == b""
    assert log.read(9, 1) == b""


def shown(pager):
    page = pager.page()
    return texts(page), page.is_end


def test_a_page_says_where_it_is(make_log):
    pager = Pager(make_log(numbered(9)), height=3)

    assert shown(pager) == (["line 1", "line 2", "line 3"], False)
    pager.move(5)
    assert shown(pager) == (["line 6", "line 7", "line 8"], False)
    pager.move(1)
    assert shown(pager) == (["line 7", "line 8", "line 9"], True)
    pager.move(9)
    assert shown(pager) == (["line 7", "line 8", "line 9"], True)
    pager.move(-2)
    assert shown(pager)[0][0] == "line 5"
    pager.move(0)
    assert shown(pager)[0][0] == "line 5"
    pager.move(-99)
    assert shown(pager)[0][0] == "line 1"
    pager.move_bottom()
    pager.move_top()
    assert shown(pager)[0][0] == "line 1"
    assert pager.page().size == len(numbered(9))


def test_an_empty_file_is_an_empty_page(make_log):
    pager = Pager(make_log(b""), height=3)
    pager.move_bottom()
    pager.move(1)
    pager.move(-1)

    assert shown(pager) == ([], True)


def test_wrapped_parts_are_cut_at_cells_and_scrolled_one_by_one(make_log):
    pager = Pager(make_log("日本語a\nend\n".encode()), width=3, height=2, wrap=True)
    seen = [texts(pager.page())]
    for _ in range(3):
        pager.move(1)
        seen.append(texts(pager.page()))

    assert seen == [["日", "本"], ["本", "語a"], ["語a", "end"], ["語a", "end"]]
    assert pager.page().is_end
    assert pager.top == Position(0, 2)


def test_a_line_as_wide_as_the_screen_is_not_wrapped(make_log):
    pager = Pager(make_log(b"abcd\nabcde\n"), width=4, height=5, wrap=True)

    assert texts(pager.page()) == ["abcd", "abcd", "e"]
    pager.wrap = False
    assert texts(pager.page()) == ["abcd", "abcde"]

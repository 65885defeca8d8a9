"""Files of any size are read by the screenful, from both ends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torc_tui.state.logs.logfile import BLOCK, LONGEST, LogFile
from torc_tui.state.logs.pager import Pager, Position


@pytest.fixture
def make_log(tmp_path):
    opened = []

    def make(content: bytes) -> LogFile:
        path = tmp_path / f"log{len(opened)}"
        path.write_bytes(content)
        opened.append(LogFile(path))
        return opened[-1]

    yield make
    for log in opened:
        log.close()


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


def test_a_line_number_is_that_of_the_line(make_log):
    log = make_log(numbered(300_000))
    start = log.line_start(2 * BLOCK + 17)

    assert log.line(start).text == f"line {log.line_number(start)}"


def test_a_line_without_end_is_shown_in_pieces_that_are_marked(make_log):
    log = make_log(b"x" * (2 * LONGEST) + b"yz\nlast\n")
    pager = Pager(log, width=80, height=4)
    piece = "x" * LONGEST
    whole = [piece, f"↳ {piece}", "↳ yz", "last"]

    assert texts(pager.page()) == whole
    pager.move_bottom()
    assert texts(pager.page())[-1] == "last"
    assert all(text.startswith("↳ ") for text in texts(pager.page())[1:-1])


def test_a_progress_bar_shows_its_last_state(make_log):
    log = make_log(b"10%\r50%\r100%\r\nnext\n")

    assert log.line(0).text == "100%"


@given(st.binary(max_size=300))
def test_any_bytes_make_printable_lines(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("log") / "log"
    path.write_bytes(content)
    log = LogFile(path)
    try:
        page = Pager(log, width=20, height=400, wrap=True).page()
    finally:
        log.close()

    assert all(text.isprintable() for text in texts(page))


def test_the_end_of_a_file_is_a_full_screen(make_log):
    pager = Pager(make_log(numbered(1000)), height=10)
    pager.move_bottom()
    page = pager.page()

    assert texts(page) == [f"line {number}" for number in range(991, 1001)]
    assert page.is_end
    assert page.number == 991
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


def test_searching_goes_to_every_match_in_both_directions(make_log):
    content = b"".join(b"filler %d\n" % i if i % 500 else b"Needle %d\n" % i for i in range(5000))
    pager = Pager(make_log(content), width=5, height=10, wrap=True)
    seen = []
    while pager.search("needle", is_forward=True, goes_on=bool(seen), is_wanted=lambda: True):
        line = pager.file.line(pager.top.offset)
        seen.append(line.text)
        if len(seen) > 20:
            break

    assert seen == [f"Needle {i}" for i in range(0, 5000, 500)]
    assert pager.search("needle", is_forward=False, goes_on=True, is_wanted=lambda: True)
    assert pager.file.line(pager.top.offset).text == "Needle 4000"


@pytest.mark.parametrize("shift", range(-8, 9, 4))
def test_a_match_across_two_blocks_is_found(make_log, shift):
    before = b"x" * 99 + b"\n"
    content = (before * (BLOCK // 100 + 2))[: BLOCK + shift - 3] + b"needle\n" + before * 10
    log = make_log(content)
    for is_forward, start in ((True, 0), (False, log.size)):
        found = [hit for hit in log.find("NEEDLE", start, is_forward=is_forward) if hit is not None]
        assert len(found) == 1
        assert "needle" in log.line(found[0]).text


def test_a_search_that_nobody_wants_any_more_stops(make_log):
    pager = Pager(make_log(b"x\n" * BLOCK))
    asked = []

    found = pager.search(
        "needle", is_forward=True, goes_on=False, is_wanted=lambda: bool(asked.append(1))
    )

    assert not found
    assert len(asked) == 1


def test_many_gigabytes_are_opened_moved_and_left_at_once(tmp_path):
    path = tmp_path / "huge"
    with path.open("wb") as file:
        file.write(b"first\n")
        file.seek(20 << 30)
        file.write(b"\nlast but one\nlast\n")
    log = LogFile(path)
    pager = Pager(log, height=3)
    pager.move_bottom()
    page = pager.page()
    log.close()

    assert texts(page)[1:] == ["last but one", "last"]
    assert page.number is None
    assert page.size == path.stat().st_size


def test_colours_are_kept_and_commands_shown(make_log):
    pager = Pager(make_log(b"\x1b[31mred\x1b[0m \x1b]0;title\x07 \x1b[2J\n"))
    text = pager.page().lines[0].text

    assert text.plain == "red ␛]0;title␇ ␛[2J"
    assert text.spans
    assert pager.top == Position(0, 0)

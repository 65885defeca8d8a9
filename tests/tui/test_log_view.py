"""What keys do in a file: search, only matching lines, marks, hex dumps."""

from __future__ import annotations

import contextlib
import gzip

import pytest

from torc_tui.state.logs.files.local import LocalSource
from torc_tui.state.logs.log_reader import MOVES, Layout, LogReader

LAYOUT = Layout(40, 3)


class Viewer:
    """A reader of one file, without a thread."""

    def __init__(self, path):
        self.source = LocalSource(path)
        self.reader = LogReader()
        self.layout = LAYOUT
        self.shown = None

    def settle(self):
        """Let all that is under way come to its end."""
        shown = self.reader.step(self.source, self.layout, is_followed=False)
        while self.reader.has_work:
            self.shown = shown or self.shown
            shown = self.reader.step(self.source, self.layout, is_followed=False)
        self.shown = shown or self.shown
        return self.shown.look

    def move(self, *names):
        for name in names:
            self.reader.move(MOVES[name])
        return self.settle()

    def search(self, text):
        self.reader.move(lambda view: view.search(text))
        return self.settle()

    def search_on(self, text, *, is_forward=True):
        self.reader.move(lambda view: view.search_on(text, is_forward=is_forward))
        return self.settle()

    @property
    def texts(self):
        return [line.text.plain for line in self.shown.look.page.lines]


@pytest.fixture
def view(tmp_path):
    with contextlib.ExitStack() as stack:

        def make(content: bytes, name="log") -> Viewer:
            path = tmp_path / name
            path.write_bytes(content)
            viewer = Viewer(path)
            stack.callback(viewer.reader.close)
            viewer.settle()
            return viewer

        yield make


def lines(count):
    return b"".join(b"%s %d\n" % (b"no" if n % 4 else b"Hit", n) for n in range(count))


def test_a_search_begins_at_the_line_in_sight_or_beyond_it(view):
    viewer = view(b"hit 1\nno\nhit 2\nno\nno\nno\n")

    assert viewer.search("HIT").matches[1:3] == (1, 2)
    assert viewer.texts[0] == "hit 1"
    assert viewer.search("HIT").matches.number == 1
    assert viewer.search_on("HIT").matches.number == 2
    assert viewer.texts[0] == "hit 2"
    missed = viewer.search_on("HIT")
    assert (missed.missed, missed.matches.total) == ("below", 2)
    assert viewer.texts[0] == "hit 2"
    viewer.search_on("HIT", is_forward=False)
    assert viewer.texts[0] == "hit 1"
    assert viewer.search_on("HIT", is_forward=False).missed == "above"
    assert viewer.move("down").missed == ""


def test_a_search_without_any_match_says_so(view):
    look = view(lines(10)).search("nowhere")

    assert (look.missed, look.matches.total, look.seeking) == ("above", 0, None)


def test_a_search_from_the_end_finds_what_is_above(view):
    viewer = view(lines(100))
    viewer.move("bottom")
    look = viewer.search("no 3")

    assert viewer.texts[0] == "no 39"
    assert look.matches[1:3] == (9, 9)


def test_a_search_ends_with_the_next_key(view):
    viewer = view(b"x\n" * (1 << 20))
    viewer.reader.move(lambda view: view.search("needle"))
    viewer.reader.move(MOVES["down"])
    look = viewer.settle()

    assert look.missed == ""
    assert look.seeking is None


def test_only_lines_that_match_are_shown_and_counted(view):
    viewer = view(lines(100))
    viewer.layout = LAYOUT._replace(only="hit")
    look = viewer.settle()

    assert viewer.texts == ["Hit 0", "Hit 4", "Hit 8"]
    assert look.only.total == 25
    assert look.only.part == 1
    viewer.move("page_down", "down")
    assert viewer.texts == ["Hit 12", "Hit 16", "Hit 20"]
    assert viewer.move("bottom").page.is_end
    assert viewer.texts == ["Hit 88", "Hit 92", "Hit 96"]
    viewer.move("up", "up")
    assert viewer.texts == ["Hit 80", "Hit 84", "Hit 88"]
    viewer.move("down", "down", "down", "down")
    assert viewer.texts == ["Hit 88", "Hit 92", "Hit 96"]
    viewer.layout = LAYOUT
    viewer.settle()
    assert viewer.texts == ["Hit 88", "no 89", "no 90"]


def test_the_view_is_full_although_few_lines_match(view):
    viewer = view(lines(100))
    viewer.move("bottom")
    viewer.layout = LAYOUT._replace(only="hit")
    viewer.settle()

    assert viewer.texts == ["Hit 88", "Hit 92", "Hit 96"]


def test_without_any_match_nothing_is_shown(view):
    viewer = view(lines(100))
    viewer.layout = LAYOUT._replace(only="nowhere")

    assert viewer.settle().only.total == 0
    assert viewer.texts == []
    viewer.move("bottom", "up", "down", "top")
    assert viewer.texts == []


def test_lines_that_are_written_later_are_shown_if_they_match(view):
    viewer = view(lines(4))
    viewer.layout = LAYOUT._replace(only="hit")
    viewer.settle()
    with viewer.source.path.open("ab") as file:
        file.write(b"no\nhit at last\n")

    assert viewer.settle().only.total == 2
    assert viewer.texts == ["Hit 0", "hit at last"]


def test_among_lines_that_match_only_those_are_found(view):
    viewer = view(b"hit 1\nno 2\nhit 2\nno 3\nhit 3\nhit 2 b\n")
    viewer.layout = LAYOUT._replace(only="hit")
    viewer.settle()
    viewer.search("2")
    assert viewer.texts[0] == "hit 2"
    viewer.search_on("2")
    assert "hit 2 b" in viewer.texts
    assert viewer.search_on("1", is_forward=False).missed == ""
    assert viewer.texts[0] == "hit 1"


def test_a_mark_is_behind_what_was_the_last_line(view):
    viewer = view(b"one\ntwo\n")
    viewer.reader.move(lambda view: view.mark("-- here --"))
    viewer.settle()
    assert viewer.texts == ["one", "two", "-- here --"]
    with viewer.source.path.open("ab") as file:
        file.write(b"three\n")
    viewer.move("bottom")
    assert viewer.texts == ["two", "-- here --", "three"]
    viewer.move("up")
    assert viewer.texts == ["one", "two", "-- here --"]
    viewer.move("bottom")
    viewer.reader.move(lambda view: view.mark("-- there --"))
    viewer.move("bottom")
    assert viewer.texts == ["-- here --", "three", "-- there --"]
    viewer.reader.move(lambda view: view.mark("-- there --"))
    viewer.move("bottom")
    assert viewer.texts == ["two", "-- here --", "three"]


def test_a_mark_of_a_line_that_has_not_ended_stays_with_it(view):
    viewer = view(b"one\ntw")
    viewer.reader.move(lambda view: view.mark("-- here --"))
    viewer.settle()
    with viewer.source.path.open("ab") as file:
        file.write(b"o\nthree\n")

    viewer.move("bottom")
    assert viewer.texts == ["two", "-- here --", "three"]


def test_a_noted_line_is_seen_with_what_is_before_it(view):
    viewer = view(lines(100))
    viewer.layout = Layout(40, 8)
    viewer.settle()
    offset = lines(100).index(b"no 50")
    viewer.reader.move(lambda view: view.note(offset + 2))
    viewer.settle()

    assert viewer.texts[:3] == ["Hit 48", "no 49", "no 50"]
    styles = [span.style for span in viewer.shown.look.page.lines[2].text.spans]
    assert "bold red" in styles


def test_a_match_in_a_wrapped_line_is_in_sight(view):
    viewer = view(b"x" * 200 + b"needle" + b"y" * 200 + b"\n" + lines(9))
    viewer.layout = LAYOUT._replace(wrap=True)
    viewer.settle()
    viewer.search("NEEDLE")

    assert viewer.texts[0] == "needle" + "y" * 34


def test_colors_may_be_left_out(view):
    viewer = view(b"\x1b[31mred\x1b[0m\n")
    assert viewer.shown.look.page.lines[0].text.spans
    viewer.layout = LAYOUT._replace(has_colors=False)
    viewer.settle()

    assert viewer.texts == ["red"]
    assert not viewer.shown.look.page.lines[0].text.spans


BINARY = bytes(range(256)) * 4


def test_a_binary_file_is_a_hex_dump(view):
    viewer = view(BINARY)
    viewer.layout = LAYOUT._replace(width=80, is_hex=None)
    look = viewer.settle()
    first = "00000000  00 01 02 03 04 05 06 07  08 09 0a 0b 0c 0d 0e 0f  |................|"

    assert look.is_hex
    assert look.number is None
    assert viewer.texts[0] == first
    assert all(len(text) <= 80 for text in viewer.texts)
    viewer.move("bottom")
    assert viewer.texts[-1].startswith("000003f0  f0 f1")
    viewer.move("top", "down", "down")
    assert viewer.texts[0].endswith("| !\"#$%&'()*+,-./|")
    viewer.search("abc")
    assert viewer.texts[0].endswith("|@ABCDEFGHIJKLMNO|")
    viewer.layout = viewer.layout._replace(is_hex=False)
    assert not viewer.settle().is_hex


def test_the_last_row_of_a_hex_dump_is_aligned(view):
    viewer = view(b"\0ab")
    viewer.layout = LAYOUT._replace(width=80, is_hex=None)
    viewer.settle()

    assert viewer.texts == [f"00000000  {'00 61 62':<48}  |.ab|"]


def test_text_is_no_hex_dump_unless_that_is_wanted(view):
    viewer = view("täxt\n".encode())
    viewer.layout = LAYOUT._replace(is_hex=None)
    assert not viewer.settle().is_hex
    viewer.layout = LAYOUT._replace(is_hex=True)
    assert viewer.settle().is_hex
    assert viewer.texts[0].startswith("00000000  74 c3 a4")


def test_a_compressed_log_is_shown_as_its_text(view):
    viewer = view(gzip.compress(lines(200_000)), "log.gz")
    assert viewer.texts == ["Hit 0", "no 1", "no 2"]
    look = viewer.move("bottom")
    assert viewer.texts[-1] == "no 199999"
    assert look.is_whole
    assert look.page.size == len(lines(200_000))
    assert viewer.search("hit 199996").matches.total == 1
    assert viewer.texts[0] == "Hit 199996"
    viewer.layout = LAYOUT._replace(only="Hit 19999")
    assert viewer.settle().only.total == 2


def test_a_search_goes_on_while_a_file_is_unzipped(view, tmp_path):
    (tmp_path / "other.gz").write_bytes(gzip.compress(lines(500_000)))
    viewer = view(b"")
    viewer.source = LocalSource(tmp_path / "other.gz")
    viewer.search("no 499999")

    assert "no 499999" in viewer.texts
    assert viewer.shown.look.matches[1:3] == (1, 1)


def test_numbers_are_those_of_the_lines_in_sight(view):
    viewer = view(lines(300_000))
    assert viewer.shown.look.number == 1
    assert viewer.move("bottom").number == 299_998
    assert viewer.move("up").number == 299_997
    viewer.layout = LAYOUT._replace(only="hit 299996")
    assert viewer.settle().number == 299_997


def test_a_match_near_the_end_leaves_no_line_empty_and_the_search_goes_on_from_it(view):
    viewer = view(lines(100))
    viewer.move("bottom")
    last_page = viewer.texts
    viewer.move("top")

    assert viewer.search("no 99").matches[1:3] == (1, 1)
    assert viewer.texts == last_page
    assert viewer.search_on("no 99").missed == "below"
    assert viewer.search_on("no 99", is_forward=False).missed == "above"

"""Lines that hold a text are found and counted in files of any size, piece by piece."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torc_tui.state.logs.files.local import LocalContent
from torc_tui.state.logs.files.logfile import LogFile
from torc_tui.state.logs.hex_lines import HexLines
from torc_tui.state.logs.matches import BLOCK, Matches, MatchingLines, Needle


@pytest.fixture
def make_matches(tmp_path):
    opened = []

    def make(content: bytes, needle: str, *, is_scanned: bool = True) -> Matches:
        path = tmp_path / f"log{len(opened)}"
        path.write_bytes(content)
        opened.append(LocalContent(path))
        matches = Matches(opened[-1], LogFile(opened[-1]), Needle(needle))
        while is_scanned and not matches.is_complete:
            matches.scan()
        return matches

    yield make
    for content in opened:
        content.close()


def every(matches, *, is_forward=True):
    """Return the starts of all lines that are found one after the other."""
    lines, at, starts = matches._lines, 0 if is_forward else matches._content.size, []
    while hits := [each for each in matches.seek(at, is_forward=is_forward) if each is not None]:
        starts += hits
        at = lines.line(hits[0]).end if is_forward else hits[0]
    return starts


def every_known(matches):
    lines, at, starts = MatchingLines(matches._lines, matches), 0, []
    while (line := lines.line(at)) is not None:
        starts.append(line.start)
        at = line.end
    backward, at = [], matches._content.size
    while (line := lines.line_before(at)) is not None:
        backward.append(line.start)
        at = line.start
    assert backward == starts[::-1]
    return starts


def check(matches, starts):
    """Check all ways of finding the same lines."""
    assert every(matches) == starts
    assert every(matches, is_forward=False) == starts[::-1]
    assert every_known(matches) == starts
    assert matches.total == len(starts)
    assert [matches.number_of(start) for start in starts] == [*range(1, len(starts) + 1)]


def test_all_lines_are_found_in_both_directions_and_counted(make_matches):
    lines = [b"filler %d\n" % i if i % 500 else b"Needle %d, needle\n" % i for i in range(90_000)]
    content = b"".join(lines)
    starts, at = [], 0
    for line in lines:
        if b"Needle" in line:
            starts.append(at)
        at += len(line)

    assert len(content) > 4 * BLOCK
    check(make_matches(content, "NEEDLE"), starts)
    unscanned = make_matches(content, "NEEDLE", is_scanned=False)
    assert every(unscanned) == starts
    assert every(unscanned, is_forward=False) == starts[::-1]


@given(
    lines=st.lists(st.sampled_from([b"a", b"ab", b"xab ab", b"", b"b" * 9000, b"ab" * 5000])),
    ending=st.sampled_from([b"", b"\n"]),
)
def test_the_lines_found_are_those_that_hold_the_text(tmp_path_factory, lines, ending):
    path = tmp_path_factory.mktemp("log") / "log"
    path.write_bytes(b"\n".join(lines) + ending)
    content = LocalContent(path)
    file = LogFile(content)
    expected, at = [], 0
    while (line := file.line(at)) is not None:
        if b"ab" in content.read(line.start, line.end - line.start):
            expected.append(line.start)
        at = line.end
    matches = Matches(content, file, Needle("ab"))
    while not matches.is_complete:
        matches.scan()
    found = every(matches)
    content.close()

    # A match that lies across two pieces of one line belongs to the first.
    assert set(expected) <= set(found)
    assert matches.total == len(found)


@pytest.mark.parametrize("shift", range(-8, 9, 4))
def test_a_match_across_two_blocks_is_found_once(make_matches, shift):
    before = b"x" * 99 + b"\n"
    content = (before * (BLOCK // 100 + 2))[: BLOCK + shift - 3] + b"needle\n" + before * 200
    start = content.rindex(b"\n", 0, content.index(b"needle")) + 1

    check(make_matches(content, "NEEDLE"), [start])


@pytest.mark.parametrize("shift", [-5000, -2, 0, 2, 5000])
def test_a_line_across_two_blocks_is_counted_once(make_matches, shift):
    line = b"ab " * 2000
    content = (
        (b"x\n" * BLOCK)[: BLOCK - len(line) // 2 + shift] + b"\n" + line + b"\n" + b"x\n" * 90
    )

    check(make_matches(content, "ab"), [content.index(b"ab")])


def test_pieces_of_a_very_long_line_are_counted_by_themselves(make_matches):
    matches = make_matches((b"x" * 9_999 + b"ab") * 100, "ab")

    assert matches.total == len(every(matches))
    assert 80 <= matches.total <= 100


@pytest.mark.parametrize(
    ("content", "needle", "number"),
    [
        ("an ÉCOLE\n", "école", 1),
        ("a.b\nacb\n", "a.b", 1),
        ("\x1b[01;31m\x1b[Kerr\x1b[m\x1b[Kor: x\n", "error:", 1),
        ("(x\n", "(X", 1),
        ("é\n", "à", 0),
        ("日本\n", "本", 1),
    ],
)
def test_a_text_is_found_as_it_is_seen(make_matches, content, needle, number):
    assert make_matches(content.encode(), needle).total == number
    assert make_matches(b"\xff\xfe" + content.encode(), needle).total == number


def test_a_file_that_grows_is_counted_on(tmp_path):
    path = tmp_path / "log"
    path.touch()
    content = LocalContent(path)
    matches = Matches(content, LogFile(content), Needle("ab"))
    with path.open("ab") as file:
        for piece in range(60):
            lines = [b"%d ab\n" % n if n % 7 == 0 else b"xxxxx\n" for n in range(piece * 40)]
            file.write(b"".join(lines) * 5)
            file.flush()
            while not matches.is_complete:
                matches.scan()
            assert matches.total == sum((b"ab" in line) for line in path.read_bytes().split(b"\n"))
    assert content.size > BLOCK
    assert every_known(matches) == every(matches)
    content.close()


def test_rows_of_a_hex_dump_are_found(tmp_path):
    path = tmp_path / "binary"
    path.write_bytes(bytes(100) + b"needle\n needle" + bytes(1000) + b"needle")
    content = LocalContent(path)
    matches = Matches(content, HexLines(content), Needle("needle"), is_text=False)
    while not matches.is_complete:
        matches.scan()

    assert every(matches) == [96, 1104]
    assert matches.total == 2
    content.close()


def test_what_is_kept_of_a_file_does_not_grow_with_its_matches(make_matches):
    matches = make_matches(b"ab\n" * (3 * BLOCK), "ab")

    assert matches.total == 3 * BLOCK
    assert len(matches._counts) < 12
    assert len(matches._kept) <= 4

"""Compressed files are read from anywhere, in bounded memory, while their end is not known yet."""

from __future__ import annotations

import contextlib
import gzip
import tracemalloc

import pytest

from torc_tui.state.logs.files.local import LocalContent, LocalSource
from torc_tui.state.logs.files.unzipped import OUTPUT, Unzipped

BLOCK = OUTPUT
TEXT = b"".join(b"line %d\n" % number for number in range(400_000))


@pytest.fixture
def opened(tmp_path):
    with contextlib.ExitStack() as stack:

        def open_(data: bytes, *, is_whole: bool = True, **how: int) -> Unzipped:
            path = tmp_path / "log.gz"
            path.write_bytes(data)
            found = Unzipped(LocalContent(path), **how) if how else LocalSource(path).open()
            content = stack.enter_context(contextlib.closing(found))
            assert isinstance(content, Unzipped)
            while is_whole and not content.is_complete:
                content.advance()
            return content

        yield open_


def test_any_part_is_what_was_compressed(opened):
    content = opened(gzip.compress(TEXT))

    assert content.size == len(TEXT)
    for start in (0, len(TEXT) - 5, 17, BLOCK - 3, 3 * BLOCK, BLOCK, 2, len(TEXT), len(TEXT) + 9):
        assert content.read(start, 4 * BLOCK // 3) == TEXT[start : start + 4 * BLOCK // 3]
    assert content.read(-3, 2) == TEXT[:2]


def test_only_what_is_known_is_there(opened):
    content = opened(gzip.compress(TEXT), is_whole=False)
    assert content.size == BLOCK
    assert not content.is_complete
    assert content.read(0, len(TEXT)) == TEXT[:BLOCK]
    content.advance()
    assert content.size == 2 * BLOCK


def test_files_that_follow_each_other_are_one(opened):
    pieces = [TEXT[:10], b"", TEXT[10 : BLOCK + 7], TEXT[BLOCK + 7 :]]
    content = opened(b"".join(map(gzip.compress, pieces)))

    assert content.read(0, len(TEXT)) == TEXT


@pytest.mark.parametrize("damage", [lambda data: data[:-2000], lambda data: data + b"\0" * 99])
def test_what_can_be_unzipped_of_a_damaged_file_is_shown(opened, damage):
    content = opened(damage(gzip.compress(TEXT)))

    assert TEXT.startswith(content.read(0, len(TEXT)))
    assert content.size > len(TEXT) // 2


def test_noise_behind_the_header_is_nothing(opened):
    content = opened(b"\x1f\x8b" + bytes(range(256)))

    assert content.size == 0
    assert content.is_complete
    assert content.read(0, 10) == b""


def test_a_file_that_grows_goes_on(tmp_path):
    path = tmp_path / "log.gz"
    whole = gzip.compress(TEXT)
    path.write_bytes(whole[: len(whole) // 2])
    content = Unzipped(LocalContent(path))
    while not content.is_complete:
        content.advance()
    known = content.size
    assert 0 < known < len(TEXT)
    path.write_bytes(whole)
    while not content.is_complete:
        content.advance()

    assert content.read(0, len(TEXT)) == TEXT
    content.close()


def test_places_to_begin_at_do_not_grow_in_number(opened):
    content = opened(gzip.compress(TEXT * 3), kept_places=4)

    assert len(content._places) <= 5
    assert content.read(len(TEXT) + 5, 100) == TEXT[5:105]
    assert content.read(0, 3 * len(TEXT)) == TEXT * 3


def test_what_is_compressed_a_thousandfold_fills_no_memory(opened):
    data = gzip.compress(bytes(300 << 20), 1)
    tracemalloc.start()
    try:
        content = opened(data)
        assert content.size == 300 << 20
        assert content.read(200 << 20, 10) == bytes(10)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 40 << 20


def test_a_name_alone_does_not_make_a_compressed_file(tmp_path):
    (tmp_path / "text.gz").write_text("plain\n")
    with contextlib.closing(LocalSource(tmp_path / "text.gz").open()) as content:
        assert content.read(0, 9) == b"plain\n"

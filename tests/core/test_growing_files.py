"""Files that are read while they grow: every byte once, from the chosen line on."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torc_core.errors import MachineError
from torc_core.operations.jobs.growth import GrowingFiles, start_of_last_lines
from torc_core.operations.jobs.logs import LogStream


def contents(files, streams):
    texts = {}
    for stream, data in files.read(streams):
        texts[stream.name] = texts.get(stream.name, b"") + data
    return texts


def test_what_is_written_later_is_read_later(tmp_path):
    one, two = (LogStream(name, tmp_path / name) for name in ("one", "two"))
    with GrowingFiles() as files:
        assert contents(files, [one, two]) == {}
        one.path.write_bytes(b"x" * 200_000)
        assert contents(files, [one, two]) == {"one": b"x" * 200_000}
        two.path.write_bytes(b"2")
        with one.path.open("ab") as more:
            more.write(b"y")
        assert contents(files, [one, two]) == {"one": b"y", "two": b"2"}
        assert contents(files, [one, two]) == {}
        with one.path.open("ab") as more:
            more.write(b"z")
        one.path.unlink()
        assert contents(files, [one]) == {"one": b"z"}


def test_what_is_no_plain_file_is_neither_read_nor_waited_for(tmp_path):
    (tmp_path / "directory").mkdir()
    (tmp_path / "link").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / "pipe")
    with GrowingFiles() as files:
        for name in ("directory", "link", "pipe"):
            with pytest.raises(MachineError, match=name):
                contents(files, [LogStream("stdout", tmp_path / name)])


def test_the_files_are_closed(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"x")
    with GrowingFiles() as files:
        assert contents(files, [LogStream("x", path)])
        assert path in opened()
    assert path not in opened()


def opened():
    return [each.readlink() for each in Path("/proc/self/fd").iterdir() if each.is_symlink()]


@given(st.binary(max_size=60).map(lambda data: data.replace(b"\r", b"\n")), st.integers(0, 9))
def test_the_last_lines_are_those_that_a_reader_counts(data, count):
    lines = io.BytesIO(data).readlines()
    expected = b"".join(lines[-count:]) if count else b""

    for block in (1, 2, 7, 100):
        assert data[start_of_last_lines(io.BytesIO(data), count, block=block) :] == expected

"""The journal of a guard: how it grows, and what is read back."""

import msgspec
import pytest

from torc_core.runner.guard import journal as module
from torc_core.runner.guard.journal import Journal, read_journal
from torc_core.runner.guard.messages import Exited, Forgotten, Started

MB = 1 << 20


def started(number, size):
    record = msgspec.Raw(msgspec.json.encode("x" * size))
    return Started(id=number, pid=number, at=1.0, at_ms=1, record=record)


def exited(number):
    return Exited(id=number, exit_code=0, cpu_s=0.1, at=2.0, at_ms=2)


def read_ids(directory):
    return [(type(entry), entry.id) for entry in read_journal(directory)]


@pytest.mark.parametrize("kept_bytes", [100, MB // 4, 3 * MB // 4, 2 * MB])
def test_a_journal_is_never_much_larger_than_twice_what_is_kept(tmp_path, kept_bytes):
    journal = Journal(tmp_path)
    journal.write([started(1, kept_bytes)])
    sizes = []
    for number in range(2, 200):
        journal.write([started(number, 50_000), exited(number)])
        journal.write([Forgotten(ids=[number])])
        sizes.append((tmp_path / module.NAME).stat().st_size)
    assert max(sizes) < 2 * kept_bytes + MB + 100_000
    assert read_ids(tmp_path) == [(Started, 1)]


def test_what_is_written_after_the_file_was_written_anew_is_read_back(tmp_path):
    journal = Journal(tmp_path)
    journal.write([started(1, 10)])
    for number in range(2, 30):
        journal.write([started(number, 50_000), exited(number), Forgotten(ids=[number])])
    journal.write([exited(1)])
    assert (tmp_path / module.NAME).stat().st_size < MB
    assert (tmp_path / module.NAME).stat().st_mode & 0o777 == 0o600
    assert read_ids(tmp_path) == [(Started, 1), (Exited, 1)]


def test_a_damaged_line_is_left_out(tmp_path):
    Journal(tmp_path).write([started(1, 10)])
    with (tmp_path / module.NAME).open("ab") as file:
        file.write(b'{"type": "\xff"}\n')
    Journal(tmp_path).write([started(2, 10)])
    assert read_ids(tmp_path) == [(Started, 1), (Started, 2)]


def test_a_journal_that_cannot_be_written_anew_goes_on(tmp_path):
    (tmp_path / module.NAME).with_suffix(".new").mkdir()
    journal = Journal(tmp_path)
    for number in range(30):
        journal.write([started(number, 50_000), exited(number), Forgotten(ids=[number])])
    journal.write([started(99, 10)])
    assert read_ids(tmp_path) == [(Started, 99)]

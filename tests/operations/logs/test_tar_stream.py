"""Archives: written plainly, read without trust and in bounded memory."""

from __future__ import annotations

import io
import tarfile
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torc_core.operations.logs.tar_stream import (
    ArchiveError,
    end_archive,
    read_members,
    write_member,
)

NAMES = st.from_regex(r"[a-z0-9_.]{1,40}(/[a-z0-9_.]{1,140})?", fullmatch=True)


def archive_of(members: dict[str, bytes]) -> bytes:
    archive = io.BytesIO()
    for name, data in members.items():
        write_member(archive, name, len(data), 1_700_000_000.5, io.BytesIO(data))
    end_archive(archive)
    return archive.getvalue()


def read(archive: bytes) -> list[tuple[str, bool, bytes]]:
    return [
        (member.name, member.is_plain, b"".join(member.data.blocks()))
        for member in read_members(io.BytesIO(archive))
    ]


def made_by_tarfile(*infos: tarfile.TarInfo, form: int = tarfile.PAX_FORMAT) -> bytes:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w", format=form) as tar:
        for info in infos:
            tar.addfile(info, io.BytesIO(b"x" * info.size) if info.isreg() else None)
    return archive.getvalue()


def info_of(name: str, type_: bytes = tarfile.REGTYPE, **fields) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type = type_
    for field, value in fields.items():
        setattr(info, field, value)
    return info


@given(st.dictionaries(NAMES, st.binary(max_size=2_000), max_size=4))
def test_what_is_written_is_read_by_us_and_by_others(members):
    archive = archive_of(members)

    assert read(archive) == [(name, True, data) for name, data in members.items()]
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        assert {m.name: tar.extractfile(m).read() for m in tar.getmembers()} == members
        assert all((m.uid, m.gid, m.uname, m.gname) == (0, 0, "", "") for m in tar)
        assert all(m.mode == 0o600 for m in tar)


def test_a_file_that_has_become_shorter_has_zeros_at_its_end():
    archive = io.BytesIO()
    write_member(archive, "a", 5, 0, io.BytesIO(b"xy"))
    write_member(archive, "b", 2, 0, io.BytesIO(b"longer than it was"))
    end_archive(archive)

    assert read(archive.getvalue()) == [("a", True, b"xy\0\0\0"), ("b", True, b"lo")]


@pytest.mark.parametrize(
    "info",
    [
        info_of("link", tarfile.SYMTYPE, linkname="/etc/passwd"),
        info_of("hard", tarfile.LNKTYPE, linkname="/etc/passwd"),
        info_of("null", tarfile.CHRTYPE, devmajor=1, devminor=3),
        info_of("disk", tarfile.BLKTYPE),
        info_of("pipe", tarfile.FIFOTYPE),
    ],
    ids=lambda info: info.name,
)
def test_what_is_no_file_is_told_apart_and_passed(info):
    archive = made_by_tarfile(info, info_of("after", size=3))

    assert read(archive) == [(info.name, False, b""), ("after", True, b"xxx")]


def test_an_archive_that_others_have_packed_anew_has_the_same_members():
    info = info_of("wf1/a", size=3, mtime=1.5)  # in an extended header

    assert read(made_by_tarfile(info_of("wf1", tarfile.DIRTYPE), info)) == [("wf1/a", True, b"xxx")]


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT])
def test_long_names_of_other_programs_are_read(form):
    name = f"wf1/{'n' * 90}/{'m' * 60}"

    assert read(made_by_tarfile(info_of(name, size=1), form=form)) == [(name, True, b"x")]


def test_extended_headers_are_not_taken_into_memory():
    huge = info_of("x", tarfile.XHDTYPE, size=64 * 2**20).tobuf(tarfile.GNU_FORMAT)
    long_name = info_of("x", tarfile.GNUTYPE_LONGNAME, size=64 * 2**20).tobuf(tarfile.GNU_FORMAT)
    end = made_by_tarfile(info_of("after", size=3))

    class Zeros(io.RawIOBase):
        """Two headers of 64 MiB each, then a file."""

        def __init__(self) -> None:
            self.parts = [(huge, 1), (bytes(2**20), 64), (long_name, 1), (bytes(2**20), 64)]
            self.parts.append((end, 1))
            self.rest = b""

        def read(self, size: int = -1) -> bytes:
            while len(self.rest) < size and self.parts:
                data, times = self.parts[0]
                self.parts[0] = (data, times - 1)
                self.parts = self.parts if times > 1 else self.parts[1:]
                self.rest += data
            taken, self.rest = self.rest[:size], self.rest[size:]
            return taken

    tracemalloc.start()
    found = [(member.name, member.is_plain) for member in read_members(Zeros())]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert found == [("after", True)]
    assert peak < 8 * 2**20


@pytest.mark.parametrize(
    ("archive", "why"),
    [
        (b"", "ends early"),
        (b"x" * 100, "ends early"),
        (b"x" * 1024, "checksum|header"),
        (archive_of({"a": b"x" * 600})[:700], "ends early"),
        (info_of("a", size=2**62).tobuf(tarfile.GNU_FORMAT), "ends early"),
        (info_of("a", size=-5).tobuf(tarfile.GNU_FORMAT), "negative"),
    ],
)
def test_a_damaged_archive_is_an_error_that_says_why(archive, why):
    with pytest.raises(ArchiveError, match=why):
        read(archive)


@given(st.binary(max_size=3_000), st.integers(0, 2_000))
def test_damage_is_an_error_or_goes_unnoticed_but_ends(noise, place):
    archive = archive_of({"a": b"text", "b": b"x" * 700})
    damaged = archive[:place] + noise + archive[place + len(noise) :]

    try:
        found = read(damaged)
    except ArchiveError:
        return
    assert len(found) <= len(damaged) // 512

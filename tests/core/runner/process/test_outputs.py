"""What is seen of output files: everything that programs do to one counts as writing it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from waiting import wait_for

from torc_core.model.exchange import OutputFile
from torc_core.runner.process.outputs import find_outputs, look_at, states_of

LATER_MS = 2**43
"""A start so long after the files that no tick is shared."""


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A directory with a file, a directory and links, whose times are past."""
    monkeypatch.chdir(tmp_path)
    Path("file").write_text("old\n")
    Path("other").write_text("old\n")
    Path("folder/deep").mkdir(parents=True)
    Path("folder/deep/part").write_text("old\n")
    Path("link").symlink_to("file")
    Path("folder-link").symlink_to("folder")
    # Times are taken from ticks: what is changed from here on has a later one.
    probe = Path("probe")
    probe.touch()
    first = probe.stat().st_ctime_ns

    def ticked():
        probe.touch()
        return probe.stat().st_ctime_ns > first

    wait_for(ticked, "the next tick of the file system's clock")
    return tmp_path


def written_after(command, path):
    """Return whether a file counts as written after a command, and what is said if it does not."""
    files = [OutputFile(id=1, path=path)]
    before = states_of(files)
    subprocess.run(["bash", "-c", command], check=True)
    found = find_outputs(files, before, LATER_MS, is_again=False)
    again = find_outputs(files, before, LATER_MS, is_again=True)
    assert (found.times.keys(), found.faults) == (again.times.keys(), again.faults)
    return bool(found.times), " ".join(found.faults)


@pytest.mark.parametrize(
    ("command", "path"),
    [
        ("echo new > new", "new"),
        ("echo new > file", "file"),
        ("echo old > file", "file"),  # in place, of the same size
        ("touch file", "file"),
        ("touch -d '2 days ago' file", "file"),
        ("cp -p other file", "file"),
        ("cp -p other x && mv x file", "file"),
        ("printf x >> file", "file"),
        ("sed -i s/old/new/ file", "file"),
        ("ln -sfn file link", "link"),
        ("ln -sfn other link", "link"),
        ("echo new > link", "link"),
        ("rm file && ln -s other file", "file"),
        ("echo new > folder/deep/part", "folder"),
        ("touch folder/new", "folder"),
        ("rm folder/deep/part", "folder"),
        ("touch folder/deep/part", "folder-link"),
        ("rm -r folder && mkdir folder", "folder"),
        ("mkdir -p a/b", "a"),
        ("mkfifo pipe", "pipe"),
    ],
)
def test_this_writes(place, command, path):
    assert written_after(command, path) == (True, "")


@pytest.mark.parametrize(
    ("command", "path"),
    [
        ("true", "file"),
        ("cat file", "file"),
        ("touch other", "file"),
        ("touch -h link", "file"),
        ("true", "link"),
        ("true", "folder"),
        ("ls -R folder; cat folder/deep/part", "folder"),
        ("true", "folder-link"),
        ("touch other", "folder"),
    ],
)
def test_this_leaves_it_as_it_was(place, command, path):
    is_written, said = written_after(command, path)

    assert not is_written
    assert f"left its output file {path} as it was" in said


@pytest.mark.parametrize(
    ("command", "path"),
    [
        ("true", "none"),
        ("rm file", "file"),
        ("rm file", "link"),
        ("true", "file/below"),
        ("true", "a\0b"),
        ("true", "x" * 5000),
        ("ln -s self self", "self"),
    ],
)
def test_this_is_missing(place, command, path):
    is_written, said = written_after(command, path)

    assert not is_written
    assert f"did not write its output file {path}" in said


def test_of_a_large_directory_being_there_is_enough(place):
    for number in range(1001):
        Path("folder", str(number)).touch()

    assert written_after("true", "folder") == (True, "")


def test_a_directory_that_cannot_be_read_is_there_all_the_same(place, monkeypatch):
    def refuse(_):
        raise PermissionError

    monkeypatch.setattr(os, "scandir", refuse)
    state = look_at("folder")
    assert state is not None
    assert state.identity == ()


def test_looking_again_opens_no_pipe_and_follows_no_missing_directory(place):
    os.mkfifo("pipe")
    files = [OutputFile(id=1, path="pipe"), OutputFile(id=2, path="gone/file")]
    found = find_outputs(files, {}, LATER_MS, is_again=True)

    assert (list(found.times), len(found.faults)) == ([1], 1)


def test_a_mount_of_another_device_is_another_file(place):
    shutil.copy2("file", "copy")
    state, copy = look_at("file"), look_at("copy")
    assert state is not None
    assert copy is not None
    assert state.identity != copy.identity

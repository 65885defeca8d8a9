"""Directories that were deleted, or are to be, also where open files outlive their deletion."""

from __future__ import annotations

import os
import time

import pytest

from torc_core.host.files.deletion import delete_directory, delete_left_over, unchanged_s

HOUR_S = 3600.0


def grow_old(*paths, by_s=2 * HOUR_S):
    then = time.time() - by_s
    for path in paths:
        os.utime(path, (then, then))


@pytest.fixture
def directory(tmp_path):
    made = tmp_path / "directory"
    made.mkdir()
    return made


def test_a_directory_is_as_old_as_what_was_changed_last_in_it(directory):
    (directory / "journal").touch()
    (directory / "record").touch()
    grow_old(directory, directory / "journal", directory / "record", by_s=3 * HOUR_S)
    assert 3 * HOUR_S <= unchanged_s(directory) < 4 * HOUR_S
    grow_old(directory / "journal", by_s=HOUR_S)
    assert HOUR_S <= unchanged_s(directory) < 2 * HOUR_S


def test_what_was_left_of_a_directory_is_deleted_once_it_is_empty(directory):
    still_open = directory / ".nfs0001"
    still_open.touch()
    grow_old(directory)
    delete_left_over(directory)
    assert still_open.exists()
    still_open.unlink()
    grow_old(directory)
    delete_left_over(directory)
    assert not directory.exists()


def test_a_directory_that_was_just_made_is_left_alone(directory):
    delete_left_over(directory)
    assert directory.exists()


def test_what_is_gone_or_no_directory_is_no_error(directory):
    (directory / "file").touch()
    delete_directory(directory / "file")
    delete_left_over(directory / "file")
    for delete in (delete_directory, delete_left_over):
        delete(directory / "missing")
    delete_directory(directory)
    assert not directory.exists()

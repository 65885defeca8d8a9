"""A run's directory may be damaged in any way: it is listed, with what is wrong and what helps."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import msgspec
import pytest

from torc_core.errors import NotFoundError
from torc_core.host.directories import runs_directory
from torc_core.host.runs import (
    DamagedRun,
    RunDirectory,
    RunMeta,
    RunState,
    create_run,
    list_all_runs,
    list_runs,
    prune_runs,
)

META = RunMeta(
    run_id="20260101T000000-wf1-abc", workflow_id=1, workflow_name="w", url="http://127.0.0.1:1",
    output_dir="output", cwd="/", started_at="2026-01-01T00:00:00.000Z",
)  # fmt: skip
WHOLE = msgspec.json.encode(META)


def huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(5 << 30)


DAMAGES = {
    "missing": (lambda _path: None, "is missing"),
    "empty": (lambda path: path.touch(), "is empty"),
    "blank": (lambda path: path.write_text(" \n"), "is empty"),
    "zeros": (lambda path: path.write_bytes(bytes(100)), "is not JSON"),
    "cut": (lambda path: path.write_bytes(WHOLE[:-9]), "is not JSON"),
    "text": (lambda path: path.write_text("hello"), "is not JSON"),
    "binary": (lambda path: path.write_bytes(b"\x80\x04"), "is not JSON"),
    "latin": (lambda path: path.write_bytes(WHOLE.replace(b'"w"', b'"\xff"')), "is not UTF-8"),
    "list": (lambda path: path.write_text("[]"), "is not as torc writes it"),
    "null": (lambda path: path.write_text("null"), "is not as torc writes it"),
    "fields": (lambda path: path.write_text("{}"), "missing required field `run_id`"),
    "types": (
        lambda path: path.write_bytes(WHOLE.replace(b'"workflow_id":1', b'"workflow_id":"x"')),
        "Expected `int`, got `str`",
    ),
    "deep": (
        lambda path: path.write_bytes(
            WHOLE.replace(b'"options":{}', b'"options":{"a":' + b"[" * 9999 + b"]" * 9999 + b"}")
        ),
        "nested too deeply",
    ),
    "pipe": (os.mkfifo, "is a pipe or a device"),
    "device": (lambda path: path.symlink_to("/dev/zero"), "is a pipe or a device"),
    "directory": (lambda path: path.mkdir(), "is a directory"),
    "loop": (lambda path: path.symlink_to(path), "Too many levels of symbolic links"),
    "nowhere": (lambda path: path.symlink_to("nowhere"), "is missing"),
    "unreadable": (lambda path: path.symlink_to("/proc/self/mem"), "cannot be read"),
    "huge": (huge, "is 5.0 GiB long"),
}


def damaged_run(name: str) -> Path:
    directory = runs_directory() / f"20260102-{name}"
    directory.mkdir()
    os.utime(directory, (1, 1))
    return directory


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_run_is_listed_with_what_is_wrong(damage):
    create_run(META)
    directory = damaged_run(damage)
    make, problem = DAMAGES[damage]
    make(directory / "meta.json")
    os.utime(directory, (1, 1))

    damaged, whole = list_all_runs()

    assert isinstance(damaged, DamagedRun)
    assert damaged.state is RunState.DAMAGED
    assert damaged.name == directory.name
    assert problem in damaged.problem
    assert damaged.hint.endswith(f"rm -r {directory}")
    assert [run.meta for run in list_runs()] == [META] == [whole.meta]
    with pytest.raises(NotFoundError, match="is not the directory of a run: its meta"):
        RunDirectory(directory).read_meta()
    prune_runs(keep=0)
    if damage != "missing":  # that one is what a deletion has left
        assert directory.exists()


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_run_whose_status_is_damaged_is_listed_without_it(damage):
    directory = create_run(META)
    make, _ = DAMAGES[damage]
    make(directory.path / "status.json")

    (run,) = list_runs()

    assert run.meta == META
    assert run.status is None


def test_what_is_no_directory_is_listed_too():
    (runs_directory() / "note").write_text("x")
    (runs_directory() / "loop").symlink_to("loop")

    first, second = list_all_runs()

    assert {first.problem, second.problem} == {"It is not a directory."}
    assert first.hint.endswith(f"rm {first.directory}")


def test_a_run_that_is_being_created_is_not_damaged():
    (runs_directory() / "20260103-new").mkdir()

    assert list_all_runs() == []


def test_a_damaged_run_whose_runner_is_at_work_is_to_be_left_alone():
    directory = damaged_run("locked")
    (directory / "meta.json").touch()
    with (directory / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        (run,) = list_all_runs()
        assert "Wait until that has ended" in run.hint
    (run,) = list_all_runs()
    assert "No runner is at work" in run.hint


def test_the_log_of_a_damaged_run_is_named():
    directory = damaged_run("logged")
    (directory / "meta.json").touch()
    os.mkfifo(directory / "lock")
    (directory / "runner.log").write_text("x")

    (run,) = list_all_runs()

    assert "runner.log" in run.hint

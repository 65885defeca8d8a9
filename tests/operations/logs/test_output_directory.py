"""Which files of an output directory are logs, and of which workflow."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from torc_core.operations.logs.output_directory import find_outputs, open_plain
from torc_core.runner.policy.output_paths import OutputKind


@pytest.fixture
def output(tmp_path: Path) -> Path:
    for name in (
        "job_runner_host_wf1_r1.log",
        "job_runner_host_wf10_r1.log",
        "notes.txt",
        "job_stdio/job_wf1_j2_r1_a1.o",
        "job_stdio/job_wf1_j2_r1_a1.sh",
        "job_stdio/deeper/job_wf1_j3_r1_a1.o",
        "resource_utilization/resource_metrics_host_1_1.db",
        "elsewhere/job_wf1_j2_r1_a1.o",
    ):
        path = tmp_path / "output" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    return tmp_path / "output"


def test_files_are_found_by_their_names_in_the_folders_of_torc(output):
    assert [(each.relative, each.name.workflow_id) for each in find_outputs(output)] == [
        ("job_runner_host_wf10_r1.log", 10),
        ("job_runner_host_wf1_r1.log", 1),
        ("job_stdio/job_wf1_j2_r1_a1.o", 1),
        ("resource_utilization/resource_metrics_host_1_1.db", 1),
    ]
    assert find_outputs(output)[-1].name.kind is OutputKind.METRICS
    assert all(each.path.read_text() == "x" for each in find_outputs(output))


def test_a_folder_that_is_a_link_is_not_followed(output, tmp_path):
    (output / "job_stdio").rename(tmp_path / "moved")
    (output / "job_stdio").symlink_to(tmp_path / "moved")

    assert not [each for each in find_outputs(output) if each.relative.startswith("job_stdio")]


def test_a_directory_that_is_not_there_has_no_files(tmp_path):
    (tmp_path / "file").touch()

    assert find_outputs(tmp_path / "none") == []
    assert find_outputs(tmp_path / "file") == []


def test_only_plain_files_are_opened(tmp_path):
    plain, link, pipe = tmp_path / "plain", tmp_path / "link", tmp_path / "pipe"
    plain.write_text("text")
    link.symlink_to(plain)
    os.mkfifo(pipe)

    with open_plain(plain) as file:
        assert file.read() == b"text"
    open_before = len(list(Path("/proc/self/fd").iterdir()))
    assert [open_plain(each) for each in (link, pipe, tmp_path, tmp_path / "none")] == [None] * 4
    assert open_plain(Path("/dev/null")) is None
    assert len(list(Path("/proc/self/fd").iterdir())) == open_before

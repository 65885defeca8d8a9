from __future__ import annotations

import stat
from pathlib import Path

import pytest

from torc_core.errors import MachineError
from torc_core.host.access_file import ServerAccess, read_access_file
from torc_core.hpc.slurm.batch.access_file import access_path, write_access
from torc_core.model.ids import WorkflowId
from torc_core.runner.policy.output_paths import read_name

ACCESS = ServerAccess(url="http://10.0.0.1:1/torc-service/v1", token="t")


def test_workers_find_the_access_file_in_their_output_directory(tmp_path: Path):
    path = write_access(tmp_path, WorkflowId(7), ACCESS)
    assert path == access_path(tmp_path, WorkflowId(7))
    assert read_access_file(path) == ACCESS
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_path_holds_wherever_a_worker_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    assert access_path(Path("out"), WorkflowId(7)).parent == tmp_path / "out"


def test_no_bundle_takes_it_for_a_log():
    assert read_name(access_path(Path("out"), WorkflowId(7)).name) is None


def test_an_output_directory_that_cannot_be_written_is_named(tmp_path: Path):
    with pytest.raises(MachineError, match=r"missing/\.slurm_access_wf7\.json"):
        write_access(tmp_path / "missing", WorkflowId(7), ACCESS)

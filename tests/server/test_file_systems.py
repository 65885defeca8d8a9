"""File systems that several machines share are recognized: SQLite's log must not be there."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

import pytest

from torc_server.storage.sqlite import database as database_module
from torc_server.storage.sqlite import file_systems
from torc_server.storage.sqlite.database import SQLiteDatabase
from torc_server.storage.sqlite.file_systems import read_mounts, shared_file_system, type_of

MOUNTS = r"""
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:30 / /home rw,relatime shared:5 - nfs4 filer:/home rw,vers=4.2
31 30 8:2 / /home/local rw,relatime - xfs /dev/sdb1 rw
32 22 0:33 / /scratch rw master:2 propagate_from:1 - lustre 10.0.0.1@o2ib:/s rw,flock
33 22 0:34 / /with\040blank rw - fuse.sshfs host: rw
34 22 0:35 / /twice rw - nfs old:/ rw
35 22 0:36 / /twice rw - tmpfs tmpfs rw
a broken line
""".strip()


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("/var/torc.db", "ext4"),
        ("/home/u/torc.db", "nfs4"),
        ("/home/local/torc.db", "xfs"),
        ("/home/localhost/torc.db", "nfs4"),
        ("/homework/torc.db", "ext4"),
        ("/scratch/torc.db", "lustre"),
        ("/with blank/torc.db", "fuse.sshfs"),
        ("/twice/torc.db", "tmpfs"),
    ],
)
def test_the_deepest_mount_says_what_a_path_is_on(path, wanted):
    assert type_of(path, read_mounts(MOUNTS)) == wanted


@pytest.mark.parametrize(
    ("path", "wanted"),
    [("/home/u/d.db", "NFS"), ("/scratch/d.db", "Lustre"), ("/home/local/d.db", None)],
)
def test_shared_file_systems_have_names(tmp_path, monkeypatch, path, wanted):
    listed = tmp_path / "mountinfo"
    listed.write_text(MOUNTS)
    monkeypatch.setattr(file_systems, "_MOUNTS", listed)

    assert shared_file_system(Path(path)) == wanted


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lists its mounts so")
def test_the_kernel_and_stat_agree_about_this_machine(tmp_path):
    said = subprocess.run(
        ["df", "--output=fstype", str(tmp_path)], capture_output=True, text=True, check=True
    )
    mounts = read_mounts(Path("/proc/self/mountinfo").read_text())

    assert type_of(str(tmp_path.resolve()), mounts) == said.stdout.split()[-1]


def test_where_nothing_is_listed_nothing_is_known(tmp_path, monkeypatch):
    monkeypatch.setattr(file_systems, "_MOUNTS", tmp_path / "none")

    assert shared_file_system(Path("/home")) is None


@pytest.mark.parametrize("found", ["NFS", None])
def test_a_server_says_when_its_database_is_on_one(tmp_path, monkeypatch, caplog, found):
    monkeypatch.setattr(database_module, "shared_file_system", lambda _path: found)
    database = SQLiteDatabase(tmp_path / "torc.db")
    database.create()

    with caplog.at_level(logging.WARNING), database.serving():
        pass

    assert ("is on NFS" in caplog.text) == (found is not None)

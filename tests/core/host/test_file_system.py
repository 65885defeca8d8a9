"""Which directories are on file systems that other machines probably do not see."""

from __future__ import annotations

from pathlib import Path

import pytest

from torc_core.host.files.file_system import kind_of_mount, local_file_system

MOUNTS = """\
22 1 253:0 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
30 22 0:26 / /tmp rw shared:5 - tmpfs tmpfs rw,size=1024k
31 22 0:40 / /home rw,relatime shared:9 - nfs4 server:/export/home rw,vers=4.2
32 31 0:41 / /home/me/with\\040space rw - fuse.sshfs other:/x rw
33 22 0:42 / /scratch rw - ext4 /dev/vdb rw
34 33 0:43 / /scratch rw - lustre 10.0.0.1@tcp:/scratch rw,flock
broken line
35 22 0:44
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "ext4"),
        ("/var/output", "ext4"),
        ("/tmp/output", "tmpfs"),
        ("/tmpfiles", "ext4"),
        ("/home/me/output", "nfs4"),
        ("/home/me/with space/output", "fuse.sshfs"),
        ("/scratch/me", "lustre"),
    ],
)
def test_a_path_is_on_the_last_mount_of_its_nearest_mount_point(path, kind):
    assert kind_of_mount(MOUNTS, Path(path)) == kind


def test_without_mounts_nothing_is_known():
    assert kind_of_mount("", Path("/tmp")) is None


def test_memory_is_of_this_machine_alone():
    assert local_file_system(Path("/dev/shm/none/yet")) == "tmpfs"

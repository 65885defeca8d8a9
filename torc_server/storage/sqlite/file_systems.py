"""Whether a file is on a file system that several machines share: SQLite's log cannot be there.

The log's index is memory that processes of one machine share, and locks of such file systems hold
on one machine only, or not at all. Linux says in `/proc/self/mountinfo` what is mounted; elsewhere
nothing is known.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

_MOUNTS = Path("/proc/self/mountinfo")
_SHARED = {
    "9p": "9P",
    "afs": "AFS",
    "beegfs": "BeeGFS",
    "ceph": "CephFS",
    "cifs": "SMB",
    "coda": "Coda",
    "fuse.ceph-fuse": "CephFS",
    "fuse.cvmfs2": "CernVM-FS",
    "fuse.glusterfs": "GlusterFS",
    "fuse.juicefs": "JuiceFS",
    "fuse.rclone": "rclone",
    "fuse.s3fs": "S3",
    "fuse.sshfs": "SSHFS",
    "gfs2": "GFS2",
    "gpfs": "GPFS",
    "lustre": "Lustre",
    "ncpfs": "NCP",
    "nfs": "NFS",
    "nfs4": "NFS",
    "ocfs2": "OCFS2",
    "orangefs": "OrangeFS",
    "panfs": "PanFS",
    "pvfs2": "OrangeFS",
    "smb3": "SMB",
    "smbfs": "SMB",
    "wekafs": "WekaFS",
}
"""Names for people, by the kernel's name of the type."""
_POINT = 4
"""Which field is the mount point, see proc_pid_mountinfo(5)."""
_ESCAPED = re.compile(r"\\([0-7]{3})")


class Mount(NamedTuple):
    """A mounted file system."""

    point: str
    type: str


def shared_file_system(path: Path) -> str | None:
    """Return the name of the file system of a file if other machines may use it, too."""
    try:
        text = _MOUNTS.read_text("utf-8", "surrogateescape")
    except OSError:
        return None
    return _SHARED.get(type_of(str(path), read_mounts(text)) or "")


def read_mounts(text: str) -> list[Mount]:
    """Return what `mountinfo` lists, in its order. Pure."""
    found = []
    for line in text.splitlines():
        own, _, shown = line.partition(" - ")
        fields = own.split(" ")
        if len(fields) > _POINT and shown:
            found.append(Mount(_unescaped(fields[_POINT]), shown.split(" ")[0]))
    return found


def type_of(path: str, mounts: list[Mount]) -> str | None:
    """Return the type of the file system that an absolute path without links is on. Pure.

    The deepest mount point counts, and of several mounts there the last, which hides the others.
    """
    chosen: Mount | None = None
    for mount in mounts:
        inside = mount.point.rstrip("/") + "/"
        is_above = path == mount.point or path.startswith(inside)
        if is_above and (chosen is None or len(mount.point) >= len(chosen.point)):
            chosen = mount
    return None if chosen is None else chosen.type


def _unescaped(field: str) -> str:
    """Return a path in which the kernel has written blanks as octal numbers."""
    return _ESCAPED.sub(lambda octal: chr(int(octal[1], 8)), field)

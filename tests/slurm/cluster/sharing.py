"""Whose a cluster is: places are claimed, clusters shared, and what killed runs left is removed.

Every process that uses a cluster holds a lock in its directory. The kernel releases the lock with
the process, however that ends; a directory in which none is held is left over.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from slurm.cluster.cluster import Cluster
from slurm.cluster.place import NUMBERS, ROOT, Place
from slurm.cluster.processes import remove_all
from slurm.cluster.settings import Settings

from torc_core.host.files.locks import FileLock, lock_file, try_lock_file


@contextmanager
def own_cluster(settings: Settings) -> Iterator[Cluster]:
    """Start a cluster for one user, and remove it in the end."""
    place, use = _claim(settings)
    try:
        yield Cluster.start(place, settings)
    finally:
        remove_all(place)
        use.release()


@contextmanager
def shared_cluster(settings: Settings, register: Path) -> Iterator[Cluster]:
    """Use a cluster together with other processes: the first starts it, the last removes it.

    Args:
        settings: The same for all of them.
        register: A file that they have in common; it names the place.
    """
    with lock_file(register):
        cluster, use = _join(settings, register)
    try:
        yield cluster
    finally:
        with lock_file(register), _places():
            use.release()
            place = cluster.layout.place
            if not _is_used(place):
                remove_all(place)
                register.write_text("", "utf-8")


def _join(settings: Settings, register: Path) -> tuple[Cluster, FileLock]:
    with _places():
        if number := register.read_text("utf-8"):
            place = Place(int(number))
            if _is_used(place):
                return Cluster.at(place), _use(place)
    place, use = _claim(settings)
    try:
        cluster = Cluster.start(place, settings)
    except BaseException:
        remove_all(place)
        use.release()
        raise
    register.write_text(str(place.number), "utf-8")
    return cluster, use


def _claim(settings: Settings) -> tuple[Place, FileLock]:
    """Return a place that is now this process's, after what others left was removed."""
    with _places():
        for place in map(Place, NUMBERS):
            if _is_left_over(place):
                remove_all(place)
            if place.directory.exists() or not place.has_free_ports(settings.nodes):
                continue
            place.directory.mkdir(mode=0o755)
            (place.directory / "users").mkdir()
            return place, _use(place)
    pytest.fail("there is no place for another Slurm cluster on this machine")


def _places() -> FileLock:
    """Keep others from claiming, joining and removing."""
    return lock_file(ROOT / f"torc-slurm-{os.geteuid()}.lock")


def _use(place: Place) -> FileLock:
    users = place.directory / "users"
    return lock_file(users / f"{os.getpid()}-{len(list(users.iterdir()))}")


def _is_left_over(place: Place) -> bool:
    try:
        is_ours = place.directory.stat().st_uid == os.geteuid()
    except FileNotFoundError:
        return False
    return is_ours and not _is_used(place)


def _is_used(place: Place) -> bool:
    for user in place.directory.glob("users/*"):
        lock = try_lock_file(user)
        if lock is None:
            return True
        lock.release()
    return False

"""The processes of a cluster, found by what they cannot lose, and ended.

Nothing is noted of them, so those of a test run that was killed are found just as well.
"""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

import psutil
from environments import program
from slurm.cluster.place import Place
from slurm.cluster.settings import CONTROL_GROUPS
from waiting import wait_for


def processes_of(place: Place, node: str = "") -> set[int]:
    """Return the ids of the processes of a cluster, or of the jobs of one of its nodes.

    They have its configuration in their environment, or are in a control group of a node, or, as
    `slurmstepd` without control groups, write into its log; or they are children of such.
    """
    groups = f"/slurm_{node or place.prefix}"
    ending = "/" if node else ""
    logs = str(place.directory / "log" / (f"slurmd.{node}.log" if node else ""))
    variables = {f"SLURM_CONF={place.configuration}".encode()}
    if node:
        variables.add(f"SLURMD_NODENAME={node}".encode())
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            belongs = (
                variables <= set((process / "environ").read_bytes().split(b"\0"))
                or f"{groups}{ending}" in (process / "cgroup").read_text("utf-8") + "/"
                or any(target.startswith(logs) for target in _open_files(process))
            )
        except OSError:  # it has ended, or is another user's
            continue
        if belongs:
            found.add(int(process.name))
    return (found | set(_descendants(found))) - {os.getpid()}


def _open_files(process: Path) -> Iterator[str]:
    if (process / "comm").read_text("utf-8") == "slurmstepd\n":
        for file in (process / "fd").iterdir():
            yield str(file.readlink())


def _descendants(processes: set[int]) -> Iterator[int]:
    for number in processes:
        try:
            yield from (child.pid for child in psutil.Process(number).children(recursive=True))
        except psutil.NoSuchProcess:
            continue


def with_names(processes: Iterable[int], *names: str) -> Iterator[psutil.Process]:
    """Yield those that run a program of one of these names."""
    for number in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(number)
            if process.name() in names:
                yield process


def kill_all(place: Place, node: str = "") -> None:
    """Kill them at one moment, until none is left: none lives to report the end of another."""

    def none_is_left() -> bool:
        left = processes_of(place, node)
        for how in (signal.SIGSTOP, signal.SIGKILL):
            for number in left:
                kill(number, how)
        return not left

    wait_for(none_is_left, "the processes of a cluster to end")


def kill(process: int, how: int = signal.SIGKILL) -> None:
    """Send a signal, unless it has ended."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, how)


def has_ended(process: int) -> bool:
    """Return whether a process runs no more."""
    try:
        return psutil.Process(process).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def remove_all(place: Place) -> None:
    """End a cluster and remove all that it made, whatever state it is in."""
    for freezer in _groups(place, "freezer"):
        for folder in _folders(freezer):
            with contextlib.suppress(OSError):
                (folder / "freezer.state").write_text("THAWED")  # suspended jobs could not die
    kill_all(place)
    for controller in CONTROL_GROUPS:
        for group in _groups(place, controller.name):
            for folder in _folders(group):
                wait_for(lambda folder=folder: _is_removed(folder), f"{folder} to be empty")
    _remove_networks(place)
    removing = ["rm", "-rf", str(place.directory)]
    # What a process was about to write when it was killed may still appear.
    wait_for(lambda: subprocess.run(removing, check=False).returncode == 0, f"{place} to be gone")


def _folders(group: Path) -> list[Path]:
    """Return a group and all below it, innermost first; Slurm may remove some meanwhile."""
    return [Path(folder) for folder, _, _ in os.walk(group, topdown=False)]


def _remove_networks(place: Place) -> None:
    for link in place.links():
        # With the network at its other end a cable goes too, some time later.
        subprocess.run([program("ip"), "link", "delete", link.name], check=False)
        wait_for(lambda link=link: not link.exists(), f"{link} to be gone")
    for network in Path("/run/netns").glob(f"{place.prefix}*"):
        subprocess.run([program("ip"), "netns", "delete", network.name], check=True)


def _is_removed(folder: Path) -> bool:
    with contextlib.suppress(FileNotFoundError):
        try:
            folder.rmdir()
        except OSError as error:
            if error.errno != errno.EBUSY:
                raise
            return False
    return True


def _groups(place: Place, controller: str) -> Iterator[Path]:
    return (Path("/sys/fs/cgroup") / controller).glob(f"slurm_{place.prefix}*")

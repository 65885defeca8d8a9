"""Other systems that run the same short jobs: each has a name, and returns the seconds it took.

Every job has two output files of its own, in a directory that is new for each run: a directory in
which thousands of files were deleted stays slow for minutes.
"""

from __future__ import annotations

import contextlib
import io
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import hyperqueue
from hyperqueue.cluster import LocalCluster, WorkerConfig

VFORK_LOOP = Path(__file__).parent / "vfork_loop.c"


class Peer(Protocol):
    """A system to compare with."""

    name: str

    def run(self, count: int, argv: list[str], out: Path) -> float:
        """Run `argv` so many times, with output in `out`, and return the seconds."""


class HyperQueue:
    """Server and worker on threads of this process; both are up before the clock starts."""

    name = "HyperQueue"

    def __init__(self, place: Path, slots: int) -> None:
        place.mkdir()
        self._place = place
        self.cluster = LocalCluster(str(place), WorkerConfig(cores=slots))
        self._client = self.cluster.client()

    def run(self, count: int, argv: list[str], out: Path) -> float:
        """Submit one job of so many tasks and wait for it."""
        job = hyperqueue.Job(self._place)
        for index in range(count):
            stdout, stderr = (str(out / f"{index}.{end}") for end in "oe")
            job.program(argv, stdout=stdout, stderr=stderr)
        begin = time.perf_counter()
        with contextlib.redirect_stderr(io.StringIO()):  # its progress bar
            self._client.wait_for_jobs([self._client.submit(job)])
        return time.perf_counter() - begin


class Parallel:
    """GNU parallel, with a log of its jobs and their output kept. The command is a shell's."""

    name = "GNU parallel"

    def __init__(self, slots: int) -> None:
        self._slots = slots

    def run(self, count: int, argv: list[str], out: Path) -> float:
        """Give it the arguments on its input."""
        # It starts every command by `bash -c`, as torc does: so that is left out here.
        command = argv[2] if argv[:2] == ["bash", "-c"] else argv[0]
        options = [f"-j{self._slots}", "--joblog", str(out / "log"), "--results", str(out / "all")]
        return _seconds(["parallel", "--will-cite", *options, f"{command} {{}}"], count)


class Xargs:
    """`xargs`, with two files per job and nothing recorded. The files take a shell."""

    name = "xargs"

    def __init__(self, slots: int) -> None:
        self._slots = slots

    def run(self, count: int, argv: list[str], out: Path) -> float:
        """Give it the arguments on its input."""
        command = f"{argv[-1]} >{out}/{{}}.o 2>{out}/{{}}.e"
        return _seconds(["xargs", f"-P{self._slots}", "-I{}", "bash", "-c", command], count)


class VforkLoop:
    """A loop in C that starts and waits: what the machine leaves to anybody."""

    name = "C vfork loop"

    def __init__(self, place: Path, slots: int) -> None:
        self._slots = slots
        self._program = place / "vfork_loop"
        subprocess.run(["cc", "-O2", "-o", str(self._program), str(VFORK_LOOP)], check=True)

    def run(self, count: int, argv: list[str], out: Path) -> float:
        """Run the loop."""
        program = shutil.which(argv[0]) or argv[0]
        return _seconds([self._program, count, self._slots, out, program, *argv[1:]], 0)


@contextlib.contextmanager
def all_peers(place: Path, slots: int) -> Iterator[list[Peer]]:
    """Start what has to be up before jobs are measured."""
    queue = HyperQueue(place / "hq", slots)
    try:
        yield [queue, Parallel(slots), Xargs(slots), VforkLoop(place, slots)]
    finally:
        queue.cluster.stop()


def _seconds(command: list[object], lines: int) -> float:
    """Return the seconds that a command takes which reads so many numbers."""
    begin = time.perf_counter()
    subprocess.run(
        list(map(str, command)), input="\n".join(map(str, range(lines))), text=True, check=True
    )
    return time.perf_counter() - begin

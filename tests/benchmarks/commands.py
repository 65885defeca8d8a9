"""How long a person waits for a command, and what large lists take: whole processes, medians.

    python tests/benchmarks/commands.py [--rounds 10]

Figures are seconds of wall time from starting the interpreter to its end, measured in an
environment of its own state directory. `bare python` is the floor of this machine in the same run.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import click

from torc_tui.cli.root import torc as root

ONE_JOB = "name: one\njobs: [{name: a, command: 'true'}]\n"
DIAMOND = """
name: diamond
jobs:
- {name: a, command: 'sleep 0.2'}
- {name: b, command: 'sleep 0.2', depends_on: [a]}
- {name: c, command: 'sleep 0.2', depends_on: [a]}
- {name: d, command: 'sleep 0.2', depends_on: [b, c]}
"""
DIAMOND_OWN_TIME_S = 0.6
MEASURE = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
JOBS = 100_000
MANY = f"name: many\njobs: [{{name: 'j{{i}}', command: 'true', parameters: {{i: '1:{JOBS}'}}}}]\n"
TORC = Path(sys.executable).with_name("torc")


def main() -> None:
    """Print one line per figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=10)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as place:
        bench = Bench(Path(place), rounds)
        try:
            bench.measure()
        finally:
            bench.torc("server", "stop")


class Bench:
    """Runs commands in a directory and state of their own."""

    def __init__(self, place: Path, rounds: int) -> None:
        self.place = place
        self.rounds = rounds
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if name != "PYTHONDONTWRITEBYTECODE" and not name.startswith("TORC_")
        }
        self.environment["XDG_STATE_HOME"] = str(place / "state")
        (place / "one.yaml").write_text(ONE_JOB)
        (place / "diamond.yaml").write_text(DIAMOND)

    def torc(self, *arguments: str) -> None:
        """Run one command to its end."""
        self._run([str(TORC), *arguments])

    def measure(self) -> None:
        """Measure everything."""
        self.torc("run", "one.yaml")
        self._tell("bare python", lambda: self._run([sys.executable, "-c", "pass"]))
        self._tell("torc --version (goal 0.08)", lambda: self.torc("--version"))
        self._tell_slowest_help()
        self._tell("torc -f json jobs list 1 (goal 0.2)", self._list_jobs)
        self._tell("torc run, one job, server up (goal 0.5)", lambda: self.torc("run", "one.yaml"))
        self._tell(
            "torc run, one job, server to start (goal 1.5)",
            lambda: self.torc("run", "one.yaml"),
            before=lambda: self.torc("server", "stop"),
        )
        self._tell(
            f"torc run, diamond of {DIAMOND_OWN_TIME_S} s own time (goal {DIAMOND_OWN_TIME_S} + 0.3"
            " after the start of the first job)",
            lambda: self.torc("run", "diamond.yaml"),
        )
        self._measure_many()

    def _tell_slowest_help(self) -> None:
        """Measure the help of every command once, and then that of the slowest."""
        times = {}
        for path in _paths(root, ()):
            started = time.perf_counter()
            self.torc(*path, "--help")
            times[path] = time.perf_counter() - started
        slowest = max(times, key=lambda path: times[path])
        name = f"torc {' '.join(slowest)} --help, slowest of {len(times)} (goal 0.18)"
        self._tell(name, lambda: self.torc(*slowest, "--help"))

    def _measure_many(self) -> None:
        (self.place / "many.yaml").write_text(MANY)
        create = ("workflows", "create", "many.yaml")
        self._tell(f"torc {' '.join(create)}, {JOBS:,} jobs (goal 8)", lambda: self.torc(*create))
        listing = ("jobs", "list", "latest", "-f", "json")
        self._tell(f"torc {' '.join(listing)}, {JOBS:,} (goal 3)", lambda: self.torc(*listing))
        used_kb = self._peak_kb(*listing)
        print(f"{'  its peak memory (goal 150 MB)':<70} {used_kb / 1024:6.1f} MiB")

    def _peak_kb(self, *arguments: str) -> int:
        """Return the peak memory of a command; measured by a small process, whose pages count."""
        done = subprocess.run(
            [sys.executable, "-c", MEASURE, str(TORC), *arguments],
            cwd=self.place,
            env=self.environment,
            check=True,
            capture_output=True,
        )
        return int(done.stdout)

    def _list_jobs(self) -> None:
        self.torc("-f", "json", "jobs", "list", "1")

    def _run(self, command: list[str]) -> None:
        subprocess.run(
            command, cwd=self.place, env=self.environment, check=True, capture_output=True
        )

    def _tell(self, name: str, action, before=lambda: None) -> None:
        times = []
        for _ in range(self.rounds):
            before()
            started = time.perf_counter()
            action()
            times.append(time.perf_counter() - started)
        low, high = min(times), max(times)
        print(f"{name:<70} {statistics.median(times):6.3f} s  ({low:.3f}-{high:.3f})")


def _paths(group: click.Group, above: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Yield the names of every command, those of groups too."""
    context = click.Context(group)
    for name in group.list_commands(context):
        _, command, _ = group.resolve_command(context, [name])
        yield (*above, name)
        if isinstance(command, click.Group):
            yield from _paths(command, (*above, name))


if __name__ == "__main__":
    main()

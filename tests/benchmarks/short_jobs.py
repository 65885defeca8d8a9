"""Short jobs: how many per second, beside four other systems in the same run.

    python tests/benchmarks/short_jobs.py [--jobs 10000] [--rounds 3] [--slots 2] [--without-shell]

Every job is `bash -c true`, or `/bin/true` with `--without-shell`, with two output files and a
durable result. The systems take turns, so that a busy machine slows all of them; the ratios are the
figures to trust. Servers and workers are up before the clock starts. CPU is that of torc's server
and runner, without the jobs. Needs the extra `bench`, `cc`, and Debian's package parallel.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path
from typing import NamedTuple

from peers import Peer, all_peers
from torc_side import RunnerProcess, Torc

OWN = "torc"


class Mode(NamedTuple):
    """What every job is, and what is to be reached."""

    command: str
    """As a workflow has it."""
    argv: list[str]
    rate: int
    """Jobs per second."""
    ratios: dict[str, float]
    """By peer."""


WITH_SHELL = Mode("true", ["bash", "-c", "true"], 1_200, {"HyperQueue": 2.3, "C vfork loop": 0.7})
WITHOUT_SHELL = Mode("/bin/true", ["/bin/true"], 1_800, {})


def main() -> None:
    """Print one line per figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--slots", type=int, default=2)
    parser.add_argument("--without-shell", action="store_true")
    parser.add_argument("--alone", action="store_true", help="without the other systems")
    arguments = parser.parse_args()
    mode = WITHOUT_SHELL if arguments.without_shell else WITH_SHELL
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        torc = Torc(place)
        runner = torc.runner()
        own = Own(torc, runner, mode, arguments.slots)
        try:
            if arguments.alone:
                rates = compare([own], mode, place, arguments)
            else:
                with all_peers(place, arguments.slots) as peers:
                    rates = compare([own, *peers], mode, place, arguments)
            tell(rates, mode)
            own.tell()
        finally:
            runner.stop()
            torc.close()


class Own:
    """Our side, measured as the peers are, and its CPU time besides."""

    name = OWN

    def __init__(self, torc: Torc, runner: RunnerProcess, mode: Mode, slots: int) -> None:
        self._torc = torc
        self._runner = runner
        self._command = mode.command
        self._slots = slots
        self._server_us: list[float] = []
        self._runner_us: list[float] = []
        self._guard_us: list[float] = []
        self._peak_mb = 0.0

    def run(self, count: int, argv: list[str], out: Path) -> float:
        """Run jobs and return the seconds; making them is not counted."""
        workflow_id = self._torc.workflow([self._command] * count)
        before = self._torc.server.cpu_s()
        took = self._runner.run(self._torc.options(workflow_id, self._slots))
        assert took["completed"] == count, took
        self._server_us.append((self._torc.server.cpu_s() - before) / count * 1e6)
        self._runner_us.append(took["cpu_s"] / count * 1e6)
        self._guard_us.append(took["guard_cpu_s"] / count * 1e6)
        self._peak_mb = took["peak_mb"]
        return took["elapsed_s"]

    def tell(self) -> None:
        """Print what server and runner used."""
        used = {
            "server": self._server_us,
            "runner": self._runner_us,
            "its guard, which starts the jobs": self._guard_us,
        }
        parts = [f"{name} {statistics.median(values):.0f} us" for name, values in used.items()]
        print(f"CPU per job: {', '.join(parts)}")
        server_mb = self._torc.server.memory_mb()[1]
        print(f"memory: runner {self._peak_mb:.0f} MB, server {server_mb:.0f} MB")


def compare(
    systems: list[Peer], mode: Mode, place: Path, arguments: argparse.Namespace
) -> dict[str, list[float]]:
    """Run all systems by turns, and return their rates."""
    rates: dict[str, list[float]] = {system.name: [] for system in systems}
    for number in range(arguments.rounds):
        for system in systems:
            out = place / f"{number} {system.name}".replace(" ", "-")
            out.mkdir()
            rates[system.name].append(arguments.jobs / system.run(arguments.jobs, mode.argv, out))
    return rates


def tell(rates: dict[str, list[float]], mode: Mode) -> None:
    """Print the rates, and torc's in proportion: the median of the rounds' own proportions."""
    own = rates[OWN]
    print(f"{OWN}: {statistics.median(own):.0f} jobs/s {rounded(own)} (goal {mode.rate})")
    for name, values in rates.items():
        if name == OWN:
            continue
        ratio = statistics.median(a / b for a, b in zip(own, values, strict=True))
        goal = f" (goal {mode.ratios[name]})" if name in mode.ratios else ""
        print(
            f"{name}: {statistics.median(values):.0f} jobs/s {rounded(values)};"
            f" torc is {ratio:.2f} times as fast{goal}"
        )


def rounded(values: list[float]) -> str:
    """Return the range of values."""
    return f"({min(values):.0f}-{max(values):.0f})"


if __name__ == "__main__":
    main()

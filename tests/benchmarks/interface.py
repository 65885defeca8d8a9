"""The interface on a large workflow, in a real pseudo-terminal: what a key takes and costs.

    python tests/benchmarks/interface.py [--jobs 100000] [--rounds 5]

A key's time runs from writing it to the terminal until its effect is on the screen, as a terminal
emulator (pyte, in this process, at a few MB per second) sees it.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import cycle
from pathlib import Path
from typing import NamedTuple

import psutil

sys.path.insert(0, str(Path(__file__).parents[1] / "tui"))

from pty_screen import PtyScreen

from torc_core.client import TorcClient
from torc_core.host.connect import Choice, connect
from torc_core.host.embedded_server import stop_server
from torc_core.operations.definition.create import create_workflow
from torc_core.operations.lifecycle.initialize import initialize_workflow
from torc_core.spec import parse_workflow

SIZES = ((80, 24), (160, 48))
IDLE_S = 10.0
TORC = Path(sys.executable).with_name("torc")


def main() -> None:
    """Print one line per figure and size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        os.environ |= {"XDG_STATE_HOME": place, "USER": "bench"}
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        client = connect(Choice()).client
        try:
            started = time.perf_counter()
            fill(client, "small", 10)
            fill(client, "large", arguments.jobs)
            print(f"{arguments.jobs} jobs made in {time.perf_counter() - started:.1f} s")
            for size in SIZES:
                measure(Path(place), size, arguments)
        finally:
            stop_server()


def fill(client: TorcClient, name: str, jobs: int) -> None:
    """Make and initialize a workflow."""
    job = f"{{name: 'job_{{i}}', command: 'true', parameters: {{i: '1:{jobs}'}}}}"
    text = f"name: {name}\njobs: [{job}]"
    spec = parse_workflow(text, format="yaml", source=name)
    initialize_workflow(client, create_workflow(client, spec, user="bench"))


def measure(place: Path, size: tuple[int, int], arguments: argparse.Namespace) -> None:
    """Start the interface at a size, press keys and print how long each takes."""
    name, whole = "x".join(map(str, size)), f"{arguments.jobs:,} jobs"

    def tell(what: str, presses: list[Press]) -> None:
        times = [1000 * press.took_s for press in presses]
        print(
            f"{name:>6} {what:<44} {statistics.median(times):6.0f} ms "
            f"({min(times):.0f}-{max(times):.0f}) {max(press.cost for press in presses):>7} bytes"
        )

    rounds = range(arguments.rounds)
    openings = []
    for _ in rounds:
        session = Session(place, size)
        openings.append(session.press("\r", session.cursor_at("job_1"), whole))
        session.close()
    tell("Enter to the jobs pane (goal 500)", openings)

    session = Session(place, size)
    session.press("\r", session.cursor_at("job_1"), whole)
    downs = [session.press("j", session.cursor_at(f"job_{n + 2}")) for n in rounds]
    tell("one row down", downs)
    ends = []
    for _ in rounds:
        ends.append(session.press("G", session.cursor_at(f"job_{arguments.jobs}")))
        session.press("g", session.cursor_at("job_1"))
    tell("to the last row", ends)
    signs = [sign for sign, _ in zip(cycle("▲▼"), rounds, strict=False)]
    tell("sort by name, all rows", [session.press("2", always, f"Name{sign}") for sign in signs])
    filters = []
    for _ in rounds:
        session.press("f", always, "Filter")
        filters.append(session.press("job_777\r", session.cursor_at("job_777")))
        session.press("\x1b", always, whole)
    tell("filter by name, all rows, once typed", filters)
    session.idle(name)
    session.close()


class Press(NamedTuple):
    """What a key took, and how many bytes it cost the line."""

    took_s: float
    cost: int


class Session:
    """The interface in a pseudo-terminal, opened on the list of workflows."""

    def __init__(self, place: Path, size: tuple[int, int]) -> None:
        self.screen = PtyScreen([str(TORC)], columns=size[0], rows=size[1], environ={}, cwd=place)
        self.screen.wait_for("large", "●")
        self.screen.wait_for_silence()

    def press(self, keys: str, condition: Callable[[], bool], *texts: str) -> Press:
        """Press keys and wait for what they bring."""
        before, started = len(self.screen.output), time.perf_counter()
        self.screen.send(keys)
        while not condition() or not all(text in "\n".join(self.screen.lines) for text in texts):
            if time.perf_counter() > started + 30:
                sys.exit("nothing came of it:\n" + "\n".join(self.screen.lines))
            self.screen.read(0.2)
        took_s = time.perf_counter() - started
        self.screen.wait_for_silence(0.3)
        return Press(took_s, len(self.screen.output) - before)

    def cursor_at(self, job: str) -> Callable[[], bool]:
        """Return whether the cursor's line shows a job."""
        return lambda: any(">" in line and f" {job} " in line for line in self.screen.lines)

    def idle(self, name: str) -> None:
        """Print what the interface does while nothing changes."""
        self.screen.wait_for_silence(2)
        process = psutil.Process(self.screen.process.pid)
        before, used = len(self.screen.output), sum(process.cpu_times()[:2])
        self.screen.read(IDLE_S)
        spent = sum(process.cpu_times()[:2]) - used
        print(
            f"{name:>6} idle for {IDLE_S:.0f} s: {len(self.screen.output) - before} bytes, "
            f"{100 * spent / IDLE_S:.1f} % of a core, {process.memory_info().rss >> 20} MiB"
        )

    def close(self) -> None:
        """Leave the interface."""
        self.screen.end()
        self.screen.close()


def always() -> bool:
    """Return true: the texts say it all."""
    return True


if __name__ == "__main__":
    main()

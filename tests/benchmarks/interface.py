"""The interface on a large workflow, in a real pseudo-terminal: what keys take and cost.

    python tests/benchmarks/interface.py [--jobs 1000000] [--rounds 5] [--keep DIRECTORY]

A key's time runs from writing it to the terminal until its effect is on the screen, as a terminal
emulator (in this process, at a few MB per second) sees it; and until the first sign of an answer.
In brackets stands the longest; "alone" is the median without the time for which the event loop
waited for a processor that others had. What its other threads, the server and this process waited
for is not left out.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import re
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import psutil
from large_workflow import NAME, USER, large_database
from loopback import BASE, Connection, Server

sys.path.insert(0, str(Path(__file__).parents[1]))

from tui.limits.cost import waited_s
from tui.pty_screen import PtyScreen

from torc_core.runner.policy.output_paths import job_stdio

SIZES = ((80, 24), (160, 48))
IDLE_S = 10.0
WAIT_S = 60.0
CHANGES_PER_S = 200
LOG_BYTES = 5 << 30
TORC = Path(sys.executable).with_name("torc")
_JOB_UNDER_CURSOR = re.compile(r">\s+(\d+)\s+(?:prepare|simulate|reduce|report)")


class Key(NamedTuple):
    """What is pressed, and what is then seen."""

    what: str
    keys: str
    seen: str
    cursor: str = ""
    """A word of the line with the cursor."""


JOBS_KEYS = (
    Key("one row down", "j", "", "simulate_0"),
    Key("one page down", "\x1b[6~", "", "simulate_"),
    Key("to the last row", "G", "", "report"),
    Key("one page up from there", "\x1b[5~", "", "reduce_"),
    Key("to the first row", "g", "", "prepare"),
    Key("sort by name", "2", "Name▲", "prepare"),
    Key("to the last row by name", "G", "", "simulate_99999"),
    Key("sort by name, reversed", "2", "Name▼", "simulate_99999"),
    Key("sort by status", "3", "Status▲", "blocked"),
    Key("to the last row by status", "G", "", "canceled"),
    Key("sort by tries", "4", "Try▲", "prepare"),
    Key("to the last row by tries", "G", "", "report"),
    Key("sort by id", "1", "ID▲", "prepare"),
    Key("the line of the filter", "/", "Name:"),
    Key("filter by name, typed", "777777", "  1 job"),
    Key("take the filter back", "\x1b", "{whole}", "prepare"),
    Key("rows of the same status", "=", "{completed}", "prepare"),
    Key("all rows again", "\x1b", "{whole}", "prepare"),
    Key("the next job that failed", "N", "", "failed"),
    Key("why it failed", "!", "Why ▸"),
    Key("back", "q", "[Jobs]", "simulate_6"),
    Key("details of a job", "\r", "--case simulate_6"),
    Key("back", "q", "[Jobs]", "simulate_6"),
    Key("mark all of a million", "*", "too many to mark"),
    Key("failures by cause, first groups", "F", "exit code"),
    Key("back", "q", "[Jobs]", "simulate_6"),
    Key("plots, of which there are none", "P", "no samples"),
    Key("back", "q", "[Jobs]", "simulate_6"),
    Key("runs", "D", "run"),
    Key("back", "q", "[Jobs]", "simulate_6"),
    Key("next tab: files", "\t", "[Files]"),
    Key("next tab: events", "\t", "[Events]", ":"),
    Key("to the oldest event", "G", "", "workflow_started"),
    Key("next tab: results", "\t", "[Results]", "simulate_"),
    Key("sort results by time", "7", "Time▲", " 0 "),
    Key("to the last result by time", "G", "", "10m"),
    Key("next tab: nodes", "\t", "[Nodes]", "node001"),
    Key("next tab: runs", "\t", "[Runs]"),
    Key("next tab: the graph by groups", "\t", "[DAG]"),
    Key("the groups", "", "simulate_#"),
    Key("next tab: the timeline", "\t", "node001"),
    Key("next tab: more", "\t", "[More]"),
    Key("next tab: jobs", "\t", "[Jobs]", "simulate_"),
)
MOVING_KEYS = ("j", "j", "k", "\x1b[6~", "k", "\x1b[5~", "j", "G", "k", "g")


def main() -> None:
    """Print a line per figure and size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--keep", type=Path, help="where the database is kept for the next time")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        os.environ |= {"XDG_STATE_HOME": directory, "HOME": directory, "USER": USER}
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        kept = large_database(arguments.keep or place, arguments.jobs)
        server = Server(Path(shutil.copy(kept, place / "used.db")))
        try:
            for size in SIZES:
                Measuring(server, place, size, arguments.rounds).measure()
        finally:
            server.stop()


class Measuring:
    """The figures at one size."""

    def __init__(self, server: Server, place: Path, size: tuple[int, int], rounds: int) -> None:
        self._server = server
        self._place = place
        self._size = size
        self._rounds = range(rounds)
        call = Connection(server.port).call  # an idle one is closed
        [listed] = call("GET", "/workflows?include_job_counts=true")["items"]
        counts = listed["job_counts"]
        self._texts = {
            "whole": f"{sum(counts.values()):,} jobs",
            "completed": f"completed   {counts['completed']:,} jo",
        }

    def measure(self) -> None:
        """Print all."""
        self._starts()
        self._openings()
        session = self._session()
        session.open()
        for key in JOBS_KEYS:
            press = session.press(key._replace(seen=key.seen.format(**self._texts)))
            self._tell(f"{key.what} ({session.memory_mib} MiB)", [press])
        self._changing(session)
        self._idle(session)
        self._log(session)
        session.close()

    def _session(self) -> Session:
        return Session(self._server.port, self._place, self._size)

    def _tell(self, what: str, presses: Sequence[Press]) -> None:
        answered = [1000 * each.answered_s for each in presses]
        seen = [1000 * each.seen_s for each in presses]
        alone = statistics.median(1000 * (each.answered_s - each.waited_s) for each in presses)
        print(
            f"{self._name:>6} {what:<44} answered {statistics.median(answered):5.0f} ms "
            f"({max(answered):5.0f}, alone {alone:5.0f}), seen {statistics.median(seen):5.0f} ms "
            f"({max(seen):5.0f}), {max(each.cost for each in presses):>6} bytes",
            flush=True,
        )

    @property
    def _name(self) -> str:
        return "x".join(map(str, self._size))

    def _starts(self) -> None:
        starts = []
        for _ in self._rounds:
            session = self._session()
            starts.append(session.started)
            session.close()
        self._tell("start: first sign, then the list", starts)

    def _openings(self) -> None:
        openings = []
        for _ in self._rounds:
            session = self._session()
            openings.append(session.open())
            session.close()
        self._tell("Enter to the jobs pane", openings)

    def _changing(self, session: Session) -> None:
        """Press keys while jobs change."""
        with_changes = multiprocessing.Process(target=change, args=(self._server.port,))
        with_changes.start()
        session.read_for(3)
        before, started = len(session.screen.output), time.monotonic()
        presses: list[Press] = []
        for keys in MOVING_KEYS * 5:
            presses.append(session.move(keys))
            session.read_for(0.3)
        rate = (len(session.screen.output) - before) / (time.monotonic() - started)
        self._tell(f"a key while {CHANGES_PER_S} jobs/s change", presses)
        print(f"{self._name:>6} meanwhile {rate:.0f} bytes/s", flush=True)
        with_changes.terminate()
        with_changes.join()

    def _idle(self, session: Session) -> None:
        session.screen.wait_for_silence(8)
        process = psutil.Process(session.screen.process.pid)
        before, used = len(session.screen.output), sum(process.cpu_times()[:2])
        session.screen.read(IDLE_S)
        spent = sum(process.cpu_times()[:2]) - used
        print(
            f"{self._name:>6} idle for {IDLE_S:.0f} s: "
            f"{len(session.screen.output) - before} bytes, {100 * spent / IDLE_S:.1f} % of a core, "
            f"{session.memory_mib} MiB",
            flush=True,
        )

    def _log(self, session: Session) -> None:
        """Open a log of gigabytes, and print what it takes."""
        session.press(Key("", "g", "", "prepare"))
        path = self._place / f"{job_stdio('output', 1, 1, 0, 1)}.o"
        make_log(path)
        self._tell("a log of 5 GB, at its end", [session.press(Key("", "l", "the last line"))])
        self._tell("to its beginning", [session.press(Key("", "g", "the first line"))])
        self._tell("to its end", [session.press(Key("", "G", "the last line"))])
        session.screen.wait_for_silence(2)
        print(f"{self._name:>6} memory with all of it: {session.memory_mib} MiB", flush=True)
        path.unlink()


def make_log(path: Path) -> None:
    """Write lines of gigabytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = "".join(
        f"step {at} of 999999, loss {at * 7 % 1000 / 1000}, ok\n" for at in range(99_999)
    )
    block = (lines * 10).encode()
    with path.open("wb") as log:
        log.write(b"the first line\n")
        while log.tell() < LOG_BYTES:
            log.write(block)
        log.write(b"the last line\n")


def change(port: int) -> None:
    """Be a runner that ends as many jobs per second, and claims others, until it is ended."""
    call = Connection(port).call
    [node] = call("GET", "/compute_nodes?workflow_id=1&limit=1")["items"]
    values = {key: node[key] for key in ("hostname", "start_time", "num_cpus", "memory_gb")}
    node = call(
        "POST",
        "/compute_nodes",
        values
        | {"workflow_id": 1, "pid": 2, "num_gpus": 0, "num_nodes": 1, "is_active": True}
        | {"compute_node_type": "local"},
    )
    at_once = CHANGES_PER_S // 10
    plenty = {"num_cpus": 1 << 20, "memory_gb": 1e6, "num_gpus": 0, "num_nodes": 1}
    held: list[dict[str, Any]] = []
    due = time.monotonic()
    for seq in range(1, 1 << 30):
        now = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
        tokens = [{"job_id": each["job"]["id"], "token": each["token"]} for each in held]
        result = {"status": "completed", "return_code": 0, "exec_time_minutes": 0.01}
        times = {"start_time": now, "completion_time": now}
        turn = {
            "seq": seq,
            "ends": [each | result | times for each in tokens],
            "work": {"resources": plenty, "max_jobs": at_once},
        }
        held = call("POST", f"/compute_nodes/{node['id']}/exchange", turn)["jobs"]
        due += 0.1
        time.sleep(max(0.0, due - time.monotonic()))


class Press(NamedTuple):
    """What a key took until something came, and until its effect was seen; what it cost."""

    answered_s: float
    seen_s: float
    cost: int
    waited_s: float
    """For how much of the first a processor was waited for."""


class Session:
    """The interface in a pseudo-terminal, opened on the list of workflows."""

    def __init__(self, port: int, place: Path, size: tuple[int, int]) -> None:
        began = time.perf_counter()
        url = f"http://127.0.0.1:{port}{BASE}"
        argv = [str(TORC), "--url", url, "tui"]
        self.screen = PtyScreen(argv, columns=size[0], rows=size[1], environ={}, cwd=place)
        self.started = self._after(began, 0, lambda: self._shows(NAME) and self._shows("●"), "quit")

    def open(self) -> Press:
        """Enter the workflow."""
        self.screen.wait_for_silence()
        return self.press(Key("", "\r", "[Jobs]", "prepare"))

    def press(self, key: Key) -> Press:
        """Press keys and wait for what they bring."""
        before, began = len(self.screen.output), time.perf_counter()
        self.screen.type_ahead(key.keys)
        return self._after(began, before, lambda: self._is_there(key))

    def move(self, keys: str) -> Press:
        """Press a key that moves the cursor, and wait until it is on another row."""
        before, began, row = len(self.screen.output), time.perf_counter(), self._row
        self.screen.type_ahead(keys)
        return self._after(began, before, lambda: self._row not in {"", row}, "")

    @property
    def _row(self) -> str:
        """The id of the job under the cursor."""
        under = (_JOB_UNDER_CURSOR.search(line) for line in self.screen.lines)
        return next((found[1] for found in under if found), "")

    def read_for(self, seconds: float) -> None:
        """Read what comes."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.screen.read(0.02)

    @property
    def memory_mib(self) -> int:
        """What the interface has resident."""
        return int(psutil.Process(self.screen.process.pid).memory_info().rss) >> 20

    def close(self) -> None:
        """Leave the interface."""
        self.screen.end()
        self.screen.close()

    def _after(
        self, began: float, before: int, is_there: Callable[[], bool], sign: str = ""
    ) -> Press:
        answered: float | None = None
        waited = -self._waited_s if before else 0.0  # from its first moment on, if it starts
        while True:
            if answered is None and len(self.screen.output) > before and self._shows(sign):
                answered = time.perf_counter() - began
                waited += self._waited_s
            if (answered is not None or before) and is_there():
                break
            if time.perf_counter() > began + WAIT_S:
                sys.exit("nothing came of it:\n" + "\n".join(self.screen.lines))
            self.screen.read(0.2)
        seen = time.perf_counter() - began
        if answered is None:
            answered, waited = seen, waited + self._waited_s
        self.screen.wait_for_silence(0.3)
        return Press(answered, seen, len(self.screen.output) - before, waited)

    @property
    def _waited_s(self) -> float:
        return waited_s(self.screen.process.pid)

    def _is_there(self, key: Key) -> bool:
        cursor = (line for line in self.screen.lines if ">" in line)
        return self._shows(key.seen) and (
            not key.cursor or any(key.cursor in line for line in cursor)
        )

    def _shows(self, text: str) -> bool:
        return any(text in line for line in self.screen.lines)


if __name__ == "__main__":
    main()

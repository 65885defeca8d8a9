"""What the interface sends to the terminal, by our driver and by Textual's own.

    python tests/benchmarks/terminal_bytes.py

Bytes are the same each time, but for what arrives in one frame or in two.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tui.pty_screen import PtyScreen

from torc_core.client import TorcClient
from torc_core.host.connect import Choice, connect
from torc_core.host.embedded_server import stop_server
from torc_core.model.status import JobStatus
from torc_core.operations.definition.create import create_workflow
from torc_core.operations.lifecycle.initialize import initialize_workflow
from torc_core.runner.policy.output_paths import job_stdio
from torc_core.spec import parse_workflow

TORC = Path(sys.executable).with_name("torc")
DRIVERS = {"ours": {}, "Textual's": {"TEXTUAL_DRIVER": "textual.drivers.linux_driver:LinuxDriver"}}
COLORS = {"true color": {}, "16 colors": {"SSH_TTY": "/dev/pts/1"}}
SIZES = ((80, 24), (160, 48))
TABS = 7
_RUN = 1
WATCHED_S = 10
SPEC = "{name: many, jobs: [{name: 'job_{i}', command: 'true', parameters: {i: '1:1000'}}]}"


def main() -> None:
    """Print a line per figure, with a column per driver."""
    with tempfile.TemporaryDirectory() as place:
        os.environ |= {"XDG_STATE_HOME": place, "USER": "bench"}
        client = connect(Choice()).client
        try:
            spec = parse_workflow(SPEC, format="yaml", source="many")
            initialize_workflow(client, create_workflow(client, spec, user="bench"))
            for size in SIZES:
                for color, environ in COLORS.items():
                    runs = [
                        Session(client, Path(place), size, environ | driver).measure()
                        for driver in DRIVERS.values()
                    ]
                    print(f"\n{size[0]}x{size[1]}, {color}: {' / '.join(DRIVERS)}")
                    for what in runs[0]:
                        print(f"  {what:<44}", " / ".join(f"{run[what]:>8,}" for run in runs))
        finally:
            stop_server()


class Session:
    """The interface in a pseudo-terminal, and what is done with it."""

    def __init__(
        self, client: TorcClient, place: Path, size: tuple[int, int], environ: dict[str, str]
    ) -> None:
        self._client = client
        self._workflow = client.list_workflows().items[0].id
        self._place = place
        self._screen = PtyScreen(
            [str(TORC)], columns=size[0], rows=size[1], environ=environ, cwd=place
        )
        self._counted = 0

    def measure(self) -> dict[str, int]:
        """Return bytes, or bytes per second, by what was done."""
        screen = self._screen
        screen.wait_for("many", "●")
        found = {"start": self._count()}
        found["Enter to the jobs pane"] = self._press("\r")
        found["one row down"] = self._press("j")
        found["one page down"] = self._press("\x1b[6~")
        found["the most costly tab"] = max(self._press("\t") for _ in range(TABS))
        found["help"] = self._press("?")
        found["help closed"] = self._press("q")
        found["a question"] = self._press("c")
        found["the question closed"] = self._press("n")
        self._press("g")
        found["three rows change each second, per second"] = self._change_rows()
        found["a log of 50 lines per second, per second"] = self._follow_log()
        found["nothing changes, per second"] = self._idle()
        screen.end()
        screen.close()
        return found

    def _press(self, key: str) -> int:
        self._screen.type_ahead(key)
        return self._count()

    def _count(self) -> int:
        self._screen.wait_for_silence(1.5)
        new = len(self._screen.output) - self._counted
        self._counted += new
        return new

    def _change_rows(self) -> int:
        jobs = self._client.list_jobs(self._workflow, limit=12).items
        started = time.monotonic()
        for second in range(WATCHED_S):
            status = (JobStatus.CANCELED, JobStatus.READY)[second // 4 % 2]
            for job in jobs[second % 4 * 3 :][:3]:
                self._client.manage_status_change(job.id, status, run_id=_RUN)
            self._read_until(started + second + 1)
        return self._count() // WATCHED_S

    def _follow_log(self) -> int:
        job = self._client.list_jobs(self._workflow, limit=1).items[0]
        path = self._place / f"{job_stdio('output', self._workflow, job.id, _RUN, 1)}.o"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{each}: as was written before\n" for each in range(100)))
        self._press("l")
        started = time.monotonic()
        with path.open("a", buffering=1) as log:
            for line in range(50 * WATCHED_S):
                log.write(f"{line}: step {line} of 9999, loss {line * 7 % 1000 / 1000}, ok\n")
                self._read_until(started + line / 50)
        cost = self._count() // WATCHED_S
        self._press("q")
        return cost

    def _idle(self) -> int:
        self._read_until(time.monotonic() + WATCHED_S)
        return self._count() // WATCHED_S

    def _read_until(self, until_s: float) -> None:
        while (left_s := until_s - time.monotonic()) > 0:
            self._screen.read(left_s)


if __name__ == "__main__":
    main()

"""The server, with the time of a file in place of the machine's: `python FILE CLOCK ARGUMENTS`."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from torc_core.host.program import run_program

clock = Path(sys.argv.pop(1))
time.time = lambda: clock.stat().st_mtime
time.time_ns = lambda: clock.stat().st_mtime_ns


def _server() -> int:
    from torc_server.cli import main  # noqa: PLC0415 - with the time of the file

    return main()


sys.exit(run_program(_server))

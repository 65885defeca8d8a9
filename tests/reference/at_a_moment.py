"""The reduced server, with the time of a file in place of the machine's: `FILE CLOCK ARGUMENTS`."""

from __future__ import annotations

import sys
import time
from pathlib import Path

clock = Path(sys.argv.pop(1))
time.time = lambda: clock.stat().st_mtime
time.time_ns = lambda: clock.stat().st_mtime_ns

from server import main  # noqa: E402 - with the time of the file

sys.argv[0] = "torc-server"
main()

"""Processes that outlive what has started them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from waiting import wait_for

from torc_core.host.process import detach


def test_a_process_that_exits_before_does_not_stay_as_a_zombie():
    process = subprocess.Popen([sys.executable, "-c", ""])

    detach(process)

    wait_for(lambda: not Path(f"/proc/{process.pid}").exists(), "the end of the process")

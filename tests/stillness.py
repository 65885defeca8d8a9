"""Whether processes do anything, exactly: what the kernel says of their threads; proc(5)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

SERVERS: set[int] = set()
"""PIDs of the servers that tests have started: what asks one of them waits for it, and sleeps."""
_RUNS_OR_WOULD = frozenset(b"RD")
_STATE = re.compile(rb"^State:\t(.)", re.MULTILINE)
_SWITCHES = re.compile(rb"_ctxt_switches:\t(\d+)")


def stillness(pids: Iterable[int]) -> tuple[object, ...] | None:
    """Return what differs as soon as one of the processes has done anything.

    None means that one of them runs, or waits for a processor or a disk. Twice the same, with some
    time between, means that nothing was done in that time, however busy the machine was.
    """
    seen: list[object] = []
    for pid in sorted({*pids, *SERVERS}):
        try:
            threads = [*Path(f"/proc/{pid}/task").iterdir()]
            statuses = [(thread / "status").read_bytes() for thread in threads]
        except OSError:
            seen.append(pid)  # it has ended, or one of its threads has just now
            continue
        for thread, status in zip(threads, statuses, strict=True):
            state = _STATE.search(status)
            if state is None or state[1][0] in _RUNS_OR_WOULD:
                return None
            seen.append((thread.name, _SWITCHES.findall(status)))
    return tuple(seen)

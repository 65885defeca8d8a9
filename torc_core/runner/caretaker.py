"""`python -m torc_core.runner.caretaker DIRECTORY`: looks after the jobs of a dead runner.

Their guard starts it. It is a runner that claims nothing: it keeps the lease of the jobs, reports
how they end, and ends those that are canceled. The next runner of the workflow on this machine
takes them over; otherwise it leaves when they have ended.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from torc_core.host.program import run_program

RETRY_S = 5.0
"""Between two tries, when a server or this machine fails in what may pass."""
GIVE_UP_S = 3600.0
"""How long it tries once all jobs have ended; then the next runner of a user reports them."""


def main() -> int:
    """Look after the jobs of the guard in a directory, and return the exit code."""
    # In here, since they may fail or be interrupted.
    import msgspec  # noqa: PLC0415

    from torc_core.errors import (  # noqa: PLC0415
        MachineError,
        ServerError,
        TorcError,
        TransportError,
    )
    from torc_core.host.files.json_file import read_record  # noqa: PLC0415
    from torc_core.runner.execution import server_client  # noqa: PLC0415
    from torc_core.runner.policy.options import RunnerOptions  # noqa: PLC0415
    from torc_core.runner.process.guard_client import RECORD, GuardRecord  # noqa: PLC0415
    from torc_core.runner.runner import Runner  # noqa: PLC0415
    from torc_core.runner.signals import stopping_on_signals  # noqa: PLC0415

    path = Path(sys.argv[1]) / RECORD
    give_up_at: float | None = None
    while (guard := read_record(path, GuardRecord)) is not None:
        if give_up_at is None and not guard.process.is_alive():
            give_up_at = time.monotonic() + GIVE_UP_S
        if give_up_at is not None and time.monotonic() > give_up_at:
            break
        care = guard.care
        client = server_client(care.url, care.token, is_embedded=care.is_embedded)
        runner = Runner(client, msgspec.convert(care.options, RunnerOptions))
        try:
            with stopping_on_signals(runner.stop):
                return runner.run().exit_code
        except (TransportError, ServerError, MachineError):
            time.sleep(RETRY_S)
        except TorcError as error:
            return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(run_program(main))

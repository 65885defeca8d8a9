"""`python -m torc_core.runner.caretaker DIRECTORY`: looks after the jobs of a dead runner.

Their guard starts it, with the directory that it has.
"""

from __future__ import annotations

import sys
from pathlib import Path

from torc_core.host.program import run_program


def main() -> int:
    """Look after the jobs of the guard in a directory, and return the exit code."""
    # In here, since they may fail or be interrupted.
    from torc_core.runner.care import care  # noqa: PLC0415
    from torc_core.runner.logs import log_to_stream  # noqa: PLC0415

    log_to_stream(sys.stderr)
    return care(Path(sys.argv[1]))


if __name__ == "__main__":
    sys.exit(run_program(main))

"""`python -m torc_core.runner --run-dir DIR`: the runner of a detached run.

`meta.json` in the directory says what to run. Progress goes to `status.json` and to the log, to
which the output of this process is connected.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from torc_core.host.program import run_program


def main(arguments: list[str] | None = None) -> int:
    """Execute the run of a run directory, and return the exit code."""
    # In here, since they may fail or be interrupted.
    from torc_core.errors import TorcError  # noqa: PLC0415
    from torc_core.host.runs import RunDirectory  # noqa: PLC0415
    from torc_core.runner.execution import execute_run  # noqa: PLC0415
    from torc_core.runner.logs import log_error, log_to_stream  # noqa: PLC0415

    parser = argparse.ArgumentParser(prog="python -m torc_core.runner")
    parser.add_argument("--run-dir", type=Path, required=True, help="directory with meta.json")
    directory = RunDirectory(parser.parse_args(arguments).run_dir)
    log_to_stream(sys.stderr)
    try:
        return execute_run(directory, explain=log_error).exit_code
    except TorcError as error:
        return error.exit_code


if __name__ == "__main__":
    sys.exit(run_program(main))

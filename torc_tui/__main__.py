"""The `torc` command."""

from __future__ import annotations

import gc
import sys

from torc_core.host.program import run_program


def main() -> None:
    """Run the command line and leave with its exit code."""
    sys.exit(run_program(_run))


def _run() -> int:
    gc.set_threshold(10_000, 20, 50)  # a hundred thousand jobs make no cycles
    from torc_tui.cli.root import run_command_line  # noqa: PLC0415 - may fail or be interrupted

    return run_command_line(sys.argv[1:])


if __name__ == "__main__":
    if not sys.flags.safe_path:
        sys.path.pop(0)  # the current directory, with modules of the user's own
    main()

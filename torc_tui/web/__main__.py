"""The `torc-dash` command."""

from __future__ import annotations

import sys

from torc_core.host.program import run_program


def main() -> None:
    """Run the command line and leave with its exit code."""
    sys.exit(run_program(_run))


def _run() -> int:
    from torc_tui.web.command import main as run_dash  # noqa: PLC0415 - may fail or be interrupted

    return run_dash(sys.argv[1:])


if __name__ == "__main__":
    if not sys.flags.safe_path:
        sys.path.pop(0)  # the current directory, with modules of the user's own
    main()

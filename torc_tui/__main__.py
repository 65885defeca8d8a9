"""The `torc` command."""

from __future__ import annotations

import gc
import sys

from torc_core.host.program import Ending, for_people, run_program


def main() -> None:
    """Run the command line and leave with its exit code."""
    sys.exit(run_program(_run, _render))


def _render(ending: Ending) -> str:
    """Return what is said of an error that no command foresaw, in the format of the command."""
    try:
        from torc_tui.cli.global_options import format_of  # noqa: PLC0415 - may be what is broken
        from torc_tui.cli.output.diagnostics import as_json  # noqa: PLC0415

        return as_json(ending) if format_of(sys.argv[1:]) == "json" else for_people(ending)
    except BaseException:  # noqa: BLE001 - nothing may hide the first error
        return for_people(ending)


def _run() -> int:
    gc.set_threshold(10_000, 20, 50)  # a hundred thousand jobs make no cycles
    from torc_tui.cli.root import run_command_line  # noqa: PLC0415 - may fail or be interrupted

    return run_command_line(sys.argv[1:])


if __name__ == "__main__":
    if not sys.flags.safe_path:
        sys.path.pop(0)  # the current directory, with modules of the user's own
    main()

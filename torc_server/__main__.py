"""The `torc-server` and `torc-htpasswd` commands."""

from __future__ import annotations

import gc
import sys

gc.disable()  # starting makes hardly any garbage; the server collects once it serves

if __name__ == "__main__" and not sys.flags.safe_path:
    sys.path.pop(0)  # the current directory, with modules of the user's own

from torc_core.host.program import run_program  # noqa: E402 - not from the current directory


def main() -> None:
    """Run the command line of the server and leave with its exit code."""
    sys.exit(run_program(_server))


def htpasswd() -> None:
    """Run the command line of the file of users and leave with its exit code."""
    sys.exit(run_program(_htpasswd))


def _server() -> int:
    from torc_server.cli import main  # noqa: PLC0415 - may fail or be interrupted

    return main()


def _htpasswd() -> int:
    from torc_server.htpasswd import main  # noqa: PLC0415 - may fail or be interrupted

    return main()


if __name__ == "__main__":
    main()

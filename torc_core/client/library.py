"""Imports httpx without its command line.

`import httpx` also imports `httpx._main`, a program that fetches web pages from a terminal, if
click, rich and pygments are there, and with torc they are: 35 of 95 ms that every command with a
request and every runner would wait. Without the extra `httpx[cli]` that import fails, and httpx
continues without it; None in `sys.modules` makes it fail. Nothing else of httpx uses the module.
"""

from __future__ import annotations

import sys

_COMMAND_LINE = "httpx._main"


def import_without_command_line() -> None:
    """Import httpx, unless that has been done."""
    if "httpx" in sys.modules:
        return
    sys.modules[_COMMAND_LINE] = None  # type: ignore[assignment]  # documented: the import fails
    try:
        import httpx  # noqa: F401, PLC0415 - this is the place
    finally:
        sys.modules.pop(_COMMAND_LINE, None)

"""A record of the standard library's `logging` that costs little."""

from __future__ import annotations

import logging
import time
from types import TracebackType

ErrorInfo = (
    tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None] | None
)


class PlainRecord(logging.LogRecord):
    """A record with what lines show.

    There are several lines per job, and to find out thread, process and the caller's file, which
    no line shows, would take as long as all the rest.
    """

    def __init__(
        self,
        name: str,
        level: int,
        text: str,
        args: tuple[object, ...],
        fields: dict[str, object],
        error: ErrorInfo,
    ) -> None:
        # Formatters of other handlers look for these by name in the record itself.
        self.name = name
        self.pathname = self.filename = self.module = self.funcName = ""
        self.lineno = 0
        self.exc_text = self.stack_info = None
        self.levelno = level
        self.levelname = logging.getLevelName(level)
        self.msg = text
        self.args = args
        self.fields = fields
        self.exc_info = error
        self.created = time.time()

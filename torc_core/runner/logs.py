"""The runner's log: one line per event, in UTC, text first and then `key=value` for its data.

    [2026-01-02T03:04:05Z INFO  torc.runner] Job started workflow_id=1 job_id=2 run_id=1

The form is that of the reference, for whose lines people search. The standard library's `logging`
writes it: what is needed beyond it is one formatter, and levels, handlers and the loggers of other
packages are the same for all programs that load the runner.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import shutil
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from types import NoneType
from typing import TextIO

from torc_core.characters import escape_hidden
from torc_core.errors import MachineError, TorcError
from torc_core.host.files.output_files import create_file, make_directory
from torc_core.log_record import ErrorInfo, PlainRecord
from torc_core.masking import mask

_LOGGER = logging.getLogger("torc.runner")
_LOGGER.addHandler(logging.NullHandler())  # without a handler, logging would write to stderr

LEVELS = {
    "error": logging.ERROR,
    "warn": logging.WARNING,
    "info": logging.INFO,
    "debug": logging.DEBUG,
    "trace": logging.DEBUG,
}
_FIRST = ("workflow_id", "job_id", "run_id", "attempt_id", "compute_node_id")
"""The order in which these come, before all other keys; searches rely on it."""
_PLAIN = re.compile(r"[\w.:/+,%*-]+", re.ASCII)
_HARMLESS = (int, float, Enum, NoneType)
"""Types of data in which there is no secret."""


class RunnerLog:
    """Writes lines: `log.info("Job started", job_id=3)`.

    The text is fixed; what varies is given by key, and cannot look like another key or line. What
    is None is left out. Arguments are filled into the text as `logging` does it, for texts that are
    sentences already.
    """

    def debug(self, text: str, *args: object, **fields: object) -> None:
        """Write a line for the search of a fault."""
        self._write(logging.DEBUG, text, args, fields)

    def info(self, text: str, *args: object, **fields: object) -> None:
        """Write a line about the usual course."""
        self._write(logging.INFO, text, args, fields)

    def warning(self, text: str, *args: object, **fields: object) -> None:
        """Write a line about what is out of the ordinary."""
        self._write(logging.WARNING, text, args, fields)

    def error(self, text: str, *args: object, **fields: object) -> None:
        """Write a line about what was not possible."""
        self._write(logging.ERROR, text, args, fields)

    def exception(self, text: str, *args: object, **fields: object) -> None:
        """Write a line with the traceback of the exception that is being handled."""
        self._write(logging.ERROR, text, args, fields, sys.exc_info())

    def _write(
        self,
        level: int,
        text: str,
        args: tuple[object, ...],
        fields: dict[str, object],
        error: ErrorInfo = None,
    ) -> None:
        if _LOGGER.isEnabledFor(level):
            _LOGGER.handle(PlainRecord(_LOGGER.name, level, text, args, fields, error))


log = RunnerLog()
"""The log of the runners in this process."""


def set_log_level(name: str) -> None:
    """Log messages of this level and above; an unknown name means info."""
    _LOGGER.setLevel(LEVELS.get(name, logging.INFO))


def log_error(error: TorcError) -> None:
    """Log why a runner ends."""
    log.error("Runner failed", error=error.message, hint=error.hint)


def restore_log_files() -> None:
    """Write log files again that were deleted."""
    for handler in _LOGGER.handlers:
        if isinstance(handler, LogFile):
            handler.restore()


def log_to_stream(stream: TextIO) -> None:
    """Write the log to a stream, for the life of the process."""
    _attach(logging.StreamHandler(stream), {})


def _shown(value: object) -> str:
    """Return a value as it stands behind its key: in quotes unless it is a plain word.

    An equals sign is escaped, so that no value holds what a search for a key would find.
    """
    if type(value) is int:
        return str(value)
    text = str(value)
    if _PLAIN.fullmatch(text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("=", "\\x3d")
    return f'"{escape_hidden(escaped)}"'


class _Lines(logging.Formatter):
    """Lines and tracebacks without secrets; names of others cannot forge keys or lines.

    Args:
        bound: Data for every line that does not state it.
    """

    def __init__(self, bound: Mapping[str, object]) -> None:
        super().__init__(datefmt="%Y-%m-%dT%H:%M:%S")
        self.converter = time.gmtime
        self._bound = bound
        self._second = (0, "")
        """The last second that was written, and how: most lines are of the same second."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the text of a record."""
        fields = getattr(record, "fields", {})
        is_harmless = not (record.args or record.exc_info) and all(
            isinstance(value, _HARMLESS) for value in fields.values()
        )
        data = {**self._bound, **fields}
        second = int(record.created)
        if second != self._second[0]:
            self._second = second, self.formatTime(record, self.datefmt)
        text = record.getMessage()
        if record.args:  # a caller that knows no keys
            text = escape_hidden(text.replace("=", "\\x3d"))
        first = [f"{key}={_shown(data.pop(key))}" for key in _FIRST if key in data]
        rest = [f"{key}={_shown(value)}" for key, value in data.items() if value is not None]
        head = f"[{self._second[1]}Z {record.levelname:<5} {record.name}]"
        line = " ".join([head, text, *first, *rest])
        if record.exc_info:
            line = f"{line}\n{self.formatException(record.exc_info)}"
        return line if is_harmless else mask(line)


class LogFile(logging.Handler):
    """A log that loses the lines for which the disk has no room, and says so when it has again.

    The jobs matter more. Each line is written at once and whole, also beside another writer.
    """

    def __init__(self, path: str, mode: int) -> None:
        super().__init__()
        self._path = path
        self._mode = mode
        self.lost = 0
        """How many lines were lost since the last one that was written."""
        self.lost_in_all = 0
        self._fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC)
        self._is_torn = False
        """The last line is there in part."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write the line of a record."""
        line = f"{self.format(record)}\n".encode("utf-8", "backslashreplace")
        if self._is_torn:
            line = b"\n" + line
        try:
            written = os.write(self._fd, line)
        except OSError:
            written = 0
        if written < len(line):
            self._is_torn = self._is_torn or written > 0
            self.lost += 1
            self.lost_in_all += 1
            return
        self._is_torn = False
        if lost := self.lost:
            self.lost = 0
            log.warning("Lines of this log were lost: its disk had no room", count=lost)

    def restore(self) -> None:
        """Write the log again, if its file was deleted and its directory is there.

        Jobs that clean up before they begin may delete it. The system keeps a file as long as it
        is open.
        """
        with contextlib.suppress(OSError):
            if os.fstat(self._fd).st_nlink:
                return
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
            copy = os.open(self._path, flags, self._mode)
            deleted = Path(f"/proc/self/fd/{self._fd}")
            with os.fdopen(copy, "wb") as new, deleted.open("rb") as old:
                shutil.copyfileobj(old, new)
                new.flush()
                os.dup2(copy, self._fd, inheritable=False)

    def close(self) -> None:
        """Close the file."""
        super().close()
        with contextlib.suppress(OSError):  # some file systems write only now
            os.close(self._fd)


@contextmanager
def log_to_file(paths: Sequence[str], mode: int, **bound: object) -> Iterator[LogFile]:
    """Write the log to the first of these files that is not there yet; add it to the last.

    Args:
        paths: The files; no other runner writes to one that this creates.
        mode: Its permissions if it is new.
        bound: Data for every line.

    Raises:
        MachineError: It cannot be opened.
    """
    path = paths[-1]
    try:
        make_directory(Path(path).parent, mode)
        path = _create_first(paths, mode)
        handler = LogFile(path, mode)
    except OSError as error:
        raise MachineError(
            f"The log {path} cannot be written: {error.strerror}.",
            hint="Choose another output directory.",
        ) from error
    _attach(handler, bound)
    try:
        yield handler
    finally:
        handler.restore()
        _LOGGER.removeHandler(handler)
        handler.close()


def _create_first(paths: Sequence[str], mode: int) -> str:
    for path in paths[:-1]:
        with contextlib.suppress(FileExistsError):
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode))
            return path
    create_file(Path(paths[-1]), mode)
    return paths[-1]


def _attach(handler: logging.Handler, bound: Mapping[str, object]) -> None:
    handler.setFormatter(_Lines(bound))
    _LOGGER.addHandler(handler)
    if _LOGGER.level == logging.NOTSET:
        _LOGGER.setLevel(logging.INFO)
    _LOGGER.propagate = False

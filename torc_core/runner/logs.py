"""The runner's log: one line per event, in UTC, in the form that the reference's tools read."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from torc_core.characters import escape_hidden
from torc_core.errors import MachineError, TorcError
from torc_core.host.output_files import create_file, make_directory
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


def set_log_level(name: str) -> None:
    """Log messages of this level and above; an unknown name means info."""
    _LOGGER.setLevel(LEVELS.get(name, logging.INFO))


def log_error(error: TorcError) -> None:
    """Log why a runner ends."""
    _LOGGER.error("%s %s", error.message, error.hint)


def log_to_stream(stream: TextIO) -> None:
    """Write the log to a stream, for the life of the process."""
    _attach(logging.StreamHandler(stream))


class _Lines(logging.Formatter):
    """Lines and tracebacks without secrets; names of others cannot forge lines."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the base's name
        """Return the line of a record, without its traceback."""
        return escape_hidden(super().formatMessage(record))

    def format(self, record: logging.LogRecord) -> str:
        """Return the text of a record."""
        return mask(super().format(record))


class _LogFile(logging.FileHandler):
    """A log that loses the lines for which the disk has no room."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the base's name
        """Continue: the jobs matter more, and a traceback per line helps no one."""

    def close(self) -> None:
        """Close the file; buffered lines that cannot be written are lost."""
        with contextlib.suppress(OSError):
            super().close()


@contextmanager
def log_to_file(path: str, mode: int) -> Iterator[None]:
    """Append the log to a file, which has these permissions if it is new.

    Raises:
        MachineError: It cannot be opened.
    """
    try:
        make_directory(Path(path).parent, mode)
        create_file(Path(path), mode)
        handler = _LogFile(path, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise MachineError(
            f"The log {path} cannot be written: {error.strerror}.",
            hint="Choose another output directory.",
        ) from error
    _attach(handler)
    try:
        yield
    finally:
        _LOGGER.removeHandler(handler)
        handler.close()


def _attach(handler: logging.Handler) -> None:
    form = _Lines(
        "[%(asctime)sZ %(levelname)-5s %(name)s] %(message)s", datefmt="%Y-%m-%dT%H:%M:%S"
    )
    form.converter = time.gmtime
    handler.setFormatter(form)
    _LOGGER.addHandler(handler)
    if _LOGGER.level == logging.NOTSET:
        _LOGGER.setLevel(logging.INFO)
    _LOGGER.propagate = False

"""Logging: to stderr, and optionally to a file. Standard output is only for the port line."""

from __future__ import annotations

import logging
import logging.handlers
import time
from pathlib import Path

import msgspec

from torc_core.characters import escape_hidden
from torc_core.errors import MachineError, UsageError
from torc_core.masking import mask

LEVELS = {
    "trace": logging.DEBUG,
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warn": logging.WARNING,
    "warning": logging.WARNING,
    "error": logging.ERROR,
    "critical": logging.CRITICAL,
}
_AT_WILL = (
    "torc_server.connections.guard",
    "torc_server.access.users.refusals",
    "uvicorn.error",
)
"""Loggers of what any client can bring about as often as it likes."""
_FILE_BYTES = 10 * 1024 * 1024
_FILES_KEPT = 5


def configure_logging(level: str, directory: Path | None, *, as_json: bool) -> None:
    """Set up the root logger.

    Raises:
        UsageError: The level is unknown.
        MachineError: The directory cannot be written to.
    """
    number = LEVELS.get(level.lower())
    if number is None:
        raise UsageError(f"Unknown log level {level!r}.", hint=f"Use one of {', '.join(LEVELS)}.")
    handlers: list[logging.Handler] = [logging.StreamHandler()]
    if directory is not None:
        handlers.append(_file_handler(directory))
    formatter = JsonFormatter() if as_json else LineFormatter()
    for handler in handlers:
        handler.setFormatter(formatter)
    logging.basicConfig(level=number, handlers=handlers, force=True)
    logging.getLogger("uvicorn").setLevel(max(number, logging.WARNING))
    for name in _AT_WILL:
        logging.getLogger(name).addFilter(RepeatFilter())


class RepeatFilter(logging.Filter):
    """Lets one of many alike messages through in a while, with the number of those held back.

    It is for loggers that write what any client can bring about.
    """

    def __init__(self, every_s: float = 60) -> None:
        super().__init__()
        self._every_s = every_s
        self._seen: dict[str, tuple[float, int]] = {}
        """By the text before its values are filled in: when it was logged, and how many since."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether to log a record; faults of the server itself always are."""
        if record.exc_info:
            return True
        now = time.monotonic()
        last, held_back = self._seen.get(record.msg, (-self._every_s, 0))
        if now - last < self._every_s:
            self._seen[record.msg] = last, held_back + 1
            return False
        self._seen[record.msg] = now, 0
        if held_back:
            record.msg = f"{record.msg} (and {held_back} times since the last such line)"
        return True


def _file_handler(directory: Path) -> logging.Handler:
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        return logging.handlers.RotatingFileHandler(
            directory / "torc-server.log", maxBytes=_FILE_BYTES, backupCount=_FILES_KEPT
        )
    except OSError as error:
        raise MachineError(
            f"The log directory {directory} cannot be used: {error.strerror}.",
            hint="Choose another with --log-dir.",
        ) from error


class LineFormatter(logging.Formatter):
    """One line per record; control characters in messages are escaped, and secrets masked."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        """Return the line."""
        return escape_hidden(super().formatMessage(record))

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, and the traceback if there is one."""
        return mask(super().format(record))


class JsonFormatter(logging.Formatter):
    """One JSON object per record; those about a request have its `span_id`."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the object."""
        entry = {
            "timestamp": self.formatTime(record),
            "level": record.levelname,
            "target": record.name,
            "message": mask(record.getMessage()),
        }
        if span_id := getattr(record, "span_id", None):
            entry["span_id"] = span_id
        if record.exc_info:
            entry["exception"] = mask(self.formatException(record.exc_info))
        return msgspec.json.encode(entry).decode()

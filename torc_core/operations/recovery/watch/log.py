"""The log of a watch: all that it says, also without a terminal."""

from __future__ import annotations

import contextlib
import os
import socket
from pathlib import Path

from torc_core.characters import escape_hidden
from torc_core.clock import utc_now
from torc_core.errors import MachineError
from torc_core.host.files.output_files import make_directory, reason_at
from torc_core.masking import mask
from torc_core.model.ids import WorkflowId
from torc_core.operations.reporter import Notice, Question, Reporter


class WatchLog:
    """A file to which lines are appended, each with its time.

    Args:
        output_dir: Where it is.
        workflow_id: What is watched.
        mode: The permissions of a new file.

    Raises:
        MachineError: It cannot be written.
    """

    def __init__(self, output_dir: Path, workflow_id: WorkflowId, mode: int) -> None:
        host = socket.gethostname().replace("/", "_")
        self.path = output_dir / f"watch_{host}_{workflow_id}.log"
        try:
            make_directory(output_dir, mode)
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
            self._file = os.open(self.path, flags, mode)
        except (OSError, ValueError) as error:
            reason = reason_at(error, self.path) if isinstance(error, OSError) else str(error)
            raise MachineError(
                f"The log {self.path} cannot be written: {reason}.",
                hint="Choose another directory with --output-dir.",
            ) from error

    def write(self, text: str) -> None:
        """Append a text, line by line; a full disk does not end a watch."""
        now = utc_now()
        lines = "".join(f"{now} {escape_hidden(line)}\n" for line in mask(text).splitlines())
        with contextlib.suppress(OSError):
            os.write(self._file, lines.encode())

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


class LoggingReporter:
    """Passes everything on to an interface, and writes it to a log.

    Args:
        reporter: The interface.
        log: The log.
    """

    def __init__(self, reporter: Reporter, log: WatchLog) -> None:
        self._reporter = reporter
        self._log = log

    def progress(self, notice: Notice, done: float | None = None) -> None:
        """Show it, and log what was done; how far something is will not matter later."""
        if done is None:
            self._log.write(notice.sentence)
        self._reporter.progress(notice, done)

    def warn(self, warning: Notice) -> None:
        """Show and log it."""
        self._log.write(f"warning: {warning.sentence}")
        self._reporter.warn(warning)

    def confirm(self, question: Question) -> bool:
        """Agree: who watches has agreed to what a watch may do."""
        self._log.write(question.sentence)
        return True

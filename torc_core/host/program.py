"""What all programs of torc have in common: streams, and how they end when something goes wrong.

An error that no one foresaw becomes a sentence too; its traceback goes to `errors.log` in the
state directory. Imports little, so that it also serves an installation that is broken.
"""

from __future__ import annotations

import logging
import os
import shlex
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from torc_core.characters import escape_hidden
from torc_core.errors import ExitCode, MachineError, TorcError, UsageError
from torc_core.masking import mask

LOG_NAME = "errors.log"
_LOG_BYTES = 1024 * 1024
"""Beyond that a log makes place for a new one; the one before is kept."""
_STANDARD_STREAMS = 3
_SHOWN = 200
"""Characters of a text in a message."""


class Ending(NamedTuple):
    """How a program ends: what it says, its exit code, what the user can do."""

    sentence: str
    exit_code: ExitCode
    hint: str = ""
    is_fault: bool = False
    """The traceback says more."""
    code: str = "error"
    """A stable name for programs."""
    details: Mapping[str, object] = {}
    """Facts for programs."""


def run_program(
    body: Callable[[], int | None], render: Callable[[Ending], str] | None = None
) -> int:
    """Run a program and return its exit code, whatever happens in it.

    Args:
        body: The program. It imports what it needs by itself, as that can fail too.
        render: Returns what is said of an error; left out, a sentence for people.
    """
    prepare_streams()
    logging.raiseExceptions = False  # a log that cannot be written stops nothing
    threading.excepthook = _end_thread
    try:
        code = body()
        _flush_output()
    except SystemExit as error:
        return _code_of(error)
    except BaseException as error:  # noqa: BLE001 - this is the last that can catch it
        try:
            return report(error, render)
        except KeyboardInterrupt:
            return ExitCode.INTERRUPTED
    return code or ExitCode.OK


def report(error: BaseException, render: Callable[[Ending], str] | None = None) -> ExitCode:
    """Say on stderr how an error ends the program, and return the exit code.

    Args:
        error: The error.
        render: Returns what is said; left out, a sentence for people.
    """
    is_output_lost = isinstance(error, OSError) and discard_output()
    if isinstance(error, BrokenPipeError):  # the reader has what it wanted
        return ExitCode.OK
    ending = ending_of(error)
    if is_output_lost:
        ending = ending._replace(sentence=f"Standard output cannot be written: {ending.sentence}.")
    if ending.is_fault:
        ending = ending._replace(hint=record_fault(error))
    say((render or for_people)(ending))
    return ending.exit_code


def for_people(ending: Ending) -> str:
    """Return what an ending says to people: what happened, and what to do next."""
    is_error = ending.exit_code is not ExitCode.INTERRUPTED
    sentence = f"error: {ending.sentence}" if is_error else ending.sentence
    return f"{sentence}\n\nhint: {ending.hint}" if ending.hint else sentence


def as_error(error: Exception) -> TorcError:
    """Return any error as one for users to read, where the program goes on."""
    ending = ending_of(error)
    return TorcError(ending.sentence, hint=record_fault(error) if ending.is_fault else ending.hint)


def ending_of(error: BaseException) -> Ending:
    """Return how an error ends a program."""
    match error:
        case TorcError():
            return Ending(
                error.message,
                error.exit_code,
                error.hint,
                code=error.code,
                details=error.details,
            )
        case KeyboardInterrupt():
            return Ending("interrupted", ExitCode.INTERRUPTED, code="interrupted")
        case OSError():
            return Ending(_reason(error), ExitCode.ENVIRONMENT, code=MachineError.code)
        case UnicodeEncodeError() if error.encoding == "utf-8":
            # Names of the file system and arguments may be any bytes; what is sent may not.
            name = escape_hidden(error.object[: error.end][-_SHOWN:])
            sentence = f"{name} is not UTF-8, as what is sent or stored has to be."
            hint = "Rename it, or start torc elsewhere."
            return Ending(sentence, ExitCode.USAGE, hint, code=UsageError.code)
        case MemoryError():
            sentence, exit_code = "There is not enough memory.", ExitCode.ENVIRONMENT
        case ImportError():
            sentence = f"This installation of torc is not complete: {error}."
            exit_code = ExitCode.ENVIRONMENT
        case _:
            sentence = f"A fault of torc itself: {type(error).__name__}: {_first_line(error)}."
            exit_code = ExitCode.FAULT
    return Ending(sentence, exit_code, is_fault=True, code="fault")


def record_fault(error: BaseException) -> str:
    """Append a traceback to the log, and return where it is or why it is not, as a sentence."""
    try:
        from torc_core.host.directories import state_directory  # noqa: PLC0415 - may be broken

        path = state_directory() / LOG_NAME
        _append(path, mask("".join(traceback.format_exception(error))))
    except Exception as second:  # noqa: BLE001 - nothing may hide the first error
        return f"Its traceback could not be kept: {ending_of(second).sentence}"
    return f"Its traceback is in {path}"


def say(text: str) -> None:
    """Write lines to stderr; where that cannot be written, nothing is left to say."""
    lines = "\n".join(map(escape_hidden, mask(text).split("\n")))
    try:
        print(lines, file=sys.stderr, flush=True)  # noqa: T201 - the end of every program
    except (OSError, ValueError):
        _discard(2)


def prepare_streams() -> None:
    """Make sure that there are standard streams, and that they take every text.

    A stream that was closed is connected to nothing, lest the next file that is opened takes its
    number. What an encoding lacks is written as an escape.
    """
    for number in range(_STANDARD_STREAMS):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number
    if sys.stdin is None:
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - a descriptor
    if sys.stdout is None:
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if callable(reconfigure := getattr(stream, "reconfigure", None)):
            reconfigure(errors="backslashreplace")


def discard_output() -> bool:
    """Discard output that cannot be written, and return whether there was any.

    Otherwise the interpreter would complain at its exit.
    """
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        _discard(1)
        return True
    return False


def _flush_output() -> None:
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _discard(1)


def _discard(number: int) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), number)


def _end_thread(arguments: threading.ExceptHookArgs) -> None:
    if arguments.exc_value is not None and not isinstance(arguments.exc_value, SystemExit):
        report(arguments.exc_value)


def _code_of(error: SystemExit) -> int:
    if isinstance(error.__context__, BrokenPipeError):  # click exits with 1
        return ExitCode.OK
    if isinstance(error.code, int) or error.code is None:
        return error.code or ExitCode.OK
    say(error.code)
    return 1


def _reason(error: OSError) -> str:
    reason = error.strerror or str(error)
    about = error.filename
    return f"{os.fsdecode(about)}: {reason}" if isinstance(about, str | bytes) else reason


def _first_line(error: BaseException) -> str:
    try:
        return str(error).partition("\n")[0]
    except Exception:  # noqa: BLE001 - it may be what is broken
        return "no text"


def _append(path: Path, text: str) -> None:
    if path.exists() and path.stat().st_size > _LOG_BYTES:
        path.replace(path.with_name(f"{LOG_NAME}.1"))
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    command = escape_hidden(shlex.join(sys.argv))
    moment = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(f"{moment} {mask(command)}\n{text}\n")

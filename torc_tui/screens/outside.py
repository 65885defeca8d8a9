"""Other programs in the terminal, in place of the interface: pagers and editors."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
import sys
import termios
from collections.abc import Collection, Iterator, Sequence

from textual.app import App, SuspendNotSupported

from torc_core.errors import MachineError
from torc_core.host.environment import user_environment
from torc_tui.process.killed import CLEAN


def find_program(
    variables: Sequence[str], names: Sequence[str], unfit: Collection[str] = ()
) -> list[str]:
    """Return the words of the first program that there is; empty if there is none.

    Args:
        variables: Environment variables that may name one, with its arguments.
        names: Programs without arguments that would do.
        unfit: Names of programs that would not.
    """
    for variable in variables:
        try:
            words = shlex.split(os.environ.get(variable, ""))
        except ValueError:
            continue
        if words and words[0] not in unfit and shutil.which(words[0]):
            return words
    return next(([each] for each in names if shutil.which(each)), [])


def run_outside(app: App[object], command: Sequence[str]) -> str:
    """Run a program in the terminal until it ends, and leave the terminal as it was.

    Returns:
        Why it could not be run, or how it failed; empty if it did what it should.

    Raises:
        MachineError: The interface has no terminal of its own.
    """
    try:
        with app.suspend(), _settings_kept():
            problem = _run(command)
            if problem:
                _write(CLEAN)
            return problem
    except SuspendNotSupported as error:
        raise MachineError("This needs a terminal of its own.") from error


def _run(command: Sequence[str]) -> str:
    # Ctrl-C is meant for it: a handler, which it does not inherit, keeps the interface alive.
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        code = subprocess.run(command, env=user_environment(), check=False).returncode
    except OSError as error:
        return error.strerror or str(error)
    finally:
        signal.signal(signal.SIGINT, before)
    if code < 0:
        return f"was ended by signal {-code}"
    return f"exited with {code}" if code else ""


@contextlib.contextmanager
def _settings_kept() -> Iterator[None]:
    """Restore what the terminal does with input and output: one that is killed does not."""
    try:
        before = termios.tcgetattr(sys.stdin.fileno())
    except (termios.error, OSError, ValueError):
        yield
        return
    try:
        yield
    finally:
        with contextlib.suppress(termios.error, OSError):
            termios.tcsetattr(sys.stdin.fileno(), termios.TCSADRAIN, before)


def _write(text: str) -> None:
    with contextlib.suppress(OSError):
        os.write(sys.__stderr__.fileno() if sys.__stderr__ else 2, text.encode())

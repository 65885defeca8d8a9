"""Files that hold a token: one printable word."""

from __future__ import annotations

from pathlib import Path

from torc_core.errors import MachineError, UsageError
from torc_core.units import counted


def read_token(path: Path, *, least: int = 1) -> str:
    """Return the token in a file.

    Args:
        path: The file.
        least: How many characters it has at least.

    Raises:
        MachineError: The file cannot be read.
        UsageError: It is empty or too short, or holds more than one printable word.
    """
    try:
        token = path.read_text("ascii").strip()
    except (OSError, UnicodeError) as error:
        raise MachineError(
            f"The token file {path} cannot be read: {error}.", hint="Choose another --token-file."
        ) from error
    if not token or not token.isprintable() or len(token.split()) != 1:
        raise UsageError(
            f"The token file {path} contains no token.", hint="Write one line of printable ASCII."
        )
    if len(token) < least:
        raise UsageError(
            f"The token in {path} has {counted(len(token), 'character')}, and could be guessed.",
            hint=f"Make one of {least} or more: openssl rand -hex 32",
        )
    return token

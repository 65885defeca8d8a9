"""Files of users and bcrypt hashes, one `user:hash` per line, as `htpasswd -B` writes them.

Blank lines and lines that begin with `#` are kept. bcrypt reads at most 72 bytes and stops at a
NUL, so other passwords are refused instead of being truncated silently.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import bcrypt

from torc_core.errors import MachineError, NotFoundError, UsageError

DEFAULT_COST = 12
COSTS = range(4, 32)
MAX_PASSWORD_BYTES = 72

_USER = re.compile(r"(?!\.{1,2}$)[^\s:#/\x00-\x1f\x7f][^:/\x00-\x1f\x7f]{0,254}")
"""Names are part of lines of the file and of paths."""


def read_lines(path: Path, *, may_be_new: bool = False) -> list[str]:
    """Return the lines of a file; none, if it may be new and does not exist.

    Raises:
        MachineError: The file cannot be read as text.
    """
    try:
        return path.read_text("utf-8").splitlines()
    except (OSError, UnicodeError) as error:
        if may_be_new and isinstance(error, FileNotFoundError):
            return []
        raise MachineError(
            f"The file {path} cannot be read: {getattr(error, 'strerror', None) or error}.",
            hint="Name another file, or correct its permissions.",
        ) from error


def write_lines(path: Path, lines: list[str]) -> None:
    """Replace a file as a whole, readable by its owner alone: an old file or a new one, never half.

    Raises:
        MachineError: The file cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise MachineError(
            f"The file {path} cannot be written: {error.strerror}.",
            hint="Name another file with --file, or correct the permissions of its directory.",
        ) from error


def users(lines: list[str]) -> dict[str, str]:
    """Return the hashes by user; the first of several entries for one user is used."""
    found: dict[str, str] = {}
    for line in lines:
        user, separator, hashed = line.strip().partition(":")
        if separator and not user.startswith("#"):
            found.setdefault(user, hashed)
    return found


def with_user(lines: list[str], user: str, hashed: str) -> list[str]:
    """Return the lines with that user's hash, which replaces an older one."""
    entry = f"{user}:{hashed}"
    if user not in users(lines):
        return [*lines, entry]
    return [entry if _is_entry(line, user) else line for line in lines]


def without_user(lines: list[str], user: str) -> list[str]:
    """Return the lines without that user.

    Raises:
        NotFoundError: There is no such user.
    """
    if user not in users(lines):
        raise NotFoundError.of("user", user)
    return [line for line in lines if not _is_entry(line, user)]


def hash_password(password: str, cost: int = DEFAULT_COST) -> str:
    """Return the bcrypt hash of a password.

    Raises:
        UsageError: It is empty, or bcrypt would not read all of it.
    """
    secret = password.encode()
    if not secret or len(secret) > MAX_PASSWORD_BYTES or b"\0" in secret:
        raise UsageError(
            f"A password has 1 to {MAX_PASSWORD_BYTES} bytes and no NUL; this one has "
            f"{len(secret)} bytes.",
            hint="Choose another password.",
        )
    return bcrypt.hashpw(secret, bcrypt.gensalt(cost)).decode()


def matches(password: str, hashed: str) -> bool:
    """Return whether a password matches a hash; a hash that is not bcrypt's matches none."""
    secret = password.encode("utf-8", "surrogatepass")
    if len(secret) > MAX_PASSWORD_BYTES or b"\0" in secret:
        return False
    try:
        return bcrypt.checkpw(secret, hashed.encode())
    except ValueError:
        return False


def check_user(user: str) -> None:
    """Check a user's name.

    Raises:
        UsageError: The file cannot hold it.
    """
    if not _USER.fullmatch(user):
        raise UsageError(
            f"{user!r} is not a valid user name.",
            hint="A name has no colon, slash or control character, and starts with no # or space.",
        )


def _is_entry(line: str, user: str) -> bool:
    return line.strip().partition(":")[0] == user

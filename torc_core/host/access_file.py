"""The file that tells workers on other machines how to reach a server: address and credentials.

It is in a directory that these machines share, and only its owner may read it. A worker reads it
again when the server does not answer, as that may have been started again elsewhere.
"""

from __future__ import annotations

import os
import stat
from functools import partial
from pathlib import Path

import msgspec

from torc_core.client import Address, TorcClient
from torc_core.client.address import check_address
from torc_core.decoders import decode
from torc_core.errors import MachineError, TorcError, UnreachableError, UsageError
from torc_core.host.files.json_file import write_record
from torc_core.host.user import user_name

_OTHERS = 0o077
_LARGEST = 64 * 1024


class ServerAccess(msgspec.Struct, frozen=True, kw_only=True):
    """How a server is reached from other machines."""

    url: str
    """Without a user and a password."""
    token: str | None = None
    user: str | None = None
    password: str | None = None
    embedded_on: str | None = None
    """The machine on which torc has started it, if it is an embedded server."""

    @property
    def address(self) -> Address:
        """Where it is; an embedded one is in the network of the cluster."""
        return Address(self.url, self.token, is_direct=self.embedded_on is not None)


def write_access_file(path: Path, access: ServerAccess) -> None:
    """Replace the file as a whole; its mode is 0600.

    Raises:
        MachineError: It cannot be written.
    """
    try:
        write_record(path, access)
    except OSError as error:
        raise MachineError(
            f"The file {path}, by which compute nodes reach the server, cannot be written: "
            f"{error.strerror}.",
            hint="Check its permissions and the room on its disk, or choose an output directory on "
            "another file system that compute nodes share.",
        ) from error


def read_access_file(path: Path) -> ServerAccess:
    """Return what the file says.

    A user who could write it would decide which commands are run here, so it has to be this user's.

    Raises:
        MachineError: It cannot be read, or is not of the right shape.
        UsageError: It is not a plain file, or others than this user may read or write it.
    """
    try:
        # Without waiting: of a named pipe nothing may ever come.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            _check_owner(path, os.fstat(descriptor))
            content = os.read(descriptor, _LARGEST)
        finally:
            os.close(descriptor)
        return decode(content, ServerAccess)
    except (OSError, ValueError) as error:  # not JSON, of another shape, or not UTF-8
        raise MachineError(
            f"The file {path} does not say how to reach the server: "
            f"{getattr(error, 'strerror', None) or error}.",
            hint="Submit the workflow again from an output directory that compute nodes share; "
            "that replaces it.",
        ) from error


def client_of(path: Path, access: ServerAccess) -> TorcClient:
    """Return a client of the server that a file names, which reads it again when there is none."""
    return TorcClient(
        access.address,
        user=access.user or user_name(),
        password=access.password,
        locate=partial(_locate, path),
    )


def _check_owner(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        problem = "is not a regular file"
    elif status.st_uid != os.geteuid():
        problem = f"belongs to user {status.st_uid}"
    elif status.st_mode & _OTHERS:
        problem = f"is accessible to others, mode {stat.S_IMODE(status.st_mode):04o}"
    else:
        return
    raise UsageError(
        f"The file {path} {problem}, so what it says of the server is not trusted.",
        hint="Delete it, and submit the workflow again.",
    )


def _locate(path: Path) -> Address:
    try:
        return check_address(read_access_file(path).address)
    except TorcError as error:
        raise UnreachableError(error.message, hint=error.hint) from error

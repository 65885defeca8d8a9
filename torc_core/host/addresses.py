"""The addresses of this machine: which to listen on, and which one outgoing connections use."""

from __future__ import annotations

import errno
import ipaddress
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from torc_core.errors import ConflictError, MachineError, UsageError

LOOPBACK = "127.0.0.1"
_ANY_PORT = 9
"""The port `discard`, RFC 863; nothing is sent to it."""


def bound_socket(host: str, port: int) -> socket.socket:
    """Return a socket that is bound to an address of this machine, and does not listen yet.

    Raises:
        OSError: It is not an address of this machine, or the port cannot be used; a
            `socket.gaierror` if the name has no address.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:  # a name that DNS cannot have
        raise socket.gaierror(str(error)) from error
    # A name such as localhost has IPv4 and IPv6 addresses; clients try IPv4 first.
    family, _, _, _, address = min(found, key=lambda one: one[0] != socket.AF_INET)
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError:
        listener.close()
        raise
    return listener


@contextmanager
def reserved_port(host: str, port: int) -> Iterator[socket.socket]:
    """Bind a socket for a server, and close it afterwards; it does not listen yet.

    Raises:
        ConflictError: Another process uses the port.
        MachineError: The address cannot be listened on.
        UsageError: The host is not an address of this machine.
    """
    try:
        listener = bound_socket(host, port)
    except socket.gaierror as error:
        raise UsageError(
            f"{host} is not an address of this machine.", hint="Choose another --host."
        ) from error
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ConflictError(
                f"Port {port} of {host} is in use.",
                hint="Choose another --port, or 0 to let the system choose one.",
            ) from error
        raise MachineError(
            f"Port {port} of {host} cannot be used: {error.strerror}.",
            hint="Choose another --host or --port.",
        ) from error
    with listener:
        yield listener


def is_this_machine_only(host: str) -> bool:
    """Return whether what listens at an address is reached by this machine alone."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:  # a name
        return False


def source_address(target: str) -> str | None:
    """Return the address from which this machine sends to another one; None if it cannot.

    The kernel is asked for the route, by a connected UDP socket; nothing is sent.

    Args:
        target: The name or the address of the other machine.
    """
    try:
        found = socket.getaddrinfo(target, _ANY_PORT, type=socket.SOCK_DGRAM)
        family, kind, protocol, _, address = min(found, key=lambda one: one[0] != socket.AF_INET)
        with socket.socket(family, kind, protocol) as probe:
            probe.connect(address)
            return str(probe.getsockname()[0])
    except (OSError, UnicodeError):  # no such name, or no route
        return None


def addresses_of(name: str) -> list[str]:
    """Return the IP addresses that this machine resolves a name to."""
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return list(dict.fromkeys(str(address[0]) for *_, address in found))

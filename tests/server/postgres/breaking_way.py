"""A way from a server of torc to PostgreSQL that breaks at the moment that a test wants."""

from __future__ import annotations

import shutil
import socket
import tempfile
import threading
from contextlib import suppress
from enum import Enum, auto
from pathlib import Path
from typing import Self

from waiting import wait_for

_SOCKET = ".s.PGSQL.5432"
_TERMINATE = b"X\0\0\0\4"


class Moment(Enum):
    """When a commit is cut off."""

    BEFORE = auto()
    """PostgreSQL never hears of it."""
    AFTER = auto()
    """PostgreSQL has committed; only its answer is lost."""


class BreakingWay:
    """Passes everything on between a socket of its own and that of PostgreSQL.

    Args:
        address: The URL of a database, by its socket's directory.
    """

    def __init__(self, address: str) -> None:
        self._begin, _, directory = address.rpartition("=")
        self._to = f"{directory}/{_SOCKET}"
        self._place = Path(tempfile.mkdtemp(prefix="torc-way-", dir="/tmp"))  # short: a socket
        self._listening = socket.socket(socket.AF_UNIX)
        self._mark: bytes | None = None
        self._moment = Moment.BEFORE
        self._closes = False
        self.is_open = True
        """Otherwise each new connection is closed at once."""
        self.refused: bytes | None = None
        """A connection in which this is sent is closed."""
        self.keeps_sessions = False
        """PostgreSQL does not notice that a client has gone."""
        self.cuts = 0
        """How many connections were cut in a commit, or refused."""
        self._kept: list[socket.socket] = []

    @property
    def address(self) -> str:
        """The URL of the database, this way."""
        return f"{self._begin}={self._place}"

    def cut(self, mark: bytes, moment: Moment, *, closes: bool = False) -> None:
        """Cut the connection when the transaction commits that has this among its values.

        Args:
            mark: A text that only this transaction writes.
            moment: When.
            closes: Whether there are no other connections from then on.
        """
        self._mark, self._moment, self._closes = mark, moment, closes

    def __enter__(self) -> Self:
        self._listening.bind(str(self._place / _SOCKET))
        self._listening.listen(100)
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        _end(self._listening)
        for kept in self._kept:
            _end(kept)
        shutil.rmtree(self._place)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                if self.is_open:
                    _Session(self, client, self._to).start()
                else:
                    _end(client)

    def is_marked(self, data: bytes) -> bool:
        """Return whether a transaction is to be cut off that has sent this."""
        return self._mark is not None and self._mark in data

    def is_cut(self, moment: Moment) -> bool:
        """Cut a connection in a commit, if this is the moment for it."""
        if self._mark is None or moment is not self._moment:
            return False
        self._mark = None
        self.is_open = not self._closes
        self.cuts += 1
        return True

    def is_refused(self, data: bytes) -> bool:
        """Return whether a connection is closed that has sent this."""
        is_refused = self.refused is not None and self.refused in data
        self.cuts += is_refused
        return is_refused

    def keep(self, server: socket.socket) -> None:
        """Leave a session without its client."""
        self._kept.append(server)

    def wait_for_cuts(self, number: int) -> None:
        """Wait until so many connections were cut or refused."""
        wait_for(lambda: self.cuts >= number, "connections to be cut")


class _Session:
    """One connection, passed on in both directions."""

    def __init__(self, way: BreakingWay, client: socket.socket, to: str) -> None:
        self._way = way
        self._client = client
        self._server = socket.socket(socket.AF_UNIX)
        self._server.connect(to)
        self._is_marked = False
        self._is_committing = False

    def start(self) -> None:
        for passing in (self._to_server, self._to_client):
            threading.Thread(target=passing, daemon=True).start()

    def _to_server(self) -> None:
        with suppress(OSError):
            while data := self._client.recv(1 << 16):
                if self._way.is_refused(data):
                    break
                if data == _TERMINATE and self._way.keeps_sessions:
                    self._way.keep(self._server)
                    return
                self._is_marked = self._is_marked or self._way.is_marked(data)
                if self._is_marked and b"COMMIT" in data:
                    if self._way.is_cut(Moment.BEFORE):
                        break
                    self._is_committing = True
                self._server.sendall(data)
        self._break()

    def _to_client(self) -> None:
        with suppress(OSError):
            while data := self._server.recv(1 << 16):
                if self._is_committing and b"COMMIT\0" in data and self._way.is_cut(Moment.AFTER):
                    break
                self._client.sendall(data)
        self._break()

    def _break(self) -> None:
        _end(self._client)
        _end(self._server)


def _end(ended: socket.socket) -> None:
    with suppress(OSError):
        ended.shutdown(socket.SHUT_RDWR)
    ended.close()

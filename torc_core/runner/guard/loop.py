"""The loop of a guard: it sleeps until a child exits, a runner commands, or a grace is over."""

from __future__ import annotations

import os
import select
import signal
import socket
import struct
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from torc_core.runner.guard.journal import Journal
from torc_core.runner.guard.messages import (
    Command,
    Configure,
    End,
    Forget,
    Forgotten,
    Hello,
    Leave,
    Start,
    Take,
)
from torc_core.runner.guard.processes import Processes
from torc_core.runner.guard.stream import Stream

_DECODER: msgspec.json.Decoder[list[Command]] = msgspec.json.Decoder(list[Command])
_IGNORED = (
    *(signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT),
    *(signal.SIGUSR1, signal.SIGUSR2, signal.SIGXCPU, signal.SIGTSTP, signal.SIGPIPE),
)
"""Batch systems and containers send them to all processes at once; the runner decides."""


_WAKE_UPS = 4096
"""How many wake-ups are read at a time, a byte each."""


class Guard:
    """A guard and its runner, or the runner that comes after it.

    Args:
        name: Unique among the guards of all machines.
        directory: Its own; the journal goes there.
        runner: The connection to the runner that has started it.
        listener: Where other runners connect.
        care: Starts a caretaker, when the runner has died and left processes.
    """

    def __init__(
        self,
        name: str,
        directory: Path,
        runner: socket.socket,
        listener: socket.socket,
        *,
        care: Callable[[], None],
    ) -> None:
        self._journal = Journal(directory)
        self._processes = Processes(name, self._journal)
        self._listener = listener
        self._runner: Stream[Command] | None = None
        self._waits_to_send = False
        """It is watched for when it reads on."""
        self._is_caretaker = False
        self._has_left = False
        """The last runner has left in good order."""
        self._care = care
        self._poll = select.epoll()
        self._wakeup, wakes = socket.socketpair()
        for end in (self._wakeup, wakes):
            end.setblocking(False)
        self._wakes = wakes
        self._poll.register(self._wakeup.fileno(), select.EPOLLIN)
        self._poll.register(listener.fileno(), select.EPOLLIN)
        self._serve(runner)

    def run(self) -> None:
        """Run until no runner is connected and no process is left."""
        for signum in _IGNORED:
            signal.signal(signum, signal.SIG_IGN)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # only for the wake-up
        signal.set_wakeup_fd(self._wakes.fileno())
        while self._runner is not None or len(self._processes):
            for fd, _ in self._poll.poll(self._processes.delay_s()):
                self._on_ready(fd)
            self._processes.advance()
            self._tell()

    @property
    def is_settled(self) -> bool:
        """Whether nothing is left for another runner to do."""
        return self._has_left and not self._journal.kept

    def _on_ready(self, fd: int) -> None:
        if fd == self._wakeup.fileno():
            self._wakeup.recv(_WAKE_UPS)  # what is left wakes once more
            self._processes.reap()
        elif fd == self._listener.fileno():
            self._accept()
        elif self._runner is not None:
            self._listen(self._runner)

    def _accept(self) -> None:
        """Serve a runner that takes over from a dead one, or from a caretaker."""
        connection, _ = self._listener.accept()
        if _user_of(connection) != os.getuid() or not (self._runner is None or self._is_caretaker):
            connection.close()
            return
        if self._runner is not None:
            self._drop(self._runner)
        self._serve(connection)

    def _serve(self, connection: socket.socket) -> None:
        self._runner, self._is_caretaker = Stream(connection, _DECODER), False
        self._waits_to_send = False
        self._poll.register(self._runner.fileno(), select.EPOLLIN)
        self._runner.send([Hello(entries=self._journal.kept.entries)])

    def _listen(self, runner: Stream[Command]) -> None:
        try:
            commands = runner.receive()
        except msgspec.MsgspecError:
            commands = []
            runner.is_closed = True
        self._obey(commands)
        if runner.is_closed:
            self._drop(runner)
            self._journal.sync()
            if len(self._processes) and not self._has_left:
                self._care()

    def _drop(self, runner: Stream[Command]) -> None:
        self._poll.unregister(runner.fileno())
        runner.close()
        self._runner = None

    def _obey(self, commands: Sequence[Command]) -> None:
        for command in commands:
            match command:
                case Take():
                    self._is_caretaker, self._has_left = command.is_caretaker, False
                case Leave():
                    self._has_left = True
                case Start():
                    self._processes.start(command)
                case End():
                    self._processes.end(command.id, command.grace_s, command.reason)
                case Forget():
                    self._journal.write([Forgotten(ids=command.ids)])
                case Configure():
                    self._processes.configure(command)

    def _tell(self) -> None:
        events = self._processes.take_events(has_runner=self._runner is not None)
        if self._runner is not None:
            self._runner.send(events)
            if self._runner.has_unsent != self._waits_to_send:
                self._waits_to_send = self._runner.has_unsent
                interest = select.EPOLLOUT if self._waits_to_send else 0
                self._poll.modify(self._runner.fileno(), select.EPOLLIN | interest)


def _user_of(connection: socket.socket) -> int:
    """Return the user at the other end. Source: unix(7), SO_PEERCRED."""
    size = struct.calcsize("3i")
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    _, user, _ = struct.unpack("3i", credentials)
    return int(user)

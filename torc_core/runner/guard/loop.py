"""The loop of a guard: it sleeps until a child exits, a runner commands, or a grace is over."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import struct
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from torc_core.runner.guard.caretakers import Caretakers
from torc_core.runner.guard.journal import Journal
from torc_core.runner.guard.messages import (
    Busy,
    Command,
    Configure,
    End,
    Forget,
    Forgotten,
    Hello,
    Leave,
    Start,
    Take,
    Withdraw,
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
        caretakers: For when the runner has died and left processes.
    """

    def __init__(
        self,
        name: str,
        directory: Path,
        runner: socket.socket,
        listener: socket.socket,
        caretakers: Caretakers,
    ) -> None:
        self._journal = Journal(directory)
        self._processes = Processes(name, self._journal)
        self._listener = listener
        self._runner: Stream[Command] | None = None
        self._newcomers: dict[int, Stream[Command]] = {}
        """Connections that have not said yet who takes over; by descriptor."""
        self._waits_to_send = False
        """It is watched for when it reads on."""
        self._is_caretaker = False
        self._last_id = 0
        """The highest number of a process."""
        self._has_left = False
        """The last runner has left in good order."""
        self._caretakers = caretakers
        self._care_at: float | None = None
        """When a caretaker is due, on the monotonic clock."""
        self._caretaker: int | None = None
        """A descriptor that is readable once the last caretaker has ended."""
        self._poll = select.epoll()
        self._wakeup, wakes = socket.socketpair()
        for end in (self._wakeup, wakes):
            end.setblocking(False)
        self._wakes = wakes
        self._poll.register(self._wakeup.fileno(), select.EPOLLIN)
        self._poll.register(listener.fileno(), select.EPOLLIN)
        self._poll.register(runner.fileno(), select.EPOLLIN)
        self._serve(Stream(runner, _DECODER), is_caretaker=False)

    def run(self) -> None:
        """Run until no runner is connected and no process is left."""
        for signum in _IGNORED:
            signal.signal(signum, signal.SIG_IGN)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # only for the wake-up
        signal.set_wakeup_fd(self._wakes.fileno())
        while self._runner is not None or len(self._processes):
            for fd, _ in self._poll.poll(self._delay_s()):
                self._on_ready(fd)
            self._processes.advance()
            self._report()
            if self._care_at is not None and self._care_at <= time.monotonic():
                self._care_at = None
                self._start_caretaker()
        if self._care_at is not None:
            self._caretakers.start()  # it reports what the journal says

    @property
    def is_settled(self) -> bool:
        """Whether nothing is left for another runner to do."""
        return self._has_left and not self._journal.kept

    def close(self) -> None:
        """Close the journal, so that it can be deleted on every file system."""
        self._journal.close()

    def _delay_s(self) -> float | None:
        """Return the seconds until there is something to do; None for never."""
        delay_s = self._processes.delay_s()
        if self._care_at is None:
            return delay_s
        care_s = max(self._care_at - time.monotonic(), 0.0)
        return care_s if delay_s is None else min(delay_s, care_s)

    def _on_ready(self, fd: int) -> None:
        if fd == self._wakeup.fileno():
            self._wakeup.recv(_WAKE_UPS)  # what is left wakes once more
            self._processes.reap()
        elif fd == self._listener.fileno():
            self._accept()
        elif fd == self._caretaker:
            self._note_end_of_caretaker(fd)
        elif fd in self._newcomers:
            self._decide(self._newcomers[fd])
        elif self._runner is not None:
            self._listen(self._runner)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # it has gone again, or no descriptor is left
            connection, _ = self._listener.accept()
            if _user_of(connection) != os.getuid():
                connection.close()
                return
            newcomer = Stream(connection, _DECODER)
            self._newcomers[newcomer.fileno()] = newcomer
            self._poll.register(newcomer.fileno(), select.EPOLLIN)

    def _decide(self, newcomer: Stream[Command]) -> None:
        """Serve a runner that takes over from a dead one, or from a caretaker."""
        commands = _commands_of(newcomer)
        if not (commands or newcomer.is_closed):
            return
        del self._newcomers[newcomer.fileno()]
        first = commands[0] if commands else None
        if self._runner is not None:
            # It may have died at this instant: the first read has its last commands, the second
            # sees the end.
            self._obey([*_commands_of(self._runner), *_commands_of(self._runner)])
        if newcomer.is_closed or not isinstance(first, Take) or not self._is_free(first):
            newcomer.send([Busy()])
            self._poll.unregister(newcomer.fileno())
            newcomer.close()
            return
        if self._runner is not None:
            self._drop(self._runner)
        self._has_left = False
        self._processes.take_events(has_runner=False)  # the journal says all
        self._serve(newcomer, is_caretaker=first.is_caretaker)
        self._obey(commands[1:])

    def _is_free(self, take: Take) -> bool:
        if self._runner is None or self._runner.is_closed:
            return True
        return self._is_caretaker and not take.is_caretaker

    def _serve(self, runner: Stream[Command], *, is_caretaker: bool) -> None:
        self._runner, self._is_caretaker, self._care_at = runner, is_caretaker, None
        self._waits_to_send = False
        entries = self._journal.kept.entries
        if not is_caretaker:
            self._caretakers.reset()
        self._runner.send([Hello(entries=entries, last_id=self._last_id)])

    def _listen(self, runner: Stream[Command]) -> None:
        self._obey(_commands_of(runner))
        if runner.is_closed:
            self._drop(runner)
            self._journal.sync()
            self._plan_care()

    def _plan_care(self) -> None:
        if self._journal.kept and not self._has_left:
            self._care_at = time.monotonic() + self._caretakers.delay_s

    def _start_caretaker(self) -> None:
        if self._caretaker is None:
            self._caretaker = self._caretakers.start()
            if self._caretaker is not None:
                self._poll.register(self._caretaker, select.EPOLLIN)

    def _note_end_of_caretaker(self, fd: int) -> None:
        """Plan another one, unless a runner is there by now."""
        self._poll.unregister(fd)
        os.close(fd)
        self._caretaker = None
        if self._runner is None:
            self._plan_care()

    def _drop(self, runner: Stream[Command]) -> None:
        self._poll.unregister(runner.fileno())
        runner.close()
        self._runner = None
        self._processes.drop_queue()

    def _obey(self, commands: Sequence[Command]) -> None:
        for command in commands:
            match command:
                case Take():
                    pass  # it has them
                case Leave():
                    self._has_left = True
                case Start():
                    self._last_id = max(self._last_id, command.id)
                    self._processes.start(command)
                case End():
                    self._processes.end(command)
                case Withdraw():
                    self._processes.withdraw(command.ids)
                case Forget():
                    self._journal.write([Forgotten(ids=command.ids)])
                case Configure():
                    self._processes.configure(command)

    def _report(self) -> None:
        events = self._processes.take_events(has_runner=self._runner is not None)
        if self._runner is not None:
            self._runner.send(events)
            if self._runner.has_unsent != self._waits_to_send:
                self._waits_to_send = self._runner.has_unsent
                interest = select.EPOLLOUT if self._waits_to_send else 0
                self._poll.modify(self._runner.fileno(), select.EPOLLIN | interest)


def _commands_of(runner: Stream[Command]) -> list[Command]:
    """Return what a runner has sent; one that sends anything else counts as gone."""
    try:
        return runner.receive()
    except msgspec.MsgspecError:
        runner.is_closed = True
        return []


def _user_of(connection: socket.socket) -> int:
    """Return the user at the other end. Source: unix(7), SO_PEERCRED."""
    size = struct.calcsize("3i")
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    _, user, _ = struct.unpack("3i", credentials)
    return int(user)

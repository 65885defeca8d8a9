"""A guard as its runner sees it: started with the first job, or taken over from a dead runner."""

from __future__ import annotations

import contextlib
import os
import secrets
import select
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from torc_core.errors import MachineError
from torc_core.host.directories import private_directory, state_directory
from torc_core.host.files.json_file import write_record
from torc_core.host.files.output_files import PRIVATE, create_file
from torc_core.host.process import ProcessIdentity, detach, our_program
from torc_core.model.ids import ComputeNodeId, WorkflowId
from torc_core.runner.guard.journal import forget_in_journal
from torc_core.runner.guard.messages import (
    Busy,
    Command,
    End,
    Event,
    Exited,
    Forget,
    Hello,
    Start,
    Take,
)
from torc_core.runner.guard.stream import Stream
from torc_core.runner.logs import log
from torc_core.runner.process.start_errors import SpawnError, SpawnFailure

_DECODER: msgspec.json.Decoder[list[Event]] = msgspec.json.Decoder(list[Event])
_END_S = 0.5
"""How much longer than its sockets a process that ends may be seen."""
_SILENT_S = 5.0
"""A guard reacts within milliseconds: if it has not for so long, it may be suspended."""
HELLO_S = 5.0
"""How long to wait for the answer of a guard, which does nothing that takes long."""
RECORD = "guard.json"
LOG = "guard.log"


class CareRecord(msgspec.Struct, frozen=True, kw_only=True):
    """How a caretaker reaches the server, and which runner it follows."""

    url: str
    token: str | None
    is_embedded: bool
    options: dict[str, Any]
    """The runner's options; the output directory is absolute."""


class GuardRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The contents of `guard.json`: whose jobs a guard has, and how it is reached."""

    workflow_id: WorkflowId
    compute_node_id: ComputeNodeId
    """Of the runner that it serves, or has served last."""
    node_start_time: str
    """As its compute node was registered: on another server that number means another node."""
    earlier_node_ids: list[ComputeNodeId] = []
    """Of the runners before; perhaps the last one died before it could replace them."""
    runner: ProcessIdentity
    """The runner that it serves, or has served last."""
    is_caretaker: bool = False
    """Whether that only looks after the jobs of a dead one."""
    name: str
    """Also of its abstract socket, after a NUL."""
    process: ProcessIdentity
    care: CareRecord
    """For a caretaker, should the runner die."""


class GuardClient:
    """The runner's end of the connection to a guard.

    Args:
        directory: The guard's own.
        record: What is known of it.
        connection: The connected socket.
    """

    def __init__(self, directory: Path, record: GuardRecord, connection: socket.socket) -> None:
        self.directory = directory
        self.record = record
        self.has_answered = False
        """It has said what it has."""
        self._stream: Stream[Event] = Stream(connection, _DECODER)
        self._unsent: list[Command] = []
        self._last_id = 0
        self._waits_since: float | None = None
        """Since when it has not reacted to what it was sent, on the monotonic clock."""
        self._is_suspended = False
        """It was found suspended, and the log says so."""

    @classmethod
    def gone(cls, directory: Path, record: GuardRecord) -> GuardClient:
        """Return a guard that has left only its journal."""
        guard = cls(directory, record, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
        guard.close()
        return guard

    @property
    def pid(self) -> int:
        """Its pid."""
        return self.record.process.pid

    def fileno(self) -> int:
        """Return the descriptor that becomes readable when there are events."""
        return self._stream.fileno()

    @property
    def is_gone(self) -> bool:
        """Whether the connection has ended: the guard has, or it serves another runner now."""
        return self._stream.is_closed

    def send(self, command: Command) -> None:
        """Send a command with the next `flush`."""
        self._unsent.append(command)

    def new_id(self) -> int:
        """Return a number for a further process; it was never another one's at this guard."""
        self._last_id += 1
        return self._last_id

    def forget(self, ids: Sequence[int]) -> None:
        """Have the guard forget processes, or its journal if it is gone: the server knows.

        Otherwise the runner that comes next would report them again, and run recovery scripts.
        """
        if not self.is_gone:
            self.send(Forget(ids=list(ids)))
        elif not self.record.process.is_alive():
            with contextlib.suppress(OSError):  # the directory is deleted, or the disk is full
                forget_in_journal(self.directory, ids)

    @property
    def has_unsent(self) -> bool:
        """Whether it has not read all that was sent: flush once it can be written to."""
        return self._stream.has_unsent

    def flush(self, wait_s: float = 0.0) -> None:
        """Send what waits.

        Args:
            wait_s: How long to wait for it to read, if it does not read on at once.
        """
        commands, self._unsent = self._unsent, []
        self._stream.send(commands)
        while self._stream.has_unsent and select.select([], [self], [], wait_s)[1]:
            self._stream.flush()
        self._look_for_silence(commands)

    def receive(self) -> list[Event]:
        """Return the events that have arrived."""
        events = self._stream.receive()
        if events:
            self._waits_since, self._is_suspended = None, False
        return events

    def serves_another(self) -> bool:
        """Return whether a guard that is gone lives."""
        deadline = time.monotonic() + _END_S  # a process is seen a little longer than its sockets
        while self.record.process.is_alive():
            if time.monotonic() > deadline:
                return True
            time.sleep(0.01)
        return False

    def answer(self, timeout_s: float) -> Hello | Busy | None:
        """Return what the guard answers to a runner that takes over; None if it does not.

        What has exited meanwhile is among the entries.

        Raises:
            msgspec.MsgspecError: It is of another version.
        """
        deadline = time.monotonic() + timeout_s
        while not self.is_gone and (left_s := deadline - time.monotonic()) > 0:
            select.select([self], [], [], left_s)
            if events := self.receive():
                answer, *later = events
                if isinstance(answer, Hello):
                    self._last_id = max([answer.last_id, *(entry.id for entry in answer.entries)])
                    exits = [event for event in later if isinstance(event, Exited)]
                    return Hello(entries=[*answer.entries, *exits])
                return answer if isinstance(answer, Busy) else None
        return None

    def note_node(
        self, compute_node_id: ComputeNodeId, node_start_time: str, *, cares: bool
    ) -> None:
        """Note for later runners that a node of ours has the processes from now on.

        Raises:
            OSError: The record cannot be written.
        """
        self.record = msgspec.structs.replace(
            self.record,
            compute_node_id=compute_node_id,
            node_start_time=node_start_time,
            earlier_node_ids=[*self.record.earlier_node_ids, self.record.compute_node_id],
            runner=ProcessIdentity.of(os.getpid()),
            is_caretaker=cares,
        )
        write_record(self.directory / RECORD, self.record)

    def _look_for_silence(self, commands: Sequence[Command]) -> None:
        """Say once that the guard is suspended, if it does not react for that reason."""
        now = time.monotonic()
        if self._waits_since is None:
            is_asked = any(isinstance(each, Start | End) for each in commands)
            self._waits_since = now if is_asked or self.has_unsent else None
        elif now - self._waits_since > _SILENT_S and not self._is_suspended:
            self._waits_since = now
            self._is_suspended = self.record.process.is_suspended()
            if self._is_suspended:
                warn_of_suspended(self.record)

    def close(self) -> None:
        """Leave; the guard ends once its processes have."""
        self._stream.close()


def warn_of_suspended(record: GuardRecord) -> None:
    """Say that a guard stands still, and how it goes on."""
    pid = record.process.pid
    log.error(
        "Guard is suspended: no job starts or completes before it continues",
        pid=pid,
        continue_with=f"kill -CONT {pid}",
    )


def start_guard(
    workflow_id: WorkflowId,
    compute_node_id: ComputeNodeId,
    node_start_time: str,
    care: CareRecord,
) -> GuardClient:
    """Start a guard, in a session of its own so that nothing that is meant for the runner ends it.

    Args:
        workflow_id: Whose jobs it gets.
        compute_node_id: The runner's.
        node_start_time: As that was registered.
        care: For a caretaker.

    Raises:
        SpawnError: It cannot be started, or its record cannot be written.
    """
    try:
        return _start_guard(workflow_id, compute_node_id, node_start_time, care)
    except (OSError, MachineError) as error:
        raise SpawnError(
            f"No process can be started here: {error}",
            hint="Look at the space and the permissions of the state directory.",
            cause=SpawnFailure.MACHINE,
        ) from error


def _start_guard(
    workflow_id: WorkflowId,
    compute_node_id: ComputeNodeId,
    node_start_time: str,
    care: CareRecord,
) -> GuardClient:
    name = f"torc-guard-{secrets.token_hex(16)}"
    directory = private_directory(guards_directory() / f"wf{workflow_id}-{name[-12:]}")
    log_path = directory / LOG
    create_file(log_path, PRIVATE)
    ours, its = socket.socketpair()
    with its, log_path.open("ab") as output:
        process = subprocess.Popen(
            our_program("torc_core.runner.guard", str(directory), name, str(its.fileno())),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=[its.fileno()],
            start_new_session=True,
        )
    record = GuardRecord(
        workflow_id=workflow_id,
        compute_node_id=compute_node_id,
        node_start_time=node_start_time,
        name=name,
        process=ProcessIdentity.of(process.pid),
        runner=ProcessIdentity.of(os.getpid()),
        care=care,
    )
    write_record(directory / RECORD, record)
    detach(process)
    return GuardClient(directory, record, ours)


def connect_guard(directory: Path, record: GuardRecord, *, cares: bool) -> GuardClient | None:
    """Ask a guard for its processes; return the connection, or None if it does not listen.

    Args:
        directory: The guard's own.
        record: What is known of it.
        cares: Only until the next runner comes.
    """
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.connect(f"\0{record.name}")
    except OSError:
        connection.close()
        return None
    guard = GuardClient(directory, record, connection)
    guard.send(Take(is_caretaker=cares))
    guard.flush()
    return guard


def guards_directory() -> Path:
    """Return the directory that holds one directory per guard."""
    return private_directory(state_directory() / "guards")

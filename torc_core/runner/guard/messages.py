"""What a runner and its guard say to each other: lists of JSON objects with a `type`.

A runner sends commands; the guard answers with events, first a `Hello` that says what it has.
Records of processes are the runner's; the guard keeps and returns them unread.

Names of files, arguments and variables are bytes to the system. They are sent as text with one
character for each byte (`pack`, `unpack`), so that every name survives.
"""

from __future__ import annotations

import os
import signal

import msgspec


class Start(msgspec.Struct, frozen=True, kw_only=True, tag="start"):
    """Start a process in a session of its own, with its input from /dev/null."""

    id: int
    """The runner's; grows with each start."""
    after: int = 0
    """Not before that process, or start, has exited by itself with 0; if it exits otherwise, this
    start is `Skipped`. At most one start waits for each. 0: at once."""
    until: float = 0.0
    """On the monotonic clock; if it still waits then, it is `Skipped`. The runner may be suspended,
    and the server may have given its jobs to others."""
    arguments: list[str]
    """Packed; the path of a program, and its arguments with the name that it is given first."""
    direct: list[str] = []
    """Packed; the same of another program, to be started instead if that works."""
    environment: dict[str, str]
    """Packed; what differs from that of `Configure`."""
    stdout: str
    """Packed; a file, created or (unless `appends`) emptied."""
    stderr: str
    """Packed; may be the same file."""
    mode: int
    """Permissions of these files, if they are new."""
    appends: bool = False
    cpus: list[int] = []
    """CPUs to which it is bound; empty for all."""
    directory: str = ""
    """Packed; where it starts, if not where all do."""
    asked_by: list[str] = []
    """Packed; a program and its arguments, to which the name of a signal is added. It asks the
    process to end, which itself ends at once what it runs elsewhere when it is sent SIGTERM."""
    record: msgspec.Raw = msgspec.Raw(b"null")
    """What the next runner has to know of it."""


class Configure(msgspec.Struct, frozen=True, kw_only=True, tag="configure"):
    """What all processes share, from now on."""

    directory: str
    """Packed; where they start."""
    environment: dict[str, str]
    """Packed."""


class End(msgspec.Struct, frozen=True, kw_only=True, tag="end"):
    """End a process and all that descends from it: a signal, then SIGKILL until nothing is left.

    Repeated with a shorter grace, it ends sooner. A start that waits is skipped.
    """

    id: int
    grace_s: float
    reason: str
    """Why, by the runner's name for it; kept with the process."""
    signum: int = signal.SIGTERM
    """The signal that asks it to end."""


class Withdraw(msgspec.Struct, frozen=True, kw_only=True, tag="withdraw"):
    """Skip these starts, if they still wait for another process, and all that waits for them."""

    ids: list[int]


class Forget(msgspec.Struct, frozen=True, kw_only=True, tag="forget"):
    """Processes whose exits need not be kept any longer."""

    ids: list[int]


class Take(msgspec.Struct, frozen=True, kw_only=True, tag="take"):
    """The first command of a runner that takes over from another: answered by `Hello` or `Busy`."""

    is_caretaker: bool
    """It leaves them to the next runner that connects."""


class Leave(msgspec.Struct, frozen=True, kw_only=True, tag="leave"):
    """The runner ends in good order: it leaves nothing to another one."""


Command = Take | Start | Configure | End | Withdraw | Forget | Leave


class Started(msgspec.Struct, frozen=True, kw_only=True, tag="started"):
    """A process was started."""

    id: int
    pid: int
    """0: only in the journal, of a guard that died before it knew whether it has started it."""
    at: float
    """On the monotonic clock of the machine, which all its processes share."""
    at_ms: int
    """Milliseconds since 1970."""
    record: msgspec.Raw = msgspec.Raw(b"null")
    """Only in the journal and in `Hello`: a runner knows what it has started."""


class Refused(msgspec.Struct, frozen=True, kw_only=True, tag="refused"):
    """A process could not be started."""

    id: int
    message: str
    errno: int | None
    """None: its command or environment contains what no process can be given."""


class Skipped(msgspec.Struct, frozen=True, kw_only=True, tag="skipped"):
    """A start that waited for another process, and that will not be made."""

    id: int


class Ending(msgspec.Struct, frozen=True, kw_only=True, tag="ending"):
    """Only in the journal and in `Hello`: the runner has ended a process, for this reason."""

    id: int
    reason: str


class Exited(msgspec.Struct, frozen=True, kw_only=True, tag="exited"):
    """A process has exited; if the runner has ended it, all that descended from it has, too."""

    id: int
    exit_code: int
    """128+n for signal n."""
    cpu_s: float
    """User and system time of the process and of all descendants that were waited for."""
    peak_memory_bytes: int | None = None
    """See `children.ProcessExit`."""
    at: float
    """When it exited, on the monotonic clock."""
    at_ms: int
    by_itself: bool = False
    """It exited before the runner ended it."""
    survivors: int = 0
    """Its processes that even SIGKILL did not end in time."""


class Forgotten(msgspec.Struct, frozen=True, kw_only=True, tag="forgotten"):
    """Only in the journal: exits that need not be kept any longer."""

    ids: list[int]


KeptEntry = Started | Ending | Exited
Entry = KeptEntry | Forgotten
"""A line of the journal."""


class Hello(msgspec.Struct, frozen=True, kw_only=True, tag="hello"):
    """The first event on a connection: all that is not forgotten, in the order of its starts."""

    entries: list[KeptEntry]
    last_id: int = 0
    """The highest number that a process was given so far: a runner that takes over counts on."""


class Busy(msgspec.Struct, frozen=True, kw_only=True, tag="busy"):
    """The only event on a connection: the guard serves a runner that lives."""


Event = Hello | Busy | Started | Refused | Skipped | Exited


def pack(text: str) -> str:
    """Return the bytes that a text means to the system, one character for each."""
    return text if text.isascii() else os.fsencode(text).decode("latin-1")


def unpack(text: str) -> str:
    """Return the text whose bytes are `text`."""
    return text if text.isascii() else os.fsdecode(text.encode("latin-1"))

"""The name of a process in a record: it tells people where to look, this machine if it still runs.

`HOST:PID:PLACE-START-RANDOM`, such as `login1:4711:9f3a02bc-1c2e5d-7be01a44`. PLACE stands for the
boot of a machine and the namespace in which the pid counts, START for when the process began.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets

import msgspec

from torc_core.host.process import ProcessIdentity

_NAME = re.compile(r".*:([0-9]{1,10}):([0-9a-f]{8})-([0-9a-f]{1,16})-[0-9a-f]{8}", re.DOTALL)


def new_process_name() -> str:
    """Return a name for this process that it has not had before, and no other has."""
    own = ProcessIdentity.of(os.getpid())
    return f"{own.host}:{own.pid}:{_place(own)}-{own.pid_start:x}-{secrets.token_hex(4)}"


def is_known_dead(name: str) -> bool:
    """Return whether a process ran here and does not any more; False where that is not known."""
    match = _NAME.fullmatch(name)
    own = ProcessIdentity.of(os.getpid())
    if match is None or match[2] != _place(own):
        return False
    named = msgspec.structs.replace(own, pid=int(match[1]), pid_start=int(match[3], 16))
    return not named.is_alive()


def _place(process: ProcessIdentity) -> str:
    place = f"{process.boot_id} {process.pid_namespace}"
    return hashlib.sha256(place.encode()).hexdigest()[:8]

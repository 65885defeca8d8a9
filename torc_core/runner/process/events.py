"""What happens to a process that a guard was asked to start."""

from __future__ import annotations

from typing import NamedTuple

from torc_core.runner.guard.messages import Exited, Refused, Skipped, Started


class Lost(NamedTuple):
    """A process whose guard is gone, so that its exit is not known; it was ended."""


class Taken(NamedTuple):
    """A process that another runner has taken over."""


ProcessEvent = Started | Refused | Skipped | Exited | Lost | Taken

"""The deadlines of a runner."""

from __future__ import annotations

from enum import IntEnum, auto
from typing import NamedTuple


class What(IntEnum):
    """What is to be done at a deadline; an integer, since it is hashed for every job."""

    TALK = auto()
    """Take a turn with the server."""
    SAMPLE = auto()
    """Look at the memory and CPU of running jobs."""
    PROGRESS = auto()
    """Tell whoever listens how far things are."""
    KILL = auto()
    """End a job that did not leave when asked."""
    OUT_OF_TIME = auto()
    """End a job that exceeds its runtime."""
    RUNNER_ENDS = auto()
    """The runner's own time is over."""
    IDLE = auto()
    """There was nothing to do for too long."""
    NO_SERVER = auto()
    """There was nothing to do and no server for too long."""
    PATIENCE = auto()
    """All jobs have ended, but nobody takes the report."""
    ACTIONS = auto()
    """Look again for actions to execute."""


class Due(NamedTuple):
    """A deadline, of one job or of the runner."""

    what: What
    job_id: int = 0

"""Caretakers: runners that only look after the processes of dead ones, until the next one comes."""

from __future__ import annotations

import os
from pathlib import Path

from torc_core.runner.guard.trees import LABEL, label_of

DELAY_S = 1.5
"""After the death of a runner: mostly the next one comes, and a caretaker would be in its way. With
each caretaker that dies as well, the delay doubles."""
MOST = 5
"""After so many have died in a row, the next runner has to be started by a user."""


class Caretakers:
    """Starts caretakers, one after the other.

    Args:
        name: The guard's.
        directory: The guard's own.
    """

    def __init__(self, name: str, directory: Path) -> None:
        self._name = name
        self._directory = directory
        self._started = 0
        """How many since a runner was there that came to stay."""

    @property
    def delay_s(self) -> float:
        """How long to wait for another runner before the next one is started."""
        return DELAY_S * 2.0**self._started

    def reset(self) -> None:
        """Note that a runner is there that has come to stay."""
        self._started = 0

    def start(self) -> int | None:
        """Start one; it learns from the directory what it needs.

        Returns:
            A descriptor that is readable once it has ended; None if none was started.
        """
        if self._started == MOST:
            return None
        self._started += 1
        # Only now: a guard is to be small and to start fast.
        import subprocess  # noqa: PLC0415

        from torc_core.host.process import detach, our_program  # noqa: PLC0415

        end, its_end = os.pipe()
        try:
            process = subprocess.Popen(
                our_program("torc_core.runner.caretaker", str(self._directory)),
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                # A server that it starts is our orphan once it has left, and is to live on.
                env={**os.environ, LABEL: label_of(self._name)},
                pass_fds=[its_end],
            )
        except OSError:
            os.close(end)
            return None
        finally:
            os.close(its_end)
        detach(process)
        return end

"""How often the interface paints of its own accord, by what the line to the terminal carries."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple

_SLOW_BELOW = 16_000.0
_FAST_ABOVE = 32_000.0
"""Bytes per second; between the two nothing changes, so that a line is not now this, now that."""


class Pace(NamedTuple):
    """When to refresh."""

    least_pause_s: float
    """The least time between two refreshes because of events."""
    least_interval_s: int
    """The least time between refreshes without events."""


USUAL = Pace(0.4, 0)
SPARING = Pace(2.0, 30)


class LowBandwidth(StrEnum):
    """What the user wants on a slow line."""

    AUTO = "auto"
    """Spare it when it is measured to be slow."""
    ON = "on"
    OFF = "off"


class LineSpeed:
    """Whether the line to the terminal is spared.

    Args:
        mode: What the user wants at first.
        measure: Returns how many bytes per second the line takes, if that is known.
    """

    def __init__(
        self,
        mode: LowBandwidth = LowBandwidth.AUTO,
        measure: Callable[[], float | None] = lambda: None,
    ) -> None:
        self.mode = mode
        self._measure = measure
        self._is_slow = False

    @property
    def is_spared(self) -> bool:
        """Whether less is painted than there is to see."""
        return self.mode is LowBandwidth.ON or (self.mode is LowBandwidth.AUTO and self._is_slow)

    @property
    def pace(self) -> Pace:
        """How often to refresh."""
        return SPARING if self.is_spared else USUAL

    @property
    def label(self) -> str:
        """What the first line of the screen says of it; empty on a usual line."""
        if not self.is_spared:
            return ""
        return "low bandwidth" if self.mode is LowBandwidth.ON else "slow line"

    def look(self) -> None:
        """Take in what was measured."""
        rate = self._measure()
        if rate is not None:
            self._is_slow = rate < (_FAST_ABOVE if self._is_slow else _SLOW_BELOW)

    def next_mode(self) -> str:
        """Go to the next mode, and return what it does."""
        modes = list(LowBandwidth)
        self.mode = modes[(modes.index(self.mode) + 1) % len(modes)]
        return _SAID[self.mode]


_SAID = {
    LowBandwidth.AUTO: "Low bandwidth: auto. A line that is measured to be slow is spared.",
    LowBandwidth.ON: "Low bandwidth: on. Fewer refreshes, no preview, no latest events.",
    LowBandwidth.OFF: "Low bandwidth: off. Everything is shown as soon as it is known.",
}

"""What values a setting may have: one rule for the command line, files and the environment."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from torc_core.units import MAX_INTEGER


class Bounds(NamedTuple):
    """The numbers that are allowed, both ends included unless said otherwise."""

    low: float
    high: float
    is_whole: bool = True
    is_above_low: bool = False
    """`low` itself is not allowed."""
    unit: str = "n"
    """What help shows in place of a number."""

    @property
    def rule(self) -> str:
        """What a value has to be, in words."""
        kind = "a whole number" if self.is_whole else "a number"
        if self.is_above_low:
            return f"{kind} above {self.low:,}, at most {self.high:,}"
        return f"{kind} from {self.low:,} to {self.high:,}"

    def allow(self, value: object) -> bool:
        """Return whether a value is such a number; infinity and NaN never are."""
        try:
            number = msgspec.convert(value, int if self.is_whole else float, strict=False)
        except msgspec.ValidationError:
            return False
        above = self.low < number if self.is_above_low else self.low <= number
        return above and number <= self.high


class Words(NamedTuple):
    """The words that are allowed."""

    words: tuple[str, ...]

    @property
    def rule(self) -> str:
        """What a value has to be, in words."""
        return f"one of {', '.join(self.words)}"

    def allow(self, value: object) -> bool:
        """Return whether a value is such a word."""
        return value in self.words


WHOLE = Bounds(0, MAX_INTEGER)
POSITIVE = Bounds(1, MAX_INTEGER)
IDS = Bounds(1, MAX_INTEGER, unit="id")
_MAX_S = 365 * 86_400
_MAX_GB = 2**30
"""An exbibyte."""
_MAX_COUNT = 1_000_000

CLIENT: dict[str, Words] = {
    "format": Words(("table", "json")),
    "log_level": Words(("error", "warn", "info", "debug", "trace")),
}
"""What fields of `ClientSettings` may be."""
RUN: dict[str, Bounds] = {
    "poll_interval": Bounds(0, _MAX_S, is_whole=False, is_above_low=True, unit="seconds"),
    "max_parallel_jobs": Bounds(1, _MAX_COUNT),
    "num_cpus": Bounds(1, _MAX_COUNT),
    "memory_gb": Bounds(0, _MAX_GB, is_whole=False, is_above_low=True, unit="gib"),
    "num_gpus": Bounds(0, _MAX_COUNT),
}
"""What fields of `RunSettings` may be."""
EXIT_CODES = Bounds(-(2**31), 2**31 - 1)
SECONDS = Bounds(0, _MAX_S, is_whole=False, unit="seconds")
MINUTES = Bounds(0, 365 * 1_440, is_whole=False, is_above_low=True, unit="minutes")
"""How long to follow something."""
PERCENT = Bounds(0, 1_000_000, is_whole=False)
MULTIPLIER = Bounds(1, 1_000, is_whole=False)
"""By how much requirements grow; they never shrink."""

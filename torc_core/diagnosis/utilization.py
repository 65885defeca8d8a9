"""How much of what they require jobs used."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from torc_core.diagnosis.observation import Observation
from torc_core.units import format_seconds_fully


class ResourceType(StrEnum):
    """A resource that is both required and measured."""

    MEMORY = "Memory"
    CPU = "CPU"
    RUNTIME = "Runtime"


class Use(NamedTuple):
    """What a job stated of a resource, and the most that it used of it.

    Memory is in bytes, CPU in percent of a core, runtime in seconds.
    """

    resource: ResourceType
    specified: float
    """Above 0."""
    used: float

    @property
    def share_percent(self) -> float:
        """The part that was used of what was stated."""
        return 100.0 * self.used / self.specified

    @property
    def over_percent(self) -> float:
        """By how much more was used than stated; negative if it was less."""
        return self.share_percent - 100.0

    def is_over(self, least_percent: float = 0.0) -> bool:
        """Return whether more was used than stated, by `least_percent` at least."""
        return self.used > self.specified and self.over_percent >= least_percent

    @property
    def specified_text(self) -> str:
        """What was stated, such as "8.00 GB", "800%" or "2h 0m 0s"."""
        if self.resource is ResourceType.CPU:
            return f"{self.specified:.0f}%"
        return self._text(self.specified)

    @property
    def used_text(self) -> str:
        """What was used, such as "10.50 GB", "950.5%" or "2h 45m 0s"."""
        return self._text(self.used)

    @property
    def over_text(self) -> str:
        """The difference, such as "+31.3%"."""
        return f"{self.over_percent:+.1f}%"

    def _text(self, amount: float) -> str:
        if self.resource is ResourceType.MEMORY:
            return memory_text(amount)
        if self.resource is ResourceType.CPU:
            return f"{amount:.1f}%"
        return format_seconds_fully(amount)


def uses(observation: Observation) -> Iterator[Use]:
    """Yield the resources whose stated and used amounts are both known."""
    stated, result = observation.stated, observation.result
    for resource, specified, used in (
        (ResourceType.MEMORY, stated.memory_bytes, result.peak_memory_bytes),
        (ResourceType.CPU, stated.cpu_percent, result.peak_cpu_percent),
        (ResourceType.RUNTIME, stated.runtime_s, observation.runtime_s),
    ):
        if specified is not None and used is not None:
            yield Use(resource, specified, used)


def memory_text(size: float) -> str:
    """Return bytes as the reference's reports write them, such as "8.00 GB": powers of 1024."""
    for unit in ("B", "KB", "MB", "GB"):
        if size < 1024:
            return f"{size:.2f} {unit}" if unit != "B" else f"{size:.0f} B"
        size /= 1024
    return f"{size:.2f} TB"

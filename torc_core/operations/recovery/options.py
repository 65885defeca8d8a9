"""How far a recovery may go."""

from __future__ import annotations

import math

import msgspec

from torc_core.diagnosis.corrections import Multipliers
from torc_core.errors import UsageError

RUNTIME_MULTIPLIER = 1.4
WATCH_RUNTIME_MULTIPLIER = 1.5
"""A watch leaves more room, because its recoveries are not looked at; so does the reference."""


class RecoveryOptions(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a user lets a recovery do."""

    memory_multiplier: float = 1.5
    runtime_multiplier: float = RUNTIME_MULTIPLIER
    retry_unknown: bool = False
    """Also retry jobs that failed for unknown reasons."""
    hook: str | None = None
    """A command that repairs what torc cannot; what failed for unknown reasons is then retried."""
    trust: bool = False
    """Run the hook although the workflow is another user's."""
    max_memory_bytes: int | None = None
    """No requirements are raised above this."""
    max_runtime_s: int | None = None
    max_node_hours: float | None = None
    """What the retried jobs may take together if each uses all of its runtime."""

    @property
    def retries_unknown(self) -> bool:
        """Whether jobs that failed for an unknown cause run again."""
        return self.retry_unknown or self.hook is not None

    @property
    def multipliers(self) -> Multipliers:
        """How much room new requirements leave."""
        return Multipliers(self.memory_multiplier, self.runtime_multiplier)

    def check(self) -> None:
        """Refuse what makes no sense.

        Raises:
            UsageError: A multiplier is below 1, or a limit is none.
        """
        for name, multiplier in (
            ("memory", self.memory_multiplier),
            ("runtime", self.runtime_multiplier),
        ):
            if not (math.isfinite(multiplier) and multiplier >= 1):
                raise UsageError(
                    f"The {name} multiplier {multiplier:g} is not a number from 1.",
                    hint="1.5 adds a half; 1 keeps what jobs used.",
                    field=f"{name}_multiplier",
                )
        for name, limit in (
            ("memory", self.max_memory_bytes),
            ("runtime", self.max_runtime_s),
            ("node-hours", self.max_node_hours),
        ):
            if limit is not None and not limit > 0:
                raise UsageError(
                    f"The limit {limit:g} of {name} leaves nothing for jobs.",
                    hint="Give one above 0, or none.",
                    field=f"max_{name.replace('-', '_')}",
                )

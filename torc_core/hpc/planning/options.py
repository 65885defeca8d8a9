"""The options of a plan."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from torc_core.config.bounds import MULTIPLIER
from torc_core.errors import UsageError


class GroupBy(StrEnum):
    """Which jobs share a scheduler."""

    REQUIREMENTS = "resource-requirements"
    """Those with the same requirements, if all or none of them have dependencies."""
    PARTITION = "partition"
    """Those that suit the same partition."""


class WalltimeStrategy(StrEnum):
    """How long allocations are to last."""

    MAX_JOB_RUNTIME = "max-job-runtime"
    """The longest runtime times a multiplier, and the buffer."""
    MAX_PARTITION_TIME = "max-partition-time"
    """As long as the partition allows."""


class PlanOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What a user chooses of a plan.

    Raises:
        UsageError: The multiplier is less than 1 or not finite.
    """

    account: str
    group_by: GroupBy = GroupBy.REQUIREMENTS
    walltime_strategy: WalltimeStrategy = WalltimeStrategy.MAX_JOB_RUNTIME
    walltime_multiplier: float = 1.5
    single_allocation: bool = False
    """One allocation of many nodes per scheduler, and not many of few."""
    with_actions: bool = True
    """Request the allocations by actions of the workflow."""

    def __post_init__(self) -> None:
        """Refuse a multiplier with which no job would fit into its allocation."""
        if not MULTIPLIER.allow(self.walltime_multiplier):
            raise UsageError(
                f"The walltime multiplier is {self.walltime_multiplier:g}, and not "
                f"{MULTIPLIER.rule}.",
                hint="With less than 1 the longest job would not end in time.",
                field="walltime_multiplier",
            )

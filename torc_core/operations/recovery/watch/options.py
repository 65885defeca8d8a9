"""What a user lets a watch do, and when."""

from __future__ import annotations

import msgspec

POLL_INTERVAL_S = 60.0
MAX_RETRIES = 3
THRESHOLD = 5
COOLDOWN_S = 1800
STRANDED_TIMEOUT_S = 7200


class WatchOptions(msgspec.Struct, frozen=True, kw_only=True):
    """When a watch acts; the defaults are those of the reference."""

    poll_interval_s: float = POLL_INTERVAL_S
    """The longest time between two looks. Events lead to a look at once."""
    recover: bool = False
    """Run again what failed, and what has lost its nodes or its runner."""
    max_retries: int = MAX_RETRIES
    """Recoveries in a row."""
    auto_schedule: bool = False
    """Request nodes for jobs that have none."""
    threshold: int = THRESHOLD
    """How many retries have to wait, until nodes are requested beside those that there are."""
    cooldown_s: float = COOLDOWN_S
    """Between two such requests."""
    stranded_timeout_s: float = STRANDED_TIMEOUT_S
    """After so long nodes are requested for fewer retries, too; 0 for never."""
    show_job_counts: bool = False

    @property
    def acts(self) -> bool:
        """Whether it may change anything."""
        return self.recover or self.auto_schedule

    @property
    def sentence(self) -> str:
        """What is on, in brackets behind what is watched."""
        recover = ["recover enabled", f"max retries: {self.max_retries:,}"] if self.recover else []
        switches = {
            "auto-schedule enabled": self.auto_schedule,
            "job counts enabled": self.show_job_counts,
        }
        interval = f"poll interval: {self.poll_interval_s:g}s"
        return ", ".join([interval, *recover, *(name for name, is_on in switches.items() if is_on)])

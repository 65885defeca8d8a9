"""The CPU and memory that all processes of the node use.

The node is the machine, or the control group that limits what the runner may use of it.
"""

from __future__ import annotations

from pathlib import Path

import psutil

from torc_core.host.hardware.group_usage import GroupUsage
from torc_core.runner.policy.monitoring.sampling import Sample


class NodeMeter:
    """Measures the node; CPU time counts from when this was made.

    Args:
        root: Where proc and sys are mounted, as far as control groups are concerned.
    """

    def __init__(self, root: Path = Path("/")) -> None:
        self._group = GroupUsage(root)
        self._busy_before_s = self._busy_s()

    def sample(self) -> Sample:
        """Return the CPU time so far and the memory now.

        Memory is what cannot be had without swapping: files that are only cached are not in it.
        """
        memory = self._group.memory_bytes()
        if memory is None:
            machine = psutil.virtual_memory()
            memory = machine.total - machine.available
        return Sample(
            cpu_s=self._busy_s() - self._busy_before_s, memory_bytes=memory, num_processes=0
        )

    def _busy_s(self) -> float:
        """Return the seconds that all CPUs together were busy."""
        used_s = self._group.cpu_s()
        if used_s is not None:
            return used_s
        times = psutil.cpu_times()
        # Guests are in `user` and `nice` already.
        rest = ("idle", "iowait", "guest", "guest_nice")
        return sum(times) - sum(getattr(times, name, 0.0) for name in rest)

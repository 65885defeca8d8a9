"""The CPU and memory of the whole machine, whoever uses them."""

from __future__ import annotations

import psutil

from torc_core.runner.policy.monitoring.sampling import Sample


class NodeMeter:
    """Measures the machine; CPU time counts from when this was made."""

    def __init__(self) -> None:
        self._busy_before_s = _busy_s()

    def sample(self) -> Sample:
        """Return the CPU time so far and the memory now.

        Memory is what cannot be had without swapping: the file cache is not in it.
        """
        memory = psutil.virtual_memory()
        return Sample(
            cpu_s=_busy_s() - self._busy_before_s,
            memory_bytes=memory.total - memory.available,
            num_processes=0,
        )


def _busy_s() -> float:
    """Return the seconds since boot that all CPUs together were busy."""
    times = psutil.cpu_times()
    # Guests are in `user` and `nice` already.
    rest = ("idle", "iowait", "guest", "guest_nice")
    return sum(times) - sum(getattr(times, name, 0.0) for name in rest)

"""Which CPUs jobs get for themselves. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from torc_core.errors import UsageError
from torc_core.runner.policy.options import RunnerOptions
from torc_core.units import counted


def cpus_for_jobs(options: RunnerOptions, usable: Sequence[int], num_cpus: int) -> tuple[int, ...]:
    """Return the CPUs to give to jobs; none unless the options ask for CPU affinity.

    Args:
        options: The runner's.
        usable: The CPUs that this process may run on; empty where the system has no affinity.
        num_cpus: How many the node offers.

    Raises:
        UsageError: There are not enough for each job to have its own.
    """
    if not options.cpu_affinity:
        return ()
    if not usable:
        raise UsageError(
            "This system cannot bind jobs to CPUs.", hint="Run without --cpu-affinity."
        )
    needed, what = num_cpus, "--num-cpus offers"
    if options.max_parallel_jobs is not None:
        needed, what = options.max_parallel_jobs, "--max-parallel-jobs needs"
    if needed > len(usable):
        raise UsageError(
            f"With --cpu-affinity each job has CPUs of its own, but {what} "
            f"{counted(needed, 'CPU')}, "
            f"and this process may use {len(usable)}.",
            hint=f"State {len(usable)} at most, or run without --cpu-affinity.",
        )
    return tuple(sorted(usable))

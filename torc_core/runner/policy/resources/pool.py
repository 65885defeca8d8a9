"""Which resources of a node are in use, and what still fits. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from torc_core.model.compute import ComputeNodesResources
from torc_core.model.exchange import ClaimedJob
from torc_core.model.ids import JobId, SchedulerId
from torc_core.resources import Resources, exclusive_nodes


def requirements_of(job: ClaimedJob) -> Resources:
    """Return what a job has to itself while it runs."""
    return Resources(
        num_cpus=job.num_cpus,
        memory_bytes=job.memory_bytes,
        num_gpus=job.num_gpus,
        num_nodes=exclusive_nodes(job.num_nodes),
    )


class Devices(NamedTuple):
    """What a job has to itself by name."""

    gpus: tuple[str, ...] = ()
    cpus: tuple[int, ...] = ()
    """Empty: it may run on every CPU."""


class ResourcePool:
    """What a node has, what is in use, and what is free.

    Args:
        total: What there is.
        gpus: One name per GPU in `total`; each name is held by at most one job.
        cpus: The CPUs to give to jobs, each to at most one, and at least as many as `total` or
            `max_jobs` has; empty without CPU affinity.
        max_jobs: With a number, only the count of jobs matters and resources do not.
    """

    def __init__(
        self,
        total: Resources,
        *,
        gpus: tuple[str, ...] = (),
        cpus: tuple[int, ...] = (),
        max_jobs: int | None,
    ) -> None:
        self.max_jobs = max_jobs
        self._allocated: dict[int, tuple[Resources, Devices]] = {}
        self._gpus = list(gpus)
        self._cpus = list(cpus)
        self._cpus_per_job = len(cpus) // max_jobs if max_jobs else None
        """None: as many as the job needs."""
        self.free = total

    @property
    def free_jobs(self) -> int:
        """How many further jobs could start at most; a job takes at least one CPU."""
        if self.max_jobs is not None:
            return self.max_jobs - len(self._allocated)
        return max(self.free.num_cpus, 0)

    def fits(self, amount: Resources) -> bool:
        """Return whether a job that needs this may start now."""
        if self.max_jobs is not None:
            return len(self._allocated) < self.max_jobs
        return self.free.covers(amount)

    def allocate(self, job_id: JobId, amount: Resources) -> Devices:
        """Reserve the resources of a job that fits; return what it has to itself by name.

        When only jobs are counted, GPUs are not assigned, as there may be more jobs than GPUs, and
        each job has an equal share of the CPUs.
        """
        num_cpus = amount.num_cpus if self._cpus_per_job is None else self._cpus_per_job
        if self.max_jobs is not None:
            amount = Resources()
        devices = Devices(tuple(self._gpus[: amount.num_gpus]), tuple(self._cpus[:num_cpus]))
        del self._gpus[: amount.num_gpus]
        del self._cpus[:num_cpus]
        self._allocated[job_id] = (amount, devices)
        self.free -= amount
        return devices

    def hold(self, job_id: JobId, amount: Resources, devices: Devices) -> None:
        """Count a job that another runner has started, even if it does not fit.

        Of its devices, those are its own that this node has and that are not another job's.
        """
        if self.max_jobs is not None:
            amount = Resources()
        devices = Devices(
            tuple(name for name in devices.gpus if name in self._gpus),
            tuple(cpu for cpu in devices.cpus if cpu in self._cpus),
        )
        self._gpus = [name for name in self._gpus if name not in devices.gpus]
        self._cpus = [cpu for cpu in self._cpus if cpu not in devices.cpus]
        self._allocated[job_id] = (amount, devices)
        self.free -= amount

    def release(self, job_id: JobId) -> None:
        """Free the resources of a job."""
        amount, devices = self._allocated.pop(job_id)
        self._gpus.extend(devices.gpus)
        if devices.cpus:
            # The first ones first: CPUs that are given out together are most likely neighbors.
            self._cpus = sorted([*self._cpus, *devices.cpus])
        self.free += amount

    def may_inherit(self, before: Resources, amount: Resources) -> bool:
        """Return whether a job that needs `amount` may have exactly what another one has."""
        if self.max_jobs is not None:
            return True
        return not before.num_gpus and before == amount

    def available(self, reserved: Iterable[Resources]) -> tuple[Resources, int]:
        """Return what is free beyond what waiting jobs require, and how many more jobs may start.

        Both are negative where waiting jobs require more than is free.
        """
        free, waiting = self.free, 0
        for amount in reserved:
            free -= amount
            waiting += 1
        return free, free.num_cpus if self.max_jobs is None else self.free_jobs - waiting


def as_resources(
    amount: Resources, time_limit_s: float | None, scheduler_config_id: SchedulerId | None
) -> ComputeNodesResources:
    """Return an amount as the server reads it; negative amounts become zero."""
    return ComputeNodesResources(
        num_cpus=max(amount.num_cpus, 0),
        memory_gb=max(amount.memory_bytes, 0) / 2**30,
        num_gpus=max(amount.num_gpus, 0),
        num_nodes=max(amount.num_nodes, 0),
        time_limit=None if time_limit_s is None else f"PT{max(int(time_limit_s), 0)}S",
        scheduler_config_id=scheduler_config_id,
    )

"""What the jobs of one runner share."""

from __future__ import annotations

import msgspec

from torc_core.runner.ledger import Ledger
from torc_core.runner.options import RunnerOptions
from torc_core.runner.station import Station, gpu_names


class Shop(msgspec.Struct, frozen=True, kw_only=True):
    """How jobs are started and ended here."""

    bash: str
    output_dir: str
    environment: dict[str, str]
    use_pending_failed: bool
    limit_resources: bool
    grace_s: float


def open_shop(station: Station, options: RunnerOptions) -> Shop:
    """Return what jobs share at a station."""
    return Shop(
        bash=station.bash,
        output_dir=station.output_dir,
        environment=station.environment,
        use_pending_failed=station.workflow.use_pending_failed,
        limit_resources=options.limit_resources,
        grace_s=options.grace_s,
    )


def open_ledger(station: Station, options: RunnerOptions) -> Ledger:
    """Return the empty books of a station."""
    gpus = gpu_names(station.machine, station.total.num_gpus)
    return Ledger(station.total, gpus=gpus, max_jobs=options.max_parallel_jobs)

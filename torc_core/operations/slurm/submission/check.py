"""Whether Slurm would take what a workflow is going to ask for, before anything is submitted.

The schedulers of later stages are used by workers, hours after the submission. A partition that
does not exist should be noticed before that.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from torc_core.errors import TorcError
from torc_core.hpc.slurm.batch.fields import Options
from torc_core.hpc.slurm.batch.script import BatchJob, parse_directives, write_script
from torc_core.hpc.slurm.batch.submit import check_batch
from torc_core.hpc.slurm.programs.calls import Slurm
from torc_core.hpc.slurm.programs.parse import parse_settings, stated
from torc_core.model.ids import WorkflowId
from torc_core.model.resources import SlurmScheduler
from torc_core.operations.slurm.submission.site import SiteOptions
from torc_core.operations.slurm.submission.time_limits import (
    BeyondLimit,
    TimeAsked,
    beyond_limits,
    default_partition,
    limits_of,
)

_AMOUNTS = frozenset(
    ("job-name", "output", "error", "comment", "time", "mem", "nodes", "cpus-per-task")
)
"""Options in which there is no name that Slurm may not know."""


def check_schedulers(
    slurm: Slurm,
    schedulers: Iterable[SlurmScheduler],
    defaults: Mapping[str, Any],
    options: SiteOptions,
) -> tuple[BeyondLimit, ...]:
    """Refuse schedulers with a value that cannot be submitted, or a name that Slurm does not know.

    Of those that name the same account, partition and so on Slurm is asked once.

    Args:
        slurm: The programs of the cluster.
        schedulers: Those that actions refer to.
        defaults: The workflow's `slurm_defaults`.
        options: What the user chose for its workers.

    Returns:
        Those that Slurm may take and let wait for ever.

    Raises:
        UsageError: One has such a value; or its account, partition or QOS is not known.
    """
    checked: set[frozenset[tuple[str, str | None]]] = set()
    asked = []
    with tempfile.TemporaryDirectory(prefix="torc-") as directory:
        for scheduler in schedulers:
            job = BatchJob(
                workflow_id=WorkflowId(scheduler.workflow_id),
                scheduler=scheduler,
                defaults=defaults,
                prefix=options.job_prefix,
                output_dir=str(options.directory),
                url="http://localhost",
                comment="torc:check",
            )
            stated_options = parse_directives(write_script(job))
            names = frozenset(
                (name, value) for name, value in stated_options.items() if name not in _AMOUNTS
            )
            if names not in checked:
                check_batch(slurm, job, directory=Path(directory))
                checked.add(names)
            asked.append(_time_asked(slurm, scheduler, stated_options))
    return _too_long(slurm, asked)


def _time_asked(slurm: Slurm, scheduler: SlurmScheduler, options: Options) -> TimeAsked:
    named = options.get("partition") or slurm.environ.get("SBATCH_PARTITION") or ""
    return TimeAsked(
        scheduler=scheduler.name or f"scheduler {scheduler.id}",
        partitions=tuple(filter(None, named.split(","))),
        walltime=options.get("time") or "",
    )


def _too_long(slurm: Slurm, asked: list[TimeAsked]) -> tuple[BeyondLimit, ...]:
    """Return what is longer than its partition allows; nothing if Slurm does not say that."""
    try:
        partitions = slurm.partitions()
        limits, default = limits_of(partitions), default_partition(partitions)
        if any(not each.partitions for each in asked) and _chooses_partitions(slurm):
            default = None
        return beyond_limits(asked, limits, default)
    except TorcError:
        return ()


def _chooses_partitions(slurm: Slurm) -> bool:
    """Return whether the site may send requests without a partition to another than the default."""
    return stated(parse_settings(slurm.config()).get("JobSubmitPlugins", "")) is not None

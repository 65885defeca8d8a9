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
from torc_core.hpc.slurm.batch.script import BatchJob
from torc_core.hpc.slurm.batch.submit import check_batch
from torc_core.hpc.slurm.programs.calls import Slurm
from torc_core.model.ids import WorkflowId
from torc_core.model.resources import SlurmScheduler
from torc_core.operations.slurm.submission.site import SiteOptions

_MOST = 20
"""Schedulers that are looked at; each costs a call of sbatch."""


def check_schedulers(
    slurm: Slurm,
    schedulers: Iterable[SlurmScheduler],
    defaults: Mapping[str, Any],
    options: SiteOptions,
) -> None:
    """Refuse schedulers with a value that cannot be submitted, or a name that Slurm does not know.

    Args:
        slurm: The programs of the cluster.
        schedulers: Those that actions refer to.
        defaults: The workflow's `slurm_defaults`.
        options: What the user chose for its workers.

    Raises:
        UsageError: One has such a value; or its account, partition or QOS is not known.
    """
    with tempfile.TemporaryDirectory(prefix="torc-") as directory:
        for scheduler in list(schedulers)[:_MOST]:
            job = BatchJob(
                workflow_id=WorkflowId(scheduler.workflow_id),
                scheduler=scheduler,
                defaults=defaults,
                prefix=options.job_prefix,
                output_dir=str(options.directory),
                url="http://localhost",
                comment="torc:check",
            )
            try:
                check_batch(slurm, job, directory=Path(directory))
            except TorcError as error:
                if error.details.get("program") is not None:  # its words do not say which one
                    error.message = f"Slurm scheduler {scheduler.name!r}: {error.message}"
                raise

"""What Slurm's accounting says of the steps of jobs, recorded at the server as their statistics.

Steps are named after their attempts, so that nothing has to be kept here: what was missed, since a
worker was killed, the next one of the allocation records.

Hundreds of workers may have one accounting: each asks seldom, at moments of its own.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager

from torc_core.client import TorcClient
from torc_core.clock import Clock
from torc_core.errors import ConflictError, NoAnswerError, TorcError, UnsupportedError, UsageError
from torc_core.hpc.slurm.allocation import Allocation
from torc_core.hpc.slurm.programs.calls import AccountingDisabled, Slurm
from torc_core.hpc.slurm.programs.parse import stated
from torc_core.hpc.slurm.programs.states import UNFINISHED_PHASES, read_state
from torc_core.hpc.slurm.programs.steps import parse_cpu_time, parse_size
from torc_core.model.ids import WorkflowId
from torc_core.model.records.slurm import SlurmStats
from torc_core.runner.logs import log
from torc_core.runner.policy.commands.step import owner_of
from torc_core.runner.policy.commands.step_site import StepSite

COLUMNS = (
    *("JobIDRaw", "State", "MaxRSS", "MaxVMSize", "MaxDiskRead", "MaxDiskWrite", "AveCPU"),
    *("NodeList", "JobName"),
)
INTERVAL_S = 600.0
"""On average, from one look to the next while jobs run."""
TIMEOUT_S = 10.0
"""Of a look: an accounting that hangs must not hold the allocation."""
_LAST_LOOKS_S = ((0.5, 2.0), (2.5, 1.0), (3.0, 1.0))
"""At the end, the pauses before the looks: the least, and what may be added. Accounting lags behind
by up to 5 s."""


def step_site(
    environ: Mapping[str, str], allocation: Allocation, *, shares_cpus: bool
) -> StepSite | None:
    """Return where jobs can be steps; None if srun is not on PATH."""
    path = environ.get("PATH", os.defpath)
    srun, scancel = (shutil.which(program, path=path) for program in ("srun", "scancel"))
    node = environ.get("SLURMD_NODENAME")
    if srun is None or scancel is None or node is None:
        return None
    return StepSite(
        srun=srun,
        scancel=scancel,
        slurm_job_id=allocation.slurm_job_id,
        node=node,
        shares_cpus=shares_cpus,
    )


def read_stats(
    rows: Iterable[Mapping[str, str]], workflow_id: WorkflowId, node: str
) -> tuple[list[SlurmStats], bool]:
    """Return the statistics of steps that have ended, and whether all have. Pure.

    Args:
        rows: Those of `sacct` with `COLUMNS`.
        workflow_id: Whose jobs count.
        node: Whose steps count.
    """
    found = []
    have_ended = True
    for row in rows:
        owner = owner_of(row["JobName"])
        if owner is None or owner.workflow_id != workflow_id or row["NodeList"] != node:
            continue
        if read_state(row["State"]).phase in UNFINISHED_PHASES:
            have_ended = False
            continue
        stats = SlurmStats(
            workflow_id=workflow_id,
            job_id=owner.job_id,
            run_id=owner.run_id,
            attempt_id=owner.attempt_id,
            slurm_job_id=row["JobIDRaw"].partition(".")[0],
            max_rss_bytes=parse_size(row["MaxRSS"]),
            max_vm_size_bytes=parse_size(row["MaxVMSize"]),
            max_disk_read_bytes=parse_size(row["MaxDiskRead"]),
            max_disk_write_bytes=parse_size(row["MaxDiskWrite"]),
            ave_cpu_seconds=parse_cpu_time(row["AveCPU"]),
            node_list=stated(row["NodeList"]),
        )
        found.append(stats)
    return found, have_ended


class StepAccounts:
    """Records the statistics of the steps of one worker.

    Args:
        client: The server.
        workflow_id: The workflow.
        site: Where its steps run.
        slurm: Its programs.
        clock: For the budget of calls.
        jitter: Returns numbers from 0 to 1, at random.
    """

    def __init__(
        self,
        client: TorcClient,
        workflow_id: WorkflowId,
        site: StepSite,
        slurm: Slurm,
        *,
        clock: Clock,
        jitter: Callable[[], float],
    ) -> None:
        self._client = client
        self._workflow_id = workflow_id
        self._site = site
        self._slurm = slurm
        self._clock = clock
        self._jitter = jitter
        self._recorded: set[tuple[int, int, int]] = set()
        self._is_off = False

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Record what ends meanwhile, every ten minutes or so and at the end."""
        is_over = threading.Event()

        def work() -> None:
            while not is_over.wait(INTERVAL_S * (0.5 + self._jitter()) + self._pause_s()):
                if not self._pause_s():
                    self._record()

        thread = threading.Thread(target=work, name="step-accounts", daemon=True)
        thread.start()
        try:
            yield
        finally:
            is_over.set()
            thread.join()
            self._record_last()

    def _pause_s(self) -> float:
        """Return how long the budget leaves no room for a call."""
        now = self._clock.monotonic()
        return max(0.0, self._slurm.budget.next_call(now) - now)

    def _record_last(self) -> None:
        pause = threading.Event()
        for least_s, more_s in _LAST_LOOKS_S:
            if self._is_off:
                return
            pause.wait(least_s + more_s * self._jitter())
            if self._record():
                return

    def _record(self) -> bool:
        """Record what is known by now, and return whether it is no use to look again at once."""
        if self._is_off:
            return True
        try:
            rows = self._slurm.accounting_rows([self._site.slurm_job_id], COLUMNS)
            if isinstance(rows, AccountingDisabled):
                log.info("No statistics of steps: the cluster keeps no accounts")
                self._is_off = True
                return True
            stats, have_ended = read_stats(rows, self._workflow_id, self._site.node)
            for each in stats:
                self._send(each)
        except TorcError as error:
            log.warning("Statistics of steps were not recorded", error=error)
            self._slurm.budget.failed(self._clock.monotonic())
            return isinstance(error, NoAnswerError)
        self._slurm.budget.answered()
        return have_ended

    def _send(self, stats: SlurmStats) -> None:
        key = stats.job_id, stats.run_id, stats.attempt_id
        if key in self._recorded:
            return
        try:
            self._client.create_slurm_stats(stats)
        except ConflictError:
            pass  # another worker of the allocation was faster, or this one's predecessor
        except (UsageError, UnsupportedError) as error:
            log.warning("Statistics of a step were refused", job_id=stats.job_id, error=error)
        self._recorded.add(key)

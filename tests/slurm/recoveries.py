"""Recoveries of many workflows side by side, and how their jobs ended."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from msgspec.structs import replace
from operations.recovery.wanted import request
from slurm.cluster.cluster import Cluster
from slurm.outcomes import NEEDS, Watched

from torc_core.clock import SystemClock
from torc_core.errors import TorcError
from torc_core.host.connect import Connection
from torc_core.hpc.slurm.programs.budget import Budget
from torc_core.hpc.slurm.programs.calls import Slurm
from torc_core.operations.recovery.options import RecoveryOptions
from torc_core.operations.recovery.procedure.outcome import Recovered, Verdict
from torc_core.operations.recovery.recover import recover
from torc_core.units import parse_duration, parse_memory

_SIDE_BY_SIDE = 6


class Attempts(NamedTuple):
    """What the server says of the jobs of a workflow."""

    jobs: Mapping[str, str]
    """Status by name."""
    results: Mapping[tuple[str, int, int], tuple[str, int | None]]
    """Status and return code by job, run and attempt."""
    run_id: int

    def after_recovery(self) -> Attempts:
        """Return the same once each job that had not completed has, in one attempt more."""
        is_new_run = bool(set(self.jobs.values()) - {"completed", "ready"})
        run_id = self.run_id + is_new_run
        results = dict(self.results)
        for name, status in self.jobs.items():
            lost = [attempt for job, _, attempt in self.results if job == name]
            attempt = 1 + max(lost, default=0) if status == "ready" else 1
            if status != "completed":
                results[name, run_id, attempt] = ("completed", 0)
        return Attempts(dict.fromkeys(self.jobs, "completed"), results, run_id)


def attempts_of(watched: Watched) -> Attempts:
    """Ask the server."""
    client, number = watched.client, watched.site.flow.id
    jobs = {job.id: job for job in client.list_jobs(number).items}
    results = client.list_results(number, all_runs=True).items
    found = {
        (jobs[each.job_id].name, each.run_id, each.attempt_id): (str(each.status), each.return_code)
        for each in results
    }
    assert len(found) == len(results)
    return Attempts(
        {job.name: str(job.status) for job in jobs.values()},
        found,
        client.get_workflow_status(number).run_id,
    )


def raised_by(watched: Watched) -> frozenset[str]:
    """Return which amounts that jobs state have become more."""
    found = watched.client.list_resource_requirements(watched.site.flow.id).items
    [now] = [each for each in found if each.name == NEEDS]
    memory, runtime = watched.case.needs
    raised = {
        "memory": parse_memory(now.memory) > parse_memory(memory),
        "runtime": parse_duration(now.runtime) > parse_duration(runtime),
    }
    return frozenset(name for name, is_more in raised.items() if is_more)


def recover_all(
    cluster: Cluster, watched: Mapping[str, Watched], **options: object
) -> dict[str, Recovered | str]:
    """Recover workflows side by side, and return how each went, or why it was refused."""
    programs = Slurm(SystemClock(), Budget(10_000), environ=cluster.environ)

    def one(each: Watched) -> Recovered | str:
        connection = Connection(each.client, is_embedded=False)
        wanted = request(each.site.flow.id, str(each.site.output))
        wanted = replace(wanted, options=RecoveryOptions(**options))
        try:
            return recover(connection, programs, wanted)
        except TorcError as error:
            return error.message

    with ThreadPoolExecutor(_SIDE_BY_SIDE) as threads:
        return dict(zip(watched, threads.map(one, watched.values()), strict=True))


def verdicts_of(done: Mapping[str, Recovered | str]) -> dict[str, Verdict | str]:
    """Return what was found at the outset of each, or why it was refused."""
    return {name: each if isinstance(each, str) else each.verdict for name, each in done.items()}

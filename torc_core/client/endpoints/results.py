"""Results."""

from __future__ import annotations

from typing import Unpack

from torc_core.client.filters import ResultFilters, SlurmStatsFilters
from torc_core.client.request import LONG_S, Endpoints
from torc_core.model.ids import ResultId, WorkflowId
from torc_core.model.page import Page
from torc_core.model.records.slurm import SlurmStats
from torc_core.model.result import Result, Results


class ResultEndpoints(Endpoints):
    """Operations on the results of attempts."""

    def list_results(
        self, workflow_id: WorkflowId, **filters: Unpack[ResultFilters]
    ) -> Page[Result]:
        """Return a page of results, the latest of each job unless `all_runs`."""
        path = "/results"
        return self._list(path, Page[Result], filters, ResultFilters, workflow_id)

    def create_result(self, result: Result) -> Result:
        """Create a result by itself; attempts are normally completed by `complete_job`."""
        return self._post("/results", Result, result)

    def create_results(self, results: list[Result]) -> list[Result]:
        """Create results of one workflow together; returned in the same order."""
        body = Results(results=results)
        return self._post("/bulk_results", Results, body, timeout_s=LONG_S).results

    def create_slurm_stats(self, stats: SlurmStats) -> SlurmStats:
        """Record what Slurm's accounting says of an attempt; a second time is a conflict."""
        return self._post("/slurm_stats", SlurmStats, stats)

    def list_slurm_stats(
        self, workflow_id: WorkflowId, **filters: Unpack[SlurmStatsFilters]
    ) -> Page[SlurmStats]:
        """Return a page of what Slurm's accounting says of attempts."""
        return self._list("/slurm_stats", Page[SlurmStats], filters, SlurmStatsFilters, workflow_id)

    def get_result(self, result_id: ResultId) -> Result:
        """Return one result."""
        return self._get(f"/results/{result_id}", Result)

    def delete_result(self, result_id: ResultId) -> Result:
        """Delete one result."""
        return self._delete(f"/results/{result_id}", Result)

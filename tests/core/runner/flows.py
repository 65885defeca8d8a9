"""A workflow under test, and a runner on a thread."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from torc_core.client import TorcClient
from torc_core.model.job import Job
from torc_core.model.result import Result
from torc_core.model.workflow import Workflow
from torc_core.operations.lifecycle.initialize import initialize_workflow
from torc_core.operations.lifecycle.start import start_workflow
from torc_core.operations.reporter import SILENT
from torc_core.runner.policy.options import RunnerOptions
from torc_core.runner.policy.summary import RunSummary
from torc_core.runner.runner import Runner


class Flow:
    """A workflow under test."""

    def __init__(self, client: TorcClient, output_dir: Path, **settings: object) -> None:
        self.client = client
        self.output_dir = output_dir
        self.id = client.create_workflow(Workflow(name="w", user="tester", **settings)).id or 0

    def add(self, command: str, **fields: object) -> int:
        """Add a job and return its id."""
        name = str(fields.pop("name", f"j{threading.get_ident()}"))
        job = Job(workflow_id=self.id, name=name, command=command, **fields)
        return self.client.create_job(job).id or 0

    def options(self, **settings: object) -> RunnerOptions:
        plain = {"num_cpus": 4, "memory_gb": 4.0, "num_gpus": 0, "wait_for_new_jobs_s": 0.0}
        return RunnerOptions(
            workflow_id=self.id, output_dir=str(self.output_dir), **{**plain, **settings}
        )

    def run(self, **settings: object) -> RunSummary:
        """Run it to its end."""
        return self.run_uninitialized(workflow_run_id=self.start(), **settings)

    def run_uninitialized(self, **settings: object) -> RunSummary:
        """Run it as it is."""
        return Runner(self.client, self.options(**settings)).run()

    def initialize(self) -> None:
        initialize_workflow(self.client, self.id)

    def start(self) -> int | None:
        """Start it as an interface does before a run, and return the record of that."""
        workflow = self.client.get_workflow(self.id)
        is_new = self.client.is_workflow_uninitialized(self.id)
        return start_workflow(self.client, workflow, SILENT, is_new=is_new, force=False)

    def status(self, job_id: int) -> str:
        return str(self.client.get_job(job_id).status)

    def result(self, job_id: int) -> Result:
        """Return the only result of a job."""
        (result,) = self.client.list_results(self.id, job_id=job_id, all_runs=True).items
        return result

    def codes(self, job_id: int) -> dict[int, int]:
        """Return the return codes of all attempts of a job, by their numbers."""
        found = self.client.list_results(self.id, job_id=job_id, all_runs=True).items
        codes = {result.attempt_id: result.return_code for result in found}
        assert len(codes) == len(found)
        return codes

    def stdio(self, job_id: int, ending: str = "o", run: int = 1, attempt: int = 1) -> str:
        name = f"job_wf{self.id}_j{job_id}_r{run}_a{attempt}.{ending}"
        return (self.output_dir / "job_stdio" / name).read_text()


class RunnerThread:
    """A runner that works while a test does something to it."""

    def __init__(self, client: TorcClient, options: RunnerOptions) -> None:
        self.runner = Runner(client, options)
        self.summary: RunSummary | None = None
        self.error: Exception | None = None
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def _work(self) -> None:
        try:
            self.summary = self.runner.run()
        except Exception as error:  # noqa: BLE001 - handed to the test
            self.error = error

    @property
    def is_running(self) -> bool:
        return self._thread.is_alive()

    def wait(self, timeout_s: float = 100.0) -> RunSummary:
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            self.runner.stop()
            self.runner.stop()
            pytest.fail("the runner does not leave")
        if self.error is not None:
            raise self.error
        assert self.summary is not None
        return self.summary

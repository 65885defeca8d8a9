"""The keys that end a job, with a server of the reference, which has no single job stopped."""

from __future__ import annotations

import re

import pytest
from tui.driving import interface
from waiting import wait_for

from torc_core.model.compute import ComputeNode
from torc_core.model.job import Job
from torc_core.model.status import JobStatus
from torc_core.model.workflow import Workflow


@pytest.fixture
def running(there):
    """A job that a runner has."""
    workflow = there.create_workflow(Workflow(name="endless", user="tester"))
    own = {"workflow_id": workflow.id}
    job = there.create_job(Job(**own, name="sleeper", command="sleep 3000"))
    there.initialize_jobs(workflow.id)
    node = there.create_compute_node(
        ComputeNode(**own, hostname="h", pid=1, start_time="2026-01-01T00:00:00.000Z",
            num_cpus=1, memory_gb=1.0, num_gpus=0, num_nodes=1, compute_node_type="local")
    )  # fmt: skip
    wait_for(lambda: there.claim_next_jobs(workflow.id, 1).jobs, "the claim of the job")
    return there.start_job(job.id, 0, node.id)


@pytest.mark.parametrize("key", ["c", "t"])
async def test_a_job_that_runs_is_left_alone_and_the_key_that_stops_all_is_named(
    there, reference, tmp_path, monkeypatch, running, key
):
    monkeypatch.chdir(tmp_path)
    async with interface(reference.url, (140, 30)) as driver:
        await driver.open("endless")
        await driver.wait_for(lambda: re.search(r"sleeper +▶ running +1 +- ", driver.seen()))
        await driver.press(key)
        await driver.wait_for(lambda: "their processes would run on." in said(driver))
        assert "To stop all jobs of the workflow: press C" in said(driver)
        await driver.press("q", "C")
        await driver.wait_for(f"Cancel WORKFLOW #{running.workflow_id} endless?")
        await driver.press("n")

    assert there.get_job(running.id).status is JobStatus.RUNNING


def said(driver) -> str:
    """What is seen, however it is broken into lines."""
    return " ".join(driver.seen().split())

"""All about a job and about a result, with names in place of ids."""

from __future__ import annotations

import json
import time

import pytest
from nodes import compute_node
from tui.driving import interface

from torc_core.model.artifact import File, UserData
from torc_core.model.job import Job
from torc_core.model.resources import FailureHandler, ResourceRequirements, SlurmScheduler
from torc_core.model.result import Result
from torc_core.model.status import JobStatus
from torc_core.model.workflow import Workflow
from torc_tui.state.texts.job import job_text
from torc_tui.theme import QUIET

YEAR = time.strftime("%Y")
"""Moments of another year are shown with it."""


def add_node(client, workflow_id):
    return client.create_compute_node(
        compute_node(workflow_id=workflow_id, hostname="n1", start_time="2026-03-01T11:00:00.000Z")
    ).id


def add_result(client, workflow_id, job_id, node, run=1, code=3, **fields):
    return client.create_result(
        Result(
            job_id=job_id, workflow_id=workflow_id, run_id=run, attempt_id=1,
            compute_node_id=node, return_code=code, exec_time_minutes=1.5,
            completion_time=f"{YEAR}-03-01T12:00:00.000Z", status="failed", **fields,
        )
    )  # fmt: skip


@pytest.fixture
def workflow_id(make_workflow):
    return make_workflow("told", 1)


def test_a_job_is_told_in_names(client, workflow_id):
    needs = client.create_resource_requirements(
        ResourceRequirements(
            workflow_id=workflow_id, name="big", num_cpus=4, num_gpus=1, memory="8g",
            runtime="PT1H", num_nodes=1,
        )
    )  # fmt: skip
    rules = json.dumps([{"exit_codes": [137], "max_retries": 2}])
    handler = client.create_failure_handler(
        FailureHandler(workflow_id=workflow_id, name="again", rules=rules)
    )
    scheduler = client.create_slurm_scheduler(
        SlurmScheduler(
            workflow_id=workflow_id, name="short", account="astro", partition="debug", nodes=1,
            walltime="01:00:00",
        )
    )  # fmt: skip
    files = [
        client.create_file(File(workflow_id=workflow_id, name=f"f{n}", path=f"f{n}"))
        for n in range(42)
    ]
    data = client.create_user_data(UserData(workflow_id=workflow_id, name="settings", data=1))
    first = client.list_jobs(workflow_id).items[0]
    job = client.create_job(
        Job(
            workflow_id=workflow_id, name="fit", command="fit --all", invocation_script="#!/bin/sh",
            depends_on_job_ids=[first.id], input_file_ids=[files[0].id],
            output_file_ids=[file.id for file in files[1:]], input_user_data_ids=[data.id],
            resource_requirements_id=needs.id, cancel_on_blocking_job_failure=False,
            failure_handler_id=handler.id, scheduler_id=scheduler.id, on_lost="fail",
        )
    )  # fmt: skip
    fresh, facts = job_text(client, job.id)
    names = ", ".join(file.name for file in files[1:21])

    assert fresh.name == "fit"
    assert facts == [
        ("Job", f"{job.id}  fit", "bold"),
        ("Status", "· uninitialized   attempt 1", QUIET),
        ("Command", "fit --all", ""),
        ("Invocation", "#!/bin/sh", ""),
        ("Depends on", f"1 job: {first.name}", ""),
        ("Reads", "1 file: f0", ""),
        ("Writes", f"41 files: {names} and 21 more", ""),
        ("Reads data", "1 record: settings", ""),
        ("Needs", "big: 4 CPUs, 1 GPU, 8 GiB of memory, 1 hour", ""),
        ("Scheduler", "short: account astro, partition debug", ""),
        ("Handler", "again: 137: 2 attempts", ""),
        ("On failure", "runs even if a job that it depends on fails", ""),
        ("If lost", "it fails when an attempt is lost with its node", ""),
    ]
    brief = [name for name, _, _ in job_text(client, job.id, is_brief=True)[1]]
    assert brief == ["Job", "Status", "Command", "Invocation", "Needs", "On failure", "If lost"]


def test_a_job_that_runs_says_since_when(client, workflow_id):
    job = client.list_jobs(workflow_id).items[0]
    client.initialize_jobs(workflow_id)
    assert "Started" not in dict(fact[:2] for fact in job_text(client, job.id)[1])
    client.claim_next_jobs(workflow_id, 1)
    client.start_job(job.id, 0, add_node(client, workflow_id))

    told = dict(fact[:2] for fact in job_text(client, job.id)[1])

    assert told["Started"].count(":") == 2


@pytest.mark.usefixtures("in_paris")
@pytest.mark.parametrize(
    ("peaks", "text"),
    [
        ({}, "✗ failed, exit code 3, 1m 30s"),
        ({"code": 139}, "✗ failed, exit code 139 (segmentation fault, SIGSEGV), 1m 30s"),
        (
            {"peak_memory_bytes": 2 << 30, "peak_cpu_percent": 149.6},
            "✗ failed, exit code 3, 1m 30s, peak 2.0 GiB, 150% CPU",
        ),
    ],
)
def test_results_of_a_job_are_told_the_latest_first(client, workflow_id, peaks, text):
    job = client.list_jobs(workflow_id).items[0]
    node = add_node(client, workflow_id)
    for run in (1, 2):
        add_result(client, workflow_id, job.id, node, run, **peaks)
    results = [fact for fact in job_text(client, job.id)[1] if fact[0].startswith("Run ")]

    assert [name for name, _, _ in results] == ["Run 2.1", "Run 1.1"]
    assert results[0][1:] == (f"{text}, 03-01 13:00:00, on n1", "red")


def test_a_canceled_job_names_the_one_that_failed(client):
    workflow_id = client.create_workflow(Workflow(name="chain", user="tester")).id
    ids = []
    for name in ("first", "second", "third"):
        job = Job(workflow_id=workflow_id, name=name, command="c", depends_on_job_ids=ids[-1:])
        ids.append(client.create_job(job).id)
    client.initialize_jobs(workflow_id)
    node = add_node(client, workflow_id)
    failed = Result(
        job_id=ids[0], workflow_id=workflow_id, run_id=0, compute_node_id=node, return_code=139,
        exec_time_minutes=1.0, completion_time="2026-03-01T12:00:00.000Z", status="failed",
    )  # fmt: skip
    client.complete_job(ids[0], JobStatus.FAILED, 0, failed)

    def why(job_id):
        return dict(fact[:2] for fact in job_text(client, job_id)[1])["Why"]

    assert why(ids[0]) == "segmentation fault, SIGSEGV"
    assert why(ids[2]) == f"canceled because of job {ids[0]} (first), which failed"
    client.delete_workflow(workflow_id)


def test_a_job_canceled_by_a_user_says_so(client, workflow_id):
    job = client.list_jobs(workflow_id).items[0]
    client.manage_status_change(job.id, JobStatus.CANCELED, 0)

    facts = {name: value for name, value, _ in job_text(client, job.id)[1]}
    assert facts["Why"] == "canceled by a user, or with its workflow"


async def test_a_result_is_told_with_the_names_of_job_and_node(server, client, make_workflow):
    workflow_id = make_workflow("resulting", 1)
    job = client.list_jobs(workflow_id).items[0]
    add_result(client, workflow_id, job.id, add_node(client, workflow_id), code=139)
    async with interface(server.url) as ui:
        await ui.open("resulting")
        await ui.press("tab", "tab", "tab")
        await ui.wait_for("[Results]")
        await ui.wait_for("139")
        await ui.wait_for(job.name)
        await ui.press("enter")
        await ui.wait_for("Exit code   139   segmentation fault, SIGSEGV")
        await ui.wait_for(f"{job.id}  {job.name}")
        await ui.wait_for("Node        n1")

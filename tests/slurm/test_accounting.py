"""`torc slurm sacct` and `torc slurm parse-logs`, of what real allocations left behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from forks.processes import run as run_program
from slurm.workers import Site
from waiting import wait_for

from torc_core.hpc.slurm.programs.states import read_state
from torc_core.model.compute import ScheduledComputeNode
from torc_core.model.workflow import Workflow
from torc_core.operations.slurm.accounting import not_accounted

UNKNOWN = 7_999_999
"""An id that no cluster has used."""


@pytest.fixture
def torc(server, tmp_path, monkeypatch):
    """Run `torc` in a directory of the test's own."""
    monkeypatch.setenv("TORC_API_URL", server.url)

    def run(*arguments, **environ):
        return run_program(
            [sys.executable, "-m", "torc_tui", *map(str, arguments)],
            cwd=tmp_path,
            env=os.environ | environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=250,
            check=False,
        )

    return run


@pytest.fixture
def workflow(client):
    return client.create_workflow(Workflow(name="w", user="tester")).id


@pytest.fixture
def requested(client, workflow):
    """Note that allocations were requested for the workflow."""

    def note(*slurm_job_ids, **fields):
        for number in slurm_job_ids:
            client.create_scheduled_compute_node(
                ScheduledComputeNode(
                    workflow_id=workflow, scheduler_id=number, scheduler_config_id=1,
                    scheduler_type="slurm", status="complete", **fields,
                )
            )  # fmt: skip

    return note


def wait_for_record(cluster, job, state):
    asking = ("sacct", "--noheader", "--parsable2", "--allocations", "--format=State")
    wait_for(
        lambda: cluster.run(*asking, f"--jobs={job}").stdout.startswith(state),
        f"{job} to be {state}",
    )


def test_an_allocation_and_its_steps_are_summarized(slurm, torc, workflow, requested, output):
    job = slurm.submit("srun --job-name=worker_1 sleep 1; exit 3", f"--output={output}/out")
    held = slurm.submit("true", "--hold")
    requested(job, held)
    slurm.wait_for_end(job)
    slurm.run("scancel", str(held))
    wait_for_record(slurm, job, "FAILED")
    wait_for_record(slurm, held, "CANCELLED")

    answer = torc("-f", "json", "slurm", "sacct", workflow)
    table = torc("slurm", "sacct", workflow).stdout.splitlines()

    assert answer.returncode == 0, answer.stderr
    found = json.loads(answer.stdout)
    assert (found["total_slurm_jobs"], found["errors"]) == (2, [])
    rows = {(row["slurm_job_id"], row["step_id"]): row for row in found["summary"]}
    assert rows.keys() == {(job, None), (job, "batch"), (job, "0"), (held, None)}
    ends = {step: (row["state"], row["exit_code"]) for (_, step), row in rows.items() if step}
    assert ends == {"batch": ("FAILED", 3), "0": ("COMPLETED", 0)}
    step = rows[job, "0"]
    assert step["job_step"] == "worker_1"
    assert step["nodes"] in slurm.nodes
    assert step["elapsed_seconds"] >= 1
    assert step["max_rss_bytes"] > 0
    assert step["cpu_time_seconds"] >= 0
    assert (rows[held, None]["state"], rows[held, None]["nodes"]) == ("CANCELLED", None)
    heading = "SLURM JOB JOB STEP STATE EXIT CODE ELAPSED MAX RSS CPU TIME NODES"
    assert " ".join(table[0].split()) == heading
    assert table[-1] == f"2 job steps of 2 Slurm jobs of workflow {workflow}."


def test_each_time_that_a_requeued_allocation_ran_has_its_lines(slurm, torc, workflow, requested):
    job = slurm.submit("exec sleep 1000", "--requeue")
    requested(job)
    slurm.wait_for_state(job, "RUNNING")
    slurm.run("scontrol", "requeue", str(job))
    wait_for(lambda: slurm.show(job)["Restarts"] == "1", "the restart")
    slurm.wait_for_state(job, "RUNNING")
    slurm.run("scancel", str(job))
    slurm.wait_for_end(job)
    wait_for_record(slurm, job, "CANCELLED")

    found = json.loads(torc("-f", "json", "slurm", "sacct", workflow).stdout)

    steps = [(row["step_id"], row["state"]) for row in found["summary"]]
    assert [state for step, state in steps if step is None] == ["REQUEUED", "CANCELLED"], steps
    assert [step for step, _ in steps].count("batch") == 2
    assert found["errors"] == []


def test_all_that_slurm_knows_is_saved_for_each_allocation(
    slurm, torc, workflow, requested, tmp_path
):
    jobs = [slurm.submit("true", f"--output={tmp_path}/out") for _ in range(2)]
    requested(*jobs)
    for job in jobs:
        slurm.wait_for_end(job)
        wait_for_record(slurm, job, "COMPLETED")

    answer = torc("-f", "json", "slurm", "sacct", workflow, "--save-json", "-o", "new/place")

    assert answer.returncode == 0, answer.stderr
    files = [tmp_path / "new" / "place" / f"sacct_{job}.json" for job in jobs]
    assert json.loads(answer.stdout)["saved_files"] == [f"new/place/{file.name}" for file in files]
    for job, file in zip(jobs, files, strict=True):
        assert file.stat().st_mode & 0o777 == 0o600
        (record,) = json.loads(file.read_text())["jobs"]
        assert (record["job_id"], record["steps"][0]["step"]["name"]) == (job, "batch")


def test_an_allocation_of_which_slurm_knows_nothing_is_an_error_of_its_own(
    slurm, torc, workflow, requested, tmp_path
):
    job = slurm.submit("true", f"--output={tmp_path}/out")
    requested(UNKNOWN, job)
    requested(job + 1, slurm_cluster="there")
    slurm.wait_for_end(job)
    wait_for_record(slurm, job, "COMPLETED")

    answer = torc("-f", "json", "slurm", "sacct", workflow)
    said = torc("slurm", "sacct", workflow)

    assert answer.returncode == 0, answer.stderr
    found = json.loads(answer.stdout)
    assert {row["slurm_job_id"] for row in found["summary"]} == {job}
    assert [(each["slurm_job_id"], each["reason"]) for each in found["errors"]] == [
        (UNKNOWN, "unknown"),
        (job + 1, "elsewhere"),
    ]
    assert f"warning: Slurm job {UNKNOWN}: this cluster does not know it" in said.stderr
    assert f"warning: Slurm job {job + 1}: it is in cluster there" in said.stderr


def test_one_that_is_in_the_queue_is_not_unknown():
    found = not_accounted(7, read_state("RUNNING"), None)

    assert (found.reason, found.message.partition(";")[0]) == ("not_yet", "Slurm job 7: RUNNING")


def test_a_workflow_without_allocations_needs_no_slurm(torc, workflow):
    answer = torc("slurm", "sacct", workflow, PATH="")

    assert (answer.returncode, answer.stdout) == (0, f"Workflow {workflow} has no Slurm jobs.\n")


def test_without_slurm_the_message_says_what_was_looked_for(torc, workflow, requested):
    requested(UNKNOWN)

    answer = torc("slurm", "sacct", workflow, PATH="/nowhere")

    assert (answer.returncode, answer.stdout) == (9, "")
    assert "There is no sacct on PATH" in answer.stderr


def test_a_cluster_without_accounting_is_not_one_that_does_not_know(
    start_cluster, torc, workflow, requested
):
    cluster = start_cluster(nodes=1, accounting=False)
    requested(cluster.submit("true"))

    answer = torc("slurm", "sacct", workflow, **cluster.variables)

    assert (answer.returncode, answer.stdout) == (9, "")
    assert "keeps no accounts" in answer.stderr
    assert f"hint: What the allocations wrote tells more: torc slurm parse-logs {workflow}" in (
        answer.stderr
    )


def test_accounting_that_does_not_answer_may_be_asked_again(
    start_cluster, torc, workflow, requested
):
    cluster = start_cluster(nodes=1)
    requested(cluster.submit("true"))
    cluster.stop_accounting()

    answer = torc("slurm", "sacct", workflow, **cluster.variables)

    assert (answer.returncode, answer.stdout) == (6, "")
    assert "accounting does not answer" in answer.stderr


def test_files_that_cannot_be_written_are_an_error(slurm, torc, workflow, requested, tmp_path):
    job = slurm.submit("true", f"--output={tmp_path}/out")
    requested(job)
    slurm.wait_for_end(job)
    (tmp_path / "file").touch()

    answer = torc("slurm", "sacct", workflow, "--save-json", "-o", "file/below")

    assert (answer.returncode, answer.stdout) == (9, "")
    assert "file/below" in answer.stderr


def test_a_job_that_was_killed_for_its_memory_is_named_with_all_its_logs(
    slurm, client, torc, output
):
    site = Site(slurm, client, output)
    need = site.need("big", memory="450m")
    hog = "python3 -c 'x = bytearray(900_000_000)'"
    killed = site.flow.add(hog, name="hog", resource_requirements_id=need)
    site.flow.add("true", name="fine")
    site.flow.start()
    job = site.submit()
    slurm.wait_for_end(job)
    wait_for_record(slurm, job, slurm.state(job))

    parsed = json.loads(torc("-f", "json", "slurm", "parse-logs", site.flow.id).stdout)
    report = json.loads(torc("reports", "results", site.flow.id).stdout)
    accounts = json.loads(torc("-f", "json", "slurm", "sacct", site.flow.id).stdout)

    memory = [each for each in parsed["issues"] if "emory" in each["pattern_description"]]
    assert memory
    for issue in memory:
        assert issue["affected_jobs"] == [{"job_id": killed, "job_name": "hog"}]
        assert issue["node"] in slurm.nodes or not slurm.layout.machine.namespaces
    result = next(each for each in report["results"] if each["job_id"] == killed)
    logs = ("job_stderr", "job_runner_log", "slurm_stdout", "slurm_stderr", "slurm_env_log")
    assert all((output / result[name]).is_file() for name in (*logs, "dmesg_log"))
    assert result["slurm_job_id"] == job
    assert (accounts["total_slurm_jobs"], accounts["summary"][0]["slurm_job_id"]) == (1, job)


def test_what_slurm_writes_of_a_lost_job_is_recognized(slurm, torc, workflow, requested, tmp_path):
    (tmp_path / "output").mkdir()
    stem = f"{tmp_path}/output/slurm_output_wf{workflow}_sl%j"
    options = (f"--output={stem}.o", f"--error={stem}.e")
    hungry = slurm.submit("python3 -c 'x = bytearray(400_000_000)'", "--mem=60", *options)
    canceled = slurm.submit("sleep 1000", *options)
    requested(hungry, canceled)
    slurm.wait_for_state(canceled, "RUNNING")
    slurm.run("scancel", str(canceled))
    slurm.wait_for_end(canceled)
    slurm.wait_for_end(hungry)

    answer = torc("-f", "json", "slurm", "parse-logs", workflow)

    assert answer.returncode == 0, answer.stderr
    found = {
        (each["slurm_job_id"], each["severity"]) for each in json.loads(answer.stdout)["issues"]
    }
    patterns = {
        (each["slurm_job_id"], each["pattern_description"])
        for each in json.loads(answer.stdout)["issues"]
    }
    memory = (
        "Out of Memory (OOM) Kill"
        if slurm.layout.machine.control_groups
        else "Memory limit exceeded"
    )
    assert (hungry, memory) in patterns
    assert (hungry, "critical") in found
    assert {pattern for job, pattern in patterns if job == canceled} == {"Slurm cancellation"}

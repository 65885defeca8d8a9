"""Further allocations for a workflow, and the end of all of them."""

from __future__ import annotations

import json

from slurm.submissions import HELD, SMALL
from waiting import wait_for

LONG = f"""\
name: long
{SMALL}
slurm_schedulers:
  - {{name: runs, account: project, walltime: "00:10:00", mem: 100M}}
  - {{name: waits, account: project, walltime: "00:10:00", mem: 100M, extra: --hold}}
jobs:
  - {{name: a, command: exec sleep 1000, resource_requirements: small}}
actions:
  - {{trigger_type: on_workflow_start, action_type: schedule_nodes, scheduler: runs,
      num_allocations: 1}}
  - {{trigger_type: on_workflow_start, action_type: schedule_nodes, scheduler: waits,
      num_allocations: 1}}
"""


def test_allocations_end_with_the_workflow_that_is_canceled(desk):
    workflow_id = desk.submit(LONG)
    (job,) = desk.client.list_jobs(workflow_id).items
    wait_for(lambda: desk.client.get_job(job.id).status == "running", "the job to run", 250)

    done = desk.torc("-f", "json", "workflows", "cancel", workflow_id)

    assert done.json == {
        "status": "success",
        "workflow_id": workflow_id,
        "canceled_slurm_jobs": 2,
        "errors": [],
    }
    wait_for(lambda: not desk.queued(workflow_id, "PENDING", "RUNNING"), "both to end", 250)
    desk.wait_for_workers(workflow_id)
    assert desk.client.get_job(job.id).status == "canceled"
    again = desk.torc("workflows", "cancel", workflow_id)
    assert (again.code, again.out) == (0, f"Workflow #{workflow_id} long is already canceled.\n")


def test_where_there_is_no_slurm_it_is_said_which_allocations_remain(desk, tmp_path):
    workflow_id = desk.submit(HELD)
    first, second = sorted(desk.queued(workflow_id))
    (tmp_path / "empty").mkdir()

    done = desk.torc(
        *("-f", "json", "workflows", "cancel", workflow_id), PATH=str(tmp_path / "empty")
    )

    assert done.code == 9
    assert json.loads(done.out) == {
        "status": "partial_success",
        "workflow_id": workflow_id,
        "canceled_slurm_jobs": 0,
        "errors": ["There is no Slurm on this machine."],
    }
    again = desk.torc("workflows", "cancel", workflow_id, PATH=str(tmp_path / "empty"))
    assert again.code == 9
    assert f"scancel {first} {second}" in again.out
    assert desk.torc("workflows", "cancel", workflow_id).code == 0
    assert desk.queued(workflow_id, "PENDING") == []


def test_allocations_without_a_record_end_too(desk):
    workflow_id = desk.submit(HELD)
    workflow = desk.client.get_workflow(workflow_id)
    (key, *_) = (each.request_key for each in desk.records(workflow_id))
    unknown = desk.cluster.submit("true", "--hold", f"--comment={key.rpartition(':')[0]}:99")

    done = desk.torc("-f", "json", "workflows", "cancel", workflow.id)

    assert done.json["canceled_slurm_jobs"] == 3
    assert desk.cluster.wait_for_end(unknown) == "CANCELLED"


def test_further_nodes_are_requested_as_they_were_asked_for(desk):
    workflow_id = desk.submit(HELD)

    done = desk.torc(
        *("-f", "json", "slurm", "schedule-nodes", workflow_id, "-n", 3, "-j", "more"),
        *("--keep-submission-scripts", "-o", "elsewhere", "-m", 2),
    )

    added = done.json["slurm_job_ids"]
    assert len(desk.records(workflow_id)) == 5
    assert set(added) < {each.scheduler_id for each in desk.records(workflow_id)}
    assert {desk.cluster.show(number)["JobName"] for number in added} == {f"more_wf{workflow_id}"}
    scripts = list((desk.directory / "elsewhere").glob("slurm_script_*.sh"))
    assert len(scripts) == 3
    assert "--max-parallel-jobs 2" in scripts[0].read_text()


def test_which_scheduler_is_meant_has_to_be_clear(desk):
    desk.torc("workflows", "create", desk.write(LONG))
    desk.torc("workflows", "initialize", 1, "--no-prompts")

    unclear = desk.torc("slurm", "schedule-nodes", 1)
    unknown = desk.torc("slurm", "schedule-nodes", 1, "--scheduler-config-id", 77)

    assert unclear.code == 2
    assert "has 2 Slurm schedulers: 1 (runs), 2 (waits)" in unclear.err
    assert unknown.code == 4
    assert desk.torc("slurm", "schedule-nodes", 1, "--scheduler-config-id", 2).code == 0
    assert [each.scheduler_config_id for each in desk.records(1)][-1] == 2


def test_when_all_allocations_have_ended_it_is_said_what_to_do(desk):
    workflow_id = desk.submit(HELD)
    desk.programs.cancel(desk.queued(workflow_id))
    wait_for(lambda: not desk.queued(workflow_id, "PENDING"), "them to end")

    refused = desk.torc("submit", workflow_id)

    assert refused.code == 5
    assert f"Workflow {workflow_id} has no allocation left: all 2 have ended." in refused.err
    assert f"torc slurm schedule-nodes {workflow_id}" in refused.err
    assert {each.status for each in desk.records(workflow_id)} == {"complete"}


def test_a_controller_that_is_down_is_named(start_cluster, make_desk):
    cluster = start_cluster(nodes=1, accounting=False, message_timeout_s=3)
    desk = make_desk(cluster)
    desk.torc("workflows", "create", desk.write(HELD))
    assert desk.torc("submit", 1).code == 0
    cluster.stop_controller()

    refused = desk.torc("submit", "w.yaml")
    canceled = desk.torc("workflows", "cancel", 1)

    assert (refused.code, canceled.code) == (6, 6)
    assert "Slurm's controller does not answer" in refused.err
    assert "Slurm's controller does not answer" in canceled.out + canceled.err
    assert [each.id for each in desk.client.list_workflows().items] == [1]


def test_the_nodes_of_a_stage_are_requested_when_the_controller_is_back(
    start_cluster, make_desk, tmp_path
):
    cluster = start_cluster(nodes=1, accounting=False, message_timeout_s=3)
    desk = make_desk(cluster)
    go = tmp_path / "go"
    workflow_id = desk.submit(
        f"""\
name: outage
{SMALL}
slurm_schedulers:
  - {{name: first, account: a, walltime: "00:10:00", mem: 100M}}
  - {{name: second, account: a, walltime: "00:10:00", mem: 100M}}
jobs:
  - {{name: a, command: "until [ -e {go} ]; do read -t 0.1 <> <(:); done; true",
     resource_requirements: small}}
  - {{name: b, command: "true", resource_requirements: small, depends_on: [a]}}
actions:
  - {{trigger_type: on_workflow_start, action_type: schedule_nodes, scheduler: first}}
  - {{trigger_type: on_jobs_ready, action_type: schedule_nodes, scheduler: second, jobs: [b]}}
"""
    )
    (job, _) = desk.client.list_jobs(workflow_id).items
    wait_for(lambda: desk.client.get_job(job.id).status == "running", "the job to run", 250)
    cluster.stop_controller()
    go.touch()
    desk.wait_for_completion(workflow_id)
    assert len(desk.records(workflow_id)) == 1
    cluster.start_controller()
    wait_for(lambda: len(desk.records(workflow_id)) == 2, "the nodes of the second stage", 250)
    assert len(desk.queued(workflow_id)) == 2

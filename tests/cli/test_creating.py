"""`torc workflows create`: dry runs, checks that can be skipped, the owner."""

from __future__ import annotations

import pytest

SWEEP = """\
name: sweep
description: A sample
slurm_schedulers: [{name: small, account: a}]
actions: [{trigger_type: on_workflow_start, action_type: schedule_nodes, scheduler: small}]
jobs:
- name: work_{i}
  command: "true"
  scheduler: small
  resource_requirements: {num_cpus: 1, memory: 1g, runtime: PT10M, num_nodes: %d}
  parameters: {i: "1:100"}
- {name: last, command: "true", depends_on_regexes: [work], scheduler: small}
"""


@pytest.fixture
def sweep(tmp_path):
    def write(nodes=1):
        path = tmp_path / "w.yaml"
        path.write_text(SWEEP % nodes)
        return path.name

    return write


def test_a_dry_run_says_what_would_be_created(torc, sweep):
    answer = torc("workflows", "create", sweep(), "--dry-run")

    assert answer.code == 0
    for line in (
        "Workflow: sweep",
        "Description: A sample",
        "  Jobs: 101 (expanded from 2 job specs)",
        "  Dependencies: 100",
        "  Slurm schedulers: 1",
        "Submission: Ready for scheduler submission (has on_workflow_start schedule_nodes action)",
        "Validation: PASSED",
    ):
        assert line in answer.out.splitlines()
    assert "Files" not in answer.out


def test_a_dry_run_for_programs(torc, sweep):
    answer = torc("-f", "json", "workflows", "create", sweep(), "--dry-run")

    assert answer.json.keys() == {"valid", "errors", "warnings", "notes", "summary"}
    summary = answer.json["summary"]
    assert (summary["jobs"], summary["job_entries"]) == (101, 2)
    assert summary["is_ready_for_submission"] is True


def test_a_dry_run_of_a_wrong_file_fails_and_is_one_document(torc, sweep):
    answer = torc("-f", "json", "workflows", "create", sweep(nodes=4), "--dry-run")

    assert answer.code == 2
    assert answer.json["valid"] is False
    assert '"work_1" needs 4 nodes' in answer.json["errors"][0]
    assert answer.json["summary"] is None


def test_without_a_request_for_nodes_it_is_not_ready_for_submission(torc, tmp_path):
    (tmp_path / "w.yaml").write_text("name: w\njobs: [{name: a, command: x}]\n")

    answer = torc("workflows", "create", "w.yaml", "--dry-run")

    assert "Submission: Not ready for scheduler submission" in answer.out
    assert "  Jobs: 1\n" in answer.out


def test_skipped_checks_create_the_workflow_all_the_same(torc, client, sweep):
    refused = torc("workflows", "create", sweep(nodes=4))
    assert refused.code == 2
    assert "nothing was created" in refused.err

    created = torc("-f", "json", "workflows", "create", sweep(nodes=4), "--skip-checks")

    assert '"work_1" needs 4 nodes' in created.err
    assert created.json["id"] == created.json["workflow_id"]
    assert client.get_workflow(created.json["id"]).name == "sweep"


def test_another_owner_may_be_named(torc, client, sweep):
    created = torc("-f", "json", "workflows", "create", sweep(), "-u", "ada")

    assert client.get_workflow(created.json["id"]).user == "ada"


def test_warnings_of_a_dry_run_are_part_of_it(torc, sweep):
    answer = torc("workflows", "create", sweep(nodes=4), "--dry-run", "--skip-checks")

    assert "Warnings (1):\n  - w.yaml:" in answer.out
    assert answer.err == ""


def test_what_follows_when_an_attempt_is_lost_is_stated_and_shown(torc, tmp_path):
    text = (
        "name: once\njobs:\n- {name: a, command: 'true', on_lost: fail}\n- {name: b, command: c}\n"
    )
    (tmp_path / "w.yaml").write_text(text)
    workflow_id = torc("-f", "json", "workflows", "create", "w.yaml").json["id"]
    jobs = torc("-f", "json", "jobs", "list", str(workflow_id)).json["jobs"]
    assert [job.get("on_lost") for job in jobs] == ["fail", None]

    (tmp_path / "w.yaml").write_text(text.replace("fail", "fial"))
    refused = torc("workflows", "create", "w.yaml")
    assert (refused.code, "fail" in refused.err, "requeue" in refused.err) == (2, True, True)

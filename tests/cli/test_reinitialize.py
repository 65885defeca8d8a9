"""`torc workflows reinitialize`, and the commands around it: what has changed runs again."""

from __future__ import annotations

import os

import pytest

SPEC = """\
name: {name}
files:
  - {{name: raw, path: raw.txt}}
  - {{name: clean, path: clean.txt}}
user_data:
  - {{name: lr, data: 0.1}}
jobs:
  - {{name: prep, command: "cp ${{files.input.raw}} ${{files.output.clean}}"}}
  - name: "work_{{i}}"
    command: "cat ${{files.input.clean}}"
    input_user_data: [lr]
    parameters: {{i: "1:3"}}
  - {{name: post, command: "true", depends_on_regexes: ["work_.*"]}}
  - {{name: apart, command: "{apart}"}}
"""
KEYS = [
    *("workflow_id", "safe", "missing_input_files", "missing_input_file_count"),
    *("missing_user_data_count", "existing_output_files", "existing_output_file_count", "jobs"),
]


class Flow:
    """A workflow of six jobs that was run once."""

    def __init__(self, torc, directory, name, *, apart="true"):
        self.directory = directory
        self.raw = directory / "raw.txt"
        self.raw.write_text("1\n")
        self.spec = directory / "flow.yaml"
        self.spec.write_text(SPEC.format(name=name, apart=apart))
        answer = torc("-f", "json", "run", self.spec, "--num-cpus", 4)
        self.id = answer.json["workflow_id"]

    def change_raw(self):
        os.utime(self.raw, (2_000_000_000, 2_000_000_000))


def rerunning(torc, flow):
    answer = torc("-f", "json", "workflows", "reinitialize", flow.id, "--dry-run")
    return {job["name"]: job["reasons"] for job in answer.json["jobs"] if job["reruns"]}


@pytest.fixture
def flow(torc, tmp_path, request):
    return Flow(torc, tmp_path, request.node.name)


def test_the_dry_run_names_every_job_with_the_reason_and_changes_nothing(torc_here, flow):
    flow.change_raw()
    answer = torc_here("workflows", "reinitialize", flow.id, "--dry-run")
    assert answer.code == 0
    first, heading, prep, *_, apart, _ = answer.out.splitlines()
    assert first == "Dry run: 5 of 6 jobs would run again."
    assert heading.split() == ["ID", "NAME", "RERUNS", "WHY"]
    assert prep.split(maxsplit=3)[1:] == ["prep", "yes", "its input file `raw` changed"]
    assert apart.split(maxsplit=3)[1:] == ["apart", "no", "it is complete, and nothing has changed"]

    document = torc_here("-f", "json", "workflows", "reinitialize", flow.id, "--dry-run").json
    assert list(document) == KEYS
    assert (document["workflow_id"], document["safe"]) == (flow.id, True)
    assert document["existing_output_files"] == ["clean.txt"]
    assert document["jobs"][1] | {"job_id": 0} == {
        "job_id": 0,
        "name": "work_1",
        "reruns": True,
        "reasons": ["job `prep` runs again"],
    }


def test_what_has_changed_runs_again_and_nothing_else(torc, torc_here, flow):
    flow.change_raw()
    answer = torc_here("-f", "json", "workflows", "reinitialize", flow.id)
    assert answer.json == {
        "status": "success",
        "message": answer.json["message"],
        "workflow_id": flow.id,
    }
    assert answer.json["message"].startswith("Reset 5 jobs")
    torc("run", flow.id)
    results = torc_here("-f", "json", "results", "list", flow.id, "--all-runs").json["results"]
    assert [result["run_id"] for result in results].count(2) == 5
    assert rerunning(torc_here, flow) == {}


def test_changed_user_data_and_a_missing_output_are_reasons(torc_here, flow):
    data = torc_here("-f", "json", "user-data", "list", flow.id).json["user_data"][0]["id"]
    torc_here("user-data", "update", data, "--data", "0.2")
    (flow.directory / "clean.txt").unlink()
    found = rerunning(torc_here, flow)
    assert found["prep"] == ["its output file `clean` is missing"]
    assert found["work_1"][0] == "its input file `clean` is gone"
    assert "user data `lr` changed" in found["work_1"]


def test_a_missing_input_is_refused_and_the_command_named_that_goes_on(torc_here, flow):
    flow.raw.unlink()
    answer = torc_here("workflows", "reinitialize", flow.id)
    assert answer.code == 5
    assert "input file raw.txt does not exist" in answer.err
    assert f"torc workflows reinitialize {flow.id}" in answer.err
    dry = torc_here("workflows", "reinitialize", flow.id, "--dry-run")
    assert (dry.code, "warning: " in dry.err) == (0, True)
    assert torc_here("workflows", "reinitialize", flow.id, "--force").code == 0


def test_an_archived_workflow_is_refused_also_in_a_dry_run(torc_here, flow):
    torc_here("workflows", "archive", "true", flow.id)
    for dry_run in ([], ["--dry-run"]):
        answer = torc_here("workflows", "reinitialize", flow.id, *dry_run)
        assert answer.code == 5
        assert f"torc workflows archive false {flow.id}" in answer.err


def test_help_says_what_counts_as_a_change(torc_here):
    answer = torc_here("workflows", "reinitialize", "--help")
    assert answer.code == 0
    assert "torc workflows reinitialize 12 --dry-run" in answer.out
    assert "--force" in answer.out


def test_a_canceled_workflow_is_reinitialized_and_run(torc, torc_here, tmp_path):
    spec = tmp_path / "canceled.yaml"
    spec.write_text(
        'name: canceled\njobs: [{name: a, command: "true"}, {name: b, command: "true"}]\n'
    )
    created = torc_here("-f", "json", "workflows", "create", spec).json["workflow_id"]
    torc_here("workflows", "initialize", created)
    torc_here("workflows", "cancel", created)
    refused = torc("run", created)
    assert refused.code == 5
    assert torc_here("workflows", "reinitialize", created).code == 0
    ran = torc("-f", "json", "workflows", "run", created)
    assert (ran.code, ran.json["jobs_by_status"]["completed"]) == (0, 2)


def test_failed_jobs_are_retried_with_what_has_changed(torc, torc_here, tmp_path):
    flow = Flow(torc, tmp_path, "failed", apart="test -e there")
    stays = torc_here("workflows", "reinitialize", flow.id)
    assert f"torc workflows reset-status {flow.id} --failed-only --reinitialize" in stays.out

    (tmp_path / "there").touch()
    flow.change_raw()
    answer = torc_here("-f", "json", "workflows", "reset-status", flow.id, "--failed", "-r")
    assert answer.json["operations"] == {
        "workflow_reset": True,
        "job_reset": True,
        "reinitialize": True,
    }
    assert (answer.json["failed_only"], answer.json["workflow_id"]) == (True, flow.id)
    assert answer.json["messages"][0].startswith("Reset 6 jobs")
    assert torc("run", flow.id).code == 0
    assert "--failed " not in torc_here("workflows", "reset-status", "--help").out


def test_a_run_names_the_command_that_goes_on(torc, torc_here, tmp_path):
    flow = Flow(torc, tmp_path, "hints", apart="false")
    assert f"torc workflows resume {flow.id}" in torc("run", flow.id).err

    flow.raw.unlink()
    left = torc_here("-f", "json", "workflows", "create", flow.spec).json["id"]
    refused = torc("run", left)
    assert refused.code == 5
    assert f"then: torc run {left}." in refused.err
    assert "add --skip-checks" in refused.err


def test_the_plan_of_a_file_is_printed_in_stages_with_names_folded(torc_here, flow):
    answer = torc_here("workflows", "execution-plan", flow.spec.name)
    assert answer.code == 0
    assert answer.out.splitlines() == [
        f"Workflow: {flow.spec.read_text().splitlines()[0].removeprefix('name: ')}",
        "Total Jobs: 6",
        "",
        "▶ Stage 1: Workflow Start",
        "  Jobs Becoming Ready:",
        "    • prep",
        "    • apart",
        "",
        "→ Stage 2: When job 'prep' completes",
        "  Jobs Becoming Ready:",
        "    • work_{1..3}",
        "",
        "→ Stage 3: When jobs 'work_1', 'work_2', 'work_3' complete",
        "  Jobs Becoming Ready:",
        "    • post",
        "",
        "Total Stages: 3",
    ]


def test_the_plan_of_a_stored_workflow_says_what_would_run_again(torc_here, flow):
    flow.change_raw()
    answer = torc_here("workflows", "execution-plan", flow.id)
    assert answer.out.splitlines()[-4:] == [
        "A reinitialize would run again:",
        "  • prep: its input file `raw` changed",
        "  • work_{1..3}: job `prep` runs again",
        "  • post: jobs `work_{1..3}` run again",
    ]
    document = torc_here("-f", "json", "workflows", "execution-plan", "latest").json
    assert [document[key] for key in ("status", "source", "workflow_id", "total_events")] == [
        "success",
        "database",
        flow.id,
        3,
    ]
    assert {job["name"]: job["reruns"] for job in document["jobs"]}["apart"] is False


def test_the_plan_of_what_does_not_exist_is_refused(torc_here):
    assert torc_here("workflows", "execution-plan", "missing.yaml").code == 2
    assert torc_here("workflows", "execution-plan", "no_such_workflow").code == 4

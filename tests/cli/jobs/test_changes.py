"""`torc jobs cancel`, `terminate` and `retry`."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("verb", "situation", "status"),
    [
        ("cancel", "initialized", "canceled"),
        ("terminate", "running", "terminated"),
        ("retry", "failed", "ready"),
    ],
)
def test_a_change_says_what_was_done(verb, situation, status, torc, stage, client):
    it, other = stage(situation), stage(situation)
    participle = {"cancel": "Canceled", "terminate": "Terminated", "retry": "Retried"}[verb]

    table = torc("jobs", verb, it.job)
    json = torc("-f", "json", "jobs", verb, other.job, other.job)

    sentence = f"{participle} job {other.job} (a)."
    assert table.out == f"{participle} job {it.job} (a).\n"
    assert json.json == {"status": "success", "message": sentence, "job_ids": [other.job]}
    assert {client.get_job(each.job).status for each in (it, other)} == {status}


@pytest.mark.parametrize("verb", ["cancel", "terminate", "retry"])
def test_a_change_that_is_not_possible_changes_no_job(verb, torc, stage, client):
    it = stage("complete")

    assert torc("jobs", verb, it.job).code == 5
    assert torc("jobs", verb, 999_999_999).code == 4
    assert torc("jobs", verb).code == 2
    assert client.get_job(it.job).status == "completed"
    assert f"torc jobs {verb} 12" in torc("jobs", verb, "--help").out


def test_several_jobs_are_counted(torc, stage):
    it = stage("initialized")

    assert torc("jobs", "cancel", it.second, it.job).out == "Canceled 2 jobs.\n"


def test_a_retry_without_a_runner_names_the_command_that_runs_it(torc, tmp_path):
    (tmp_path / "w.yaml").write_text("name: idle\njobs: [{name: a, command: 'exit 3'}]\n")
    run = torc("run", "w.yaml", "-f", "json").json
    job = torc("jobs", "list", run["workflow_id"], "-f", "json").json["jobs"][0]["id"]

    retried = torc("jobs", "retry", job)

    again = f"torc run {run['workflow_id']}"
    assert retried.out == f"Retried job {job} (a). No runner is active: {again}\n"

"""`torc jobs list-resource-requirements` and `list-failure-handlers`."""

from __future__ import annotations

import pytest

from torc_core.model.resources import FailureHandler, ResourceRequirements
from torc_tui.lists.resources.failure_handlers import rules_in_words

RULES = '[{"exit_codes": [3], "max_retries": 2}]'


@pytest.fixture
def related(stage, client):
    it = stage()
    needs = ResourceRequirements(
        workflow_id=it.id, name="large", num_cpus=8, num_gpus=1, memory="2g", runtime="PT2H"
    )
    handler = client.create_failure_handler(
        FailureHandler(workflow_id=it.id, name="again", rules=RULES)
    )
    it.needs = client.create_resource_requirements(needs).id
    it.handler = handler.id
    it.third = it.add("c", resource_requirements_id=it.needs, failure_handler_id=it.handler)
    return it


def test_jobs_are_listed_with_what_they_need(torc, related):
    table = torc("jobs", "list-resource-requirements", related.id).out.splitlines()
    json = torc("-f", "json", "jobs", "list-resource-requirements", related.id).json

    assert table[0].split()[:5] == ["JOB", "NAME", "RR", "ID", "REQUIREMENTS"]
    assert table[3].split() == [
        *(str(related.third), "c", str(related.needs), "large", "8", "1", "1", "2g", "PT2H")
    ]
    assert [each["job_name"] for each in json] == ["a", "b", "c"]
    assert json[2] == {
        "job_id": related.third,
        "job_name": "c",
        "rr_id": related.needs,
        "rr_name": "large",
        "workflow_id": related.id,
        "num_cpus": 8,
        "num_gpus": 1,
        "num_nodes": 1,
        "memory": "2g",
        "runtime": "PT2H",
    }


def test_jobs_are_listed_with_the_rules_for_their_failures(torc, related):
    table = torc("jobs", "list-failure-handlers", related.id).out.splitlines()
    json = torc("-f", "json", "jobs", "list-failure-handlers", related.id).json

    assert table[0].split() == ["JOB", "NAME", "HANDLER", "ID", "HANDLER", "RULES"]
    assert table[1].split()[:4] == [str(related.third), "c", str(related.handler), "again"]
    assert table[1].endswith("  3: 2 attempts")
    (only,) = json
    (rule,) = only.pop("rules")
    assert (rule["exit_codes"], rule["max_retries"]) == ([3], 2)
    assert only == {
        "job_id": related.third,
        "job_name": "c",
        "failure_handler_id": related.handler,
        "failure_handler_name": "again",
    }


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ('[{"exit_codes": [7, 9], "max_retries": 2}]', "7, 9: 2 attempts"),
        (
            '[{"exit_codes": [7], "recovery_script": "./x.sh"}, {"match_all_exit_codes": true}]',
            "7: 3 attempts (./x.sh between them); others: 3 attempts",
        ),
        ("[]", ""),
        ("not JSON", "not JSON"),
        ('[{"exit_codes": "x"}]', '[{"exit_codes": "x"}]'),
    ],
)
def test_rules_are_told_in_words_if_they_can_be_read(rules, words):
    assert rules_in_words(FailureHandler(workflow_id=1, name="again", rules=rules)) == words


@pytest.mark.parametrize("name", ["list-resource-requirements", "list-failure-handlers"])
def test_one_job_is_enough(name, torc, related, stage):
    of_job = torc("-f", "json", "jobs", name, "-j", related.third).json
    in_workflow = torc("-f", "json", "jobs", name, related.id, "--job-id", related.third).json
    elsewhere = torc("jobs", name, stage().id, "-j", related.third)

    assert [each["job_id"] for each in of_job] == [related.third]
    assert in_workflow == of_job
    assert elsewhere.code == 4
    assert f"It belongs to workflow {related.id}." in elsewhere.err
    assert torc("jobs", name, 999_999_999).code == 4
    assert f"torc jobs {name} 1" in torc("jobs", name, "--help").out


def test_without_any_there_is_an_empty_list(torc, stage):
    it = stage()

    assert torc("-f", "json", "jobs", "list-failure-handlers", it.id).json == []
    table = torc("jobs", "list-failure-handlers", it.id)
    assert table.out == "No jobs with a failure handler.\n"

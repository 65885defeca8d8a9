"""`torc workflows correct-resources`: requirements grow by what jobs used."""

from __future__ import annotations

import pytest

from tests.operations.attempts import Attempts


@pytest.fixture
def torc(torc_here):
    return torc_here


@pytest.fixture
def attempts(client):
    return Attempts(client)


def requirements(client, attempts) -> dict[str, tuple[str, str]]:
    page = client.list_resource_requirements(attempts.workflow_id)
    return {each.name: (each.memory, each.runtime) for each in page.items}


def test_requirements_are_raised_to_what_was_used_and_more(torc, client, attempts):
    train = attempts.needs("train", "8g", "PT1H")
    attempts.add("one", train, peak_gib=9, minutes=10)
    attempts.add("two", train, peak_gib=10, minutes=65)
    attempts.add("three", attempts.needs("other", "8g", "PT1H"), peak_gib=1, minutes=1)

    answer = torc("-f", "json", "workflows", "correct-resources", attempts.workflow_id)

    assert answer.code == 0, answer.err
    report = answer.json
    (adjustment,) = report.pop("adjustments")
    assert report == {
        "status": "success",
        "workflow_id": attempts.workflow_id,
        "dry_run": False,
        "memory_multiplier": 1.2,
        "runtime_multiplier": 1.2,
        "resource_requirements_updated": 1,
        "jobs_analyzed": 3,
        "memory_corrections": 1,
        "runtime_corrections": 1,
    }
    assert adjustment == {
        "resource_requirements_id": train,
        "resource_requirements_name": "train",
        "job_ids": attempts.jobs[:2],
        "job_names": ["one", "two"],
        "memory_adjusted": True,
        "original_memory": "8g",
        "new_memory": "12g",
        "max_peak_memory_bytes": 10 * 2**30,
        "runtime_adjusted": True,
        "original_runtime": "PT1H",
        "new_runtime": "PT1H18M",
        "max_exec_time_minutes": 65.0,
    }
    assert requirements(client, attempts)["train"] == ("12g", "PT1H18M")
    assert requirements(client, attempts)["other"] == ("8g", "PT1H")


def test_a_dry_run_shows_the_same_and_changes_nothing(torc, client, attempts):
    attempts.add("one", attempts.needs("train", "8g", "PT1H"), code=137, peak_gib=1)

    answer = torc(
        "workflows", "correct-resources", attempts.workflow_id, "--dry-run",
        "--memory-multiplier", 1.5,
    )  # fmt: skip

    assert answer.code == 0, answer.err
    lines = answer.out.splitlines()
    assert lines[0].split() == ["ID", "REQUIREMENTS", "MEMORY", "RUNTIME", "JOBS"]
    assert lines[1].split()[1:] == ["train", "8g", "->", "12g", "1"]
    assert lines[2].startswith("Would correct 1 set of requirements")
    assert requirements(client, attempts)["train"] == ("8g", "PT1H")


def test_only_the_named_jobs_are_looked_at(torc, client, attempts):
    for name in ("one", "two"):
        attempts.add(name, attempts.needs(name, "8g", "PT1H"), peak_gib=9)

    answer = torc(
        "-f", "json", "workflows", "correct-resources", attempts.workflow_id,
        "--job-ids", attempts.jobs[1],
    )  # fmt: skip

    assert (answer.json["jobs_analyzed"], answer.json["memory_corrections"]) == (1, 1)
    assert requirements(client, attempts)["one"] == ("8g", "PT1H")
    assert requirements(client, attempts)["two"] == ("11g", "PT1H")


def test_nothing_to_correct_is_said(torc, attempts):
    attempts.add("one", None, code=137, peak_gib=1)
    command = ("workflows", "correct-resources", attempts.workflow_id)

    sentence = f"Workflow {attempts.workflow_id} needs no corrections."
    assert torc(*command).out == f"{sentence}\n"
    answer = torc("-f", "json", *command)
    assert answer.code == 0
    assert (answer.json["message"], answer.json["adjustments"]) == (sentence, [])


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("--memory-multiplier", "0.5"), 2, "is not a number from 1"),
        (("--runtime-multiplier", "nan"), 2, "is not a number from 1"),
        (("--job-ids", "987654"), 4, "has no job 987654."),
        (("--job-ids", "x"), 2, "is not an id"),
    ],
)
def test_what_makes_no_sense_is_refused(torc, client, attempts, options, code, said):
    attempts.add("one", attempts.needs("train", "8g", "PT1H"), peak_gib=9)

    answer = torc("workflows", "correct-resources", attempts.workflow_id, *options)

    assert answer.code == code
    assert said in answer.err
    assert requirements(client, attempts)["train"] == ("8g", "PT1H")


def test_it_has_help_with_an_example(torc):
    answer = torc("workflows", "correct-resources", "--help")

    assert answer.code == 0
    assert "torc workflows correct-resources 12 --dry-run" in answer.out


def test_an_attempt_justifies_one_raise(torc, client, attempts):
    train = attempts.needs("train", "8g", "PT1H")
    attempts.add("one", train, code=137, peak_gib=1, minutes=1)
    attempts.add("two", train, code=152, minutes=59)
    command = ("workflows", "correct-resources", attempts.workflow_id)

    first = torc(*command)
    again = torc(*command)

    assert first.out.splitlines()[1].split()[2:8] == ["8g", "->", "10g", "PT1H", "->", "PT1H12M"]
    assert again.out == f"Workflow {attempts.workflow_id} needs no corrections.\n"
    assert requirements(client, attempts)["train"] == ("10g", "PT1H12M")

    attempts.result(attempts.jobs[0], run_id=2, code=137, peak_gib=1)
    torc(*command)

    assert requirements(client, attempts)["train"] == ("12g", "PT1H12M")

"""`torc jobs create`, `create-from-file` and `update`."""

from __future__ import annotations

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from torc_core.client import every_item
from torc_core.model.artifact import File
from torc_core.model.resources import ResourceRequirements
from torc_core.operations.jobs.create import (
    create_jobs_from_commands,
    first_number,
    read_commands,
)
from torc_core.operations.reporter import SilentReporter
from torc_tui.cli.options.id_lists import IdListCommand, id_list


def jobs_of(client, it):
    return list(every_item(client.list_jobs, it.id, include_relationships=True))


def requirements_of(client, it):
    return client.list_resource_requirements(it.id).items


@pytest.fixture
def files(client):
    return lambda it, count: [
        client.create_file(File(workflow_id=it.id, name=f"f{n}", path=f"f{n}")).id
        for n in range(count)
    ]


def test_a_job_is_created_with_what_it_is_related_to(torc, stage, files, client):
    it = stage()
    first, second, third = files(it, 3)
    needs = requirements_of(client, it)[0].id

    answer = torc(
        *("-f", "json", "jobs", "create", it.id, "-n", "c", "--command", "echo 'c'"),
        *("-r", needs, "-b", it.job, it.second, "-i", f"{first},{second}", "-o", third),
    )

    job = answer.json
    assert (job["name"], job["command"], job["status"]) == ("c", "echo 'c'", "uninitialized")
    assert client.get_job(job["id"]).depends_on_job_ids == [it.job, it.second]
    assert job["input_file_ids"] == [first, second]
    assert job["output_file_ids"] == [third]
    assert job["resource_requirements_id"] == needs


def test_the_workflow_may_follow_the_last_id(torc, stage, files, client):
    it = stage()
    (file,) = files(it, 1)

    answer = torc(
        "jobs", "create", "--name", "c", "--command", "x", "--input-file-ids", file, it.id
    )

    (*_, job) = jobs_of(client, it)
    assert answer.out == f"Created job {job.id} (c).\n"
    assert job.input_file_ids == [file]


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("-n", "c"), 2),
        (("-n", "c", "-c", "x", "-i", "x"), 2),
        (("-n", "c", "-c", "x", "-b", "1,,2"), 2),
        (("-n", "c", "-c", "x", "-b", "999999999"), 2),
        (("-n", "c", "-c", "x", "-r", "0"), 2),
    ],
)
def test_what_cannot_be_creates_no_job(options, code, torc, stage, client):
    it = stage()

    answer = torc("jobs", "create", it.id, *options)

    assert answer.code == code, answer.err
    assert "Traceback" not in answer.err
    assert len(jobs_of(client, it)) == 2


@given(
    before=st.lists(st.integers(1, 99), min_size=1, max_size=3),
    lists=st.lists(
        st.tuples(st.sampled_from("io"), st.lists(st.integers(1, 99), min_size=1, max_size=4)),
        max_size=4,
    ),
)
def test_ids_are_repeated_joined_or_listed(before, lists):
    @click.command(cls=IdListCommand)
    @click.argument("workflow")
    @id_list("-i", "--inputs", help="")
    @id_list("-o", "--outputs", help="")
    def command(workflow, **given):
        return workflow, given

    def call(form):
        line = ["7", *(word for name, ids in lists for word in form(name, ids))]
        return command.main(line, standalone_mode=False)

    expected = {
        name: [each for short, ids in lists if short == name[0] for each in ids] or None
        for name in ("inputs", "outputs")
    }
    assert call(lambda name, ids: [f"-{name}", *map(str, ids)]) == ("7", expected)
    assert call(lambda name, ids: [f"-{name}", ",".join(map(str, ids))]) == ("7", expected)
    assert call(lambda name, ids: [w for i in ids for w in (f"-{name}", str(i))]) == ("7", expected)


COMMANDS = "# Data processing\n\npython process.py --batch 1\r\n  echo '#2'\n\t# no\nfalse"


def test_a_file_becomes_a_job_for_each_command(torc, torc_alone, stage, tmp_path, client):
    it = stage()
    (tmp_path / "batch jobs.txt").write_text(COMMANDS)

    table = torc(
        *("jobs", "create-from-file", it.id, "batch jobs.txt", "--cpus-per-job", 4),
        *("--memory-per-job", "8g", "--runtime-per-job", "PT2H"),
    )
    piped = ("jobs", "create-from-file", it.id, "-")
    again = torc_alone("-f", "json", *piped, stdin="echo more\n")

    assert table.out == f"Created 3 jobs in workflow {it.id}: job3 to job5.\n"
    assert again.json == {
        "status": "success",
        "message": f"Created 1 job in workflow {it.id}: job6.",
        "workflow_id": it.id,
        "jobs_created": 1,
    }
    created = jobs_of(client, it)[2:]
    assert [(job.name, job.command) for job in created] == [
        ("job3", "python process.py --batch 1"),
        ("job4", "echo '#2'"),
        ("job5", "false"),
        ("job6", "echo more"),
    ]
    default, needs, small = requirements_of(client, it)
    assert {job.resource_requirements_id for job in created[:3]} == {needs.id}
    assert (needs.num_cpus, needs.memory, needs.runtime) == (4, "8g", "PT2H")
    assert (small.num_cpus, small.memory, small.runtime) == (1, "1m", "P0DT1M")
    assert created[3].resource_requirements_id == small.id != default.id


@pytest.mark.parametrize(
    ("text", "options"),
    [
        (COMMANDS, ("--cpus-per-job", "0")),
        (COMMANDS, ("--memory-per-job", "much")),
        (COMMANDS, ("--runtime-per-job", "1h")),
        ("# nothing\n\n", ()),
        (b"echo \xff\n", ()),
        (None, ()),
    ],
    ids=str,
)
def test_a_file_that_cannot_be_creates_nothing(text, options, torc, stage, tmp_path, client):
    it = stage()
    if text is not None:
        (tmp_path / "jobs.txt").write_bytes(text if isinstance(text, bytes) else text.encode())

    answer = torc("jobs", "create-from-file", it.id, "jobs.txt", *options)

    assert answer.code == 2
    assert "Traceback" not in answer.err
    assert len(jobs_of(client, it)) == 2
    assert len(requirements_of(client, it)) == 1


def test_an_interrupted_creation_is_taken_back(stage, client):
    it = stage()

    class Interrupted(SilentReporter):
        def progress(self, notice, done=None):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        create_jobs_from_commands(
            client, ResourceRequirements(workflow_id=it.id, name=""), ["true"] * 3, Interrupted()
        )

    assert len(jobs_of(client, it)) == 2
    assert len(requirements_of(client, it)) == 1


@given(
    count=st.integers(0, 50),
    new=st.integers(1, 50),
    taken=st.sets(st.integers(1, 100), max_size=20),
)
def test_new_names_are_free_and_follow_the_count(count, new, taken):
    names = [*(f"job{number}" for number in taken), "job", "job01", "jobs", "xjob7", "job-1"]

    first = first_number(count, new, names)

    assert not taken & set(range(first, first + new))
    if not taken & set(range(count + 1, count + 1 + new)):
        assert first == count + 1


@given(st.lists(st.from_regex(r"[a-z][ -~]{0,9}[a-z]", fullmatch=True)))
def test_each_line_is_a_command(commands):
    assert read_commands("\n".join(commands)) == commands
    assert read_commands("\n \n".join(f"  {each} \n# {each}" for each in commands)) == commands


def test_an_update_changes_what_is_given(torc, stage, client):
    it = stage()

    table = torc("jobs", "update", it.job, "-n", "first", "-c", "echo first")
    json = torc("-f", "json", "jobs", "update", it.job, "--command", "echo 1").json

    assert table.out == f"Updated job {it.job} (first).\n"
    assert (json["name"], json["command"]) == ("first", "echo 1")
    assert client.get_job(it.second).name == "b"


def test_a_new_runtime_is_that_of_one_job(torc, stage, client):
    it = stage("initialized")

    torc("jobs", "update", it.job, "--runtime", "PT2H")
    answer = torc("-f", "json", "jobs", "update", it.job, "--runtime", "PT3H")

    default, own = requirements_of(client, it)
    assert answer.json["resource_requirements_id"] == own.id
    assert (own.runtime, own.memory) == ("PT3H", default.memory)
    assert client.get_job(it.second).resource_requirements_id == default.id
    assert default.runtime == "P0DT1M"
    back = torc("-f", "json", "jobs", "update", it.job, "--resource-requirements-id", default.id)
    assert back.json["resource_requirements_id"] == default.id


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ((), 2),
        (("--runtime", "soon"), 2),
        (("--name", "x"), 5),
        (("--name", "x", "--runtime", "PT2H"), 5),
        (("-r", "999999999"), 2),
    ],
    ids=str,
)
def test_a_refused_update_changes_nothing(options, code, torc, stage, client):
    it = stage("initialized")
    before = client.get_job(it.job)

    answer = torc("jobs", "update", it.job, *options)

    assert answer.code == code, answer.err
    assert "Traceback" not in answer.err
    assert client.get_job(it.job) == before
    assert len(requirements_of(client, it)) == 1


def test_an_unknown_job_is_named(torc):
    answer = torc("jobs", "update", 999_999_999, "-n", "x")

    assert answer.code == 4
    assert "999999999" in answer.err


@pytest.mark.parametrize(
    ("name", "example"),
    [
        ("create", "torc jobs create 1 -n prepare"),
        ("create-from-file", "torc jobs create-from-file 123 batch_jobs.txt"),
        ("update", "torc jobs update 12"),
    ],
)
def test_the_help_has_an_example(name, example, torc):
    assert example in torc("jobs", name, "--help").out

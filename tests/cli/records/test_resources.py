"""The groups of commands that are made from the description of a resource, and their examples."""

from __future__ import annotations

import shlex
from typing import NamedTuple

import click
import pytest

from torc_tui.cli.root import torc as root

UNKNOWN = 999_999
GROUPS = (
    *("files", "user-data", "results", "events", "resource-requirements", "failure-handlers"),
    *("job-dependencies", "compute-nodes", "scheduled-compute-nodes"),
)


class Life(NamedTuple):
    """How to create a record, what is in its row, and how to change it."""

    create: tuple[str, ...]
    row: tuple[str, ...]
    update: tuple[str, ...] = ()
    changed: dict[str, object] | None = None


LIVES = {
    "files": Life(
        ("-n", "in", "-p", "a b.csv"),
        ("in", "a", "b.csv"),
        ("-p", "c"),
        {"name": "in", "path": "c"},
    ),
    "user-data": Life(
        ("-n", "config", "-d", '{"x": [1]}', "--ephemeral"),
        ("config", "yes", '{"x":[1]}'),
        ("-d", "null", "--ephemeral", "false"),
        {"name": "config", "is_ephemeral": False, "data": None},
    ),
    "resource-requirements": Life(
        ("-n", "small", "-m", "1g", "-r", "10m"),
        ("small", "1", "0", "1", "1g", "PT10M"),
        ("--num-gpus", "2", "--memory", "2g"),
        {"num_cpus": 1, "num_gpus": 2, "memory": "2g", "runtime": "PT10M"},
    ),
    "events": Life(("-d", '{"type": "note"}'), ("note", '{"type":"note"}')),
}


@pytest.mark.parametrize("noun", LIVES)
def test_a_record_is_created_listed_changed_and_deleted(noun, torc, ran):
    life, key = LIVES[noun], noun.replace("-", "_")

    created = torc("-f", "json", noun, "create", ran.workflow.id, *life.create).json
    number = created["id"]
    assert created in torc("-f", "json", noun, "list", ran.workflow.id).json[key]
    head, *_, row = torc(noun, "list", ran.workflow.id).out.splitlines()
    assert head.split()[0] == "ID"
    assert row.split()[0] == str(number)
    assert tuple(row.split()[-len(life.row) :]) == life.row
    assert torc("-f", "json", noun, "get", number).json == created

    if life.update:
        updated = torc(noun, "update", number, *life.update)
        assert updated.out.startswith("Updated ")
        shown = torc("-f", "json", noun, "get", number).json
        assert {name: shown.get(name) for name in life.changed} == life.changed

    deleted = torc(noun, "delete", number)
    assert f" {number} (" in deleted.out
    assert deleted.out.startswith("Deleted ")
    assert torc(noun, "get", number).code == 4


@pytest.mark.parametrize(
    ("noun", "record", "row"),
    [
        ("results", "wrote", "write 2 1 completed 0 30s 2026-01-31T11:00:00.000Z"),
        ("failure-handlers", "handler", "again"),
        ("compute-nodes", "node", "n1 no 12 4 8 0 slurm 2026-01-31T10:00:00Z"),
        ("scheduled-compute-nodes", "allocation", "slurm 4711 complete"),
    ],
)
def test_a_record_that_commands_do_not_create_is_listed_and_shown(noun, record, row, torc, ran):
    number = getattr(ran, record).id

    shown = torc("-f", "json", noun, "get", number).json
    assert shown["id"] == number
    assert shown in torc("-f", "json", noun, "list", ran.workflow.id).json[noun.replace("-", "_")]
    lines = torc(noun, "list", ran.workflow.id).out.splitlines()
    words = next(line.split() for line in lines if line.split()[0] == str(number))
    assert set(row.split()) <= set(words)
    assert torc(noun, "get", number).out.splitlines()[0].split() == ["id", str(number)]


@pytest.mark.parametrize(
    "command",
    [
        *(f"{noun} get" for noun in GROUPS if noun != "job-dependencies"),
        *(f"{noun} update -n x" for noun in LIVES if noun != "events"),
        *(f"{noun} delete" for noun in (*LIVES, "results")),
        "scheduled-compute-nodes list-jobs",
    ],
)
def test_an_unknown_id_is_not_found(command, torc):
    answer = torc(*command.split(), UNKNOWN)

    assert (answer.code, answer.out) == (4, "")
    assert str(UNKNOWN) in answer.err
    assert f"hint: torc {command.split()[0]} list WORKFLOW" in answer.err


@pytest.mark.parametrize(
    "command",
    [
        *(f"{noun} list" for noun in GROUPS if noun != "job-dependencies"),
        *(f"job-dependencies {kind}" for kind in ("job-job", "job-file", "job-user-data")),
        *("files list-required-existing", "user-data list-missing", "user-data delete-all"),
        *("events get-latest-event", "events monitor"),
    ],
)
def test_an_unknown_workflow_is_not_found(command, torc):
    answer = torc("-f", "json", *command.split(), UNKNOWN)

    assert (answer.code, answer.out) == (4, "")


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        ("files update 1", "There is nothing to change."),
        ("user-data update 1", "--name, --data, --ephemeral"),
        ("resource-requirements update 1", "There is nothing to change."),
        ("files create 1 -n x", "--path"),
        ("files create 1 -p x", "--name"),
        ("user-data create 1 -n x -d {", "--data '{' is not JSON"),
        ("user-data update 1 -d x", "--data 'x' is not JSON"),
        ("events create 1 -d NaN", "--data 'NaN' is not JSON"),
        ("events create 1", "--data"),
        ("resource-requirements create 1 -n x --num-cpus 0", "'0' is not a whole number"),
        ("results get 1 --job-id 7", "torc results list WORKFLOW --job-id 7"),
        ("results get latest --job-id 7", "torc results list WORKFLOW --job-id 7"),
        ("user-data delete-all", "WORKFLOW"),
    ],
)
def test_wrong_usage_changes_nothing(line, cause, torc):
    answer = torc(*line.split())

    assert (answer.code, answer.out) == (2, "")
    assert cause in answer.err


@pytest.mark.parametrize(
    "options", [("-m", "1 parsec"), ("-r", "soon"), ("-n", "default")], ids=" ".join
)
def test_requirements_that_mean_nothing_are_refused(options, torc, client, ran):
    before = client.list_resource_requirements(ran.workflow.id).total_count

    answer = torc("resource-requirements", "create", ran.workflow.id, "-n", "x", *options)

    assert (answer.code, answer.out) == (2, "")
    assert client.list_resource_requirements(ran.workflow.id).total_count == before


def test_requirements_that_jobs_use_stay(torc, client, ran):
    used = client.get_job(ran.write.id).resource_requirements_id

    assert torc("resource-requirements", "delete", used).code == 5


def record_commands():
    for noun in GROUPS:
        group = root.load(noun)
        for name, command in group.commands.items():
            yield pytest.param(noun, command, id=f"{noun} {name}")


@pytest.mark.parametrize(("noun", "command"), record_commands())
def test_every_command_has_a_sentence_and_examples_that_can_be_parsed(noun, command):
    assert command.help
    assert command.help.rstrip().endswith(".")
    assert command.examples
    for example in command.examples:
        program, *words = shlex.split(example)
        if words[0] == "-f":
            words = words[2:]
        assert (program, *words[:2]) == ("torc", noun, command.name)
        command.make_context(command.name, words[2:], parent=click.Context(root))


@pytest.mark.parametrize(
    "line",
    [
        "compute-nodes list 1 -l 5 -o 1 -s id -r --scheduled-compute-node 2",
        "files list 1 --produced-by-job-id 1 -l 5 --offset 1 --sort-by id --reverse-sort",
        "job-dependencies job-job 1 -l 5 --offset 1",
        "job-dependencies job-file 1 -l 5 --offset 1",
        "job-dependencies job-user-data 1 -l 5 --offset 1",
        "resource-requirements create 1 -n x --num-cpus 1 --num-gpus 0 --num-nodes 1 -m 1m -r PT1H",
        "resource-requirements list 1 -l 5 --offset 1 --sort-by id --reverse-sort",
        (
            "resource-requirements update 1 -n x --num-cpus 1 --num-gpus 0 --num-nodes 1 "
            "--memory 1m --runtime 1h"
        ),
        "events list 1 -c x -l 5 -o 1 -s id -r",
        "events list 1 -t x --limit 5 --offset 1 --sort-by id --reverse-sort",
        "events monitor 1 -d 1 -p 60 -c x --level debug --filename x",
        (
            "results list 1 -j 1 -r 1 --return-code 0 --failed -s failed -l 5 --offset 1 "
            "--sort-by id --reverse-sort --all-runs --compute-node 1"
        ),
        "user-data create 1 -n x -d 1 --ephemeral --consumer-job-id 1 --producer-job-id 2",
        (
            "user-data list 1 -l 5 -o 1 --sort-by id --reverse-sort --name x --is-ephemeral true "
            "--consumer-job-id 1 --producer-job-id 2"
        ),
        "user-data update 1 -n x -d 1 --ephemeral false",
        "failure-handlers list 1 -l 5 --offset 1",
        (
            "scheduled-compute-nodes list 1 -l 5 -o 1 -s id -r --scheduler-id 1 "
            "--scheduler-config-id 1 --status active"
        ),
    ],
)
def test_options_are_those_of_the_reference(line):
    noun, name, *rest = line.split()
    command = root.load(noun).commands[name]

    command.make_context(name, rest, parent=click.Context(root))

"""The settings of Slurm allocations as records: created, listed, changed, cleared, deleted."""

from __future__ import annotations

import pytest

from torc_core.model.resources import SlurmScheduler
from torc_core.model.workflow import Workflow

UNKNOWN = 999_999


@pytest.fixture
def torc(torc_here):
    return torc_here


@pytest.fixture
def workflow(client):
    return client.create_workflow(Workflow(name="w", user="tester"))


@pytest.fixture
def scheduler(client, workflow):
    return client.create_slurm_scheduler(
        SlurmScheduler(
            workflow_id=workflow.id, name="big", account="a", partition="gpu", qos="high",
            gres="gpu:2", nodes=2, walltime="08:00:00",
        )
    )  # fmt: skip


def test_a_scheduler_has_what_the_options_say(torc, workflow):
    line = (
        "-n big -a acc -g gpu:2 -m 180G -N 2 -p gpu -q high -t 1T -W 1-12:00:00 --ntasks-per-node 4"
    )

    made = torc("-f", "json", "slurm", "create", workflow.id, *line.split(), "-e", "--x=1 -H").json

    assert made == {
        "id": made["id"], "workflow_id": workflow.id, "name": "big", "account": "acc",
        "gres": "gpu:2", "mem": "180G", "nodes": 2, "ntasks_per_node": 4, "partition": "gpu",
        "qos": "high", "tmp": "1T", "walltime": "1-12:00:00", "extra": "--x=1 -H",
    }  # fmt: skip
    listed = torc("-f", "json", "slurm", "list", workflow.id).json
    assert listed == {"slurm_schedulers": [made]}
    row = torc("slurm", "list", workflow.id).out.splitlines()[-1].split()
    assert row[:6] == [str(made["id"]), "big", "acc", "gpu", "2", "1-12:00:00"]


def test_what_is_left_out_has_the_default_of_the_reference(torc, workflow):
    made = torc("-f", "json", "slurm", "create", workflow.id, "-n", "s", "-a", "acc").json

    assert (made["nodes"], made["qos"], made["walltime"]) == (1, "normal", "04:00:00")


def test_a_scheduler_of_a_file_has_no_qos_unless_it_names_one(torc, tmp_path):
    (tmp_path / "w.yaml").write_text(
        "name: w\njobs: [{name: a, command: 'true', scheduler: s}]\n"
        "slurm_schedulers: [{name: s, account: a}, {name: t, account: a, qos: high}]\n"
    )

    made = torc("-f", "json", "workflows", "create", "w.yaml").json
    listed = torc("-f", "json", "slurm", "list", made["id"]).json["slurm_schedulers"]

    assert [each["qos"] for each in listed] == [None, "high"]


def test_update_changes_what_it_is_given_by_its_own_short_options(torc, scheduler):
    answer = torc("slurm", "update", scheduler.id, "-N", "small", "-n", 1, "-W", "30")

    assert answer.out == f"Updated Slurm scheduler {scheduler.id} (small).\n"
    shown = torc("-f", "json", "slurm", "get", scheduler.id).json
    assert (shown["name"], shown["nodes"], shown["walltime"]) == ("small", 1, "30")
    assert (shown["account"], shown["partition"], shown["gres"]) == ("a", "gpu", "gpu:2")


def test_an_empty_value_clears_a_field(torc, scheduler, workflow):
    torc("slurm", "update", scheduler.id, "--partition", "", "--qos", "", "--gres", "")
    made = torc("-f", "json", "slurm", "create", workflow.id, "-n", "s", "-a", "a", "-q", "").json

    shown = torc("-f", "json", "slurm", "get", scheduler.id).json
    assert [shown.get(name) for name in ("partition", "qos", "gres")] == [None, None, None]
    assert made["qos"] is None


def test_a_deleted_scheduler_is_gone(torc, scheduler, workflow):
    assert torc("slurm", "delete", scheduler.id).out.startswith("Deleted Slurm scheduler")

    assert torc("-f", "json", "slurm", "list", workflow.id).json == {"slurm_schedulers": []}


@pytest.mark.parametrize("command", ["get", "delete", "update -a x"])
def test_an_unknown_id_is_not_found(command, torc):
    answer = torc("slurm", *command.split(), UNKNOWN)

    assert (answer.code, answer.out) == (4, "")
    assert str(UNKNOWN) in answer.err
    assert "hint: torc slurm list WORKFLOW" in answer.err


@pytest.mark.parametrize(
    ("options", "cause"),
    [
        (("-a", ""), "--account"),
        (("-a", "a\n#SBATCH -p x"), "--account"),
        (("-W", ""), "--walltime"),
        (("-W", "4h"), "--walltime"),
        (("-m", "1 G"), "--mem"),
        (("-g", "$(id)"), "--gres"),
        (("-e", "--qos=a\x1b[2J"), "--extra"),
        (("-N", "\t"), "--name"),
        (("-n", "0"), "--nodes"),
        ((), "There is nothing to change."),
    ],
    ids=str,
)
def test_a_value_that_a_file_could_not_have_changes_nothing(options, cause, torc, scheduler):
    before = torc("-f", "json", "slurm", "get", scheduler.id).json

    answer = torc("slurm", "update", scheduler.id, *options)

    assert (answer.code, answer.out) == (2, "")
    assert cause in answer.err
    assert torc("-f", "json", "slurm", "get", scheduler.id).json == before

"""Profiles of clusters, made of what Slurm says of them."""

from __future__ import annotations

import io
import json
import tomllib
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple

import pytest

from torc_tui.cli.root import run_command_line

MORE = (
    "PartitionName=std-stdby Nodes={all} MaxTime=UNLIMITED PriorityTier=0 State=UP",
    "PartitionName=wide Nodes={all} MaxTime=2-00:00:00 MinNodes=2 OverSubscribe=EXCLUSIVE State=UP",
    "PartitionName=off Nodes={all} State=INACTIVE",
    "PartitionName=team Nodes={all} AllowAccounts=red,blue State=UP",
    "PartitionName=secret Nodes={all} Hidden=YES State=UP",
)
"""A stand-by partition without a limit, one with a minimum of two nodes, and three to beware of."""


class Answer(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)


@pytest.fixture
def cluster(share_cluster, monkeypatch, tmp_path):
    """A cluster with typed GPUs, which this process may use, in a home without configuration."""
    cluster = share_cluster(gpu_type="a100", gpus=4, accounting=False, more=MORE)
    for name, value in cluster.variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    return cluster


def torc(*words: object) -> Answer:
    """Run a command in this process."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    with redirect_stdout(out), redirect_stderr(err):
        code = run_command_line(list(map(str, words)))
    texts = (each.buffer.getvalue().decode() for each in (out, err))
    return Answer(code, *texts)


@pytest.mark.usefixtures("cluster")
def test_a_generated_file_loads_and_all_commands_agree_with_the_cluster(tmp_path):
    made = torc("hpc", "generate", "--name", "mine", "--skip-stdby", "-o", "torc.toml")
    assert (made.code, made.err) == (0, "")
    assert "Wrote the profile 'mine' with 6 partitions to torc.toml" in made.out

    assert torc("config", "validate").code == 0
    assert torc("-f", "json", "hpc", "detect").json["name"] == "mine"
    shown = torc("-f", "json", "hpc", "show", "mine").json
    assert (shown["origin"], shown["display_name"]) == ("configuration", "Mine")
    partitions = {each["name"]: each for each in torc("-f", "json", "hpc", "partitions").json}
    assert [*partitions] == ["debug", "short", "standard", "gpu", "wide", "team"]
    assert {name: each["max_walltime_secs"] for name, each in partitions.items()} == {
        "debug": 300,
        "short": 3_600,
        "standard": 86_400,
        "gpu": 7_200,
        "wide": 172_800,
        "team": 365 * 86_400,
    }
    assert {(each["gpus_per_node"], each["gpu_type"]) for each in partitions.values()} == {
        (None, None),
        (4, "a100"),
    }
    assert partitions["wide"]["min_nodes"] == 2
    assert not partitions["wide"]["shared"]
    assert partitions["team"]["requires_explicit_request"]
    comments = [line for line in Path("torc.toml").read_text().splitlines() if line[:1] == "#"]
    assert "# std-stdby is left out: its jobs give way to others" in comments
    assert "# off is left out: its state is INACTIVE" in comments
    assert "# secret is left out: it is hidden" in comments
    assert "# only for the accounts red,blue" in comments


@pytest.mark.parametrize(
    ("options", "partition", "slurm_options"),
    [
        ((), "short", ()),
        (("--walltime", "2h", "--gpus", 4), "gpu", ("--gres=gpu:a100:4",)),
        (("--walltime", "10h"), "standard", ()),
        (("--walltime", "30h", "--nodes", 2), "wide", ("--nodes=2",)),
    ],
)
def test_slurm_accepts_what_matches(cluster, options, partition, slurm_options):
    found = torc("-f", "json", "hpc", "match", *options).json

    assert found["best_partition"]["name"] == partition
    minutes = -(-found["requirements"]["walltime_secs"] // 60)
    cluster.run(
        "sbatch",
        "--test-only",
        f"--partition={partition}",
        f"--time={minutes}",
        *slurm_options,
        "--wrap=true",
    )


def test_without_a_profile_one_is_made_of_the_cluster_and_may_be_named(cluster):
    name = f"torc{cluster.layout.place.number}"
    detected = torc("hpc", "detect")
    assert detected.code == 0
    assert f"what Slurm says of the cluster '{name}', which has 7 partitions" in detected.out
    listed = torc("hpc", "partitions").out.splitlines()
    assert listed[0].startswith(f"Partitions of {name}, ")
    shown = torc("-f", "json", "hpc", "show", name).json
    assert (shown["origin"], len(shown["partitions"])) == ("cluster", 7)
    found = torc("-f", "json", "hpc", "match", "--walltime", "9-00:00:00").json
    assert found["best_partition"]["name"] in {"std-stdby", "team"}
    assert found["best_partition"]["requires_explicit_request"]


@pytest.mark.usefixtures("cluster")
def test_no_more_nodes_are_planned_than_there_are(tmp_path):
    file = tmp_path / "w.yaml"
    file.write_text(
        "name: w\njobs:\n- {name: 'a{i}', command: 'true', resource_requirements: r, "
        "parameters: {i: '1:40'}}\nresource_requirements:\n"
        "- {name: r, num_cpus: 8, memory: 50m, runtime: PT20M}\n"
    )
    options = ("slurm", "generate", file, "--account", "x", "--single-allocation", "--dry-run")
    planned = torc("-f", "json", *options).json
    assert {each["nodes"] for each in planned["slurm_schedulers"]} == {3}
    file.write_text(file.read_text().replace("{name: r", "{name: r, num_nodes: 5"))
    refused = torc(*options)
    assert (refused.code, refused.out) == (2, "")
    assert "short: 3 nodes at most, 5 needed" in refused.err


@pytest.mark.usefixtures("cluster")
def test_as_json_there_are_the_profile_and_its_text():
    made = torc("-f", "json", "hpc", "generate").json
    tables = tomllib.loads(made["toml"])["client"]["hpc"]["custom_profiles"]
    (profile,) = tables.values()
    assert [each["name"] for each in profile["partitions"]] == [
        each["name"] for each in made["profile"]["partitions"]
    ]
    assert made["output_file"] is None


def test_a_controller_that_does_not_answer_is_named_and_nothing_is_written(
    start_cluster, monkeypatch, tmp_path
):
    cluster = start_cluster(nodes=1, accounting=False, message_timeout_s=3)
    for name, value in cluster.variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    cluster.stop_controller()

    made = torc("hpc", "generate", "-o", "profile.toml")

    assert (made.code, made.out) == (6, "")
    assert "hint: " in made.err
    assert not Path("profile.toml").exists()
    assert torc("hpc", "partitions").code == 6
    assert torc("-f", "json", "hpc", "detect").json["detected"] is False


def test_memory_that_slurm_was_not_told_is_not_asked_for(start_cluster, monkeypatch, tmp_path):
    cluster = start_cluster(
        nodes=1,
        accounting=False,
        memory_mib=1,
        more=("SelectTypeParameters=CR_CPU", "DefMemPerCPU=0"),
    )
    for name, value in cluster.variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "w.yaml").write_text(
        "name: w\njobs:\n- name: a\n  command: 'true'\n"
        "  resource_requirements: {num_cpus: 1, memory: 2g, runtime: PT1M}\n"
    )
    planned = torc("-f", "json", "slurm", "generate", "w.yaml", "-a", "x", "--dry-run").json
    (scheduler,) = planned["slurm_schedulers"]
    options = ("--test-only", "--wrap=true", f"--time={scheduler['walltime']}", scheduler["extra"])

    assert "mem" not in scheduler
    assert cluster.run("sbatch", *options, check=False).returncode == 0
    assert cluster.run("sbatch", *options, "--mem=2G", check=False).returncode != 0

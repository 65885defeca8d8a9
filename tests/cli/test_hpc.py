"""`torc hpc`: profiles and their partitions, on a machine without Slurm."""

from __future__ import annotations

import pytest

RESEARCH = r"""
[client.hpc.profile_overrides.kestrel]
default_account = "my_account"

[client.hpc.custom_profiles.research]
display_name = "Research Cluster"
description = "University Research HPC System"
detect_env_var = "CLUSTER_NAME=research"
default_account = "my_project"

[[client.hpc.custom_profiles.research.partitions]]
name = "batch"
cpus_per_node = 48
memory_mb = 192000
max_walltime_secs = 259200

[[client.hpc.custom_profiles.research.partitions]]
name = "short"
cpus_per_node = 48
memory_mb = 192000
max_walltime_secs = 14400
shared = true

[[client.hpc.custom_profiles.research.partitions]]
name = "gpu"
cpus_per_node = 32
memory_mb = 256000
max_walltime_secs = 172800
gpus_per_node = 4
gpu_type = "A100"

[[client.hpc.custom_profiles.research.partitions]]
name = "himem"
cpus_per_node = 48
memory_mb = 1048576
max_walltime_secs = 172800
"""


@pytest.fixture
def torc(torc_here, tmp_path, monkeypatch):
    """Run `torc` with the profile of the reference's tutorial, where there is no Slurm."""
    (tmp_path / "torc.toml").write_text(RESEARCH)
    for name in ("NREL_CLUSTER", "CLUSTER", "CLUSTER_NAME", "SLURM_CONF"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", "/nowhere")
    return torc_here


def test_the_list_has_built_in_and_own_profiles_and_says_which_is_detected(torc, monkeypatch):
    monkeypatch.setenv("CLUSTER_NAME", "research")

    assert torc("hpc", "list").out.splitlines() == [
        "NAME      DISPLAY NAME      PARTITIONS  DETECTED",
        "kestrel   NREL Kestrel              15  no",
        "dane      LLNL Dane                  6  no",
        "research  Research Cluster           4  yes",
    ]
    listed = torc("-f", "json", "hpc", "list").json
    assert listed[2] == {
        "name": "research",
        "display_name": "Research Cluster",
        "description": "University Research HPC System",
        "partition_count": 4,
        "detected": True,
    }


def test_a_machine_is_detected_by_its_variable(torc, monkeypatch):
    monkeypatch.setenv("NREL_CLUSTER", "kestrel")
    answer = torc("hpc", "detect")
    assert answer.out == "kestrel: NREL Kestrel, recognized by the variable NREL_CLUSTER=kestrel.\n"
    assert torc("-f", "json", "hpc", "detect").json == {
        "detected": True,
        "name": "kestrel",
        "display_name": "NREL Kestrel",
        "description": "NREL's Kestrel: nodes of 104 CPUs, and nodes with four NVIDIA H100",
    }


def test_a_machine_of_no_profile_is_no_error_of_detect(torc):
    answer = torc("-f", "json", "hpc", "detect")
    assert answer.code == 0
    message = "No profile recognizes this machine, and there is no Slurm here to make one from."
    assert answer.json == {"detected": False, "message": message}


def test_the_details_are_those_of_this_machine_unless_a_profile_is_named(torc, monkeypatch):
    monkeypatch.setenv("NREL_CLUSTER", "kestrel")
    assert torc("hpc", "show").out == torc("hpc", "show", "kestrel").out


def test_the_details_of_a_profile_have_the_account_of_its_override(torc):
    assert torc("hpc", "show", "kestrel").out.splitlines()[3:6] == [
        "recognized by    the variable NREL_CLUSTER=kestrel",
        "default account  my_account",
        "partitions       15",
    ]
    assert torc("-f", "json", "hpc", "show", "research").json["default_account"] == "my_project"


def test_partitions_are_listed_with_sizes_as_administrators_state_them(torc):
    assert torc("hpc", "partitions", "research").out.splitlines() == [
        "NAME   CPUS/NODE  MEM/NODE  MAX WALLTIME  GPUS      SHARED  NOTES",
        "batch         48    192 GB           72h  -         no",
        "short         48    192 GB            4h  -         yes",
        "gpu           32    256 GB           48h  4 (A100)  no",
        "himem         48  1,024 GB           48h  -         no",
    ]


@pytest.mark.parametrize(
    ("options", "names"),
    [
        (("--gpu",), ["gpu"]),
        (("--cpu",), ["batch", "short", "himem"]),
        (("--shared",), ["short"]),
        (("--gpu", "--cpu"), []),
    ],
)
def test_partitions_can_be_filtered(torc, options, names):
    listed = torc("-f", "json", "hpc", "partitions", "research", *options).json
    assert [each["name"] for each in listed] == names


def test_without_a_name_the_profile_of_this_machine_is_meant(torc, monkeypatch):
    answer = torc("hpc", "partitions")
    assert (answer.code, answer.out) == (4, "")
    assert "error: No HPC profile recognizes this machine" in answer.err

    monkeypatch.setenv("CLUSTER_NAME", "research")
    answer = torc("hpc", "partitions", "--gpu")
    assert answer.out.startswith("Partitions of research, Research Cluster:\n\nNAME")
    assert torc("-f", "json", "hpc", "match", "--gpus", 2).json["profile"] == "research"


@pytest.mark.parametrize("where", [["research"], ["--profile", "research"]])
def test_match_says_which_partition_suits_and_why_each_other_one_does_not(torc, where):
    line = ("hpc", "match", *where, "--cpus", 40, "--memory", "100g", "--walltime", "5h")
    assert torc(*line).out.splitlines() == [
        "NAME   CPUS/NODE  MEM/NODE  MAX WALLTIME  GPUS      FITS  WHY",
        "batch         48    192 GB           72h  -         best",
        "himem         48  1,024 GB           48h  -         yes   has more memory per node",
        "short         48    192 GB            4h  -         no    4h at most, 5h needed",
        "gpu           32    256 GB           48h  4 (A100)  no    32 CPUs per node, 40 needed",
        "",
        "batch is the best one: the next, himem, has more memory per node.",
    ]
    found = torc("-f", "json", *line).json
    assert found["requirements"] == {
        "cpus": 40,
        "memory_mb": 102_400,
        "walltime_secs": 18_000,
        "gpus": None,
        "nodes": 1,
    }
    assert [each["name"] for each in found["matching_partitions"]] == ["batch", "himem"]
    assert found["best_partition"]["name"] == "batch"
    assert found["other_partitions"] == [
        {"name": "short", "fits": False, "reasons": ["4h at most, 5h needed"]},
        {"name": "gpu", "fits": False, "reasons": ["32 CPUs per node, 40 needed"]},
        {"name": "himem", "fits": True, "reasons": ["has more memory per node"]},
    ]


def test_where_nothing_fits_match_says_what_each_partition_lacks(torc):
    answer = torc("hpc", "match", "research", "--gpus", 8, "--walltime", "80h")
    assert answer.code == 0
    assert answer.out.splitlines()[-1] == "None of the 4 partitions fits."
    found = torc("-f", "json", "hpc", "match", "research", "--gpus", 8).json
    assert (found["best_partition"], found["matching_partitions"]) == (None, [])
    assert len(found["other_partitions"]) == 4


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["show", "kestrol"], 4, "There is no HPC profile 'kestrol'."),
        (["partitions", "none"], 4, "There is no HPC profile 'none'."),
        (["match", "kestrel", "--profile", "dane"], 2, "Two profiles are named: kestrel and dane."),
        (["match", "kestrel", "--memory", "5gb"], 2, "'5gb' is not a memory size."),
        (["match", "kestrel", "--walltime", "soon"], 2, "'soon' is not a wall time."),
        (["generate"], 9, "There is no sinfo on PATH, so there is no Slurm here."),
        (["generate", "-o", "torc.toml"], 5, "torc.toml exists."),
    ],
)
def test_what_cannot_be_is_one_message(torc, words, code, message):
    answer = torc("hpc", *words)
    assert (answer.code, answer.out) == (code, "")
    assert answer.err.startswith(f"error: {message}\n\nhint: ")


def test_an_override_of_a_profile_that_does_not_exist_is_named(torc, tmp_path):
    (tmp_path / "torc.toml").write_text(
        '[client.hpc.profile_overrides.kestrell]\ndefault_account = "a"\n'
    )
    answer = torc("hpc", "list")
    assert answer.code == 2
    assert "client.hpc.profile_overrides.kestrell" in answer.err
    assert "Did you mean kestrel?" in answer.err


def test_a_variable_without_a_value_is_refused_by_the_configuration(torc, tmp_path):
    (tmp_path / "torc.toml").write_text(RESEARCH.replace("CLUSTER_NAME=research", "CLUSTER_NAME"))
    answer = torc("hpc", "list")
    assert answer.code == 2
    assert "detect_env_var is 'CLUSTER_NAME'; it must be a variable and its value" in answer.err

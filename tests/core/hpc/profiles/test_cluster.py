"""Profiles read from what Slurm prints: texts of two clusters of Slurm 22.05.8."""

from __future__ import annotations

from pathlib import Path

import pytest

from torc_core.config.hpc import Partition
from torc_core.hpc.profiles.cluster import ClusterTexts, Reading, host_pattern, read_cluster

RECORDED = Path(__file__).parents[3] / "data/slurm"
YEAR_S = 365 * 86_400


def texts(cluster: str) -> ClusterTexts:
    """Return what was recorded on a cluster."""
    names = ("sinfo", "partitions", "config")
    return ClusterTexts(*((RECORDED / cluster / f"{name}.txt").read_text() for name in names))


def read(cluster: str, **options) -> Reading:
    """Return the profile of a recorded cluster."""
    return read_cluster(texts(cluster), hostname="login1.site.edu", **options)


def partition(reading: Reading, name: str) -> Partition:
    """Return one of the partitions."""
    (found,) = (each for each in reading.profile.partitions if each.name == name)
    return found


def test_the_lines_of_a_mixed_partition_are_one_partition_with_the_gpus_of_some_of_its_nodes():
    reading = read("typed_gpus")

    names = [each.name for each in reading.profile.partitions]
    assert names == ["debug", "short", "standard", "gpu", "std-stdby", "wide", "acct"]
    short = partition(reading, "short")
    assert (short.cpus_per_node, short.memory_mb) == (8, 4_000)
    assert (short.gpus_per_node, short.gpu_type) == (4, "a100")
    assert (short.gpu_nodes, partition(reading, "gpu").gpu_nodes) == (1, None)
    assert reading.remarks["short"] == ("only some of its nodes have GPUs",)
    assert reading.remarks["gpu"] == ()
    assert partition(reading, "debug").gpus_per_node is None


def test_limits_of_a_partition_are_those_of_its_jobs():
    reading = read("typed_gpus")

    debug, wide = partition(reading, "debug"), partition(reading, "wide")
    assert (debug.cpus_per_node, debug.max_nodes, debug.max_walltime_secs) == (4, 1, 300)
    assert (wide.min_nodes, wide.max_nodes, wide.max_walltime_secs) == (2, 3, 172_800)
    assert partition(reading, "std-stdby").max_walltime_secs == YEAR_S


def test_whole_nodes_are_given_by_exclusive_partitions_and_by_select_linear():
    reading = read("typed_gpus")
    assert not partition(reading, "wide").shared
    assert partition(reading, "standard").shared

    recorded = texts("nodes_that_differ")
    linear = recorded._replace(configuration="SelectType = select/linear\n")
    reading = read_cluster(linear, hostname="x")
    assert not partition(reading, "main").shared
    assert partition(reading, "allgpu").shared


def test_partitions_that_not_everyone_may_use_or_that_give_way_have_to_be_asked_for():
    reading = read("typed_gpus")
    asked_for = [each.name for each in reading.profile.partitions if each.requires_explicit_request]
    assert asked_for == ["std-stdby", "acct"]
    assert reading.remarks["acct"][0] == "only for the accounts proj1,proj2"

    reading = read("nodes_that_differ")
    asked_for = [each.name for each in reading.profile.partitions if each.requires_explicit_request]
    assert asked_for == ["allgpu", "resv"]
    assert reading.remarks["allgpu"][0] == "only for the QOS normal,high"
    assert reading.remarks["resv"] == ("needs a reservation",)


def test_what_takes_no_jobs_of_users_is_left_out_with_the_reason():
    assert read("typed_gpus").left_out == {
        "hid": "it is hidden",
        "ina": "its state is INACTIVE",
        "empty": "it has no nodes",
    }
    assert read("nodes_that_differ").left_out == {
        "down": "its state is DOWN",
        "drain": "its state is DRAIN",
        "root": "only root may use it",
    }


def test_standby_partitions_can_be_left_out():
    reading = read("typed_gpus", skips_standby=True)
    assert "std-stdby" not in {each.name for each in reading.profile.partitions}
    assert reading.left_out["std-stdby"] == "its jobs give way to others"


def test_of_nodes_that_differ_the_least_counts_and_a_remark_says_so():
    reading = read("nodes_that_differ")

    main = partition(reading, "main")
    assert main.cpus_per_node == 104
    assert main.memory_mb == 104 * 2_000, "MaxMemPerCPU allows no more"
    assert (main.gpus_per_node, main.gpu_type) == (4, "h100")
    assert reading.remarks["main"] == (
        "its nodes differ in CPUs; this is the least",
        "its nodes differ in memory; this is the least",
        "only some of its nodes have GPUs",
    )
    gpus = partition(reading, "allgpu")
    assert (gpus.cpus_per_node, gpus.memory_mb) == (32, 180_000)
    assert (gpus.gpus_per_node, gpus.gpu_type) == (3, None)
    assert "its nodes have different GPUs: 3, 4 h100" in reading.remarks["allgpu"]


@pytest.mark.parametrize(
    ("gres", "gpus", "kind"),
    [
        ("gpu:4", 4, None),
        ("gpu", 1, None),
        ("gpu:a100", 1, "a100"),
        ("gpu:a100:4", 4, "a100"),
        ("gpu:a100:4(S:0-1)", 4, "a100"),
        ("gpu:a100:4(S:0,2),nvme:1", 4, "a100"),
        ("nvme:1,gpu:1g.5gb:7(S:0)", 7, "1g.5gb"),
        ("gpu:a100:2(S:0),gpu:a100:2(S:1)", 4, "a100"),
        ("gpu:v100:2,gpu:t4:1", 3, None),
        ("(null)", None, None),
        ("gpus:4", None, None),
    ],
)
def test_gres_says_how_many_gpus_there_are_and_of_which_type(gres, gpus, kind):
    line = f"p|1:00:00|1|8|4000|{gres}\n"
    reading = read_cluster(ClusterTexts(line, "", ""), hostname="x")
    (found,) = reading.profile.partitions
    assert (found.gpus_per_node, found.gpu_type) == (gpus, kind)


def test_memory_that_slurm_has_not_been_told_is_not_known():
    line = "p|1:00:00|2|8|1|(null)\n"
    reading = read_cluster(ClusterTexts(line, "", ""), hostname="x")
    assert reading.profile.partitions[0].memory_mb is None
    assert (
        "Slurm's configuration lacks the memory of some or all of its nodes" in reading.remarks["p"]
    )

    told = "p|1:00:00|1|8|4000|(null)\n"
    reading = read_cluster(ClusterTexts(line + told, "", ""), hostname="x")
    assert reading.profile.partitions[0].memory_mb == 4000


def test_what_slurm_keeps_for_the_system_is_given_to_no_job():
    lines = "p|1:00:00|2|8|4000|(null)\nq|1:00:00|1|8|4000|(null)\n"
    nodes = (
        "NodeName=n1 CPUAlloc=0 CPUEfctv=6 CPUTot=8\n   MemSpecLimit=500\n   Partitions=p \n\n"
        "NodeName=n2 CPUAlloc=0 CPUEfctv=8 CPUTot=8\n   Partitions=p,q \n"
    )
    reading = read_cluster(ClusterTexts(lines, "", "", nodes), hostname="x")
    p, q = reading.profile.partitions
    assert (p.cpus_per_node, p.memory_mb) == (6, 3500)
    assert (q.cpus_per_node, q.memory_mb) == (8, 4000)


def test_headings_of_clusters_are_no_partitions():
    line = "p*|1:00:00|1|8|4000|(null)\n"
    reading = read_cluster(ClusterTexts(f"CLUSTER: one\n{line}\n", "", ""), hostname="x")
    assert [each.name for each in reading.profile.partitions] == ["p"]
    assert reading.left_out == {}


def test_the_profile_is_called_as_the_cluster_or_as_the_machine():
    assert (read("typed_gpus").profile.name, read("typed_gpus").profile.display_name) == (
        "proftest",
        "Proftest",
    )
    named = read("typed_gpus", name="mine", display_name="My Cluster").profile
    assert (named.name, named.display_name) == ("mine", "My Cluster")
    assert read_cluster(ClusterTexts("", "", ""), hostname="vm1.site.edu").profile.name == "vm1"


@pytest.mark.parametrize(
    ("hostname", "pattern"),
    [
        ("login1.mycluster.edu", r".*\.mycluster\.edu"),
        ("login1.my-cluster.edu", r".*\.my-cluster\.edu"),
        ("login01", "^login[0-9]*$"),
        ("login", "^login[0-9]*$"),
    ],
)
def test_other_machines_of_the_cluster_are_recognized(hostname, pattern):
    assert host_pattern(hostname) == pattern

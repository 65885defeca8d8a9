"""Which partition suits a job, and what is said of the others."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from torc_core.config.hpc import Partition
from torc_core.hpc.profiles.builtin import BUILT_IN, DANE, KESTREL
from torc_core.hpc.profiles.match import match
from torc_core.hpc.profiles.needs import MEGABYTE, Needs, parse_walltime
from torc_core.units import parse_node_memory

RESEARCH = (
    Partition(name="batch", cpus_per_node=48, memory_mb=192_000, max_walltime_secs=259_200),
    Partition(
        name="short", cpus_per_node=48, memory_mb=192_000, max_walltime_secs=14_400, shared=True
    ),
    Partition(
        name="gpu",
        cpus_per_node=32,
        memory_mb=256_000,
        max_walltime_secs=172_800,
        gpus_per_node=4,
        gpu_type="A100",
    ),
    Partition(name="himem", cpus_per_node=48, memory_mb=1_048_576, max_walltime_secs=172_800),
)
"""The cluster of the reference's tutorial on custom profiles."""


def needs(cpus: int, memory: str, walltime: str, gpus: int = 0, nodes: int = 1) -> Needs:
    """Return what the options of `torc hpc match` say."""
    return Needs(
        num_cpus=cpus,
        memory_bytes=parse_node_memory(memory),
        runtime_s=parse_walltime(walltime),
        num_gpus=gpus,
        num_nodes=nodes,
    )


def best(partitions, *options) -> str | None:
    """Return the name of the best partition."""
    found = match(partitions, needs(*options)).best
    return found and found.name


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ((8, "16g", "2h"), "short"),
        ((16, "64g", "8h", 2), "gpu"),
        ((24, "512g", "24h"), "himem"),
    ],
)
def test_the_partitions_that_the_tutorial_names_are_the_best_ones(options, name):
    assert best(RESEARCH, *options) == name


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ((32, "64g", "2h"), "short"),
        ((104, "200g", "4:00:01"), "standard"),
        ((104, "200g", "2-00:00:01"), "long"),
        ((4, "500g", "10h"), "medmem"),
        ((4, "1500g", "10h"), "bigmem"),
        ((4, "1500g", "3-00:00:00"), "bigmeml"),
        ((1, "1g", "1h", 1), "gpu-h100s"),
        ((1, "1g", "10h", 4), "gpu-h100"),
        ((120, "1g", "1h"), "gpu-h100s"),
        ((1, "1g", "1h", 5), None),
        ((1, "1g", "1h", 0, 2_240), "short"),
        ((1, "1g", "241h"), None),
    ],
)
def test_jobs_on_kestrel_get_the_smallest_nodes_that_fit_and_the_shortest_limit(options, name):
    assert best(KESTREL.partitions, *options) == name


def test_a_job_that_takes_more_than_a_quarter_of_a_node_gets_one_for_itself():
    assert best(RESEARCH, 12, "16g", "2h") == "short"
    assert best(RESEARCH, 13, "16g", "2h") == "batch"
    assert best(RESEARCH, 1, "48g", "2h") == "batch"
    assert best(RESEARCH, 1, "1g", "2h", 0, 2) == "batch"


def test_partitions_to_be_asked_for_by_name_come_last_and_debug_ones_after_them():
    assert best(DANE.partitions, 1, "1g", "30m") == "pbatch"
    assert best(DANE.partitions, 1, "1g", "100h") == "pserial"
    found = match(DANE.partitions, needs(1, "1g", "30m"))
    assert found.fitting[-1].name == "pdebug"
    assert {each.name: why for each, why in found.second_to} == {
        "pci": "has to be asked for by name",
        "pserial": "has to be asked for by name",
        "pjupyter": "has to be asked for by name",
        "pall": "has to be asked for by name",
        "pdebug": "is for debugging",
    }
    only_debug = match(DANE.partitions[:1], needs(1, "1g", "30m"))
    assert (only_debug.best, only_debug.why) == (DANE.partitions[0], "Only pdebug fits.")


def test_every_partition_that_does_not_fit_says_all_that_is_against_it_with_the_numbers():
    found = match(KESTREL.partitions, needs(120, "300g", "5h", 3))

    assert [each.name for each in found.fitting] == ["gpu-h100", "gpu-h100l"]
    rejected = {each.name: reasons for each, reasons in found.rejected}
    assert rejected["gpu-h100s"] == ("4h at most, 5h needed",)
    assert rejected["debug"] == (
        "104 CPUs per node, 120 needed",
        "240,000 MB per node, 307,200 MB needed",
        "2 GPUs per node, 3 needed",
        "1h at most, 5h needed",
    )
    assert rejected["hbw"] == (
        "104 CPUs per node, 120 needed",
        "240,000 MB per node, 307,200 MB needed",
        "no GPUs per node, 3 needed",
    )
    assert found.why == "gpu-h100 is the best one: the next, gpu-h100l, has a longer limit."


def test_a_minimum_of_nodes_counts_only_if_nothing_else_fits():
    pairs = Partition(
        name="pairs", cpus_per_node=8, memory_mb=8_000, max_walltime_secs=14_400, min_nodes=2
    )
    larger = msgspec.structs.replace(pairs, name="larger", memory_mb=9_000, min_nodes=None)

    assert best((pairs, larger), 1, "1g", "1h") == "larger"
    assert best((pairs, larger), 1, "1g", "1h", 0, 2) == "pairs"
    assert best((pairs,), 1, "1g", "1h") == "pairs"
    found = match((pairs, larger), needs(1, "1g", "1h"))
    assert found.second_to == ((pairs, "gives more nodes than are needed"),)


def test_more_nodes_than_a_partition_gives_do_not_fit():
    names = {each.name for each in match(KESTREL.partitions, needs(1, "1g", "1h", 0, 5)).fitting}
    assert "bigmeml" not in names
    rejected = match(KESTREL.partitions, needs(1, "1g", "1h", 0, 3_000)).rejected
    assert dict(rejected)[KESTREL.partitions[1]] == ("2,240 nodes at most, 3,000 needed",)


STANDARD = Partition(
    name="standard",
    cpus_per_node=8,
    memory_mb=8_000,
    max_walltime_secs=172_800,
    gpus_per_node=4,
    gpu_nodes=2,
)
"""Of its nodes only some have GPUs."""
GPU = msgspec.structs.replace(STANDARD, name="gpu", max_walltime_secs=86_400, gpu_nodes=None)
CPU = msgspec.structs.replace(
    STANDARD, name="cpu", memory_mb=16_000, gpus_per_node=None, gpu_nodes=None
)


def test_jobs_without_gpus_are_where_they_take_the_fewest_of_them():
    assert best((GPU, STANDARD), 1, "1g", "5h") == "standard"
    assert best((GPU, STANDARD, CPU), 1, "1g", "5h") == "cpu"
    assert best((GPU, STANDARD, CPU), 1, "1g", "5h", 1) == "gpu"
    assert best((GPU, STANDARD, CPU), 1, "1g", "30h", 1) == "standard"


def test_of_a_mixed_partition_jobs_with_gpus_get_no_more_nodes_than_have_them():
    assert best((STANDARD,), 1, "1g", "5h", 1, 2) == "standard"
    assert best((STANDARD,), 1, "1g", "5h", 0, 3) == "standard"
    rejected = match((STANDARD,), needs(1, "1g", "5h", 1, 3)).rejected
    assert rejected == ((STANDARD, ("2 nodes with GPUs at most, 3 needed",)),)
    triples = msgspec.structs.replace(STANDARD, min_nodes=3)
    assert best((triples,), 1, "1g", "5h") == "standard"
    assert best((triples,), 1, "1g", "5h", 1) is None


partitions = st.lists(
    st.builds(
        Partition,
        name=st.sampled_from(["debug", "a", "b"]),
        cpus_per_node=st.integers(1, 8),
        memory_mb=st.none() | st.integers(1, 8),
        max_walltime_secs=st.integers(1, 8),
        gpus_per_node=st.none() | st.integers(0, 3),
        gpu_nodes=st.none() | st.integers(1, 3),
        shared=st.booleans(),
        min_nodes=st.none() | st.integers(1, 3),
        max_nodes=st.none() | st.integers(1, 3),
        requires_explicit_request=st.booleans(),
    ),
    max_size=6,
)
asked = st.builds(
    Needs,
    num_cpus=st.integers(1, 9),
    memory_bytes=st.integers(0, 9 * MEGABYTE),
    runtime_s=st.integers(0, 9),
    num_gpus=st.integers(0, 3),
    num_nodes=st.integers(1, 4),
)


@given(partitions, asked)
def test_each_partition_is_said_once_and_what_fits_holds_the_job(several, job):
    found = match(several, job)

    told = [each for each, _ in (*found.rejected, *found.second_to)]
    assert sorted(map(repr, [*told, *found.fitting[:1]])) == sorted(map(repr, several))
    for each in found.fitting:
        assert each.cpus_per_node >= job.num_cpus
        assert each.memory_mb is None or each.memory_mb * MEGABYTE >= job.memory_bytes
        assert each.max_walltime_secs >= job.runtime_s
        assert (each.gpus_per_node or 0) >= job.num_gpus
        assert job.num_nodes <= (each.max_nodes or 4)
    if any("debug" not in each.name for each in found.fitting):
        assert found.best is not None
        assert "debug" not in found.best.name


@given(partitions, asked)
def test_a_job_that_needs_less_fits_wherever_it_fitted(several, job):
    less = msgspec.structs.replace(
        job, num_cpus=1, memory_bytes=job.memory_bytes // 2, runtime_s=0, num_gpus=0
    )
    fitting = match(several, less).fitting
    assert all(each in fitting for each in match(several, job).fitting)


def test_the_built_in_profiles_have_all_their_partitions():
    assert {each.name: len(each.partitions) for each in BUILT_IN} == {"kestrel": 15, "dane": 6}
    for profile in BUILT_IN:
        assert len({each.name for each in profile.partitions}) == len(profile.partitions)

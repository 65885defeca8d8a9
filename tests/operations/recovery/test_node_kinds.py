"""The most that jobs may state, by the nodes there are and by the user."""

from __future__ import annotations

import pytest

from tests.core.diagnosis.attempts import needs
from tests.operations.recovery.recovery_facts import GIB, node
from torc_core.config.hpc import Partition
from torc_core.host.machine import Machine
from torc_core.hpc.profiles.profile import Origin, Profile
from torc_core.operations.recovery.node_kinds import (
    NodeKind,
    memory_cap,
    of_machine,
    of_profile,
    runtime_cap,
)
from torc_core.runner.policy.options import RunnerOptions


def amount(cap):
    return None if cap is None else cap.amount


@pytest.mark.parametrize(
    ("nodes", "most", "cap"),
    [
        ([], None, None),
        ([], 5, 5),
        ([node(memory_gib=9), node(memory_gib=16)], None, 16 * GIB),
        ([node(memory_gib=9), node(memory_gib=16)], GIB, GIB),
        ([node(memory_gib=9), node(memory_gib=None)], None, None),
        ([node(memory_gib=9), node(memory_gib=16, cpus=1)], None, 9 * GIB),
        ([node(memory_gib=9), node(memory_gib=16, hours=0.5)], None, 9 * GIB),
        ([node(cpus=1)], None, -1),
        ([node(cpus=1)], 5, -1),
    ],
)
def test_memory_is_limited_by_the_largest_node_that_fits_otherwise(nodes, most, cap):
    assert amount(memory_cap(needs(cpus=2), nodes, most)) == cap


@pytest.mark.parametrize(
    ("nodes", "most", "cap"),
    [
        ([], None, None),
        ([node(hours=2), node(hours=3)], None, 3 * 3600),
        ([node(hours=2), node(hours=3, memory_gib=4)], None, 2 * 3600),
        ([node(hours=2), node(hours=None)], None, None),
        ([node(hours=None)], 60, 60),
    ],
)
def test_a_runtime_is_limited_by_the_longest_partition_that_fits_otherwise(nodes, most, cap):
    assert amount(runtime_cap(needs(), nodes, most)) == cap


def test_a_cluster_leaves_the_time_in_which_its_workers_start_and_end():
    partition = Partition(
        name="short", cpus_per_node=4, memory_mb=1024, max_walltime_secs=3600, gpus_per_node=2
    )
    profile = Profile(name="p", display_name="P", partitions=(partition,), origin=Origin.CONFIGURED)

    assert of_profile(profile, 60) == (
        NodeKind(
            name="the partition short",
            num_cpus=4,
            num_gpus=2,
            memory_bytes=GIB,
            runtime_s=3600 - 60 - 60,
        ),
    )


def test_of_a_mixed_partition_the_nodes_with_gpus_are_a_kind_of_their_own():
    partition = Partition(
        name="mixed", cpus_per_node=4, max_walltime_secs=3600, max_nodes=9, gpus_per_node=2,
        gpu_nodes=3,
    )  # fmt: skip
    profile = Profile(name="p", display_name="P", partitions=(partition,), origin=Origin.CONFIGURED)

    kinds = [(each.num_gpus, each.num_nodes) for each in of_profile(profile, 60)]
    assert kinds == [(0, 9), (2, 3)]


def test_this_machine_limits_what_runs_on_it_unless_requirements_do_not_count():
    machine = Machine(hostname="here", num_cpus=4, memory_gb=8.0, gpus=("0",))

    (here,) = of_machine(machine, RunnerOptions(workflow_id=1))

    assert (here.num_cpus, here.num_gpus, here.memory_bytes) == (4, 1, 8 * GIB)
    assert here.runtime_s is None
    assert of_machine(machine, RunnerOptions(workflow_id=1, max_parallel_jobs=3)) == ()

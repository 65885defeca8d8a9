import os
import socket
from pathlib import Path

import psutil
import pytest

from torc_core.host.machine import inspect_machine

PHYSICAL_GB = psutil.virtual_memory().total / 2**30


@pytest.fixture
def root(tmp_path):
    (tmp_path / "dev").mkdir()
    return tmp_path


def test_memory_is_that_of_the_machine(root):
    lines = Path("/proc/meminfo").read_text().splitlines()
    (total,) = [int(line.split()[1]) for line in lines if line.startswith("MemTotal:")]
    assert inspect_machine(root, {}).memory_gb == total / 2**20


@pytest.mark.parametrize("file", ["memory.max", "memory/memory.limit_in_bytes"])
@pytest.mark.parametrize(
    ("limit", "expected"),
    [(str(2**27), 0.125), ("max", PHYSICAL_GB), (str(2**62), PHYSICAL_GB)],
)
def test_a_control_group_can_only_lower_memory(root, file, limit, expected):
    path = root / "sys/fs/cgroup" / file
    path.parent.mkdir(parents=True)
    path.write_text(f"{limit}\n")
    assert inspect_machine(root, {}).memory_gb == expected


@pytest.mark.parametrize(("quota", "cpus"), [(100_000, 1), (20_000, 1), (10**9, os.cpu_count())])
def test_a_control_group_lowers_cpus_to_whole_ones(root, quota, cpus):
    group = root / "sys/fs/cgroup/job_7"
    group.mkdir(parents=True)
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/self/cgroup").write_text("0::/job_7\n")
    (group / "cpu.max").write_text(f"{quota} 100000\n")
    machine = inspect_machine(root, {})
    assert machine.num_cpus == min(cpus, len(os.sched_getaffinity(0)))
    assert set(machine.cpus) == os.sched_getaffinity(0)


def test_inside_an_allocation_slurms_share_counts(root):
    share = {
        "SLURM_JOB_ID": "5",
        "SLURMD_NODENAME": socket.gethostname(),
        "SLURM_CPUS_ON_NODE": "1",
        "SLURM_MEM_PER_NODE": "512",
        "SLURM_GPUS_ON_NODE": "1",
        "CUDA_VISIBLE_DEVICES": "3,4",
    }
    machine = inspect_machine(root, share)
    assert (machine.num_cpus, machine.memory_gb, machine.gpus) == (1, 0.5, ("3",))
    assert machine.memory_limit == "Slurm"
    elsewhere = inspect_machine(root, share | {"SLURMD_NODENAME": "elsewhere"})
    assert (elsewhere.memory_gb, elsewhere.gpus) == (PHYSICAL_GB, ("3", "4"))


def test_this_machine_has_something_to_offer():
    machine = inspect_machine()
    assert machine.num_cpus == len(os.sched_getaffinity(0))
    assert machine.memory_gb > 0
    assert machine.hostname

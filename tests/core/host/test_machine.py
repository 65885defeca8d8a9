import os
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


def test_gpus_are_counted_as_devices(root):
    for name in ("nvidia0", "nvidia1", "nvidiactl", "nvidia-uvm"):
        (root / "dev" / name).touch()
    assert inspect_machine(root, {}).gpus == ("0", "1")


@pytest.mark.parametrize(
    ("visible", "gpus"),
    [("2,3", ("2", "3")), ("", ()), ("-1", ()), ("GPU-8932f937, 1", ("GPU-8932f937", "1"))],
)
def test_visible_gpus_go_before_devices(root, visible, gpus):
    (root / "dev/nvidia0").touch()
    assert inspect_machine(root, {"CUDA_VISIBLE_DEVICES": visible}).gpus == gpus


def test_this_machine_has_something_to_offer():
    machine = inspect_machine()
    assert machine.num_cpus == len(os.sched_getaffinity(0))
    assert machine.memory_gb > 0
    assert machine.hostname

import os

import pytest

from torc_core.host.machine import inspect_machine


@pytest.fixture
def root(tmp_path):
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/meminfo").write_text("MemTotal:       4194304 kB\nMemFree: 1 kB\n")
    (tmp_path / "dev").mkdir()
    return tmp_path


def test_memory_is_that_of_the_machine(root):
    assert inspect_machine(root, {}).memory_gb == 4.0


@pytest.mark.parametrize(
    ("limit", "expected"), [(str(2**30), 1.0), ("max", 4.0), (str(2**62), 4.0)]
)
def test_a_control_group_can_only_lower_memory(root, limit, expected):
    (root / "sys/fs/cgroup").mkdir(parents=True)
    (root / "sys/fs/cgroup/memory.max").write_text(f"{limit}\n")
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

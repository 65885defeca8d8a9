"""Which GPUs a process may use."""

import pytest

from torc_core.host.hardware.gpus import find_gpus
from torc_core.resources import GpuKind


@pytest.fixture
def root(tmp_path):
    (tmp_path / "dev").mkdir()
    return tmp_path


def add_nvidia(root, count):
    for name in (*range(count), "ctl", "-uvm", "-modeset"):
        (root / f"dev/nvidia{name}").touch()


def add_amd(root, count):
    """Add GPUs behind one CPU, as the kernel lists them."""
    (root / "dev/kfd").touch()
    for index in range(count + 1):
        node = root / f"sys/class/kfd/kfd/topology/nodes/{index}"
        node.mkdir(parents=True)
        cores = f"cpu_cores_count 64\nsimd_count {0 if index == 0 else 256}\n"
        (node / "properties").write_text(cores)


@pytest.mark.parametrize(
    ("visible", "names"),
    [
        ("2,3", ("2", "3")),
        ("GPU-8932f937, 1", ("GPU-8932f937", "1")),
        ("MIG-GPU-8932f937/1/0", ("MIG-GPU-8932f937/1/0",)),
        ("0,0,1", ("0", "1")),
        ("0,-1,1", ("0",)),
        ("", ()),
        ("NoDevFiles", ()),
    ],
)
def test_the_visible_devices_of_the_runner_go_before_those_of_the_machine(root, visible, names):
    add_nvidia(root, 1)
    assert find_gpus(root, {"CUDA_VISIBLE_DEVICES": visible}) == (GpuKind.NVIDIA, names)


def test_devices_that_may_not_be_opened_do_not_count(root):
    add_nvidia(root, 3)
    (root / "dev/nvidia1").unlink()
    (root / "dev/nvidia1").symlink_to("gone")
    assert len(find_gpus(root, {}).names) == 2


@pytest.mark.parametrize(
    ("environ", "names"),
    [
        ({}, ("0", "1", "2", "3")),
        ({"ROCR_VISIBLE_DEVICES": "1,GPU-7f"}, ("1", "GPU-7f")),
        ({"HIP_VISIBLE_DEVICES": "3,1"}, ("3", "1")),
        ({"CUDA_VISIBLE_DEVICES": "2"}, ("2",)),
        ({"HIP_VISIBLE_DEVICES": "", "CUDA_VISIBLE_DEVICES": "2"}, ()),
        ({"ROCR_VISIBLE_DEVICES": "2,3", "HIP_VISIBLE_DEVICES": "1,9"}, ("3",)),
    ],
)
def test_hip_counts_within_what_rocr_leaves(root, environ, names):
    add_amd(root, 4)
    assert find_gpus(root, environ) == (GpuKind.AMD, names)


def test_of_two_makers_nvidia_counts(root):
    add_nvidia(root, 1)
    add_amd(root, 2)
    assert find_gpus(root, {}) == (GpuKind.NVIDIA, ("0",))

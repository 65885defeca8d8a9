"""How a job finds its GPUs."""

import pytest

from torc_core.resources import GpuKind
from torc_core.runner.policy.resources.gpu_variables import gpu_variables


@pytest.mark.parametrize("kind", GpuKind)
def test_without_gpus_nothing_is_set(kind):
    assert gpu_variables((), kind) == {}


def test_cuda_has_the_names():
    assert gpu_variables(("GPU-1", "3"), GpuKind.NVIDIA) == {
        "CUDA_VISIBLE_DEVICES": "GPU-1,3",
        "ROCR_VISIBLE_DEVICES": "GPU-1,3",
    }


def test_rocr_has_the_names_and_hip_counts_within_them():
    assert gpu_variables(("3", "1"), GpuKind.AMD) == {
        "ROCR_VISIBLE_DEVICES": "3,1",
        "HIP_VISIBLE_DEVICES": "0,1",
        "CUDA_VISIBLE_DEVICES": "0,1",
    }

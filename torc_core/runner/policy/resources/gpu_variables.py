"""The variables that name the GPUs of a job. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from torc_core.resources import GpuKind


def gpu_variables(gpus: Sequence[str], kind: GpuKind) -> dict[str, str]:
    """Return what names a job's devices; without any, nothing is set.

    HIP counts within what ROCR_VISIBLE_DEVICES leaves, from 0, and reads CUDA_VISIBLE_DEVICES as
    its own variable.
    """
    if not gpus:
        return {}
    names = ",".join(gpus)
    if kind is GpuKind.NVIDIA:
        return {"CUDA_VISIBLE_DEVICES": names, "ROCR_VISIBLE_DEVICES": names}
    positions = ",".join(map(str, range(len(gpus))))
    return {
        "ROCR_VISIBLE_DEVICES": names,
        "HIP_VISIBLE_DEVICES": positions,
        "CUDA_VISIBLE_DEVICES": positions,
    }

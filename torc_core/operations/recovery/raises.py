"""What requirements are raised to: what attempts call for, within what there is. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from torc_core.diagnosis.amounts import memory_within, runtime_within
from torc_core.diagnosis.corrections import Correction, correct
from torc_core.diagnosis.failures import Diagnosis
from torc_core.model.ids import RequirementsId, id_of
from torc_core.model.resources import ResourceRequirements
from torc_core.operations.recovery.node_kinds import Cap, NodeKind, memory_cap, runtime_cap
from torc_core.operations.recovery.options import RecoveryOptions
from torc_core.operations.recovery.plan import Raise
from torc_core.units import parse_duration, parse_memory


def make_raises(
    diagnoses: Iterable[Diagnosis], nodes: Sequence[NodeKind], options: RecoveryOptions
) -> dict[RequirementsId, Raise]:
    """Return one raise for each set of requirements that attempts call to raise.

    Args:
        diagnoses: Of the attempts.
        nodes: Where jobs can run again.
        options: The multipliers and limits.

    Raises:
        UsageError: A new amount is too large.
    """
    found = (_within(each, nodes, options) for each in correct(diagnoses, options.multipliers))
    return {each.requirements_id: each for each in found if each.memory or each.runtime}


def _within(correction: Correction, nodes: Sequence[NodeKind], options: RecoveryOptions) -> Raise:
    needs = correction.requirements
    memory, memory_set_by = correction.memory, ""
    cap = memory_cap(needs, nodes, options.max_memory_bytes)
    if memory is not None and cap is not None and parse_memory(memory) > cap.amount:
        memory, memory_set_by = room_for_memory(needs, cap), cap.set_by
    runtime, runtime_set_by = correction.runtime, ""
    cap = runtime_cap(with_memory(needs, memory), nodes, options.max_runtime_s)
    if runtime is not None and cap is not None and parse_duration(runtime) > cap.amount:
        runtime, runtime_set_by = room_for_runtime(needs, cap), cap.set_by
    return Raise(
        requirements_id=id_of(needs),
        name=needs.name,
        job_ids=tuple(id_of(job) for job in correction.jobs),
        old_memory=needs.memory,
        old_runtime=needs.runtime,
        memory=memory,
        runtime=runtime,
        memory_cap=memory_set_by,
        runtime_cap=runtime_set_by,
        peak_memory_bytes=correction.max_peak_memory_bytes if memory else None,
        longest_s=correction.max_runtime_s if runtime else None,
    )


def room_for_memory(needs: ResourceRequirements, cap: Cap) -> str | None:
    """Return the most that the memory can be raised to, None if not at all."""
    most = memory_within(needs.memory, max(cap.amount, 0))
    return most if parse_memory(most) > parse_memory(needs.memory) else None


def room_for_runtime(needs: ResourceRequirements, cap: Cap) -> str | None:
    """Return the longest that the runtime can be raised to, None if not at all."""
    most = runtime_within(needs.runtime, max(cap.amount, 0))
    return most if parse_duration(most) > parse_duration(needs.runtime) else None


def with_memory(needs: ResourceRequirements, memory: str | None) -> ResourceRequirements:
    """Return requirements with another memory, unless it stays."""
    return needs if memory is None else msgspec.structs.replace(needs, memory=memory)

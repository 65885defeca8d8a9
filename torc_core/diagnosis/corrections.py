"""Larger requirements for jobs that used more than they stated, or failed of that.

Jobs share requirements, so one correction covers all of a set: the most that any of them used, or
the present amount where that is more (they were stopped at it), times a multiplier. An attempt that
ended before its requirements were changed last counts only if it used more than they state now: it
did not have the present amount, and none justifies two raises.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import msgspec

from torc_core.diagnosis.amounts import memory_like, runtime_like
from torc_core.diagnosis.failures import Diagnosis
from torc_core.diagnosis.observation import stated_by
from torc_core.model.ids import RequirementsId, id_of
from torc_core.model.job import Job
from torc_core.model.resources import ResourceRequirements, ResourceRequirementsPatch
from torc_core.units import parse_duration, parse_memory


class Multipliers(NamedTuple):
    """How much room new requirements leave above what was used; 1 at least."""

    memory: float
    runtime: float


class Correction(msgspec.Struct, frozen=True, kw_only=True):
    """New amounts for one set of requirements."""

    requirements: ResourceRequirements
    jobs: tuple[Job, ...]
    """Those that need them."""
    memory: str | None = None
    """None if it stays."""
    runtime: str | None = None
    max_peak_memory_bytes: int | None = None
    """The most that these jobs used, if the memory is corrected."""
    max_runtime_s: float | None = None


def correct(diagnoses: Iterable[Diagnosis], multipliers: Multipliers) -> list[Correction]:
    """Return the corrections that attempts call for, by the ids of the requirements.

    Requirements that no user stated are not corrected: jobs of all kinds share them.

    Raises:
        UsageError: A new amount is too large.
    """
    sharing: dict[RequirementsId, list[Diagnosis]] = {}
    for diagnosis in diagnoses:
        requirements = diagnosis.observation.requirements
        if requirements is not None and (
            _calls_for_memory(diagnosis) or _calls_for_time(diagnosis)
        ):
            sharing.setdefault(id_of(requirements), []).append(diagnosis)
    corrections = (_correct_one(sharing[key], multipliers) for key in sorted(sharing))
    return [each for each in corrections if each is not None]


def with_raised(
    needs: ResourceRequirements, raised: ResourceRequirementsPatch | None
) -> ResourceRequirements:
    """Return requirements with the memory and the runtime that they are going to have. Pure."""
    if raised is None:
        return needs
    return msgspec.structs.replace(
        needs, memory=raised.memory or needs.memory, runtime=raised.runtime or needs.runtime
    )


def _correct_one(diagnoses: Sequence[Diagnosis], multipliers: Multipliers) -> Correction | None:
    requirements = diagnoses[0].observation.requirements
    assert requirements is not None
    stated = stated_by(requirements)
    short_of_memory = [each for each in diagnoses if _calls_for_memory(each)]
    short_of_time = [each for each in diagnoses if _calls_for_time(each)]
    memory = runtime = peak = longest_s = None
    if short_of_memory and stated.memory_bytes is not None:
        peak = max(each.observation.result.peak_memory_bytes or 0 for each in short_of_memory)
        amount = max(peak, stated.memory_bytes) * multipliers.memory
        memory = _larger(requirements.memory, amount, memory_like, parse_memory)
    if short_of_time and stated.runtime_s is not None:
        longest_s = max(each.observation.runtime_s for each in short_of_time)
        amount = max(longest_s, stated.runtime_s) * multipliers.runtime
        runtime = _larger(requirements.runtime, amount, runtime_like, parse_duration)
    if memory is None and runtime is None:
        return None
    corrected = (short_of_memory if memory else []) + (short_of_time if runtime else [])
    jobs = {id_of(each.observation.job): each.observation.job for each in corrected}
    return Correction(
        requirements=requirements,
        jobs=tuple(jobs[job_id] for job_id in sorted(jobs)),
        memory=memory,
        runtime=runtime,
        max_peak_memory_bytes=(peak or None) if memory else None,
        max_runtime_s=longest_s if runtime else None,
    )


def _calls_for_memory(diagnosis: Diagnosis) -> bool:
    if diagnosis.observation.is_before_change:
        return diagnosis.memory is not None and diagnosis.memory.is_over()
    return diagnosis.needs_memory


def _calls_for_time(diagnosis: Diagnosis) -> bool:
    if diagnosis.observation.is_before_change:
        return diagnosis.runtime is not None and diagnosis.runtime.is_over()
    return diagnosis.needs_runtime


def _larger(
    present: str,
    amount: float,
    write: Callable[[str, float], str],
    read: Callable[[str], int],
) -> str | None:
    """Return an amount written like the present one, None if it is not more."""
    new = write(present, amount)
    return new if read(new) > read(present) else None

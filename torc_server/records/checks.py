"""Checks and derived values before a record is written.

Each function takes the record before the change or None, the stated column values, and the time;
it returns the values to write, or raises UsageError.
"""

from __future__ import annotations

import re
from typing import Annotated

import msgspec

from torc_core.decoders import decode
from torc_core.errors import UsageError
from torc_core.failure_rules import find_faults
from torc_core.model.compute import ComputeNode
from torc_core.model.events.event import Event, Severity
from torc_core.model.events.types import EVENT_SEVERITY, USER_EVENT
from torc_core.model.resources import (
    DEFAULT_REQUIREMENTS,
    FailureHandler,
    FailureRule,
    LocalScheduler,
    ResourceRequirements,
    SlurmScheduler,
)
from torc_core.model.result import Result
from torc_core.model.status import JobStatus
from torc_core.units import parse_duration, parse_memory
from torc_server.records.crud import Values
from torc_server.rules.attempts.report_check import check_attempt, check_status

_EVENT_TYPE = re.compile(r"[a-z0-9_]{1,64}")
"""A type stands on a line of its own in the stream."""


def check_requirements(before: ResourceRequirements | None, values: Values, _now_ms: int) -> Values:
    """Refuse the reserved name and negative counts; add memory and runtime as numbers."""
    name = values.get("name")
    was_reserved = before is not None and before.name == DEFAULT_REQUIREMENTS
    if name is not None and (name == DEFAULT_REQUIREMENTS) != was_reserved:
        raise UsageError(
            f"The name {DEFAULT_REQUIREMENTS!r} is reserved for the default requirements of a "
            "workflow.",
            hint="Choose another name.",
            field="name",
            value=name,
        )
    _refuse_negative(values, "num_cpus", "num_nodes", "num_gpus")
    if "memory" in values:
        values["memory_bytes"] = parse_memory(values["memory"])
    if "runtime" in values:
        values["runtime_s"] = parse_duration(values["runtime"])
    return values


def remark_on_rules(handler: FailureHandler) -> str | None:
    """Return what a runner cannot make of rules; the reference checks none."""
    try:
        rules = decode(handler.rules, list[_Rule])
    except msgspec.MsgspecError as error:
        return f"Failure handler {handler.id} may never retry a job: {error}."
    fault = next(find_faults(rules), None)
    if fault is None:
        return None
    return f"rules[{fault.rule}] of failure handler {handler.id} never applies: {fault.text}."


class _Rule(FailureRule, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule as clients write it: a misspelt member would silently never retry anything."""

    max_retries: Annotated[int, msgspec.Meta(ge=0)] = 3


def check_scheduler(
    _before: LocalScheduler | SlurmScheduler | None, values: Values, _now_ms: int
) -> Values:
    """Refuse negative counts; texts are left to the clients."""
    _refuse_negative(values, "num_cpus", "nodes", "ntasks_per_node")
    return values


def check_node(_before: ComputeNode | None, values: Values, _now_ms: int) -> Values:
    """Refuse negative resources; who is suspect is only the server's to say."""
    _refuse_negative(values, "num_cpus", "memory_gb", "num_gpus", "num_nodes")
    values.pop("suspect_at", None)
    return values


def check_result(_before: Result | None, values: Values, _now_ms: int) -> Values:
    """Refuse statuses that are not outcomes, and impossible runs and attempts."""
    if "attempt_id" in values:
        check_attempt(values["attempt_id"])
    if "status" in values:
        check_status(JobStatus.from_number(values["status"]))
    _refuse_negative(values, "run_id")
    return values


def stamp_event(before: Event | None, values: Values, now_ms: int) -> Values:
    """Give an event that a client wrote the server's time, and the type that its data names."""
    if before is not None:
        return values
    data = values.setdefault("data", {})
    named = data.get("type") if isinstance(data, dict) else None
    is_name = isinstance(named, str) and _EVENT_TYPE.fullmatch(named) is not None
    event_type = str(named) if is_name else USER_EVENT
    severity = EVENT_SEVERITY.get(event_type, Severity.INFO)
    return values | {"timestamp": now_ms, "event_type": event_type, "severity": severity.rank}


def _refuse_negative(values: Values, *fields: str) -> None:
    """Refuse amounts below 0; 0 is what some clients write for the least."""
    for field in fields:
        value = values.get(field)
        if value is not None and value < 0:
            raise UsageError(
                f"{field} is {value}; it must be at least 0.", field=field, value=value
            )

"""The options of sbatch that a scheduler's fields and the workflow's defaults amount to. Pure.

Files are checked before they become records, but any client may write records: what stands in a
script is checked here once more.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torc_core import sbatch
from torc_core.errors import UsageError
from torc_core.model.resources import SlurmScheduler
from torc_core.spec.fields import MAX_COUNT, walltime_seconds

Options = dict[str, str | None]
"""Long names of options, each with its value; None for those that have none."""

_OPTION_OF: Mapping[str, str] = {
    "account": "account",
    "partition": "partition",
    "qos": "qos",
    "nodes": "nodes",
    "ntasks_per_node": "ntasks-per-node",
    "walltime": "time",
    "mem": "mem",
    "tmp": "tmp",
    "gres": "gres",
}
_OWN_NAMES = frozenset({"ntasks"})
"""Options whose names are also the beginnings of other names."""
_HINT = "Correct it with `torc slurm update`, or in the workflow file."


def options_of(scheduler: SlurmScheduler, defaults: Mapping[str, Any]) -> Options:
    """Return the options with which a scheduler's allocations are submitted.

    Args:
        scheduler: Its fields count before all else.
        defaults: The workflow's `slurm_defaults`, for what the scheduler and its `extra` leave
            open.

    Raises:
        UsageError: A value cannot stand in a script, or an option is torc's own; `field` in the
            details names it.
    """
    stated: Options = {
        option: _checked(scheduler, field, value)
        for field, option in _OPTION_OF.items()
        if (value := getattr(scheduler, field)) not in {None, ""}
    }
    extra = _extra(scheduler, stated)
    return {**stated, **_defaults(scheduler, defaults, stated.keys() | extra.keys()), **extra}


def _checked(scheduler: SlurmScheduler, field: str, value: str | int) -> str:
    if isinstance(value, int):
        fault = None if 0 < value <= MAX_COUNT else "is out of range"
    elif field == "walltime":
        fault = None if walltime_seconds(value) else "is not a Slurm time"
        value = value.strip()
    else:
        fault = None if sbatch.is_value(value) else "cannot be the value of an sbatch option"
    if fault is not None:
        raise _refused(scheduler, field, f"{str(value)[:80]!r} {fault}")
    return str(value)


def _extra(scheduler: SlurmScheduler, stated: Options) -> Options:
    try:
        found = sbatch.split_options(scheduler.extra or "")
    except UsageError as error:
        raise _refused(scheduler, "extra", error.message) from error
    for name in found:
        for field, option in _OPTION_OF.items():
            if option in stated and _means(name, option):
                raise _refused(scheduler, "extra", f"--{name} is set by the field {field} too")
    return found


def _defaults(scheduler: SlurmScheduler, defaults: Mapping[str, Any], known: set[str]) -> Options:
    found: Options = {}
    for key, value in defaults.items():
        name = key.replace("_", "-")
        is_known = any(_means(name, option) for option in known)
        if is_known or value is None or value is False or value == "":
            continue
        text = sbatch.default_value(value)
        fault = sbatch.default_fault(key) or sbatch.value_fault(text or "")
        if type(value) in {dict, list}:
            fault = "is neither text nor a number"
        if fault is not None:
            raise _refused(scheduler, f"slurm_defaults.{key[:80]}", f"{key[:80]!r} {fault}")
        found[name] = text
    return found


def _means(name: str, option: str) -> bool:
    """Return whether sbatch takes a name for an option: any beginning stands for the whole."""
    return name == option or (option.startswith(name) and name not in _OWN_NAMES)


def _refused(scheduler: SlurmScheduler, field: str, fault: str) -> UsageError:
    name = scheduler.name or scheduler.id
    return UsageError(
        f"{field} of the Slurm scheduler {str(name)[:80]!r}: {fault}. Nothing was submitted.",
        hint=_HINT,
        field=field,
    )

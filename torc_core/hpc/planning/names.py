"""The names of a plan's schedulers, and how entries of the file refer to them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, count

from torc_core.errors import UsageError
from torc_core.hpc.planning.entries import PlanEntry
from torc_core.hpc.planning.groups import Group
from torc_core.limits import NAME
from torc_core.spec.problems import shown

_SUFFIX, _DEFERRED = "_scheduler", "_deferred_scheduler"


def scheduler_names(groups: Sequence[Group], entries: Sequence[PlanEntry]) -> list[str]:
    """Return a name for the scheduler of each group; no two are equal.

    Raises:
        UsageError: A name is taken that follows from the parameters of an entry.
    """
    taken: set[str] = set()
    names: list[str] = []
    for group in groups:
        suffix = _DEFERRED if group.is_deferred else _SUFFIX
        wanted = f"{group.name}{suffix}"
        base = group.name.replace("{", "").replace("}", "")[: NAME - len(_DEFERRED) - 4]
        numbered = (f"{base}{suffix}_{number}" for number in count(2))
        name = next(each for each in chain([f"{base}{suffix}"], numbered) if each not in taken)
        is_filled_in = any(entries[member].requirements_text for member in group.members)
        if name != wanted and is_filled_in and not _is_one(group, entries):
            raise UsageError(
                f'The name "{shown(wanted)}" of a scheduler is taken, or cannot be one.',
                hint="Rename the resource requirements after which it is called.",
            )
        taken.add(name)
        names.append(name)
    return names


def _is_one(group: Group, entries: Sequence[PlanEntry]) -> bool:
    """Return whether all jobs of the entries of a group are in it."""
    entry_numbers = {entries[member].entry for member in group.members}
    return all(
        number in group.members
        for number, entry in enumerate(entries)
        if entry.entry in entry_numbers
    )


def assignments(entries: Sequence[PlanEntry], scheduler_of: Sequence[str]) -> tuple[str, ...]:
    """Return what each entry of the file says of its scheduler."""
    names: dict[int, dict[str, None]] = {}
    texts: dict[int, str] = {}
    for entry, name in zip(entries, scheduler_of, strict=True):
        names.setdefault(entry.entry, {})[name] = None
        suffix = _DEFERRED if entry.has_dependencies else _SUFFIX
        texts[entry.entry] = f"{entry.requirements_text}{suffix}"
    return tuple(
        next(iter(found)) if len(found) == 1 else texts[number]
        for number, found in sorted(names.items())
    )

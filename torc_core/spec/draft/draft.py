"""A workflow as it is being typed: every value as text, finished or not.

Items have keys, so that a job keeps its dependencies while its name is still being typed. Every
change makes a new draft.
"""

from __future__ import annotations

from typing import Any

import msgspec

from torc_core.model.action import ActionType, TriggerType
from torc_core.spec.draft.needs import Needs

NO_PRESET = "default"
"""In place of a preset: the job states nothing, and torc's default requirements hold."""
PRODUCT, ZIP = "product", "zip"
"""Parameters are combined: each value with each; the first with the first, and so on."""
CUSTOM = "custom"
"""In place of a preset: the job states its own amounts."""


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of a section."""

    key: int = 0
    """By which others refer to it; never given twice in a draft."""
    name: str = ""


class JobDraft(Item, frozen=True, kw_only=True):
    """A job, or several by their parameters."""

    command: str = ""
    parameters: str = ""
    """Such as `i: 1:10`; several with a semicolon between them."""
    parameter_mode: str = PRODUCT
    """How several are combined: `PRODUCT` or `ZIP`."""
    depends_on: tuple[int, ...] = ()
    """Keys of jobs, as they were chosen."""
    preset: str = NO_PRESET
    """A key of `PRESETS`, `NO_PRESET`, or `CUSTOM` for what `needs` says."""
    needs: Needs = Needs()
    scheduler: int | None = None
    """The key of the only one whose allocations may take it; None for any."""


class SchedulerDraft(Item, frozen=True, kw_only=True):
    """Settings of one kind of Slurm allocation; empty texts are left out of the file."""

    account: str = ""
    nodes: str = "1"
    walltime: str = "02:00:00"
    """Longer than the hour that the presets state, which has to fit with what surrounds it."""
    partition: str = ""
    qos: str = ""
    gres: str = ""
    mem: str = ""
    tmp: str = ""
    extra: str = ""


class ActionDraft(Item, frozen=True, kw_only=True):
    """An action. It has no name in the file."""

    trigger_type: str = TriggerType.ON_WORKFLOW_START
    jobs: tuple[int, ...] = ()
    """Keys of the jobs of a trigger on jobs."""
    action_type: str = ActionType.SCHEDULE_NODES
    scheduler: int | None = None
    """Its key."""
    num_allocations: str = "1"
    command: str = ""


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A whole workflow."""

    name: str = ""
    description: str = ""
    jobs: tuple[JobDraft, ...] = ()
    schedulers: tuple[SchedulerDraft, ...] = ()
    actions: tuple[ActionDraft, ...] = ()
    next_key: int = 1

    def items(self, section: str) -> tuple[Any, ...]:
        """Return the entries of `jobs`, `schedulers` or `actions`."""
        found: tuple[Any, ...] = getattr(self, section)
        return found

    def with_values(self, **values: str) -> Draft:
        """Return it with another name or description."""
        return msgspec.structs.replace(self, **values)

    def added(self, section: str, **values: Any) -> Draft:
        """Return it with one more entry at the end of a section."""
        item = _KINDS[section](key=self.next_key, **values)
        return msgspec.structs.replace(
            self, next_key=self.next_key + 1, **{section: (*self.items(section), item)}
        )

    def changed(self, section: str, index: int, **values: Any) -> Draft:
        """Return it with other values in one entry of a section."""
        items = list(self.items(section))
        items[index] = msgspec.structs.replace(items[index], **values)
        return msgspec.structs.replace(self, **{section: tuple(items)})

    def removed(self, section: str, index: int) -> Draft:
        """Return it without one entry of a section, and without what referred to it."""
        gone = self.items(section)[index].key
        kept = tuple(item for at, item in enumerate(self.items(section)) if at != index)
        draft = msgspec.structs.replace(self, **{section: kept})
        return msgspec.structs.replace(
            draft,
            jobs=tuple(_forget(job, gone) for job in draft.jobs),
            actions=tuple(_forget(action, gone) for action in draft.actions),
        )

    def with_scheduler_of(self, key: int, job_keys: tuple[int, ...]) -> Draft:
        """Return it with exactly these jobs assigned to a scheduler."""
        jobs = []
        for job in self.jobs:
            mine = key if job.key in job_keys else None
            if mine is not None or job.scheduler == key:
                job = msgspec.structs.replace(job, scheduler=mine)  # noqa: PLW2901 - the same job
            jobs.append(job)
        return msgspec.structs.replace(self, jobs=tuple(jobs))

    def jobs_of_scheduler(self, key: int) -> tuple[int, ...]:
        """Return the keys of the jobs that are assigned to a scheduler."""
        return tuple(job.key for job in self.jobs if job.scheduler == key)


_KINDS: dict[str, type[Item]] = {
    "jobs": JobDraft,
    "schedulers": SchedulerDraft,
    "actions": ActionDraft,
}
_REFERENCES = ("depends_on", "jobs", "scheduler")


def _forget(item: Item, key: int) -> Any:
    """Return an entry that refers no longer to a key."""
    changes: dict[str, Any] = {}
    for field in _REFERENCES:
        value = getattr(item, field, None)
        if value == key:
            changes[field] = None
        elif isinstance(value, tuple) and key in value:
            changes[field] = tuple(each for each in value if each != key)
    return msgspec.structs.replace(item, **changes) if changes else item

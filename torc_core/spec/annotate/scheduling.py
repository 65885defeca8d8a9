"""What a workflow file is to say of Slurm."""

from __future__ import annotations

from typing import Any

import msgspec

from torc_core.model.action import ActionType
from torc_core.model.compute import SchedulerType
from torc_core.spec.expanded import ExpandedSlurmScheduler


class NodeAction(msgspec.Struct, frozen=True, kw_only=True):
    """A request for allocations, as a workflow file writes it."""

    trigger_type: str
    scheduler: str
    """The name of one of the schedulers."""
    num_allocations: int
    start_one_worker_per_node: bool = False
    jobs: tuple[str, ...] = ()
    job_name_regexes: tuple[str, ...] = ()

    def fields(self) -> dict[str, Any]:
        """Return its fields in the file."""
        found: dict[str, Any] = {
            "trigger_type": str(self.trigger_type),
            "action_type": str(ActionType.SCHEDULE_NODES),
        }
        found |= {
            name: list(names)
            for name, names in (("jobs", self.jobs), ("job_name_regexes", self.job_name_regexes))
            if names
        }
        found |= {
            "scheduler": self.scheduler,
            "scheduler_type": str(SchedulerType.SLURM),
            "num_allocations": self.num_allocations,
        }
        if self.start_one_worker_per_node:
            found["start_one_worker_per_node"] = True
        return found


class Scheduling(msgspec.Struct, frozen=True, kw_only=True):
    """Schedulers, the requests for their allocations, and whose jobs these are for."""

    schedulers: tuple[ExpandedSlurmScheduler, ...]
    actions: tuple[NodeAction, ...]
    assignments: tuple[str, ...]
    """For each job entry of the file its `scheduler`; parameters in braces are filled in."""

    def scheduler_fields(self) -> list[dict[str, Any]]:
        """Return the fields of each scheduler in the file."""
        return [
            {key: value for key, value in msgspec.structs.asdict(each).items() if value is not None}
            for each in self.schedulers
        ]

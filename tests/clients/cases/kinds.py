"""The kinds of plain records, each with two examples that differ."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from cases.world import ENDED, FULL_NODE, World


def _nothing(_world: World) -> dict[str, Any]:
    return {}


@dataclass(frozen=True)
class Kind:
    """One kind of record, and two of its kind that differ in every field stated."""

    one: str
    """The name in methods about one record."""
    many: str
    """The name in the list."""
    model: str
    fields: dict[str, Any]
    others: dict[str, Any]
    change: dict[str, Any]
    needs: Callable[[World], dict[str, Any]] = _nothing
    """Further fields, ids of what must be there first."""
    filters: dict[str, Any] = field(default_factory=dict)
    """Values of filters that are written otherwise than their fields."""
    remove: str = ""
    remove_all: str = ""

    def create(self, world: World, fields: dict[str, Any]) -> Any:
        """Create a record."""
        record = world.model(self.model, **(self.needs(world) | fields))
        return getattr(world.api, f"create_{self.one}")(record)


def _job_and_node(world: World) -> dict[str, Any]:
    return {"job_id": world.job().id, "compute_node_id": world.node().id, "run_id": 0}


KINDS = (
    Kind(
        "file",
        "files",
        "FileModel",
        {"name": "a", "path": "/a", "st_mtime": 1.5},
        {"name": "b", "path": "/b"},
        {"path": "/c"},
    ),
    Kind(
        "user_data",
        "user_data",
        "UserDataModel",
        {"name": "a", "data": {"x": [1, {"y": None}]}, "is_ephemeral": True},
        {"name": "b", "is_ephemeral": False},
        {"data": {"x": 2}},
        remove_all="delete_all_user_data",
    ),
    Kind(
        "resource_requirements",
        "resource_requirements",
        "ResourceRequirementsModel",
        {
            "name": "a",
            "num_cpus": 4,
            "num_gpus": 1,
            "num_nodes": 2,
            "memory": "8g",
            "runtime": "PT2H",
        },
        {"name": "b"},
        {"memory": "16g"},
        filters={"runtime": 7200},
        remove="delete_resource_requirement",
    ),
    Kind(
        "local_scheduler",
        "local_schedulers",
        "LocalSchedulerModel",
        {"name": "a", "memory": "1g", "num_cpus": 2},
        {"name": "b", "memory": "2g", "num_cpus": 4},
        {"num_cpus": 3},
    ),
    Kind(
        "slurm_scheduler",
        "slurm_schedulers",
        "SlurmSchedulerModel",
        {
            "name": "a",
            "account": "x",
            "gres": "gpu:1",
            "mem": "1g",
            "nodes": 1,
            "ntasks_per_node": 2,
            "partition": "p",
            "qos": "high",
            "tmp": "1g",
            "walltime": "1:00:00",
            "extra": "--exclusive",
        },
        {"name": "b", "account": "y", "nodes": 2, "walltime": "2:00:00"},
        {"account": "z"},
    ),
    Kind(
        "compute_node",
        "compute_nodes",
        "ComputeNodeModel",
        FULL_NODE
        | {
            "time_limit": "PT1H",
            "duration_seconds": 0.5,
            "scheduler": {"scheduler_id": 7},
        },
        FULL_NODE | {"hostname": "i", "is_active": False},
        {"is_active": False},
        filters={"scheduled_compute_node_id": 7},
    ),
    Kind(
        "scheduled_compute_node",
        "scheduled_compute_nodes",
        "ScheduledComputeNodesModel",
        {
            "scheduler_id": 7,
            "scheduler_config_id": 1,
            "scheduler_type": "slurm",
            "status": "pending",
        },
        {
            "scheduler_id": 8,
            "scheduler_config_id": 2,
            "scheduler_type": "slurm",
            "status": "active",
        },
        {"status": "complete"},
        filters={"scheduler_id": "7", "scheduler_config_id": "1"},
    ),
    Kind(
        "event",
        "events",
        "EventModel",
        {"timestamp": 0, "data": {"category": "a", "type": "t"}},
        {"timestamp": 0, "data": {"category": "b"}},
        {"data": {"category": "c"}},
        filters={"category": "a"},
    ),
    Kind(
        "result",
        "results",
        "ResultModel",
        ENDED | {"return_code": 1, "status": "failed", "peak_memory_bytes": 2**40},
        ENDED,
        {"return_code": 2},
        needs=_job_and_node,
        filters={"all_runs": True, "run_id": None, "compute_node_id": None, "job_id": None},
    ),
)

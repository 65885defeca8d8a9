"""What is particular about the 0.12 generation."""

from __future__ import annotations

import json
from typing import Any

from torc.openapi_client import DefaultApi

from cases.world import FULL_NODE, World, case, refused, text


class World012(World):
    """The 0.12 generation: one API class; the status holds the run."""

    def api_of(self, client: Any) -> Any:
        return DefaultApi(client)

    @property
    def run_id(self) -> int:
        return self.api.get_workflow_status(self.id).run_id

    def share(self, group: Any) -> Any:
        body = self.models.WorkflowAccessGroupModel(workflow_id=self.id, group_id=group.id)
        return self.api.add_workflow_to_group(self.id, body)


@case
def ping(world: World) -> None:
    assert world.api.ping() == {"status": "ok"}


@case
def get_version(world: World) -> None:
    version = world.api.get_version()
    assert version["version"].startswith("0.12.")
    assert version["api_version"] == "0.7.0"


@case
def create_workflow(world: World) -> None:
    """JSON is text in this generation."""
    config = json.dumps({"enabled": True})
    model = world.models.WorkflowModel
    made = world.api.create_workflow(
        model(
            name="w", user="u", metadata="{}", resource_monitor_config=config, slurm_defaults="{}"
        )
    )
    assert (made.metadata, made.slurm_defaults) == ("{}", "{}")
    assert json.loads(made.resource_monitor_config) == {"enabled": True}
    assert text(made.jobs_sort_method) == "gpus_runtime_memory"


@case
def get_workflow_status(world: World) -> None:
    status = world.api.get_workflow_status(world.id)
    assert (status.id, status.is_canceled, status.is_archived) == (world.id, False, False)
    assert status.run_id == 0
    assert status.has_detected_need_to_run_completion_script is False


@case
def update_workflow_status(world: World) -> None:
    status = world.api.get_workflow_status(world.id)
    status.run_id = 3
    status.is_archived = True
    changed = world.api.update_workflow_status(world.id, status)
    assert (changed.run_id, changed.is_archived) == (3, True)
    assert world.api.get_workflow_status(world.id) == status


@case
def claim_jobs_based_on_resources(world: World) -> None:
    world.ready_job()
    resources = world.models.ComputeNodesResources(
        num_cpus=1, memory_gb=1, num_gpus=0, num_nodes=1, time_limit="PT1H"
    )
    claimed = world.api.claim_jobs_based_on_resources(
        world.id, 1, resources, sort_method="gpus_memory_runtime"
    )
    assert len(claimed.jobs) == 1


@case
def get_latest_event_timestamp(world: World) -> None:
    event = world.api.create_event(world.model("EventModel", timestamp=0, data={"type": "t"}))
    newest = world.api.get_latest_event_timestamp(world.id)
    assert newest in (event.timestamp, {"timestamp": event.timestamp})


@case
def is_workflow_complete(world: World) -> None:
    assert world.api.is_workflow_complete(world.id).needs_to_run_completion_script is False


@case
def retry_job(world: World) -> None:
    """This generation names no limit of retries."""
    job, _node = world.running_job()
    again = world.api.retry_job(job.id, world.run_id)
    assert (text(again.status), again.attempt_id) == ("ready", 2)
    stale = refused(lambda: world.api.retry_job(job.id, world.run_id + 1))
    assert stale.status == 422


@case
def list_user_data(world: World) -> None:
    """Values that this generation cannot hold are shown as absent, and survive it."""
    made = world.post("/user_data", name="numbers", data=[1, 2])
    (found,) = world.api.list_user_data(world.id).items
    assert (found.name, found.data) == ("numbers", None)
    world.api.update_user_data(found.id, found)
    assert world.api.list_missing_user_data(world.id).user_data == []
    assert made["data"] == [1, 2]


@case
def list_events(world: World) -> None:
    world.post("/events", timestamp=0, data="text")
    assert {"value": "text"} in [event.data for event in world.api.list_events(world.id).items]


@case
def list_compute_nodes(world: World) -> None:
    world.post("/compute_nodes", **(FULL_NODE | {"scheduler": ["a"]}))
    assert [node.scheduler for node in world.api.list_compute_nodes(world.id).items] == [None]

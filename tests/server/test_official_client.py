"""The official Python client reads what we answer, with its strict types."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")


NODE = {
    "hostname": "h",
    "pid": 1,
    "start_time": "2026-01-01T00:00:00Z",
    "num_cpus": 1,
    "memory_gb": 1.0,
    "num_gpus": 0,
    "num_nodes": 1,
    "compute_node_type": "local",
}


@pytest.fixture
def models():
    from torc.openapi_client import models

    return models


@pytest.fixture
def api(server):
    from torc.openapi_client import ApiClient, Configuration, DefaultApi

    with ApiClient(Configuration(host=server.url)) as connected:
        yield DefaultApi(connected)


@pytest.fixture
def workflow(api, models):
    return api.create_workflow(models.WorkflowModel(name="w", user="u"))


def test_service_and_workflows(api, models, workflow):
    assert api.ping() == {"status": "ok"}
    assert api.get_version()["version"].startswith("0.12.")
    workflow.description = "changed"
    assert api.update_workflow(workflow.id, workflow).description == "changed"
    status = api.get_workflow_status(workflow.id)
    status.run_id = 3
    assert api.update_workflow_status(workflow.id, status).run_id == 3
    assert api.list_workflows(limit=1).has_more in {True, False}
    assert api.delete_workflow(workflow.id).id == workflow.id


def test_records(api, models, workflow):
    own = {"workflow_id": workflow.id}
    made = {
        "file": api.create_file(models.FileModel(**own, name="f", path="/f", st_mtime=1.0)),
        "user_data": api.create_user_data(models.UserDataModel(**own, name="d", data={"a": 1})),
        "resource_requirements": api.create_resource_requirements(
            models.ResourceRequirementsModel(**own, name="r", num_cpus=2, memory="2g")
        ),
        "local_scheduler": api.create_local_scheduler(
            models.LocalSchedulerModel(**own, memory="1g", num_cpus=2)
        ),
        "slurm_scheduler": api.create_slurm_scheduler(
            models.SlurmSchedulerModel(**own, name="s", account="a", nodes=1, walltime="1:00")
        ),
        "scheduled_compute_node": api.create_scheduled_compute_node(
            models.ScheduledComputeNodesModel(
                **own,
                scheduler_id=1,
                scheduler_config_id=1,
                scheduler_type="slurm",
                status="pending",
            )
        ),
        "event": api.create_event(models.EventModel(**own, timestamp=0, data={"type": "t"})),
        "compute_node": api.create_compute_node(models.ComputeNodeModel(**own, **NODE)),
    }
    plurals = {"user_data": "user_data", "resource_requirements": "resource_requirements"}

    for name, record in made.items():
        assert getattr(api, f"get_{name}")(record.id) == record
        plural = plurals.get(name, f"{name}s")
        assert record in getattr(api, f"list_{plural}")(workflow.id).items
        assert getattr(api, f"update_{name}")(record.id, record).id == record.id
    api.delete_files(workflow.id)
    api.delete_all_user_data(workflow.id)
    api.delete_events(workflow.id)
    api.delete_resource_requirements(workflow.id)
    assert api.list_files(workflow.id).items == []


def test_actions_and_remote_workers(api, models, workflow):
    action = api.create_workflow_action(
        workflow.id,
        models.WorkflowActionModel(
            workflow_id=workflow.id,
            trigger_type="on_workflow_start",
            action_type="run_commands",
            action_config={"commands": ["true"]},
        ),
    )
    node = api.create_compute_node(models.ComputeNodeModel(workflow_id=workflow.id, **NODE))
    claim = models.ClaimActionRequest(compute_node_id=node.id)

    assert [found.id for found in api.get_workflow_actions(workflow.id)] == [action.id]
    assert api.claim_action(workflow.id, action.id, claim).success
    with pytest.raises(Exception, match="claimed already") as lost:
        api.claim_action(workflow.id, action.id, claim)
    assert lost.value.status == 409
    api.create_remote_workers(workflow.id, ["me@host"])
    assert [found.worker for found in api.list_remote_workers(workflow.id)] == ["me@host"]


def test_errors_arrive_with_their_body(api, models, workflow):
    requirements = models.ResourceRequirementsModel(
        workflow_id=workflow.id, name="r", memory="8 gigs"
    )

    with pytest.raises(Exception, match="8 gigs") as refused:
        api.create_resource_requirements(requirements)

    assert refused.value.status == 422

"""Workflows as a whole, and the service itself."""

from __future__ import annotations

from cases.world import World, case, refused


@case
def create_workflow(world: World) -> None:
    wanted = world.models.WorkflowModel(
        name="full",
        user="someone",
        description="what it is for",
        project="p",
        compute_node_wait_for_new_jobs_seconds=7,
        use_pending_failed=True,
    )
    made = world.api.create_workflow(wanted)
    assert made.id > 0
    assert made.timestamp.endswith("Z")
    assert (made.name, made.user, made.project) == ("full", "someone", "p")
    assert (made.description, made.use_pending_failed) == ("what it is for", True)
    assert made.compute_node_wait_for_new_jobs_seconds == 7
    assert made.compute_node_expiration_buffer_seconds == 180


@case
def get_workflow(world: World) -> None:
    assert world.api.get_workflow(world.id) == world.workflow
    missing = refused(lambda: world.api.get_workflow(10**9))
    assert (missing.status, "1000000000" in missing.body) == (404, True)


@case
def update_workflow(world: World) -> None:
    world.workflow.description = "changed"
    assert world.api.update_workflow(world.id, world.workflow) == world.workflow
    assert world.api.get_workflow(world.id).description == "changed"


@case
def delete_workflow(world: World) -> None:
    assert world.api.delete_workflow(world.id).id == world.id
    assert refused(lambda: world.api.get_workflow(world.id)).status == 404


@case
def list_workflows(world: World) -> None:
    name, user = f"listed {world.mark}", f"user {world.mark}"
    model = world.models.WorkflowModel
    made = [
        world.api.create_workflow(model(name=name, user=user, description=f"the {what} one"))
        for what in ("first", "second")
    ]

    def ids(**wanted: object) -> list[int]:
        return [one.id for one in world.api.list_workflows(**wanted).items]

    first, second = (one.id for one in made)
    assert ids(name=name) == ids(user=user) == ids(name=name, is_archived=False) == [first, second]
    assert ids(name=name, description="second") == [second]
    assert ids(user=user, sort_by="id", reverse_sort=True, limit=1) == [second]
    assert ids(user=user, offset=1) == [second]
    assert ids(user=user, is_archived=True) == []
    assert made[0] in world.api.list_workflows(user=user).items


@case
def initialize_jobs(world: World) -> None:
    first = world.job("first")
    second = world.job("second", depends_on_job_ids=[first.id])
    reply = world.api.initialize_jobs(
        world.id, only_uninitialized=False, clear_ephemeral_user_data=True
    )
    assert reply["message"]
    assert (world.status_of(first), world.status_of(second)) == ("ready", "blocked")


@case
def is_workflow_uninitialized(world: World) -> None:
    world.job()
    assert world.api.is_workflow_uninitialized(world.id).is_uninitialized is True
    world.api.initialize_jobs(world.id)
    assert world.api.is_workflow_uninitialized(world.id).is_uninitialized is False


@case
def is_workflow_complete(world: World) -> None:
    job, node = world.running_job()
    state = world.api.is_workflow_complete(world.id)
    assert (state.is_complete, state.is_canceled) == (False, False)
    world.api.complete_job(job.id, "completed", world.run_id, world.result(job, node))
    assert world.api.is_workflow_complete(world.id).is_complete


@case
def cancel_workflow(world: World) -> None:
    job, _node = world.running_job()
    reply = world.api.cancel_workflow(world.id)
    assert (reply["id"], reply["is_canceled"]) == (world.id, True)
    assert world.status_of(job) == "canceled"
    assert world.api.is_workflow_complete(world.id).is_canceled


@case
def reset_workflow_status(world: World) -> None:
    world.running_job()
    assert refused(lambda: world.api.reset_workflow_status(world.id)).status == 422
    world.api.cancel_workflow(world.id)
    assert world.api.reset_workflow_status(world.id, force=True)["is_canceled"] is False
    assert world.api.is_workflow_complete(world.id).is_canceled is False


@case
def reset_job_status(world: World) -> None:
    job, node = world.running_job()
    failed = world.result(job, node, return_code=1, status="failed")
    world.api.complete_job(job.id, "failed", world.run_id, failed)
    reply = world.api.reset_job_status(world.id, failed_only=True)
    assert (reply.workflow_id, reply.updated_count) == (world.id, 1)
    assert (reply.status, reply.reset_type) == ("uninitialized", "failed_only")
    assert world.status_of(job) == "uninitialized"
    assert world.api.reset_job_status(world.id).updated_count == 1


@case
def process_changed_job_inputs(world: World) -> None:
    data = world.user_data("d", data={"a": 1})
    job = world.job(input_user_data_ids=[data.id])
    world.api.initialize_jobs(world.id)
    assert world.api.process_changed_job_inputs(world.id).reinitialized_jobs == []
    data.data = {"a": 2}
    world.api.update_user_data(data.id, data)
    dry = world.api.process_changed_job_inputs(world.id, dry_run=True)
    assert (dry.reinitialized_jobs, world.status_of(job)) == (["j"], "ready")
    assert world.api.process_changed_job_inputs(world.id).reinitialized_jobs == ["j"]
    assert world.status_of(job) == "uninitialized"


@case
def list_required_existing_files(world: World) -> None:
    given, made = world.file("given"), world.file("made")
    world.job("writer", input_file_ids=[given.id], output_file_ids=[made.id])
    world.job("reader", input_file_ids=[made.id])
    (found,) = world.api.list_required_existing_files(world.id).files
    assert int(found) == given.id


@case
def list_missing_user_data(world: World) -> None:
    empty, filled = world.user_data("empty"), world.user_data("filled", data={"a": 1})
    world.job(input_user_data_ids=[empty.id, filled.id])
    assert world.api.list_missing_user_data(world.id).user_data == [empty.id]


@case
def create_failure_handler(world: World) -> None:
    handler = _failure_handler(world)
    assert (handler.workflow_id, handler.name, handler.rules) == (world.id, "h", RULES)


@case
def get_failure_handler(world: World) -> None:
    handler = _failure_handler(world)
    assert world.api.get_failure_handler(handler.id) == handler


@case
def list_failure_handlers(world: World) -> None:
    handler = _failure_handler(world)
    page = world.api.list_failure_handlers(world.id, offset=0, limit=10)
    assert (page.items, page.count, page.total_count) == ([handler], 1, 1)


@case
def delete_failure_handler(world: World) -> None:
    handler = _failure_handler(world)
    assert world.api.delete_failure_handler(handler.id) == handler
    assert world.api.list_failure_handlers(world.id).items == []


RULES = '[{"exit_codes":[1],"match_all_exit_codes":false,"max_retries":2}]'


def _failure_handler(world: World) -> object:
    model = world.model("FailureHandlerModel", name="h", rules=RULES)
    return world.api.create_failure_handler(model)


@case
def create_remote_workers(world: World) -> None:
    made = world.api.create_remote_workers(world.id, ["me@one", "two:2222"])
    assert [(one.worker, one.workflow_id) for one in made] == [
        ("me@one", world.id),
        ("two:2222", world.id),
    ]


@case
def list_remote_workers(world: World) -> None:
    world.api.create_remote_workers(world.id, ["me@one"])
    assert [one.worker for one in world.api.list_remote_workers(world.id)] == ["me@one"]


@case
def delete_remote_worker(world: World) -> None:
    world.api.create_remote_workers(world.id, ["me@one", "two"])
    assert world.api.delete_remote_worker(world.id, "me@one").worker == "me@one"
    assert [one.worker for one in world.api.list_remote_workers(world.id)] == ["two"]


def _action(world: World, **fields: object) -> object:
    stated = {
        "trigger_type": "on_workflow_start",
        "action_type": "run_commands",
        "action_config": {"commands": ["true"]},
    }
    model = world.model("WorkflowActionModel", **(stated | fields))
    return world.api.create_workflow_action(world.id, model)


@case
def create_workflow_action(world: World) -> None:
    job = world.job()
    action = _action(world, trigger_type="on_jobs_ready", job_ids=[job.id], persistent=True)
    assert (action.workflow_id, action.job_ids) == (world.id, [job.id])
    assert (action.trigger_type, action.action_type) == ("on_jobs_ready", "run_commands")
    assert (action.action_config, action.persistent) == ({"commands": ["true"]}, True)
    assert action.executed is False
    wrong = refused(lambda: _action(world, trigger_type="on_full_moon"))
    assert wrong.status == 422


@case
def get_workflow_actions(world: World) -> None:
    action = _action(world)
    assert world.api.get_workflow_actions(world.id) == [action]


@case
def get_pending_actions(world: World) -> None:
    world.job()
    start = _action(world)
    end = _action(world, trigger_type="on_workflow_complete")
    world.api.initialize_jobs(world.id)
    types = ["on_workflow_start", "on_workflow_complete"]
    found = world.api.get_pending_actions(world.id, trigger_type=types)
    assert [one.id for one in found] == [start.id]
    assert world.api.get_pending_actions(world.id, trigger_type=[end.trigger_type]) == []
    assert [one.id for one in world.api.get_pending_actions(world.id)] == [start.id]


@case
def claim_action(world: World) -> None:
    action, node = _action(world), world.node()
    claim = world.models.ClaimActionRequest(compute_node_id=node.id)
    won = world.api.claim_action(world.id, action.id, claim)
    assert (won.success, won.action_id) == (True, action.id)
    lost = refused(lambda: world.api.claim_action(world.id, action.id, claim))
    assert (lost.status, "already claimed" in lost.body) == (409, True)
    (kept,) = world.api.get_workflow_actions(world.id)
    assert (kept.executed, kept.executed_by) == (True, node.id)

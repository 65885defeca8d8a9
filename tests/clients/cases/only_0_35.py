"""What is particular about the 0.35 generation."""

from __future__ import annotations

import time
from typing import Any

from torc.api import DefaultApi
from torc.openapi_client.api import TasksApi

from cases import records_0_35  # noqa: F401 - it fills CASES
from cases.world import World, case, case_of, text

TASK_TIMEOUT_S = 30


class World035(World):
    """The 0.35 generation: API classes by tag; the workflow itself holds the run."""

    def api_of(self, client: Any) -> Any:
        """Return the facade over all API classes but that of tasks, which is kept beside it."""
        self.tasks = TasksApi(client)
        return DefaultApi(client)

    @property
    def run_id(self) -> int:
        return self.api.get_workflow(self.id).run_id

    def share(self, group: Any) -> Any:
        return self.api.add_workflow_to_group(self.id, group.id)


@case
def ping(world: World) -> None:
    assert world.api.ping().status == "ok"


@case
def get_version(world: World) -> None:
    version = world.api.get_version()
    assert version.version.startswith("0.12.")
    assert version.api_version


@case
def reload_auth(world: World) -> None:
    reply = world.api.reload_auth()
    assert reply.message
    assert reply.user_count == 1


@case
def create_workflow(world: World) -> None:
    """JSON is an object in this generation."""
    models = world.models
    config = models.ResourceMonitorConfig(enabled=True, granularity="time_series")
    stdio = models.StdioConfig(mode="combined", delete_on_success=True)
    execution = models.ExecutionConfig(
        mode="direct", timeout_exit_code=152, stdio=stdio, job_stdio_overrides={"a": stdio}
    )
    wanted = models.WorkflowModel(
        name="w",
        user="u",
        metadata={"a": [1]},
        slurm_defaults={"account": "x"},
        resource_monitor_config=config,
        env={"A": "1"},
        submission_directory="/here",
        dynamic_jobs=models.DynamicJobsConfig(max_iterations=5),
        execution_config=execution,
        enable_ro_crate=True,
    )
    made = world.api.create_workflow(wanted)
    assert (made.metadata, made.slurm_defaults) == ({"a": [1]}, {"account": "x"})
    assert made.resource_monitor_config.enabled is True
    assert text(made.resource_monitor_config.granularity) == "time_series"
    assert (made.env, made.submission_directory) == ({"A": "1"}, "/here")
    assert (made.dynamic_jobs.max_iterations, made.run_id) == (5, 0)
    assert made.enable_ro_crate is True
    assert made.execution_config == execution
    assert world.api.get_workflow(made.id) == made
    assert made in world.api.list_workflows(sort_by="id", reverse_sort=True, limit=5).items


@case
def update_workflow(world: World) -> None:
    world.workflow.metadata = {"b": 2}
    assert world.api.update_workflow(world.id, world.workflow).metadata == {"b": 2}


@case
def list_workflows(world: World) -> None:
    """What others keep as text does not make the list unreadable."""
    odd = {"metadata": "text", "resource_monitor_config": '{"granularity": "often"}'}
    made = world.post("/workflows", name=world.mark, user="u", **odd)
    (found,) = world.api.list_workflows(name=world.mark).items
    assert (found.id, found.metadata, found.resource_monitor_config) == (made["id"], None, None)


@case
def get_workflow_status(world: World) -> None:
    job, node = world.running_job()
    world.api.complete_job(job.id, "completed", world.run_id, world.result(job, node))
    world.job("more")
    status = world.api.get_workflow_status(world.id)
    assert (status.workflow_id, status.workflow_name, status.workflow_user) == (world.id, "w", "u")
    assert (status.total_jobs, status.is_complete, status.is_canceled) == (2, False, False)
    counts = status.jobs_by_status
    assert (counts.completed, counts.uninitialized, counts.failed) == (1, 1, 0)
    assert (status.active_compute_nodes, status.pending_scheduled_nodes) == (1, 0)
    assert status.total_exec_time_minutes == 0.5


@case
def archive_workflow(world: World) -> None:
    for wanted in (True, False):
        request = world.models.ArchiveWorkflowRequest(is_archived=wanted)
        assert world.api.archive_workflow(world.id, request).is_archived is wanted
        assert world.api.get_workflow(world.id).is_archived is wanted


@case
def initialize_jobs(world: World) -> None:
    job = world.job()
    task = world.api.initialize_jobs(world.id, var_async=True)
    done = _finished(world, task.id)
    assert (text(done.status), done.error) == ("succeeded", None)
    assert world.status_of(job) == "ready"


@case
def get_task(world: World) -> None:
    world.job()
    task = world.api.initialize_jobs(world.id, var_async=True)
    done = _finished(world, task.id)
    assert (done.id, done.workflow_id) == (task.id, world.id)
    assert done.operation
    assert done.created_at_ms <= done.started_at_ms <= done.finished_at_ms


def _finished(world: World, task_id: int) -> Any:
    """Return a task once it has ended."""
    deadline = time.monotonic() + TASK_TIMEOUT_S
    while time.monotonic() < deadline:
        task = world.tasks.get_task(task_id)
        if task.finished_at_ms is not None:
            return task
    message = "the task did not end"
    raise AssertionError(message)


@case
def get_active_task_for_workflow(world: World) -> None:
    assert world.api.get_active_task_for_workflow(world.id).task is None
    world.job()
    started = world.api.initialize_jobs(world.id, var_async=True)
    active = world.api.get_active_task_for_workflow(world.id).task
    assert active is None or active.id == started.id
    _finished(world, started.id)
    assert world.api.get_active_task_for_workflow(world.id).task is None


@case
def get_running_jobs(world: World) -> None:
    job, node = world.running_job()
    page = world.api.get_running_jobs(world.id, offset=0, limit=10)
    (running,) = page.items
    assert (running.job_id, running.job_name) == (job.id, "j")
    assert (running.compute_node_name, running.scheduler_type) == (node.hostname, "local")
    assert (page.count, page.total_count, page.has_more) == (1, 1, False)


@case
def batch_complete_jobs(world: World) -> None:
    job, node = world.running_job()
    run_id = world.run_id
    models = world.models
    entries = [
        models.JobCompletionEntry(
            job_id=job_id, run_id=run_id, status="completed", result=world.result(job, node)
        )
        for job_id in (job.id, 10**9)
    ]
    reply = world.api.batch_complete_jobs(
        world.id, models.BatchCompleteJobsRequest(completions=entries)
    )
    assert reply.completed == [job.id]
    (error,) = reply.errors
    assert (error.job_id, bool(error.message)) == (10**9, True)
    assert world.status_of(job) == "completed"
    assert [one.job_id for one in world.api.list_results(world.id).items] == [job.id]


@case
def spawn_jobs(world: World) -> None:
    job, _node = world.running_job()
    models = world.models
    spawned = [
        models.SpawnJobModel(name="one", command="true"),
        models.SpawnJobModel(name="two", command="true", depends_on=["one"], priority=3),
    ]
    request = models.SpawnJobsRequest(jobs=spawned, lineage="l", state={"step": 1})
    reply = world.api.spawn_jobs(job.id, request)
    assert reply.iteration == 1
    one, two = (world.api.get_job(job_id) for job_id in reply.spawned_job_ids)
    assert (one.name, two.name, two.priority) == ("one", "two", 3)
    assert one.depends_on_job_ids == [job.id]
    assert sorted(two.depends_on_job_ids) == [job.id, one.id]
    assert (text(one.status), text(two.status)) == ("blocked", "blocked")
    assert (one.origin, two.origin) == ("spawn", "spawn")
    found = world.api.list_jobs(world.id, origin_is_set=True).items
    assert [spawn.id for spawn in found] == [one.id, two.id]


@case
def list_jobs(world: World) -> None:
    world.job("first")
    world.job("second")
    assert [one.name for one in world.api.list_jobs(world.id, name="second").items] == ["second"]
    assert len(world.api.list_jobs(world.id, command="true").items) == 2


@case
def create_job(world: World) -> None:
    job = world.job(priority=5, env={"A": "1"})
    assert (job.priority, job.env, job.origin) == (5, {"A": "1"}, None)


@case
def get_job(world: World) -> None:
    job, node = world.running_job()
    found = world.api.get_job(job.id)
    assert found.compute_node_id == node.id
    assert found.start_time.endswith("Z")


@case
def retry_job(world: World) -> None:
    job, _node = world.running_job()
    again = world.api.retry_job(job.id, world.run_id, max_retries=2)
    assert (text(again.status), again.attempt_id, again.origin) == ("ready", 2, "retry")


@case
def check_workflow_access(world: World) -> None:
    assert world.api.check_workflow_access(world.id, world.workflow.user).reason


@case_of("update_file")
def none_is_written_as_null_and_clears(world: World) -> None:
    file = world.file("f")
    file.st_mtime = 1.5
    assert world.api.update_file(file.id, file).st_mtime == 1.5
    assert world.api.get_file(file.id).st_mtime == 1.5
    file.st_mtime = None
    assert world.api.update_file(file.id, file).st_mtime is None
    assert world.api.get_file(file.id).st_mtime is None


@case_of("create_job")
def a_job_is_made_from_one_that_was_read(world: World) -> None:
    world.job()
    (job,) = world.api.list_jobs(world.id).items
    again = world.api.create_job(job)
    assert (again.name, again.command, again.attempt_id) == (job.name, job.command, 1)
    assert again.id != job.id

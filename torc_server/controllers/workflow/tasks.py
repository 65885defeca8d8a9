"""Tasks: work that continues after its request was answered."""

from __future__ import annotations

from litestar import Controller, get
from litestar.di import NamedDependency

from torc_core.model.records.task import ActiveTask, Task
from torc_server.edge.parameters import TaskIdInPath, WorkflowIdInPath
from torc_server.records import tasks
from torc_server.storage.readers import Readers


class TaskController(Controller):
    """Tasks."""

    tags = ("tasks",)

    @get("/tasks/{task_id:int}", operation_id="get_task")
    async def get_task(self, readers: NamedDependency[Readers], task_id: TaskIdInPath) -> Task:
        """Get a task and its status."""
        return await readers.look_up(tasks.get_task, task_id)

    @get("/workflows/{workflow_id:int}/active_task", operation_id="get_active_task_for_workflow")
    async def get_active_task(
        self, readers: NamedDependency[Readers], workflow_id: WorkflowIdInPath
    ) -> ActiveTask:
        """Get a workflow's unfinished task, if there is one."""
        return await readers.run(tasks.active_task, workflow_id)

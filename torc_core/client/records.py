"""Client methods for the records around jobs: files, user data, results, events, resources."""

from __future__ import annotations

from torc_core.client.caller import Caller
from torc_core.model.artifact import (
    File,
    FilePatch,
    Files,
    UserData,
    UserDataList,
    UserDataPatch,
)
from torc_core.model.compute import (
    ComputeNode,
    ComputeNodePatch,
    ScheduledComputeNode,
    ScheduledComputeNodePatch,
)
from torc_core.model.event import Event
from torc_core.model.page import Page
from torc_core.model.resources import (
    FailureHandler,
    LocalScheduler,
    ResourceRequirements,
    SlurmScheduler,
)
from torc_core.model.result import Result


class RecordCalls(Caller):
    """Operations on files, user data, results, events and resources."""

    def create_file(self, file: File) -> File:
        """Create a file record; the path is not looked at."""
        return self._post("/files", File, file)

    def create_files(self, files: list[File]) -> list[File]:
        """Create file records of one workflow together; returned in the same order."""
        return self._post("/bulk_files", Files, Files(files=files), timeout_s=600).files

    def list_files(self, workflow_id: int, **filters: object) -> Page[File]:
        """Return a page of files; filters: produced_by_job_id, name, path, is_output."""
        return self._get("/files", Page[File], {"workflow_id": workflow_id, **filters})

    def get_file(self, file_id: int) -> File:
        """Return one file record."""
        return self._get(f"/files/{file_id}", File)

    def update_file(self, file_id: int, patch: FilePatch) -> File:
        """Change the given fields of a file record."""
        return self._put(f"/files/{file_id}", File, patch)

    def delete_file(self, file_id: int) -> File:
        """Delete a file record; the file itself stays."""
        return self._delete(f"/files/{file_id}", File)

    def create_user_data(
        self,
        user_data: UserData,
        *,
        consumer_job_id: int | None = None,
        producer_job_id: int | None = None,
    ) -> UserData:
        """Create user data, and its links to jobs if they are named."""
        params = {"consumer_job_id": consumer_job_id, "producer_job_id": producer_job_id}
        return self._post("/user_data", UserData, user_data, params=params)

    def create_user_data_list(self, user_data: list[UserData]) -> list[UserData]:
        """Create user data of one workflow together; returned in the same order."""
        body = UserDataList(user_data=user_data)
        return self._post("/bulk_user_data", UserDataList, body, timeout_s=600).user_data

    def list_user_data(self, workflow_id: int, **filters: object) -> Page[UserData]:
        """Return a page of user data.

        Args:
            workflow_id: Whose user data.
            **filters: consumer_job_id, producer_job_id, name, is_ephemeral and the paging.
        """
        return self._get("/user_data", Page[UserData], {"workflow_id": workflow_id, **filters})

    def get_user_data(self, user_data_id: int) -> UserData:
        """Return one piece of user data."""
        return self._get(f"/user_data/{user_data_id}", UserData)

    def update_user_data(self, user_data_id: int, patch: UserDataPatch) -> UserData:
        """Change the given fields of user data."""
        return self._put(f"/user_data/{user_data_id}", UserData, patch)

    def delete_user_data(self, user_data_id: int) -> UserData:
        """Delete one piece of user data."""
        return self._delete(f"/user_data/{user_data_id}", UserData)

    def list_results(self, workflow_id: int, **filters: object) -> Page[Result]:
        """Return a page of results, the latest of each job unless `all_runs`.

        Args:
            workflow_id: Whose results.
            **filters: job_id, run_id, return_code, status, compute_node_id, all_runs, paging.
        """
        return self._get("/results", Page[Result], {"workflow_id": workflow_id, **filters})

    def create_result(self, result: Result) -> Result:
        """Record an ended attempt by itself; ends are normally told by `complete_job`."""
        return self._post("/results", Result, result)

    def get_result(self, result_id: int) -> Result:
        """Return one result."""
        return self._get(f"/results/{result_id}", Result)

    def create_event(self, event: Event) -> Event:
        """Write an event of one's own; the server sets its time."""
        return self._post("/events", Event, event)

    def list_events(self, workflow_id: int, **filters: object) -> Page[Event]:
        """Return a page of events; filters: category, after_timestamp (ms)."""
        return self._get("/events", Page[Event], {"workflow_id": workflow_id, **filters})

    def create_resource_requirements(
        self, requirements: ResourceRequirements
    ) -> ResourceRequirements:
        """Create resource requirements."""
        return self._post("/resource_requirements", ResourceRequirements, requirements)

    def list_resource_requirements(
        self, workflow_id: int, **filters: object
    ) -> Page[ResourceRequirements]:
        """Return a page of resource requirements."""
        params = {"workflow_id": workflow_id, **filters}
        return self._get("/resource_requirements", Page[ResourceRequirements], params)

    def get_resource_requirements(self, requirements_id: int) -> ResourceRequirements:
        """Return one set of resource requirements."""
        return self._get(f"/resource_requirements/{requirements_id}", ResourceRequirements)

    def create_failure_handler(self, handler: FailureHandler) -> FailureHandler:
        """Create a failure handler."""
        return self._post("/failure_handlers", FailureHandler, handler)

    def get_failure_handler(self, handler_id: int) -> FailureHandler:
        """Return one failure handler."""
        return self._get(f"/failure_handlers/{handler_id}", FailureHandler)

    def list_failure_handlers(self, workflow_id: int, **paging: object) -> Page[FailureHandler]:
        """Return a page of failure handlers."""
        path = f"/workflows/{workflow_id}/failure_handlers"
        return self._get(path, Page[FailureHandler], paging)

    def create_slurm_scheduler(self, scheduler: SlurmScheduler) -> SlurmScheduler:
        """Create a shape of Slurm allocation."""
        return self._post("/slurm_schedulers", SlurmScheduler, scheduler)

    def list_slurm_schedulers(self, workflow_id: int, **filters: object) -> Page[SlurmScheduler]:
        """Return a page of Slurm schedulers."""
        params = {"workflow_id": workflow_id, **filters}
        return self._get("/slurm_schedulers", Page[SlurmScheduler], params)

    def create_local_scheduler(self, scheduler: LocalScheduler) -> LocalScheduler:
        """Create a local scheduler."""
        return self._post("/local_schedulers", LocalScheduler, scheduler)

    def create_compute_node(self, node: ComputeNode) -> ComputeNode:
        """Register a runner."""
        return self._post("/compute_nodes", ComputeNode, node)

    def get_compute_node(self, node_id: int) -> ComputeNode:
        """Return one compute node."""
        return self._get(f"/compute_nodes/{node_id}", ComputeNode)

    def update_compute_node(self, node_id: int, patch: ComputeNodePatch) -> ComputeNode:
        """Change the given fields of a compute node."""
        return self._put(f"/compute_nodes/{node_id}", ComputeNode, patch)

    def list_compute_nodes(self, workflow_id: int, **filters: object) -> Page[ComputeNode]:
        """Return a page of compute nodes; filters: hostname, is_active."""
        return self._get(
            "/compute_nodes", Page[ComputeNode], {"workflow_id": workflow_id, **filters}
        )

    def create_scheduled_compute_node(self, node: ScheduledComputeNode) -> ScheduledComputeNode:
        """Note an allocation that was asked of a scheduler."""
        return self._post("/scheduled_compute_nodes", ScheduledComputeNode, node)

    def list_scheduled_compute_nodes(
        self, workflow_id: int, **filters: object
    ) -> Page[ScheduledComputeNode]:
        """Return a page of allocations asked of schedulers."""
        params = {"workflow_id": workflow_id, **filters}
        return self._get("/scheduled_compute_nodes", Page[ScheduledComputeNode], params)

    def update_scheduled_compute_node(
        self, scheduled_id: int, patch: ScheduledComputeNodePatch
    ) -> ScheduledComputeNode:
        """Change the given fields of an allocation."""
        path = f"/scheduled_compute_nodes/{scheduled_id}"
        return self._put(path, ScheduledComputeNode, patch)

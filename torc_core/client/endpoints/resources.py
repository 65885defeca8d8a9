"""Resource requirements, failure handlers and schedulers."""

from __future__ import annotations

from typing import Unpack

from torc_core.client.filters import (
    LocalSchedulerFilters,
    Paging,
    ResourceRequirementsFilters,
    SlurmSchedulerFilters,
)
from torc_core.client.request import Endpoints
from torc_core.model.ids import FailureHandlerId, RequirementsId, SchedulerId, WorkflowId
from torc_core.model.page import Page
from torc_core.model.resources import (
    FailureHandler,
    LocalScheduler,
    ResourceRequirements,
    ResourceRequirementsPatch,
    SlurmScheduler,
    SlurmSchedulerPatch,
)


class ResourceEndpoints(Endpoints):
    """Operations on what jobs require and where allocations come from."""

    def create_resource_requirements(
        self, requirements: ResourceRequirements
    ) -> ResourceRequirements:
        """Create resource requirements."""
        return self._post("/resource_requirements", ResourceRequirements, requirements)

    def list_resource_requirements(
        self, workflow_id: WorkflowId, **filters: Unpack[ResourceRequirementsFilters]
    ) -> Page[ResourceRequirements]:
        """Return a page of resource requirements."""
        path = "/resource_requirements"
        return self._list(
            path, Page[ResourceRequirements], filters, ResourceRequirementsFilters, workflow_id
        )

    def get_resource_requirements(self, requirements_id: RequirementsId) -> ResourceRequirements:
        """Return one set of resource requirements."""
        return self._get(f"/resource_requirements/{requirements_id}", ResourceRequirements)

    def update_resource_requirements(
        self, requirements_id: RequirementsId, patch: ResourceRequirementsPatch
    ) -> ResourceRequirements:
        """Change the given fields of resource requirements."""
        path = f"/resource_requirements/{requirements_id}"
        return self._update(path, ResourceRequirements, patch)

    def delete_resource_requirements(self, requirements_id: RequirementsId) -> ResourceRequirements:
        """Delete one set of resource requirements.

        Raises:
            ConflictError: Jobs use them.
        """
        return self._delete(f"/resource_requirements/{requirements_id}", ResourceRequirements)

    def create_failure_handler(self, handler: FailureHandler) -> FailureHandler:
        """Create a failure handler."""
        return self._post("/failure_handlers", FailureHandler, handler)

    def get_failure_handler(self, handler_id: FailureHandlerId) -> FailureHandler:
        """Return one failure handler."""
        return self._get(f"/failure_handlers/{handler_id}", FailureHandler)

    def list_failure_handlers(
        self, workflow_id: WorkflowId, **filters: Unpack[Paging]
    ) -> Page[FailureHandler]:
        """Return a page of failure handlers."""
        path = f"/workflows/{workflow_id}/failure_handlers"
        return self._list(path, Page[FailureHandler], filters, Paging)

    def create_slurm_scheduler(self, scheduler: SlurmScheduler) -> SlurmScheduler:
        """Create the settings of a Slurm allocation."""
        return self._post("/slurm_schedulers", SlurmScheduler, scheduler)

    def list_slurm_schedulers(
        self, workflow_id: WorkflowId, **filters: Unpack[SlurmSchedulerFilters]
    ) -> Page[SlurmScheduler]:
        """Return a page of Slurm schedulers."""
        path = "/slurm_schedulers"
        return self._list(path, Page[SlurmScheduler], filters, SlurmSchedulerFilters, workflow_id)

    def get_slurm_scheduler(self, scheduler_id: SchedulerId) -> SlurmScheduler:
        """Return one Slurm scheduler."""
        return self._get(f"/slurm_schedulers/{scheduler_id}", SlurmScheduler)

    def update_slurm_scheduler(
        self, scheduler_id: SchedulerId, patch: SlurmSchedulerPatch
    ) -> SlurmScheduler:
        """Change the given fields of a Slurm scheduler."""
        return self._update(f"/slurm_schedulers/{scheduler_id}", SlurmScheduler, patch)

    def delete_slurm_scheduler(self, scheduler_id: SchedulerId) -> SlurmScheduler:
        """Delete a Slurm scheduler."""
        return self._delete(f"/slurm_schedulers/{scheduler_id}", SlurmScheduler)

    def create_local_scheduler(self, scheduler: LocalScheduler) -> LocalScheduler:
        """Create a local scheduler."""
        return self._post("/local_schedulers", LocalScheduler, scheduler)

    def list_local_schedulers(
        self, workflow_id: WorkflowId, **filters: Unpack[LocalSchedulerFilters]
    ) -> Page[LocalScheduler]:
        """Return a page of local schedulers."""
        path = "/local_schedulers"
        return self._list(path, Page[LocalScheduler], filters, LocalSchedulerFilters, workflow_id)

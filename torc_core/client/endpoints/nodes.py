"""Compute nodes, allocations and remote workers."""

from __future__ import annotations

from typing import Unpack
from urllib.parse import quote

from torc_core.client.filters import ComputeNodeFilters, ScheduledComputeNodeFilters
from torc_core.client.request import Endpoints
from torc_core.model.compute import (
    ComputeNode,
    ComputeNodePatch,
    RemoteWorker,
    ScheduledComputeNode,
    ScheduledComputeNodePatch,
)
from torc_core.model.ids import AllocationId, ComputeNodeId, WorkflowId
from torc_core.model.page import Page


class NodeEndpoints(Endpoints):
    """Operations on the machines that run jobs."""

    def create_compute_node(self, node: ComputeNode) -> ComputeNode:
        """Register the node of a runner."""
        return self._post("/compute_nodes", ComputeNode, node)

    def get_compute_node(self, node_id: ComputeNodeId) -> ComputeNode:
        """Return one compute node."""
        return self._get(f"/compute_nodes/{node_id}", ComputeNode)

    def update_compute_node(self, node_id: ComputeNodeId, patch: ComputeNodePatch) -> ComputeNode:
        """Change the given fields of a compute node."""
        return self._update(f"/compute_nodes/{node_id}", ComputeNode, patch)

    def list_compute_nodes(
        self, workflow_id: WorkflowId, **filters: Unpack[ComputeNodeFilters]
    ) -> Page[ComputeNode]:
        """Return a page of compute nodes."""
        path = "/compute_nodes"
        return self._list(path, Page[ComputeNode], filters, ComputeNodeFilters, workflow_id)

    def create_scheduled_compute_node(self, node: ScheduledComputeNode) -> ScheduledComputeNode:
        """Record an allocation that was requested from a scheduler."""
        return self._post("/scheduled_compute_nodes", ScheduledComputeNode, node)

    def get_scheduled_compute_node(self, scheduled_id: AllocationId) -> ScheduledComputeNode:
        """Return one allocation."""
        return self._get(f"/scheduled_compute_nodes/{scheduled_id}", ScheduledComputeNode)

    def list_scheduled_compute_nodes(
        self, workflow_id: WorkflowId, **filters: Unpack[ScheduledComputeNodeFilters]
    ) -> Page[ScheduledComputeNode]:
        """Return a page of allocations."""
        path = "/scheduled_compute_nodes"
        return self._list(
            path, Page[ScheduledComputeNode], filters, ScheduledComputeNodeFilters, workflow_id
        )

    def update_scheduled_compute_node(
        self, scheduled_id: int, patch: ScheduledComputeNodePatch
    ) -> ScheduledComputeNode:
        """Change the given fields of an allocation."""
        path = f"/scheduled_compute_nodes/{scheduled_id}"
        return self._update(path, ScheduledComputeNode, patch)

    def create_remote_workers(
        self, workflow_id: WorkflowId, workers: list[str]
    ) -> list[RemoteWorker]:
        """Name machines of the user for a workflow."""
        return self._post(f"/workflows/{workflow_id}/remote_workers", list[RemoteWorker], workers)

    def list_remote_workers(self, workflow_id: WorkflowId) -> list[RemoteWorker]:
        """Return the machines named for a workflow."""
        return self._get(f"/workflows/{workflow_id}/remote_workers", list[RemoteWorker])

    def delete_remote_worker(self, workflow_id: WorkflowId, worker: str) -> RemoteWorker:
        """Remove a machine from those named for a workflow."""
        path = f"/workflows/{workflow_id}/remote_workers/{quote(worker, safe='')}"
        return self._delete(path, RemoteWorker)

"""Resource requirements, failure handlers and schedulers."""

from __future__ import annotations

from torc_core.model.ids import FailureHandlerId, RequirementsId, SchedulerId, WorkflowId
from torc_server.storage.tables.columns import NUMBERED, Row, key, reference, text, wide


class ResourceRequirementsRow(Row, table=True):
    """What a job needs; memory and runtime as written and as numbers."""

    __tablename__ = "resource_requirements"
    __table_args__ = NUMBERED

    id: RequirementsId = key()
    workflow_id: WorkflowId = reference("workflow.id", index=True)
    name: str = text()
    num_cpus: int = wide()
    num_gpus: int = wide()
    num_nodes: int = wide()
    memory: str = text()
    runtime: str = text()
    memory_bytes: int = wide()
    runtime_s: int = wide()


class FailureHandlerRow(Row, table=True):
    """Rules for failed jobs, as JSON text."""

    __tablename__ = "failure_handler"
    __table_args__ = NUMBERED

    id: FailureHandlerId = key()
    workflow_id: WorkflowId = reference("workflow.id", index=True)
    name: str = text()
    rules: str = text()


class LocalSchedulerRow(Row, table=True):
    """A machine to run on directly."""

    __tablename__ = "local_scheduler"
    __table_args__ = NUMBERED

    id: SchedulerId = key()
    workflow_id: WorkflowId = reference("workflow.id", index=True)
    name: str = text(default="default")
    memory: str | None = text(nullable=True)
    num_cpus: int | None = wide(nullable=True)


class SlurmSchedulerRow(Row, table=True):
    """A shape of Slurm allocation."""

    __tablename__ = "slurm_scheduler"
    __table_args__ = NUMBERED

    id: SchedulerId = key()
    workflow_id: WorkflowId = reference("workflow.id", index=True)
    name: str | None = text(nullable=True)
    account: str = text()
    gres: str | None = text(nullable=True)
    mem: str | None = text(nullable=True)
    nodes: int = wide()
    ntasks_per_node: int | None = wide(nullable=True)
    partition: str | None = text(nullable=True)
    qos: str | None = text(nullable=True)
    tmp: str | None = text(nullable=True)
    walltime: str = text()
    extra: str | None = text(nullable=True)

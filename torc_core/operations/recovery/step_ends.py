"""What Slurm's accounting says of the ends of attempts that were steps of allocations.

A step is one attempt of one job, so Slurm's word on it is about this job alone; its word on an
allocation is about all that ran there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from torc_core.client import TorcClient, every_item
from torc_core.diagnosis.observation import FAILURES, StepEnd
from torc_core.hpc.slurm.programs.calls import AccountingDisabled, Slurm
from torc_core.hpc.slurm.programs.states import Cause, read_state
from torc_core.hpc.slurm.settle import numbers_in
from torc_core.model.ids import WorkflowId, id_of
from torc_core.model.result import Result
from torc_core.operations.reports.observe import Attempt
from torc_core.runner.policy.commands.step import owner_of

_COLUMNS = ("JobIDRaw", "State", "JobName")
_ENDS = {
    Cause.MEMORY: StepEnd.MEMORY,
    Cause.TIME: StepEnd.TIME,
    Cause.NODE: StepEnd.NODE,
    Cause.PREEMPTED: StepEnd.PREEMPTED,
    Cause.CANCELED: StepEnd.CANCELED,
}


def find_step_ends(
    client: TorcClient, slurm: Slurm, workflow_id: WorkflowId, results: Iterable[Result]
) -> dict[Attempt, StepEnd]:
    """Return what Slurm says of the attempts among these that failed; nothing without accounting.

    Raises:
        UnreachableError: Accounting does not answer.
        MachineError: There is no Slurm here.
    """
    hosts = {each.compute_node_id for each in results if each.status in FAILURES}
    nodes = every_item(client.list_compute_nodes, workflow_id) if hosts else ()
    in_slurm = [node for node in nodes if node.slurm_job_id is not None and id_of(node) in hosts]
    allocations = numbers_in(slurm.cluster(), (), in_slurm) if in_slurm else ()
    rows = slurm.accounting_rows(sorted(allocations), _COLUMNS) if allocations else ()
    return {} if isinstance(rows, AccountingDisabled) else read_step_ends(rows, workflow_id)


def read_step_ends(
    rows: Iterable[Mapping[str, str]], workflow_id: WorkflowId
) -> dict[Attempt, StepEnd]:
    """Return what rows of `sacct` say of the attempts of a workflow. Pure.

    Rows of allocations say nothing of attempts, whatever the allocations are called.
    """
    ends: dict[Attempt, StepEnd] = {}
    for row in rows:
        owner = owner_of(row["JobName"]) if "." in row["JobIDRaw"] else None
        cause = read_state(row["State"]).cause
        if owner is not None and owner.workflow_id == workflow_id and cause in _ENDS:
            ends[Attempt(owner.job_id, owner.run_id, owner.attempt_id)] = _ENDS[cause]
    return ends

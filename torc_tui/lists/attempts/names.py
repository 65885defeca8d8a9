"""Names of what jobs refer to by id: their nodes, and their requirements in short."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from torc_core.client import TorcClient, every_item
from torc_core.model.execution import stored_execution_config
from torc_core.model.ids import JobId, WorkflowId, id_of
from torc_core.model.job import Job
from torc_core.model.resources import ResourceRequirements
from torc_core.operations.jobs.output_fault import may_lack_output, output_faults
from torc_core.operations.repair.short_why import FAILED, short_why
from torc_core.runner.policy.exit_outcome import StopReason
from torc_core.runner.policy.limits import limit_codes
from torc_core.units import format_duration, format_memory
from torc_tui.lists.attempts.attempt import node_id_of, result_of

_MOST_READ = 100
"""Logs that are read at once: the list waits for them."""
GONE = ""
"""The name of what does not exist any more."""


class Names:
    """Names by id, asked for when a job has an id that is not known yet."""

    def __init__(self) -> None:
        self.nodes: dict[int, str] = {}
        """Hosts, by the ids of nodes."""
        self._requirements: dict[int, ResourceRequirements | None] = {}
        self._codes: Mapping[StopReason, int] | None = None
        self._faults: dict[JobId, str] = {}
        self._read: set[tuple[int, int, int]] = set()
        """Attempts whose logs were searched for what they say about output files."""

    def learn_nodes(self, client: TorcClient, workflow_id: WorkflowId, jobs: Iterable[Job]) -> None:
        """Ask for the nodes of a workflow, if one of the jobs is on an unknown one.

        Raises:
            TorcError: The server did not answer.
        """
        self.learn_nodes_of(client, workflow_id, map(node_id_of, jobs))

    def learn_nodes_of(
        self, client: TorcClient, workflow_id: WorkflowId, node_ids: Iterable[int | None]
    ) -> None:
        """Ask for the nodes of a workflow, if one of these is unknown.

        Raises:
            TorcError: The server did not answer.
        """
        unknown = set(node_ids) - self.nodes.keys() - {None}
        if unknown:
            self.nodes |= {number: GONE for number in unknown if number is not None}
            for node in every_item(client.list_compute_nodes, workflow_id):
                self.nodes[node.id or 0] = node.hostname

    def learn_requirements(
        self, client: TorcClient, workflow_id: WorkflowId, jobs: Iterable[Job]
    ) -> None:
        """Ask for the requirements of a workflow, if one of the jobs has unknown ones.

        Raises:
            TorcError: The server did not answer.
        """
        unknown = {job.resource_requirements_id for job in jobs} - self._requirements.keys()
        if unknown - {None}:
            self._requirements |= dict.fromkeys(number for number in unknown if number is not None)
            for each in every_item(client.list_resource_requirements, workflow_id):
                self._requirements[each.id or 0] = each

    def node_of(self, job: Job) -> str | None:
        """Return the host that a job runs on, or ran on."""
        number = node_id_of(job)
        return None if number is None else self.nodes.get(number) or f"node {number}"

    def needs_of(self, job: Job) -> str | None:
        """Return what a job needs."""
        needs = self._requirements.get(job.resource_requirements_id or 0)
        return None if needs is None else in_short(needs)

    def learn_reasons(self, client: TorcClient, workflow_id: WorkflowId, jobs: list[Job]) -> None:
        """Ask for what says why jobs failed, if one of them has.

        Raises:
            TorcError: The server did not answer.
        """
        failed = [job for job in jobs if job.status in FAILED]
        if failed and self._codes is None:
            execution = client.get_workflow(workflow_id).execution_config
            self._codes = limit_codes(stored_execution_config(execution))
        self.learn_requirements(client, workflow_id, failed)
        unread = [job for job in failed if self._may_lack_output(job)][:_MOST_READ]
        if unread:
            for job_id, fault in output_faults(client, workflow_id, unread).items():
                self._faults[job_id] = fault
            self._read |= {_attempt_of(job) for job in unread}

    def _may_lack_output(self, job: Job) -> bool:
        """Return whether the log of a job may say more than its result, and was not read yet."""
        result = result_of(job)
        return result is not None and may_lack_output(result) and _attempt_of(job) not in self._read

    def why_of(self, job: Job) -> str:
        """Return why a job has failed, waits or was canceled; empty if nothing tells."""
        needs = self._requirements.get(job.resource_requirements_id or 0)
        fault = self._faults.get(id_of(job), "") if _attempt_of(job) in self._read else ""
        return short_why(job, result_of(job), needs, self._codes or {}, fault)


def _attempt_of(job: Job) -> tuple[int, int, int]:
    result = result_of(job)
    return (0, 0, 0) if result is None else (result.job_id, result.run_id, result.attempt_id)


def in_short(needs: ResourceRequirements) -> str:
    """Return requirements in a few words, such as "4 CPU 16 GiB 2h 00m"."""
    words = [
        f"{needs.num_cpus} CPU",
        format_memory(needs.memory),
        format_duration(needs.runtime),
    ]
    if needs.num_gpus:
        words.insert(1, f"{needs.num_gpus} GPU")
    if needs.num_nodes > 1:
        words.insert(0, f"{needs.num_nodes} nodes")
    return " ".join(words)

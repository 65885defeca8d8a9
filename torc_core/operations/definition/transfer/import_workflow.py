"""Import a workflow from its document: all of it, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, BinaryIO

import msgspec

from torc_core.client import Feature, TorcClient
from torc_core.model.compute import ComputeNode
from torc_core.model.ids import JobId, WorkflowId, id_of
from torc_core.model.job import Job
from torc_core.model.resources import (
    DEFAULT_REQUIREMENTS,
    ResourceRequirements,
    ResourceRequirementsPatch,
)
from torc_core.model.result import Result
from torc_core.model.workflow import Workflow, WorkflowStatus
from torc_core.operations.definition.batches import create_in_batches
from torc_core.operations.definition.create import created_jobs, working_directory
from torc_core.operations.definition.job_batches import JobBatches
from torc_core.operations.definition.kept import check_kept
from torc_core.operations.definition.rollback import deleted_on_failure
from torc_core.operations.definition.transfer import renumber
from torc_core.operations.definition.transfer.document import Document, Records
from torc_core.operations.definition.transfer.notices import (
    Imported,
)
from torc_core.operations.definition.transfer.read_document import read_document
from torc_core.operations.definition.transfer.remarks import remarks_on
from torc_core.operations.reporter import SILENT, PlainNotice, Reporter
from torc_core.units import counted

_NODE_TYPE = "imported"
_UNKNOWN_HOST = "unknown"
"""As the server says of a job whose host was not reported."""


class ImportOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What a user wants of an import."""

    user: str
    """The owner."""
    name: str | None = None
    """Of the workflow, in place of the document's."""
    skip_results: bool = False
    skip_events: bool = False
    """Say nothing of the events that are left out."""


def import_workflow(
    client: TorcClient,
    source: BinaryIO,
    source_name: str,
    options: ImportOptions,
    reporter: Reporter = SILENT,
) -> Imported:
    """Create a workflow from its document; there is no question.

    All jobs begin as if they had never run. Ids are those that the server gives. Results keep the
    numbers of their runs, and the next run of the workflow follows them; a result whose node is not
    in the document gets one that stands for it. Events are left out, see `Document.num_events`.

    Args:
        client: The server.
        source: The document.
        source_name: What to call it in messages.
        options: What is wanted.
        reporter: Where progress and warnings go.

    Raises:
        SpecError: The document has problems; nothing is created.
        TorcError: The server refused something; what existed by then is deleted again, as for any
            other exception.
    """
    document = read_document(source, source_name, reporter)
    if options.skip_results:
        document = msgspec.structs.replace(document, results=Records(Result))
    for sentence in remarks_on(document, skip_events=options.skip_events):
        reporter.warn(PlainNotice(sentence))
    record = _workflow(document.workflow, options)
    check_kept(client, record, document.jobs, reporter)
    created = client.create_workflow(record)
    workflow_id = id_of(created)
    with deleted_on_failure(client, workflow_id):
        _Import(client, document, workflow_id, reporter).create()
    counts = {
        section: len(getattr(document, section))
        for section in ("jobs", "files", "user_data", "results")
    }
    return Imported(workflow_id=workflow_id, name=created.name, counts=counts)


class _Import:
    """One import: the ids so far."""

    def __init__(
        self,
        client: TorcClient,
        document: Document,
        workflow_id: WorkflowId,
        reporter: Reporter,
    ) -> None:
        self._client = client
        self._document = document
        self._workflow_id = workflow_id
        self._has_bulk = client.offers(Feature.BULK_RECORDS)
        self._has_bulk_results = client.offers(Feature.BULK_RESULTS)
        self._batches = JobBatches(client, client.features())
        self._reporter = reporter
        self._new_ids = renumber.NewIds(workflow_id)

    def create(self) -> None:
        """Create everything, what is referred to first."""
        client, document = self._client, self._document
        creators: dict[str, Callable[[Any], Any]] = {
            "resource_requirements": self._create_requirements,
            "failure_handlers": client.create_failure_handler,
            "slurm_schedulers": client.create_slurm_scheduler,
            "local_schedulers": client.create_local_scheduler,
        }
        bulk_creators: tuple[tuple[str, Callable[[Any], Any], Callable[[Any], Any]], ...] = (
            ("files", client.create_file, client.create_files),
            ("user_data", client.create_user_data, client.create_user_data_list),
        )
        for section, create in creators.items():
            records = self._plain(getattr(document, section))
            self._note(section, [id_of(create(record)) for record in records])
        for section, create_one, create_many in bulk_creators:
            created = create_in_batches(
                self._plain(getattr(document, section)),
                create_one,
                create_many,
                has_bulk=self._has_bulk,
            )
            self._note(section, [id_of(record) for batch in created for record in batch])
        self._note("jobs", self._create_jobs())
        for action in document.workflow_actions:
            client.create_workflow_action(renumber.action(action, self._new_ids))
        if document.results:
            self._create_results()

    def _note(self, section: str, ids: Sequence[int]) -> None:
        positions = getattr(self._document, section).positions
        self._new_ids.of[section] = {key: ids[position] for key, position in positions.items()}

    def _plain(self, records: Iterable[Any]) -> Iterator[Any]:
        return (renumber.plain(record, self._new_ids) for record in records)

    def _create_requirements(self, record: ResourceRequirements) -> ResourceRequirements:
        """Create requirements; the default ones are there, and are changed if they were before."""
        client = self._client
        if record.name != DEFAULT_REQUIREMENTS:
            return client.create_resource_requirements(record)
        found = client.list_resource_requirements(self._workflow_id, name=DEFAULT_REQUIREMENTS)
        if not found.items:
            return client.create_resource_requirements(record)
        default = found.items[0]
        if msgspec.structs.replace(default, id=None) == record:
            return default
        patch = msgspec.convert(record, ResourceRequirementsPatch, from_attributes=True)
        return client.update_resource_requirements(
            id_of(default), msgspec.structs.replace(patch, name=None)
        )

    def _create_jobs(self) -> list[JobId]:
        jobs, dependencies = self._document.jobs, self._document.dependencies

        def make(position: int, job_ids: Sequence[JobId]) -> Job:
            depends_on = [job_ids[each] for each in dependencies[position]]
            return renumber.job(jobs[position], depends_on, self._new_ids)

        def report(number: int, total: int) -> None:
            self._reporter.progress(created_jobs(number, total), number / total)

        sizes = [jobs.size_of(position) for position in range(len(jobs))]
        order = self._batches.order(dependencies, sizes, keep_order=True)
        return self._batches.create(order, len(jobs), make, report)

    def _create_results(self) -> None:
        client, results = self._client, self._document.results
        # The next run of the workflow is another one than those that the results are of.
        run_id = max(result.run_id for result in results)
        run_id = max(run_id, self._document.workflow.run_id or 0)
        status = WorkflowStatus(is_canceled=False, run_id=run_id)
        client.update_workflow_status(self._workflow_id, status)
        done = 0
        for created in create_in_batches(
            self._new_results(),
            client.create_result,
            client.create_results,
            has_bulk=self._has_bulk_results,
        ):
            done += len(created)
            notice = PlainNotice(f"Created {done:,} of {counted(len(results), 'result')} …")
            self._reporter.progress(notice, done / len(results))

    def _new_results(self) -> Iterator[Result]:
        """Yield the results to create; the node of each exists by then."""
        node_ids: dict[int, int] = {}
        for result in self._document.results:
            old = result.compute_node_id
            if old not in node_ids:
                node_ids[old] = id_of(self._client.create_compute_node(self._node(result)))
            yield renumber.result(result, node_ids[old], self._new_ids)

    def _node(self, result: Result) -> ComputeNode:
        """Return the node of a result, which this workflow records as ended."""
        nodes = self._document.compute_nodes
        position = nodes.positions.get(result.compute_node_id)
        if position is None:
            return ComputeNode(
                workflow_id=self._workflow_id,
                hostname=_UNKNOWN_HOST,
                pid=0,
                start_time=result.completion_time,
                is_active=False,
                num_cpus=1,
                memory_gb=0,
                num_gpus=0,
                num_nodes=1,
                compute_node_type=_NODE_TYPE,
            )
        node = nodes[position]
        scheduler = node.scheduler_config_id
        return msgspec.structs.replace(
            renumber.plain(node, self._new_ids),
            is_active=False,
            scheduler_config_id=None
            if scheduler is None
            else self._new_ids.scheduler(scheduler, node.compute_node_type),
        )


def _workflow(record: Workflow, options: ImportOptions) -> Workflow:
    """Return the workflow to create: the user's own, not shared, never run."""
    return msgspec.structs.replace(
        record,
        id=None,
        name=options.name or record.name,
        user=options.user,
        timestamp=None,
        submission_directory=working_directory(),
        status_id=None,
        run_id=None,
        is_archived=None,
        is_canceled=None,
        access_groups=None,
        job_counts=None,
    )

"""Export a workflow: its document is written while its records are read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

import msgspec

from torc_core.characters import escape_hidden_json
from torc_core.client import TorcClient, every_item
from torc_core.clock import utc_now
from torc_core.errors import ConflictError
from torc_core.model.ids import WorkflowId
from torc_core.operations.definition.transfer.document import (
    EXPORT_VERSION,
    LINKS,
    Numbered,
    ids_in,
)
from torc_core.operations.definition.transfer.notices import Exported
from torc_core.operations.reporter import SILENT, PlainNotice, Reporter

_BLOCK = 1_000
"""Records that are written together."""


def export_workflow(
    client: TorcClient,
    workflow_id: WorkflowId,
    target: BinaryIO,
    *,
    include_results: bool = False,
    include_events: bool = False,
    reporter: Reporter = SILENT,
) -> Exported:
    """Write the document of a workflow, a line for each record.

    Args:
        client: The server.
        workflow_id: The workflow.
        target: Where the document goes; what is there after an error is not a document.
        include_results: Also the results of all runs, and the nodes on which they were obtained.
        include_events: Also its events.
        reporter: Where progress goes.

    Raises:
        NotFoundError: There is no such workflow.
        ConflictError: It was changed in the meantime, so that what was read does not fit together.
        OSError: The target cannot be written.
    """
    workflow = client.get_workflow(workflow_id)
    sections: dict[str, Iterable[Any]] = {
        "files": every_item(client.list_files, workflow_id),
        "user_data": every_item(client.list_user_data, workflow_id),
        "resource_requirements": every_item(client.list_resource_requirements, workflow_id),
        "slurm_schedulers": every_item(client.list_slurm_schedulers, workflow_id),
        "local_schedulers": every_item(client.list_local_schedulers, workflow_id),
        "failure_handlers": every_item(client.list_failure_handlers, workflow_id),
        "jobs": every_item(client.list_jobs, workflow_id, include_relationships=True),
        "workflow_actions": client.get_workflow_actions(workflow_id),
    }
    if include_results:
        sections["results"] = every_item(client.list_results, workflow_id, all_runs=True)
        # After them, so that the nodes of all of them are there.
        sections["compute_nodes"] = every_item(client.list_compute_nodes, workflow_id)
    if include_events:
        sections["events"] = every_item(client.list_events, workflow_id)

    header = {"export_version": EXPORT_VERSION, "exported_at": utc_now(), "workflow": workflow}
    members = [f'"{name}": {_text(value)}' for name, value in header.items()]
    target.write(("{\n" + ",\n".join(members)).encode())
    links = _Links(workflow_id)
    counts = {}
    for section, records in sections.items():
        target.write(f',\n"{section}": ['.encode())
        number = 0
        for block in _blocks(links.noted(section, records)):
            before = ",\n" if number else "\n"
            target.write((before + ",\n".join(map(_text, block))).encode())
            number += len(block)
            notice = PlainNotice(f"Exported {number:,} {section.replace('_', ' ')} …")
            reporter.progress(notice)
        target.write(b"]")
        counts[section] = number
    links.check()
    target.write(b"\n}\n")
    return Exported(workflow_id=workflow_id, name=workflow.name, counts=counts)


class _Links:
    """What exported records have named, to notice when the workflow changes meanwhile."""

    def __init__(self, workflow_id: WorkflowId) -> None:
        self._workflow_id = workflow_id
        targets = {target for fields in LINKS.values() for target in fields.values()}
        self._there: dict[str, set[int]] = {target: set() for target in targets}
        self._named: dict[str, set[int]] = {target: set() for target in targets}

    def noted(self, section: str, records: Iterable[Numbered]) -> Iterator[Numbered]:
        """Yield records; note their ids, and those that they name."""
        add = self._there[section].add if section in self._there else None
        fields = [(field, self._named[name]) for field, name in LINKS.get(section, {}).items()]
        for record in records:
            if add is not None and record.id is not None:
                add(record.id)
            for field, named in fields:
                named.update(ids_in(record, field))
            yield record

    def check(self) -> None:
        """Refuse what does not fit together.

        Raises:
            ConflictError: A record that was named has not been exported.
        """
        for section, named in self._named.items():
            if missing := named - self._there[section]:
                raise ConflictError(
                    f"Workflow {self._workflow_id} was changed while it was exported: number "
                    f"{min(missing)} of its {section.replace('_', ' ')} is named, and was not "
                    "there.",
                    hint="Run the same command again.",
                )


def _text(record: object) -> str:
    return escape_hidden_json(msgspec.json.encode(record).decode())


def _blocks(records: Iterator[Numbered]) -> Iterator[list[Numbered]]:
    block: list[Numbered] = []
    for record in records:
        block.append(record)
        if len(block) == _BLOCK:
            yield block
            block = []
    if block:
        yield block

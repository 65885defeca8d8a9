"""With which access groups workflows are shared, by the names of the groups."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace
from sqlalchemy import Connection, bindparam, insert, select

from torc_core.clock import utc_text
from torc_core.errors import UsageError
from torc_core.model.ids import WorkflowId, id_of
from torc_core.model.workflow import Workflow
from torc_server.storage import tables
from torc_server.storage.statements import Prepared

_group = tables.access_group.c
_link = tables.workflow_access_group.c

_NAMED = Prepared(
    select(_group.name, _group.id).where(_group.name.in_(bindparam("ids", expanding=True)))
)
_OF_WORKFLOWS = Prepared(
    select(_link.workflow_id, _group.name)
    .join(tables.access_group, _group.id == _link.group_id)
    .where(_link.workflow_id.in_(bindparam("ids", expanding=True)))
    .order_by(_group.name)
)
_LINK = Prepared(insert(tables.workflow_access_group), "workflow_id", "group_id", "created_at")


def created_at(now_ms: int) -> str:
    """Return a moment as the reference dates groups: UTC, `YYYY-MM-DD HH:MM:SS`."""
    return utc_text(now_ms)[:19].replace("T", " ")


def share_with(
    connection: Connection, workflow_id: WorkflowId, names: Sequence[str], *, now_ms: int
) -> None:
    """Share a new workflow with groups.

    Raises:
        UsageError: There is no group of one of the names.
    """
    known = dict(_NAMED.all_of(connection, set(names)))
    for name in names:
        if name not in known:
            raise UsageError(
                f"There is no access group {name!r}.",
                hint="Create the group first, or leave it out.",
                field="access_groups",
                value=name,
            )
    _LINK.run_each(
        connection,
        [
            {"workflow_id": workflow_id, "group_id": group_id, "created_at": created_at(now_ms)}
            for group_id in known.values()
        ],
    )


def with_access_groups(connection: Connection, workflows: Sequence[Workflow]) -> list[Workflow]:
    """Return workflows with the names of the groups that they are shared with, if there are any."""
    names: dict[int | None, list[str]] = {}
    ids = [id_of(workflow) for workflow in workflows]
    for workflow_id, name in _OF_WORKFLOWS.all_of(connection, ids):
        names.setdefault(workflow_id, []).append(name)
    if not names:
        return list(workflows)
    return [replace(one, access_groups=names.get(one.id)) for one in workflows]

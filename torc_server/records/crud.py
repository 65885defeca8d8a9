"""Create, get, update, delete and list the records of a workflow.

A `Resource` states what is particular about one kind; `resources` holds them all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic

import msgspec
import sqlalchemy as sql
from sqlalchemy import Connection, Table
from sqlalchemy.sql import ColumnElement

from torc_core.errors import ConflictError, NotFoundError, UsageError
from torc_core.model.ids import WorkflowId
from torc_core.model.page import Page
from torc_server.records.pages import Paging, contains, fetch_page, lacks, named_filters
from torc_server.rules.related import check_related
from torc_server.rules.workflows import find_workflow
from torc_server.storage.mapping import TableMapping, WireT
from torc_server.storage.sizes import note_deletion

MAX_RECORDS = 100_000
"""The most records that one call creates."""

Values = dict[str, Any]
"""Column values by column name."""


@dataclass(frozen=True, kw_only=True)
class Filter:
    """A parameter of a list that selects rows."""

    type: type
    """`str`, `int` or `bool`."""
    condition: Callable[[Any], ColumnElement[bool]]
    default: Any = None
    """The value when the query states none; with None the filter is then off."""
    part: Callable[[str], ColumnElement[bool]] | None = None
    """The same for a part of the text, in either case; None for what is not text."""
    is_narrow: bool = False
    """It leads to few rows of a large table, by an index."""


def equals(column: ColumnElement[Any], *, is_narrow: bool = False) -> Filter:
    """Return the filter for rows that hold the value in a column, or that contain it as text."""
    kind = column.type.python_type
    return Filter(
        type=kind,
        condition=lambda value: column == value,
        part=(lambda text: contains(column, text)) if kind is str else None,
        is_narrow=is_narrow,
    )


def _unchanged(_before: object, values: Values, _now_ms: int) -> Values:
    return values


def _nothing(_connection: Connection, _before: object, _after: object, _now_ms: int) -> None:
    pass


def _no_remark(_record: object) -> None:
    pass


@dataclass(frozen=True, kw_only=True, eq=False)
class Resource(Generic[WireT]):
    """One kind of record."""

    kind: str
    """Its name in messages, singular."""
    article: str = "a"
    """What comes before the singular: "a", "an", or nothing if there is no plural."""
    mapping: TableMapping[WireT]
    patch: type[msgspec.Struct] | None = None
    filters: Mapping[str, Filter] = field(default_factory=dict)
    request_key: str | None = None
    """The field with what the client called its request. A record of the workflow that has the same
    one is returned instead of a new one, so a client may repeat a request that got no answer."""
    related: Mapping[str, Table] = field(default_factory=dict)
    """Columns with the id of something of the same workflow, and the table of that."""
    prepare: Callable[[WireT | None, Values, int], Values] = _unchanged
    """`prepare(record before or None, stated values, now in ms)` checks values and adds derived
    ones before they are written."""
    follow_up: Callable[[Connection, WireT | None, WireT, int], None] = _nothing
    """`follow_up(connection, record before or None, record now, now in ms)` runs after a write, in
    its transaction."""
    remark: Callable[[WireT], str | None] = _no_remark
    """Says what is probably not meant about a record that was created; the response warns of it."""
    in_use: ColumnElement[bool] | None = None
    """Rows that may not be deleted alone."""
    in_use_because: str = ""

    @property
    def one(self) -> str:
        """The name of one record, with its article."""
        return f"{self.article} {self.kind}".lstrip()

    @property
    def many(self) -> str:
        """The name of several records."""
        if not self.article:
            return self.kind
        return f"{self.kind[:-1]}ies" if self.kind.endswith("y") else f"{self.kind}s"

    @property
    def texts(self) -> frozenset[str]:
        """The filters that can look for a part of a text."""
        return frozenset(name for name, one in self.filters.items() if one.part is not None)

    @property
    def excludable(self) -> frozenset[str]:
        """The filters that can leave out what they match: those that are not yes or no."""
        return frozenset(name for name, one in self.filters.items() if one.type is not bool)

    @property
    def columns(self) -> Any:
        """The columns of the table."""
        return self.mapping.table.c


def create(connection: Connection, resource: Resource[WireT], record: Any, *, now_ms: int) -> WireT:
    """Create a record, unless the request is a repeated one, and return it with its id.

    Raises:
        NotFoundError: There is no such workflow.
        UsageError: A value is invalid.
    """
    find_workflow(connection, record.workflow_id)
    values = resource.mapping.values(record)
    values.pop("id", None)
    _check_related(connection, resource, record.workflow_id, [values])
    values = resource.prepare(None, values, now_ms)
    if (known := _find_repeated(connection, resource, record)) is not None:
        return known
    table = resource.mapping.table
    record_id = connection.execute(sql.insert(table).returning(table.c.id), values).scalar_one()
    created = get(connection, resource, record_id)
    resource.follow_up(connection, None, created, now_ms)
    return created


def _find_repeated(connection: Connection, resource: Resource[WireT], record: Any) -> WireT | None:
    """Return the record that an earlier request with the key of this one has created."""
    if resource.request_key is None or (key := getattr(record, resource.request_key)) is None:
        return None
    columns = resource.columns
    row = connection.execute(
        resource.mapping.rows.where(
            columns.workflow_id == record.workflow_id, columns[resource.request_key] == key
        )
    ).first()
    return None if row is None else resource.mapping.read(row)


def create_many(
    connection: Connection, resource: Resource[WireT], records: Sequence[WireT], *, now_ms: int
) -> list[WireT]:
    """Create records of one workflow and return them with their ids, in the order given.

    Raises:
        NotFoundError: There is no such workflow.
        UsageError: Too many, of several workflows, or with an invalid value.
    """
    workflow_ids = {getattr(record, "workflow_id") for record in records}  # noqa: B009 - any type
    if len(workflow_ids) > 1 or len(records) > MAX_RECORDS:
        raise UsageError(
            f"{len(records):,} records of {len(workflow_ids)} workflows are too many for one call.",
            hint=f"Create at most {MAX_RECORDS:,} records, of one workflow, at a time.",
        )
    rows = [resource.mapping.values(record) for record in records]
    for workflow_id in workflow_ids:
        find_workflow(connection, workflow_id)
        _check_related(connection, resource, workflow_id, rows)
    rows = [resource.prepare(None, row, now_ms) for row in rows]
    names = {name for row in rows for name in row} - {"id"}
    if not rows:
        return []
    table = resource.mapping.table
    ids = connection.execute(
        sql.insert(table).returning(table.c.id, sort_by_parameter_order=True),
        [{name: row.get(name) for name in names} for row in rows],
    ).scalars()
    created = [
        msgspec.structs.replace(record, id=record_id)
        for record, record_id in zip(records, ids, strict=True)
    ]
    for record in created:
        resource.follow_up(connection, None, record, now_ms)
    return created


def get(connection: Connection, resource: Resource[WireT], record_id: int) -> WireT:
    """Return a record.

    Raises:
        NotFoundError: There is none with that id.
    """
    record = resource.mapping.find(connection, record_id)
    if record is None:
        raise NotFoundError.of(resource.kind, record_id)
    return record


def update(
    connection: Connection,
    resource: Resource[WireT],
    record_id: int,
    patch: msgspec.Struct,
    *,
    now_ms: int,
) -> WireT:
    """Update what the patch states and return the record.

    Raises:
        NotFoundError: There is none with that id.
        UsageError: A value is invalid.
    """
    before = get(connection, resource, record_id)
    stated = resource.mapping.values(patch)
    stated.pop("id", None)
    stated.pop("workflow_id", None)
    workflow_id = getattr(before, "workflow_id")  # noqa: B009 - any type
    _check_related(connection, resource, workflow_id, [stated])
    values = resource.prepare(before, stated, now_ms)
    if not values:
        return before
    table = resource.mapping.table
    connection.execute(sql.update(table).where(table.c.id == record_id).values(values))
    after = get(connection, resource, record_id)
    resource.follow_up(connection, before, after, now_ms)
    return after


def delete(connection: Connection, resource: Resource[WireT], record_id: int) -> WireT:
    """Delete a record and return it.

    Raises:
        NotFoundError: There is none with that id.
        ConflictError: Something else needs it.
    """
    record = get(connection, resource, record_id)
    table = resource.mapping.table
    deleted = sql.delete(table).where(table.c.id == record_id, ~_in_use(resource))
    if connection.execute(deleted).rowcount == 0:
        raise ConflictError(
            f"The {resource.kind} {record_id} cannot be deleted: {resource.in_use_because}."
        )
    note_deletion(connection, getattr(record, "workflow_id"))  # noqa: B009 - any type
    return record


def delete_all(connection: Connection, resource: Resource[Any], workflow_id: WorkflowId) -> int:
    """Delete all of a workflow's records that nothing else needs, and return their number.

    Raises:
        NotFoundError: There is no such workflow.
    """
    find_workflow(connection, workflow_id)
    table = resource.mapping.table
    note_deletion(connection, workflow_id)
    return connection.execute(
        sql.delete(table).where(table.c.workflow_id == workflow_id, ~_in_use(resource))
    ).rowcount


def list_page(
    connection: Connection,
    resource: Resource[WireT],
    workflow_id: WorkflowId,
    filters: Mapping[str, Any],
    paging: Paging,
) -> Page[WireT]:
    """Return a page of a workflow's records; `filters` holds values of the resource's filters.

    Under `contains`, it names those for which a part of the text is enough; under `excludes`, those
    that leave out what they match.

    Raises:
        NotFoundError: There is no such workflow.
        UsageError: There is no such field to sort by, or no such filter for a part of a text.
    """
    workflow = find_workflow(connection, workflow_id)
    stated = dict(filters)
    parts = named_filters("contains", stated.pop("contains", None), resource.texts)
    left_out = named_filters("excludes", stated.pop("excludes", None), resource.excludable)
    conditions: list[ColumnElement[bool]] = []
    for name, value in stated.items():
        if value is not None:
            one = resource.filters[name]
            condition = one.part if name in parts and one.part else one.condition
            selected = condition(value)
            conditions.append(lacks(selected) if name in left_out else selected)
    return fetch_page(
        connection,
        resource.mapping,
        conditions,
        paging,
        within=workflow,
        is_narrow=any(
            resource.filters[name].is_narrow
            for name, value in stated.items()
            if value is not None and name not in left_out
        ),
    )


def _check_related(
    connection: Connection, resource: Resource[Any], workflow_id: WorkflowId, rows: Sequence[Values]
) -> None:
    for name, table in resource.related.items():
        ids = {row[name] for row in rows if row.get(name) is not None}
        check_related(connection, workflow_id, name, table, ids)


def _in_use(resource: Resource[Any]) -> ColumnElement[bool]:
    return resource.in_use if resource.in_use is not None else sql.false()

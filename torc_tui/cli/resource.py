"""Commands for the records of a kind, from a description: list, get, create, update, delete."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

import click
import msgspec

from torc_core.client import TorcClient
from torc_core.errors import UsageError
from torc_core.model.ids import WorkflowId
from torc_tui.cli.command import TorcGroup, argument, group
from torc_tui.cli.options.shared import Decorator, options, short_paging, workflow_argument
from torc_tui.cli.options.types import ID
from torc_tui.cli.output.formats import JsonOutput
from torc_tui.cli.settings import Settings, pass_settings
from torc_tui.lists.listing import Column, Listing


@dataclass(frozen=True, kw_only=True)
class Field:
    """A field that commands set, as an option of `create` and of `update`."""

    name: str
    """Its name in the record."""
    spellings: tuple[str, ...]
    update_spellings: tuple[str, ...] = ()
    """Of the option of `update`, if they are not the same."""
    help: str
    type: Any = str
    default: object = None
    """Of `create`; None leaves the field to the server."""
    is_required: bool = False
    """By `create`."""
    is_flag: bool = False
    """`create` takes it without a value."""
    is_fixed: bool = False
    """`update` cannot change it."""
    read: Callable[[Any], object] = lambda value: value
    """From the option's value to the field's; raises UsageError."""

    def create_option(self) -> Decorator:
        """Return the option of `create`."""
        how: dict[str, Any] = {"is_flag": True} if self.is_flag else {"type": self.type}
        if self.default is not None:  # for click None is a value, and nothing would be required
            how["default"] = self.default
        return click.option(
            *self.spellings, self.name, help=self.help, required=self.is_required, **how
        )

    def update_option(self) -> Decorator:
        """Return the option of `update`."""
        return click.option(
            *(self.update_spellings or self.spellings), self.name, type=self.type, help=self.help
        )


@dataclass(frozen=True, kw_only=True)
class Resource:
    """Records of a kind. Operations that are left out have no command.

    The functions take the client first. `create` and `update` take the fields by their names;
    `update` gets only those to be changed.
    """

    name: str
    """Of the group of commands, such as `user-data`."""
    one: str
    """One of them in a sentence, such as "file"."""
    many: str
    """Several of them in a sentence."""
    article: str = "a"
    """Of `one`; empty if it has none."""
    key: str
    """Of their JSON list, such as `user_data`."""
    listing: Listing
    get: Callable[[TorcClient, Any], Any]
    create: Callable[..., Any] | None = None
    """`create(client, workflow_id=, **fields)` returns the record."""
    update: Callable[..., Any] | None = None
    """`update(client, id, **changes)` returns the record."""
    delete: Callable[[TorcClient, Any], Any] | None = None
    fields: Sequence[Field] = ()
    filters: Sequence[Decorator] = ()
    """Options of `list`; their names are those of the client's filters."""
    paging: Decorator = short_paging
    """Of `list`."""
    select: Callable[[dict[str, Any]], Callable[[Any], bool] | None] = lambda _filters: None
    """From the options of `list` to a condition that servers do not know; it removes those that
    are not to be sent."""
    columns: Callable[[TorcClient, WorkflowId], Sequence[Column]] | None = None
    """Of the table of `list`, if those are not the columns of `listing`."""
    summary: str = ""
    """The help of the group."""
    to_json: Callable[[Any], dict[str, Any]] = msgspec.to_builtins
    """From a record to what JSON shows."""
    is_always_json: bool = False
    """`get` ignores the output format and prints JSON."""
    example: str = ""
    """Options of an example of `create`."""
    change: str = ""
    """Options of an example of `update`."""
    label: Callable[[Any], str] = field(default=lambda record: f" ({record.name})")
    """What follows the id of a record in a sentence."""

    @property
    def a_record(self) -> str:
        """One of them with its article."""
        return f"{self.article} {self.one}".lstrip()


def resource_group(resource: Resource) -> TorcGroup:
    """Return the group of commands of a resource."""

    @group(resource.name, help=resource.summary)
    def commands() -> None: ...

    _add_list(commands, resource)
    _add_get(commands, resource)
    if resource.create:
        _add_create(commands, resource, resource.create)
    if resource.update:
        _add_update(commands, resource, resource.update)
    if resource.delete:
        _add_delete(commands, resource, resource.delete)
    return commands


def show_chosen(
    settings: Settings, listing: Listing, key: str, workflow_id: WorkflowId, ids: Collection[int]
) -> None:
    """Print the records of a workflow that have these ids; as JSON only the ids."""
    if settings.output.is_json:
        settings.output.record({key: list(ids)})
        return
    chosen = frozenset(ids)
    found = listing.items(settings.client, workflow_id, only=lambda each: each.id in chosen)
    settings.output.listing(key, found if chosen else (), listing.printed_columns)


def _add_list(commands: TorcGroup, resource: Resource) -> None:
    @commands.command(
        "list",
        help=f"List the {resource.many} of a workflow.",
        examples=[f"torc {resource.name} list 1", f"torc -f json {resource.name} list latest"],
    )
    @workflow_argument
    @options(*resource.filters, resource.paging)
    @pass_settings
    def list_(settings: Settings, /, workflow: str | None, **filters: Any) -> None:
        chosen = settings.choose_workflow(workflow)
        only = resource.select(filters)
        found = resource.listing.items(settings.client, chosen, only=only, **filters)
        columns = resource.listing.printed_columns
        if resource.columns:
            columns = tuple(resource.columns(settings.client, chosen))
        settings.output.listing(resource.key, found, columns, resource.to_json)


def _add_get(commands: TorcGroup, resource: Resource) -> None:
    format_ = ", always as JSON" if resource.is_always_json else ""

    @commands.command(
        "get",
        help=f"Show {resource.a_record}{format_}.",
        examples=[f"torc {resource.name} get 1"],
    )
    @_id_argument(resource)
    @pass_settings
    def get(settings: Settings, record_id: int) -> None:
        record = resource.get(settings.client, record_id)
        output = JsonOutput() if resource.is_always_json else settings.output
        output.record(resource.to_json(record))


def _add_create(commands: TorcGroup, resource: Resource, make: Callable[..., Any]) -> None:
    @commands.command(
        "create",
        help=f"Create {resource.a_record}.",
        examples=[f"torc {resource.name} create 1 {resource.example}"],
    )
    @workflow_argument
    @options(*(each.create_option() for each in resource.fields))
    @pass_settings
    def create(settings: Settings, /, workflow: str | None, **given: Any) -> None:
        values = _read(resource, given)
        chosen = settings.choose_workflow(workflow)
        record = make(settings.client, workflow_id=chosen, **values)
        _print_done(settings, resource, record, "Created")


def _add_update(commands: TorcGroup, resource: Resource, change: Callable[..., Any]) -> None:
    changeable = [each for each in resource.fields if not each.is_fixed]

    @commands.command(
        "update",
        help=f"Change the given fields of {resource.a_record}.",
        examples=[f"torc {resource.name} update 1 {resource.change}"],
    )
    @_id_argument(resource)
    @options(*(each.update_option() for each in changeable))
    @pass_settings
    def update(settings: Settings, /, record_id: int, **given: Any) -> None:
        changes = _read(resource, given)
        if not changes:
            spellings = ", ".join(each.spellings[-1] for each in changeable)
            raise UsageError("There is nothing to change.", hint=f"Give one of: {spellings}.")
        record = change(settings.client, record_id, **changes)
        _print_done(settings, resource, record, "Updated")


def _add_delete(commands: TorcGroup, resource: Resource, remove: Callable[..., Any]) -> None:
    @commands.command(
        "delete", help=f"Delete {resource.a_record}.", examples=[f"torc {resource.name} delete 1"]
    )
    @_id_argument(resource)
    @pass_settings
    def delete(settings: Settings, record_id: int) -> None:
        record = remove(settings.client, record_id)
        _print_done(settings, resource, record, "Deleted")


def _id_argument(resource: Resource) -> Decorator:
    return argument(
        "record_id", metavar="ID", type=ID, help=f"Its id, as in `torc {resource.name} list`."
    )


def _read(resource: Resource, given: dict[str, Any]) -> dict[str, object]:
    """Return the values of the options that were given."""
    read = {each.name: each.read for each in resource.fields}
    return {name: read[name](value) for name, value in given.items() if value is not None}


def _print_done(settings: Settings, resource: Resource, record: Any, verb: str) -> None:
    sentence = f"{verb} {resource.one} {record.id}{resource.label(record)}."
    settings.output.message(sentence, resource.to_json(record))

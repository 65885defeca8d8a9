"""Commands for the records of a kind, from a description: list, get, create, update, delete."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import click
import msgspec

from torc_core.client import TorcClient
from torc_core.errors import UsageError
from torc_core.model.ids import WorkflowId
from torc_tui.cli.command import TorcGroup, group
from torc_tui.cli.context import ID, paging, pass_settings, workflow_argument
from torc_tui.cli.settings import Settings
from torc_tui.lists.listing import Listing

Function = Callable[..., Any]
Decorator = Callable[[Function], Function]


@dataclass(frozen=True, kw_only=True)
class Field:
    """A field that commands set, as an option of `create` and of `update`."""

    name: str
    """Its name in the record."""
    spellings: tuple[str, ...]
    help: str
    type: Any = str
    default: object = None
    """Of `create`; None leaves the field to the server."""
    is_required: bool = False
    """By `create`."""
    is_fixed: bool = False
    """`update` cannot change it."""
    read: Callable[[Any], object] = lambda value: value
    """From the option's value to the field's; raises UsageError."""

    def create_option(self) -> Decorator:
        """Return the option of `create`."""
        return click.option(
            *self.spellings,
            self.name,
            type=self.type,
            help=self.help,
            default=self.default,
            required=self.is_required,
        )

    def update_option(self) -> Decorator:
        """Return the option of `update`."""
        return click.option(*self.spellings, self.name, type=self.type, help=f"New: {self.help}")


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
    summary: str = ""
    """The help of the group."""
    to_json: Callable[[Any], object] | None = None
    """From a record to what JSON shows, if that is not the record."""
    example: str = ""
    """Options of an example of `create`."""
    change: str = ""
    """Options of an example of `update`."""
    label: Callable[[Any], str] = field(default=lambda record: f" ({record.name})")
    """What names a record beside its id in a sentence."""


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


def _add_list(commands: TorcGroup, resource: Resource) -> None:
    @commands.command(
        "list",
        help=f"List the {resource.many} of a workflow.",
        examples=[f"torc {resource.name} list 1", f"torc -f json {resource.name} list latest"],
    )
    @workflow_argument
    @_options(resource.filters)
    @paging
    @pass_settings
    def list_(settings: Settings, /, workflow: str | None, **filters: Any) -> None:
        chosen = settings.choose_workflow(workflow)
        found = resource.listing.items(settings.client, chosen, **filters)
        columns = resource.listing.printed_columns
        settings.output.listing(resource.key, found, columns, resource.to_json)


def _add_get(commands: TorcGroup, resource: Resource) -> None:
    @commands.command(
        "get", help=f"Show one {resource.one}.", examples=[f"torc {resource.name} get 1"]
    )
    @click.argument("record_id", metavar="ID", type=ID)
    @pass_settings
    def get(settings: Settings, record_id: int) -> None:
        record = resource.get(settings.client, record_id)
        settings.output.record(resource.to_json(record) if resource.to_json else record)


def _add_create(commands: TorcGroup, resource: Resource, make: Callable[..., Any]) -> None:
    @commands.command(
        "create",
        help=f"Create a {resource.one}.",
        examples=[f"torc {resource.name} create 1 {resource.example}"],
    )
    @workflow_argument
    @_options(each.create_option() for each in resource.fields)
    @pass_settings
    def create(settings: Settings, /, workflow: str | None, **given: Any) -> None:
        values = _read(resource, given)
        chosen = settings.choose_workflow(workflow)
        record = make(settings.client, workflow_id=WorkflowId(chosen), **values)
        _say(settings, resource, record, "Created")


def _add_update(commands: TorcGroup, resource: Resource, change: Callable[..., Any]) -> None:
    changeable = [each for each in resource.fields if not each.is_fixed]

    @commands.command(
        "update",
        help=f"Change the given fields of one {resource.one}.",
        examples=[f"torc {resource.name} update 1 {resource.change}"],
    )
    @click.argument("record_id", metavar="ID", type=ID)
    @_options(each.update_option() for each in changeable)
    @pass_settings
    def update(settings: Settings, /, record_id: int, **given: Any) -> None:
        changes = _read(resource, given)
        if not changes:
            options = ", ".join(each.spellings[-1] for each in changeable)
            raise UsageError("There is nothing to change.", hint=f"Give one of: {options}.")
        _say(settings, resource, change(settings.client, record_id, **changes), "Updated")


def _add_delete(commands: TorcGroup, resource: Resource, remove: Callable[..., Any]) -> None:
    @commands.command(
        "delete", help=f"Delete one {resource.one}.", examples=[f"torc {resource.name} delete 1"]
    )
    @click.argument("record_id", metavar="ID", type=ID)
    @pass_settings
    def delete(settings: Settings, record_id: int) -> None:
        _say(settings, resource, remove(settings.client, record_id), "Deleted")


def _options(decorators: Iterable[Decorator]) -> Decorator:
    def decorate(function: Function) -> Function:
        for each in reversed(list(decorators)):
            function = each(function)
        return function

    return decorate


def _read(resource: Resource, given: dict[str, Any]) -> dict[str, object]:
    """Return the values of the options that were given."""
    read = {each.name: each.read for each in resource.fields}
    return {name: read[name](value) for name, value in given.items() if value is not None}


def _say(settings: Settings, resource: Resource, record: Any, verb: str) -> None:
    shown: Any = resource.to_json(record) if resource.to_json else msgspec.to_builtins(record)
    sentence = f"{verb} {resource.one} {record.id}{resource.label(record)}."
    settings.output.message(sentence, shown)

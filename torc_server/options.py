"""The options of `torc-server run`: one for each setting of `[server]`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

from torc_core.config.bounds import Bounds, Words
from torc_core.config.keys import Setting, settings_of
from torc_core.config.layers import Option
from torc_core.config.schema import ServerTable
from torc_core.config.sources import Loaded

F = TypeVar("F", bound=Callable[..., Any])

_SETTINGS = {"_".join(setting.path): setting for setting in settings_of(ServerTable, ("server",))}
"""By the names of the parameters, in the order of the help."""
DATABASE = "server_database"
_SPELLINGS = {
    "url": ("--host", "-H", "--url", "-u"),
    "port": ("--port", "-p"),
    "threads": ("--threads", "-t"),
    "database": ("--database", "-d"),
    "admin_users": ("--admin-user",),
    "allowed_hosts": ("--allowed-host",),
    "completion_check_interval_secs": ("--completion-check-interval-secs", "-c"),
    "log_level": ("--log-level", "-l"),
}
"""Where they are not just the name of the setting."""


def server_options(command: F) -> F:
    """Give a command the options; `load` takes their parameters."""
    for name, setting in reversed(_SETTINGS.items()):
        command = click.option(*_spellings(setting), name, **_behavior(setting))(command)
    return command


def database_option(command: F) -> F:
    """Give a command the option that names the database, and no other of the server's."""
    setting = _SETTINGS[DATABASE]
    return click.option(*_spellings(setting), "database", **_behavior(setting))(command)


def load(parameters: Mapping[str, Any], *, only_options: bool) -> Loaded:
    """Return what the options and, unless there are to be only these, all other sources say."""
    given = [
        Option(setting.path, _spellings(setting)[0].partition("/")[0], value)
        for name, setting in _SETTINGS.items()
        if (value := parameters.get(name)) is not None and value != ()
    ]
    return Loaded("server", options=given, only_options=only_options)


def _spellings(setting: Setting) -> tuple[str, ...]:
    name = setting.path[-1].replace("_", "-")
    default = f"--{name}/--no-{name}" if setting.field.kind is bool else f"--{name}"
    return _SPELLINGS.get(setting.path[-1], (default,))


def _behavior(setting: Setting) -> dict[str, Any]:
    field = setting.field
    behavior: dict[str, Any] = {"default": None, "help": _help(setting)}
    if field.kind == tuple[str, ...]:
        behavior |= {"multiple": True, "metavar": "NAME"}
    elif field.kind is not bool:
        rule = field.key.rule
        behavior["metavar"] = rule.unit.upper() if isinstance(rule, Bounds) else "TEXT"
    return behavior


def _help(setting: Setting) -> str:
    field = setting.field
    parts = [field.key.text]
    if isinstance(field.key.rule, Words):
        parts.append(f"{field.rule.capitalize()}.")
    if field.kind == tuple[str, ...]:
        parts.append("May be repeated.")
    elif field.kind is not bool:
        parts.append(f"Default: {field.default_text}.")
    return " ".join(parts)

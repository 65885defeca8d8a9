"""Settings from files and the environment.

Later sources win: built-in defaults, the files of `config_files()` (system, user, project),
`TORC_CLIENT__NAME` in the environment; the command line is the caller's. Each file is checked by
itself, so that a message names it.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_type_hints

import msgspec

from torc_core.client.address import Address, check_address
from torc_core.config.bounds import CLIENT, RUN, Bounds, Words
from torc_core.config.schema import ClientSettings, RunSettings
from torc_core.errors import UsageError
from torc_core.host.directories import config_files

PREFIX = "TORC_CLIENT__"


def load_settings(environ: Mapping[str, str] = os.environ) -> ClientSettings:
    """Return the settings in force here.

    Raises:
        UsageError: A file or variable with an unknown name or a wrong value; the message names it.
    """
    merged: dict[str, Any] = {}
    for path in config_files():
        merged = _merge(merged, _read(path))
    for name, value in environ.items():
        if name.startswith(PREFIX):
            merged = _merge(merged, _read_variable(name, value))
    return msgspec.convert(merged, ClientSettings, strict=False)


def _read(path: Path) -> dict[str, Any]:
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is not TOML: {error}.") from error
    client = content.get("client", {})
    _check(client, ClientSettings, source=str(path), prefix="client")
    return dict(client)


def _read_variable(name: str, value: str) -> dict[str, Any]:
    keys = name.removeprefix(PREFIX).lower().split("__")
    table: Any = value
    for key in reversed(keys):
        table = {key: table}
    _check(table, ClientSettings, source=name, prefix="client")
    return dict(table)


def _check(table: Any, kind: type[msgspec.Struct], *, source: str, prefix: str) -> None:
    """Refuse unknown names and wrong values, naming the file or variable."""
    names = get_type_hints(kind)
    for name, value in table.items() if isinstance(table, dict) else ():
        if name not in names and name not in _OF_OTHERS:
            near = difflib.get_close_matches(name, names, 1)
            raise UsageError(
                f"{source}: there is no setting {prefix}.{name}.",
                hint=f"Did you mean {prefix}.{near[0]}?" if near else "",
            )
        if name == "run" and isinstance(value, dict):
            _check(value, RunSettings, source=source, prefix=f"{prefix}.run")
    rules: Mapping[str, Bounds | Words] = RUN if kind is RunSettings else CLIENT
    for name, value in table.items() if isinstance(table, dict) else ():
        if name in rules and not rules[name].allow(value):
            raise UsageError(
                f"{source}: {prefix}.{name} is {value!r}; it must be {rules[name].rule}."
            )
    try:
        settings = msgspec.convert(table, kind, strict=False)
    except msgspec.ValidationError as error:
        raise UsageError(f"{source}: {error} (in {prefix}).") from error
    if isinstance(settings, ClientSettings) and settings.api_url is not None:
        try:
            check_address(Address(settings.api_url))
        except UsageError as error:
            message = f"{source}: {prefix}.api_url: {error.message}"
            raise UsageError(message, hint=error.hint) from error


_OF_OTHERS = frozenset({"hpc", "slurm", "watch"})
"""Tables of the reference's configuration that other commands read."""


def _merge(low: dict[str, Any], high: dict[str, Any]) -> dict[str, Any]:
    merged = dict(low)
    for name, value in high.items():
        both = isinstance(value, dict) and isinstance(merged.get(name), dict)
        merged[name] = _merge(merged[name], value) if both else value
    return merged

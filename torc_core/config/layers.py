"""The sources of settings, one layer each: files, variables of the environment, options."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from enum import IntEnum
from functools import reduce
from typing import Any, NamedTuple

from torc_core.config.keys import Path, Setting
from torc_core.config.places import line_of
from torc_core.config.problems import Problem
from torc_core.errors import MachineError
from torc_core.host.directories import CONFIG_VARIABLE, ConfigFile, config_files


class Kind(IntEnum):
    """The kinds of sources, weakest first."""

    DEFAULT = 0
    FALLBACK = 1
    """A variable that counts only if nothing else sets the value."""
    FILE = 2
    VARIABLE = 3
    OPTION = 4


class Origin(NamedTuple):
    """Where a value comes from."""

    kind: Kind
    name: str
    """The file, the variable or the option."""


DEFAULT = Origin(Kind.DEFAULT, "default")


class Option(NamedTuple):
    """An option of the command line that was given."""

    path: Path
    spelling: str
    value: object


class Layer(NamedTuple):
    """What one source says."""

    origin: Origin
    table: dict[str, Any]
    text: str = ""
    """The file."""

    def place(self, path: Path) -> str:
        """Return where in the source a setting is."""
        line = line_of(self.text, path) if self.text else None
        return f"{self.origin.name}:{line}" if line else self.origin.name


def file_layers(environ: Mapping[str, str]) -> Iterator[Layer | Problem]:
    """Yield the files that exist, weakest first."""
    try:
        files = config_files(environ)
    except MachineError as error:
        yield Problem(CONFIG_VARIABLE, error.message, error.hint)
        return
    for file in files:
        found = _read(file)
        if found is not None:
            yield found


def _read(file: ConfigFile) -> Layer | Problem | None:
    try:
        text = file.path.read_text("utf-8")
        return Layer(Origin(Kind.FILE, file.shown), tomllib.loads(text), text)
    except (FileNotFoundError, NotADirectoryError):
        if file.must_exist:
            return Problem(file.name, f"there is no file {file.shown}.")
        return None
    except OSError as error:
        return Problem(file.shown, f"it cannot be read: {error.strerror}.")
    except RecursionError:
        return Problem(file.shown, "it is not TOML: it is nested too deep.")
    except ValueError as error:  # also of bytes that are no UTF-8, and of thousands of digits
        return Problem(file.shown, f"it is not TOML: {error}.")


def prefixed_variables(environ: Mapping[str, str], tables: Sequence[str]) -> Iterator[Layer]:
    """Yield variables such as `TORC_CLIENT__RUN__NUM_CPUS`."""
    prefixes = tuple(_prefix(table) for table in tables)
    for name, value in environ.items():
        if value and name.startswith(prefixes):
            path = tuple(name.removeprefix("TORC_").lower().split("__"))
            yield Layer(Origin(Kind.VARIABLE, name), _nested(path, value))


def further_variables(
    environ: Mapping[str, str], settings: Sequence[Setting], *, is_fallback: bool
) -> Iterator[Layer]:
    """Yield the variables with names of their own, such as `TORC_API_URL`.

    Args:
        environ: The environment.
        settings: Those of interest.
        is_fallback: Which of them.
    """
    kind = Kind.FALLBACK if is_fallback else Kind.VARIABLE
    for setting in settings:
        for variable in setting.field.key.variables:
            value = environ.get(variable.name)
            if value and variable.is_fallback == is_fallback:
                meant = variable.read(value) if variable.read else value
                if meant is not None:
                    yield Layer(Origin(kind, variable.name), _nested(setting.path, meant))


def option_layers(options: Sequence[Option]) -> Iterator[Layer]:
    """Yield the options."""
    for option in options:
        origin = Origin(Kind.OPTION, option.spelling)
        yield Layer(origin, _nested(option.path, option.value))


def misspelled_variables(environ: Mapping[str, str], tables: Sequence[str]) -> Iterator[Problem]:
    """Yield variables that look like ours, but for the second underscore.

    Others may have made them: Kubernetes has a `TORC_SERVER_PORT` for a service `torc-server`.
    """
    for name in environ:
        for table in tables:
            single = _prefix(table)[:-1]
            if name.startswith(single) and not name.startswith(_prefix(table)):
                right = f"{_prefix(table)}{name.removeprefix(single)}"
                text = "it sets nothing: tables and keys are separated by two underscores."
                yield Problem(name, text, f"Did you mean {right}?")


def _prefix(table: str) -> str:
    return f"TORC_{table.upper()}__"


def _nested(path: Path, value: object) -> dict[str, Any]:
    nested: Any = reduce(lambda inner, name: {name: inner}, reversed(path), value)
    assert isinstance(nested, dict)
    return nested

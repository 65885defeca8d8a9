"""The settings in force, and where each comes from.

Later sources win: built-in defaults, variables that are a fallback, the files of `config_files()`,
`TORC_TABLE__KEY`, the other variables of the environment, options of the command line. Each is
checked by itself, so that a message names it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import msgspec

from torc_core.config.hpc import CustomProfile
from torc_core.config.keys import Path, dotted, fields_of, settings_of
from torc_core.config.layers import (
    DEFAULT,
    Kind,
    Layer,
    Option,
    Origin,
    file_layers,
    further_variables,
    misspelled_variables,
    option_layers,
    prefixed_variables,
)
from torc_core.config.problems import Problem, error_of
from torc_core.config.schema import ClientSettings, Configuration
from torc_core.config.servers import NamedServer
from torc_core.config.tables import Fault, Value, missing, read_table

TABLES = tuple(fields_of(Configuration))
_NAMED: Mapping[Path, type[msgspec.Struct]] = {
    ("client", "hpc", "custom_profiles"): CustomProfile,
    ("client", "servers"): NamedServer,
}
"""The tables whose names users choose, and what each of them holds."""


class Loaded:
    """What all sources say together. What is wrong is noted, and not in force.

    Args:
        tables: The tables of interest; what others hold is not looked at.
        environ: The environment.
        options: Options of the command line.
        only_options: Look at nothing but the options.
    """

    def __init__(
        self,
        *tables: str,
        environ: Mapping[str, str] = os.environ,
        options: Sequence[Option] = (),
        only_options: bool = False,
    ) -> None:
        self.problems: list[Problem] = []
        self.notes: list[Problem] = []
        """What is right, and has no effect."""
        self.sources: list[Origin] = []
        """The files, variables and options that were read."""
        self._tables = tables or TABLES
        self._found: dict[Path, tuple[Any, Origin]] = {}
        self._layers: dict[Path, Layer] = {}
        if not only_options:
            self._add_surroundings(environ)
        self._add(*option_layers(options))
        self._check_named()

    @cached_property
    def configuration(self) -> Configuration:
        """All values."""
        return msgspec.convert(self._nested(()), Configuration)

    def origin(self, *path: str) -> Origin:
        """Return where a value comes from."""
        return self._found[path][1] if path in self._found else DEFAULT

    def place(self, setting: Path, *inner: str) -> str:
        """Return where a setting is, or a key within its value, as messages name it."""
        layer = self._layers.get(setting)
        return DEFAULT.name if layer is None else layer.place((*setting, *inner))

    def check(self) -> Configuration:
        """Return all values.

        Raises:
            UsageError: A file, variable or option has an unknown name or a wrong value.
        """
        if self.problems:
            raise error_of(self.problems)
        return self.configuration

    def _add_surroundings(self, environ: Mapping[str, str]) -> None:
        settings = [each for each in settings_of(Configuration) if each.path[0] in self._tables]
        self._add(
            *further_variables(environ, settings, is_fallback=True),
            *file_layers(environ),
            *prefixed_variables(environ, self._tables),
            *further_variables(environ, settings, is_fallback=False),
        )
        self.notes += misspelled_variables(environ, self._tables)

    def _add(self, *layers: Layer | Problem) -> None:
        for layer in layers:
            if isinstance(layer, Layer):
                self._add_layer(layer)
            else:
                self.problems.append(layer)

    def _add_layer(self, layer: Layer) -> None:
        if layer.origin not in self.sources:
            self.sources.append(layer.origin)
        others = set(TABLES) - set(self._tables)
        own = {name: value for name, value in layer.table.items() if name not in others}
        for each in read_table(own):
            fault = each if isinstance(each, Fault) else _misplaced_secret(each, layer.origin)
            if fault is not None:
                self.problems.append(_problem(fault, layer))
                continue
            assert isinstance(each, Value)
            self._found[each.path] = each.value, layer.origin
            self._layers[each.path] = layer
            if reason := each.field.key.unused:
                text = f"{dotted(each.path)} changes nothing: {reason}."
                self.notes.append(Problem(layer.place(each.path), text))

    def _check_named(self) -> None:
        """Report named tables that are not complete, when all files have had their say."""
        for above, kind in _NAMED.items():
            for name, table in self._nested(above).items():
                path = (*above, name)
                faults = list(missing(table, kind, path))
                if faults:
                    own = [each for each in self._found if each[: len(path)] == path]
                    place = self._found[own[0]][1].name
                    self.problems += [Problem(place, fault.text, fault.hint) for fault in faults]
                    for each in own:
                        del self._found[each]

    def _nested(self, prefix: Path) -> dict[str, Any]:
        """Return the values below a table."""
        table: dict[str, Any] = {}
        for path, (value, _) in self._found.items():
            if path[: len(prefix)] != prefix:
                continue
            inner = table
            for name in path[len(prefix) : -1]:
                inner = inner.setdefault(name, {})
            inner[path[-1]] = value
        return table


def _problem(fault: Fault, layer: Layer) -> Problem:
    """Return a fault as users read it, who know an option by its own name."""
    is_of_option = layer.origin.kind is Kind.OPTION
    text = fault.text.removeprefix(f"{dotted(fault.path)} ") if is_of_option else fault.text
    return Problem(layer.place(fault.path), text, fault.hint, is_of_option)


def _misplaced_secret(value: Value, origin: Origin) -> Fault | None:
    """Return what is wrong with a secret that files may show to others, or variables to jobs."""
    key = value.field.key
    variables = [variable.name for variable in key.variables]
    if not key.is_secret or origin.kind == Kind.OPTION or origin.name in variables:
        return None
    hint = f"Set {variables[0]} in the environment."
    return Fault(value.path, f"{dotted(value.path)} is not taken from here.", hint)


def load_client(environ: Mapping[str, str] = os.environ) -> ClientSettings:
    """Return the settings of `torc` that are in force here.

    Raises:
        UsageError: A source has an unknown name or a wrong value; the message names it.
    """
    return Loaded("client", environ=environ).check().client

"""Settings as TOML: the file that is made for users, and what is in force."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from textwrap import wrap
from typing import Any

import msgspec

from torc_core.characters import HIDDEN
from torc_core.config.keys import (
    NAME,
    Field,
    Path,
    Setting,
    dotted,
    fields_of,
    is_table,
    listed_tables,
    named_tables,
    settings_of,
)
from torc_core.config.schema import Configuration
from torc_core.config.sources import Loaded
from torc_core.masking import MASK, mask

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_COMMENT = 88
"""Columns of explanations."""
_WIDTH = 44
"""Columns after which the origins stand, if values are shorter."""
_HEAD = """\
# Configuration of torc. Remove the # before a key to set it.
# What is in force, and where it comes from: torc config show
"""


def template() -> str:
    """Return a file with every setting, its meaning and its default, none of them in force."""
    return "\n".join([_HEAD, *_template(Configuration, ())])


def _template(table: type[msgspec.Struct], path: Path) -> Iterator[str]:
    settings = [each for each in settings_of(table, path) if _may_be_written(each)]
    for place, group in groupby(settings, key=lambda each: each.path[:-1]):
        yield from _header(place, "[{}]")
        for setting in group:
            if kind := listed_tables(setting.field.kind):
                yield ""
                yield from _header(setting.path, "[[{}]]")
                for each in settings_of(kind, setting.path):
                    yield from _commented(each)
            else:
                yield from _commented(setting)
        yield ""


def _may_be_written(setting: Setting) -> bool:
    return not setting.field.key.is_secret and not isinstance(setting.field.default, dict)


def _header(path: Path, form: str) -> Iterator[str]:
    yield ("#" if NAME in path else "") + form.format(dotted(path))


def _commented(setting: Setting) -> Iterator[str]:
    field, key = setting.field, setting.field.key
    explained = " ".join(_explained(field))
    for line in wrap(explained, _COMMENT, break_on_hyphens=False):
        yield f"# {line}"
    value = key.example if field.default is None or field.is_required else field.default
    yield f"#{field.name} = {toml_value(value)}"


def _explained(field: Field) -> Iterator[str]:
    yield field.key.text
    if field.key.rule is not None:
        yield f"{field.rule[0].upper()}{field.rule[1:]}."
    if field.default is None and field.key.unset:
        yield f"By default {field.key.unset}."


def in_force(loaded: Loaded) -> str:
    """Return all values, with the place that each comes from behind it; secrets are masked."""
    lines = []
    for place, group in groupby(_values(loaded.configuration, ()), key=lambda each: each[0][:-1]):
        lines += ["", f"[{'.'.join(map(toml_key, place))}]"]
        for path, value in group:
            text = f"{toml_key(path[-1])} = {toml_value(value)}"
            if value is None:
                text = f"# {toml_key(path[-1])} is not set"
            lines.append(f"{text:<{_WIDTH}}  # {escaped(loaded.origin(*path).name)}")
    return "\n".join(lines[1:])


def without_secrets(configuration: Configuration) -> dict[str, Any]:
    """Return all values as JSON has them; secrets are masked."""
    plain: dict[str, Any] = {}
    for path, value in _values(configuration, ()):
        table = plain
        for name in path[:-1]:
            table = table.setdefault(name, {})
        table[path[-1]] = value
    return plain


def _values(table: msgspec.Struct, path: Path) -> Iterator[tuple[Path, Any]]:
    """Yield all values as plain data, those of inner tables last; secrets are masked."""
    inner: list[tuple[Path, msgspec.Struct]] = []
    for name, field in fields_of(type(table)).items():
        value, here = getattr(table, name), (*path, name)
        if is_table(field.kind):
            inner.append((here, value))
        elif named_tables(field.kind):
            inner += [((*here, each), item) for each, item in value.items()]
        elif field.key.is_secret:
            yield here, value and MASK
        elif value != {}:  # a table of the reference that is there
            yield here, _plain(value)
    for here, each in inner:
        yield from _values(each, here)


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return mask(value)
    return msgspec.to_builtins(list(value) if isinstance(value, tuple) else value)


def toml_value(value: object) -> str:
    """Return a value as TOML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{escaped(value)}"'
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(toml_value, value))}]"
    if isinstance(value, dict):
        pairs = [
            f"{toml_key(name)} = {toml_value(each)}"
            for name, each in value.items()
            if each is not None
        ]
        return f"{{ {', '.join(pairs)} }}" if pairs else "{}"
    return str(value)


def toml_key(name: str) -> str:
    """Return a key as TOML, in quotes if it needs them."""
    return name if _BARE.fullmatch(name) else toml_value(name)


def escaped(text: str) -> str:
    """Return what may stand in quotes, and in a comment."""
    text = text.replace("\\", "\\\\").replace('"', '\\"')
    return HIDDEN.sub(lambda hidden: f"\\U{ord(hidden[0]):08x}", text)

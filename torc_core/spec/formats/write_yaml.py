"""Plain data to YAML text that readers of version 1.1 and of 1.2 understand alike."""

from __future__ import annotations

from typing import Any

import yaml

from torc_core.characters import HIDDEN
from torc_core.spec.formats.read_yaml import plain_value
from torc_core.spec.spelling import SpelledFloat, SpelledInt

_TAG = "tag:yaml.org,2002:"
_TAGS = {bool: "bool", int: "int", float: "float", type(None): "null", str: "str"}


def write_yaml(tree: Any) -> str:
    """Return data as YAML."""
    text = yaml.dump(
        tree, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=float("inf"), indent=2
    )
    # All that is hidden but the ends of lines stands between double quotes, see `_represent_text`.
    return HIDDEN.sub(_escape, text)


class _Dumper(yaml.SafeDumper):
    """Writes what means the same in both versions."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the method's
        """Write everything out."""
        return True

    def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:
        """Return what a scalar would be if it stood there without quotes."""
        if kind is yaml.ScalarNode and implicit[0]:
            plain = plain_value(value)
            if type(plain) is not str:
                return f"{_TAG}{_TAGS[_kind_of(plain)]}"
        return super().resolve(kind, value, implicit)  # type: ignore[no-untyped-call]  # stubs


def _kind_of(value: Any) -> type[Any]:
    return next(kind for kind in _TAGS if isinstance(value, kind))


def _represent_text(dumper: yaml.SafeDumper, text: str) -> Any:
    style = None
    if HIDDEN.search(text.replace("\n", "")):
        style = '"'
    elif "\n" in text:
        style = "|"
    return dumper.represent_scalar(f"{_TAG}str", text, style=style)


def _represent_number(dumper: yaml.SafeDumper, value: SpelledInt | SpelledFloat) -> Any:
    """Keep the spelling; one that YAML does not know becomes text."""
    plain = plain_value(value.spelling)
    return dumper.represent_scalar(f"{_TAG}{_TAGS[_kind_of(plain)]}", value.spelling)


def _represent_float(dumper: yaml.SafeDumper, value: float) -> Any:
    special = {"inf": ".inf", "-inf": "-.inf", "nan": ".nan"}
    return dumper.represent_scalar(f"{_TAG}float", special.get(repr(value), repr(value)))


_Dumper.add_representer(str, _represent_text)
_Dumper.add_representer(float, _represent_float)
_Dumper.add_representer(SpelledInt, _represent_number)
_Dumper.add_representer(SpelledFloat, _represent_number)


def _escape(hidden: Any) -> str:
    character: str = hidden[0]
    if character == "\n":
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"

"""What a drafted job needs: amounts as typed, presets, and the names that they get in the file."""

from __future__ import annotations

import re
from typing import Any

import msgspec

_WHOLE = re.compile(r"[0-9]{1,18}", re.ASCII)
_NOT_IN_NAMES = re.compile(r"[^a-z0-9]+")


class Needs(msgspec.Struct, frozen=True, kw_only=True):
    """Amounts as they are typed."""

    num_cpus: str = "1"
    memory: str = "1g"
    num_gpus: str = "0"
    num_nodes: str = "1"
    runtime: str = "PT1H"

    def entry(self) -> dict[str, Any]:
        """Return them as an entry of the section `resource_requirements`."""
        fields = {field: getattr(self, field).strip() for field in self.__struct_fields__}
        return {"name": _name(fields), **{field: number(text) for field, text in fields.items()}}


PRESETS = {
    "small": Needs(),
    "medium": Needs(num_cpus="8", memory="50g"),
    "gpu": Needs(memory="10g", num_gpus="1"),
}
"""Usual amounts, by the name that the wizard shows."""


def number(text: str) -> str | int:
    """Return a whole number for its digits; any other text as it is, for the check to refuse."""
    return int(text) if _WHOLE.fullmatch(text) else text


def _name(fields: dict[str, str]) -> str:
    """Return a name that says the amounts, the usual ones left out, such as `res_8cpu_50g`."""
    parts = [f"{fields['num_cpus']}cpu", fields["memory"]]
    usual = Needs()
    for field, unit in (("num_gpus", "gpu"), ("num_nodes", "node"), ("runtime", "")):
        if fields[field] != getattr(usual, field):
            parts.append(f"{fields[field]}{unit}")
    return "_".join(["res", *(_NOT_IN_NAMES.sub("_", part.lower()) for part in parts)])

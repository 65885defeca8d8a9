"""The example workflows that come with torc."""

from __future__ import annotations

from pathlib import Path

import msgspec

import torc_core
from torc_core.errors import NotFoundError
from torc_core.spec import SpecFile, read_spec

_PACKAGE = Path(torc_core.__file__).parent
_PLACES = (_PACKAGE / "examples", _PACKAGE.parent / "examples" / "yaml")
"""Where an installed torc has them, and where its source has them."""
_NAMES = (
    "diamond_workflow",
    "hundred_jobs",
    "parameter_sweep",
    "zip_parameters",
    "subgraphs",
    "barrier",
    "user_data",
    "actions",
    "failure",
    "resource_monitoring",
)
"""Simple ones first; those that need neither other files nor a cluster."""


class Example(msgspec.Struct, frozen=True, kw_only=True):
    """A workflow file that can be run as it is, in any directory."""

    name: str
    description: str
    jobs: int
    """How many jobs it has once its parameters are expanded."""
    file: SpecFile


def list_examples() -> list[Example]:
    """Return the examples, simple ones first.

    Raises:
        NotFoundError: They were not installed.
    """
    directory = next((each for each in _PLACES if each.is_dir()), None)
    if directory is None:
        raise NotFoundError(
            "The examples are not installed with torc.",
            hint="They are in the directory `examples` of its source.",
        )
    return [_read(directory / f"{name}.yaml") for name in _NAMES]


def _read(path: Path) -> Example:
    file = read_spec(path)
    workflow = file.expand()
    return Example(
        name=path.stem,
        description=workflow.settings.description or "",
        jobs=len(workflow.jobs),
        file=file,
    )

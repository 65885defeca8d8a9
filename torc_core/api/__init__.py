"""torc for Python programs: a client, the records it takes, and functions as jobs.

    from torc_core.api import WorkflowModel, make_api

The names are those of the reference's Python client, so that its programs need another line of
imports and nothing else. They are imported when the first of them is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torc_core.api.names import *  # noqa: F403 - all of them
else:

    def __getattr__(name: str) -> object:
        names = import_module("torc_core.api.names")
        if name not in names.__all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(names, name)

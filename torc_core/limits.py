"""How long texts may be: in workflow files and on the wire, one table for both."""

from __future__ import annotations

from collections.abc import Mapping

NAME = 255
"""Characters, of a name or of a value that is one word, such as a memory size."""
PATH = 4096
PATTERN = 1_000
TEXT = 1_000_000
"""Characters of everything else, such as a command or a description."""

_OF_FIELD: Mapping[str, int] = {
    **dict.fromkeys(("name", "user", "hostname", "scheduler_type", "compute_node_type"), NAME),
    **dict.fromkeys(("memory", "runtime", "time_limit", "walltime"), NAME),
    **dict.fromkeys(("timestamp", "start_time", "completion_time"), NAME),
    **dict.fromkeys(("path", "submission_directory"), PATH),
}


def limit_of(field: str) -> int:
    """Return how many characters a field of the wire may have."""
    return _OF_FIELD.get(field, TEXT)

"""What torc can do without, and how it is installed."""

from __future__ import annotations


def how_to_install(extra: str) -> str:
    """Return how to get an extra of torc, in sentences."""
    return (
        f"In the clone that torc came from: pip install -c constraints.txt '.[{extra}]'. "
        "Other ways: docs/how-to/install.md."
    )

"""How large the arguments and the environment of a process may be. Source: execve(2)."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

_POINTER = 8
"""Bytes that each argument and each variable takes beside its text."""
_PAGES_OF_ONE = 32
_LEAST_IN_ALL = 128 * 1024
_MOST_IN_ALL = 6 * 1024 * 1024


class SizeLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What the system takes, in bytes."""

    one: int
    """The largest argument or `NAME=value`, with the NUL at its end."""
    total: int
    """All of them together."""

    @classmethod
    def of(cls, page_bytes: int, stack_bytes: int | None) -> SizeLimits:
        """Return the limits of Linux.

        Args:
            page_bytes: The size of a page of memory.
            stack_bytes: The limit of the size of the stack; None for no limit.
        """
        total = _MOST_IN_ALL if stack_bytes is None else stack_bytes // 4
        return cls(
            one=_PAGES_OF_ONE * page_bytes, total=min(max(total, _LEAST_IN_ALL), _MOST_IN_ALL)
        )


def explain_excess(
    command_bytes: int, environment: Mapping[bytes, bytes], limits: SizeLimits
) -> str | None:
    """Return what is too large in an environment, as a sentence; None if nothing is.

    Args:
        command_bytes: The length of the command that the process is given beside it.
        environment: All variables.
        limits: What the system takes.
    """
    sizes = {name: len(name) + len(value) + 2 for name, value in environment.items()}
    if not sizes:
        return None
    largest = max(sizes, key=sizes.__getitem__)
    if sizes[largest] > limits.one:
        return (
            f"The variable {_text(largest)} takes {sizes[largest]:,} bytes with its name; "
            f"the system takes at most {limits.one:,}."
        )
    total = sum(sizes.values()) + _POINTER * len(sizes)
    if command_bytes + total <= limits.total:
        return None
    return (
        f"The environment takes {total:,} bytes, the largest variable, {_text(largest)}, "
        f"{sizes[largest]:,}, and the command {command_bytes:,}; "
        f"the system takes at most {limits.total:,} in all."
    )


def _text(name: bytes) -> str:
    return name.decode("utf-8", "backslashreplace")

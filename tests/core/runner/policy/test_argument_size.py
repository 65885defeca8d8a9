"""What the system takes of arguments and environment, and which of them is too much."""

from __future__ import annotations

import pytest

from torc_core.runner.policy.commands.argument_size import SizeLimits, explain_excess

LIMITS = SizeLimits(one=20, total=100)


@pytest.mark.parametrize(
    ("stack", "total"),
    [
        (8 << 20, 2 << 20),
        ((8 << 20) + 3, 2 << 20),
        (1 << 10, 128 << 10),
        (1 << 30, 6 << 20),
        (None, 6 << 20),
    ],
)
def test_the_limit_of_all_is_a_quarter_of_the_stack_within_bounds(
    stack: int | None, total: int
) -> None:
    limits = SizeLimits.of(4096, stack)
    assert (limits.one, limits.total) == (131_072, total)
    assert isinstance(limits.total, int)


@pytest.mark.parametrize(
    ("command_bytes", "environment", "said"),
    [
        (1000, {}, None),
        (0, {b"A": b"a" * 17}, None),
        (0, {b"A": b"a" * 18}, "The variable A takes 21 bytes with its name"),
        (72, {b"A": b"a" * 17}, None),
        (73, {b"A": b"a" * 17}, "takes 28 bytes, the largest variable, A, 20, and the command 73;"),
        (10, {b"A": b"", b"B": b"b" * 17, b"C": b"c" * 16}, None),
        (
            10,
            {b"A": b"", b"B": b"b" * 17, b"C": b"c" * 16, b"D": b"d" * 10, b"E": b""},
            "takes 98 bytes, the largest variable, B, 20, and the command 10; the system takes at",
        ),
    ],
)
def test_what_is_too_large_is_named(
    command_bytes: int, environment: dict[bytes, bytes], said: str | None
) -> None:
    explained = explain_excess(command_bytes, environment, LIMITS)
    assert said in explained if said and explained else explained is said


def test_a_name_of_any_bytes_can_be_shown() -> None:
    explained = explain_excess(0, {b"\xff": b"a" * 20}, LIMITS)
    assert explained is not None
    assert "variable \\xff takes" in explained

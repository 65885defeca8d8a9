"""Which of the kernel's messages are kept of an allocation: not what came before it."""

from __future__ import annotations

import time

import pytest

from torc_core.hpc.slurm.kernel_messages import messages_since

MESSAGES = b"""\
[Sun Nov 29 16:12:39 2026] python3 invoked oom-killer: order=0
[Sun Nov 29 16:12:40 2026] Call Trace:
 of the line before [Sun Nov 29 17:00:00 2026]
[Sun Nov 29 16:32:45 2026] oom-kill:constraint=CONSTRAINT_MEMCG
 more of it
[Sun Nov 29 16:32:44 2026] later, though its time is earlier
"""


def moment(text):
    return time.mktime(time.strptime(f"2026-11-29 {text}", "%Y-%m-%d %H:%M:%S"))


@pytest.mark.parametrize(
    ("since", "first"),
    [
        ("10:00:00", b"[Sun Nov 29 16:12:39 2026] python3"),
        ("16:12:50", b"[Sun Nov 29 16:32:45 2026] oom-kill"),
        ("16:32:48", b"[Sun Nov 29 16:32:45 2026] oom-kill"),
        ("16:33:00", b""),
    ],
)
def test_messages_from_before_the_allocation_are_left_out(since, first):
    kept = messages_since(MESSAGES, moment(since))

    assert kept.startswith(first)
    assert MESSAGES.endswith(kept)


@pytest.mark.parametrize("messages", [b"", b"[  12.5] x\n", b"[Foo Bar 99 99:99:99 9999] x\n"])
def test_messages_without_times_are_of_no_known_moment(messages):
    assert messages_since(messages, moment("10:00:00")) == b""

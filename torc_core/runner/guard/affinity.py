"""Binds processes to CPUs from their first moment."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager


@contextmanager
def bound_to(cpus: Sequence[int]) -> Iterator[None]:
    """Bind this thread to some CPUs, and so what it starts meanwhile; none for no change."""
    if not cpus:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cpus)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)

"""Returns the memory of large requests to the system."""

from __future__ import annotations

import ctypes
import gc


def release_memory() -> None:
    """Return freed memory to the system, in some 10 ms.

    glibc keeps what was freed until it is asked; other C libraries have no such function.
    """
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)

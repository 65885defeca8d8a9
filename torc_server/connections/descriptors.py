"""The system's limit on open files; every connection is one."""

from __future__ import annotations

import logging
import resource

from torc_server.connections.limits import MAX_CONNECTIONS

RESERVED = 256
"""Files that are not connections: the database's, the log's, and what is accepted in one go before
the limit is looked at."""

log = logging.getLogger(__name__)


def raise_file_limit() -> int:
    """Raise the soft limit of open files to the hard one; return how many connections it allows.

    The usual soft limit of 1,024 is for programs that use `select`, which the server is not; it
    starts no program that would inherit the higher limit.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        except (OSError, ValueError) as error:  # an infinite one is more than the kernel takes
            log.info("the limit of open files stays at %d: %s", soft, error)
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return connections_within(soft)


def connections_within(files: int) -> int:
    """Return how many connections a limit of open files leaves room for."""
    if files == resource.RLIM_INFINITY:
        return MAX_CONNECTIONS
    return max(1, min(MAX_CONNECTIONS, files - min(RESERVED, files // 2)))

"""What no server does any longer: long work is taken over, other tasks have failed.

The leader of all servers that use the database looks for what those have left that are gone. Each
looks for work of its own that began without its knowledge: the answer to the commit was lost.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import NamedTuple

from sqlalchemy import Connection

from torc_core.model.ids import TaskId
from torc_server.records.tasks import fail_task, let_tasks_go, unfinished_tasks
from torc_server.storage.database import Sharing
from torc_server.storage.long_work.holders import Holders, server_of
from torc_server.storage.long_work.unfinished import Work, hold_work, left_over, let_go

_STOPPED = "The server stopped before the task finished."


_UNKNOWN = "The server did not learn whether its database had stored the task."


class Mine(NamedTuple):
    """What this server knows of its own work."""

    holders: Holders
    """Gives new holders."""
    held: Container[int]
    """The holders of what is under way."""
    has_task: Callable[[TaskId], bool]
    """Whether a task is under way, or may be."""


def take_over(conn: Connection, sharing: Sharing, mine: Mine, *, now_ms: int) -> list[Work]:
    """Take over the long work that no server does, and fail other tasks that none works on.

    Args:
        conn: In a transaction.
        sharing: What is known of other servers.
        mine: What this one does.
        now_ms: The time, in milliseconds since 1970.

    Returns:
        The work with its new holders.
    """
    works = left_over(conn)
    tasks = unfinished_tasks(conn)
    servers = {server_of(work.holder) for work in works} | set(tasks.values())
    gone = sharing.gone(conn, servers) if sharing.leads(conn) else set()
    for task_id, server in tasks.items():
        if server in gone:
            fail_task(conn, task_id, _STOPPED, now_ms=now_ms)
        elif server == sharing.server and not mine.has_task(task_id):
            fail_task(conn, task_id, _UNKNOWN, now_ms=now_ms)
    left = [
        work._replace(holder=mine.holders.new())
        for work in works
        if server_of(work.holder) in gone
        or (server_of(work.holder) == sharing.server and work.holder not in mine.held)
    ]
    for work in left:
        hold_work(conn, work.workflow_id, work.holder)
    return left


def leave(conn: Connection, sharing: Sharing) -> None:
    """Leave all that this server does to the others: it stops."""
    let_go(conn, sharing.server)
    let_tasks_go(conn, sharing.server)

"""What servers that are gone have left: their long work is taken over, other tasks have failed.

The leader of all that use the database looks for it, and a server that starts.
"""

from __future__ import annotations

from sqlalchemy import Connection

from torc_server.records.tasks import fail_task, let_tasks_go, unfinished_tasks
from torc_server.storage.database import Sharing
from torc_server.storage.long_work.holders import Holders, server_of
from torc_server.storage.long_work.unfinished import Work, hold_work, left_over, let_go

_STOPPED = "The server stopped before the task finished."


def take_over(conn: Connection, sharing: Sharing, holders: Holders, *, now_ms: int) -> list[Work]:
    """Take over the long work of servers that are gone, and fail what else they worked on.

    Returns:
        The work with its new holders.
    """
    works = left_over(conn)
    tasks = unfinished_tasks(conn)
    servers = {server_of(work.holder) for work in works} | set(tasks.values())
    gone = sharing.gone(conn, servers)
    noted = {work.data["task_id"] for work in works if work.data}
    for task_id, server in tasks.items():
        if server in gone and task_id not in noted:
            fail_task(conn, task_id, _STOPPED, now_ms=now_ms)
    return [_taken(conn, work, holders.new()) for work in works if server_of(work.holder) in gone]


def leave(conn: Connection, sharing: Sharing) -> None:
    """Leave all that this server does to the others: it stops."""
    let_go(conn, sharing.server)
    let_tasks_go(conn, sharing.server)


def _taken(conn: Connection, work: Work, holder: int) -> Work:
    hold_work(conn, work.workflow_id, holder)
    return work._replace(holder=holder)

"""Attempts that are lost with their guard, and are released by the runner that finds it gone.

That is their own runner, or the next one of the machine if that is dead as well. Their processes
were ended, so nothing more can be reported of them: what is recorded stays. That they had started
is known from the release itself, even if the server took their runner for lost before it knew.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from torc_core.model.ids import JobId
from torc_server.rules.attempts.lost.losses import ends_of, lost_completions
from torc_server.rules.attempts.report_check import Place
from torc_server.rules.attempts.results import record_results
from torc_server.storage.statements import Record


def lose_with_guards(
    conn: Connection, place: Place, lost: Sequence[tuple[Record, Record]], *, now_ms: int
) -> set[JobId]:
    """Record attempts that were lost with their guard, with all that follows from that.

    Args:
        conn: The writer's connection.
        place: The node that says so. What ran there has ended now; the rest, with its own node.
        lost: Jobs that may be claimed again, each with its attempt.
        now_ms: Now.

    Returns:
        Ids of the jobs whose loss is recorded: not those whose attempts have a result already,
        or whose nodes were deleted.
    """
    ended = ends_of(conn, [attempt for _, attempt in lost], now_ms=now_ms)
    ended[place.compute_node_id] = now_ms
    completions = lost_completions(conn, lost, ended)
    record_results(conn, completions, now_ms=now_ms)
    return {done.job.id for done in completions}

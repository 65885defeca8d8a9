"""The batch protocol of our runner."""

from __future__ import annotations

import asyncio
from typing import Any

from litestar import Controller, Request, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec.structs import replace

from torc_core.model.exchange import Exchange, ExchangeReply, Outlook
from torc_core.model.records.timers import RunnerTimers
from torc_server.edge.idempotency import NATURAL
from torc_server.edge.parameters import ComputeNodeIdInPath
from torc_server.rules.attempts.exchange import Answer, answer_exchange, answer_waiting
from torc_server.storage.notify import Notifier, runner_topic
from torc_server.storage.transactions import Transactions

LONGEST_WAIT_S = 60.0
"""Longer waits are cut to this, so that no proxy ends the connection first."""


class ExchangeController(Controller):
    """One request for all that a runner reports and claims."""

    path = "/compute_nodes"
    tags = ("compute nodes",)

    @post(
        "/{compute_node_id:int}/exchange",
        status_code=200,
        operation_id="exchange",
        opt={NATURAL: "seq"},
    )
    async def exchange(
        self,
        request: Request[Any, Any, Any],
        writer: NamedDependency[Transactions],
        notifier: NamedDependency[Notifier],
        state: State,
        compute_node_id: ComputeNodeIdInPath,
        data: JSONBody[Exchange],
    ) -> ExchangeReply:
        """Report what a runner's jobs did and claim more, waiting for work if there is none."""
        # Read first: a change noticed twice costs one look, a change missed costs a wait.
        version = notifier.now
        timers = state.settings.timers
        first = await writer.run_timed(answer_exchange, compute_node_id, data, timers)
        if not first.is_superseded:
            # An older exchange that waits, or an earlier try of this one.
            notifier.dismiss(compute_node_id)
        if first.has_news or data.wait_seconds <= 0:
            return first.reply
        over = asyncio.ensure_future(request.receive())  # done when the runner hangs up
        try:
            with notifier.named(compute_node_id, over):
                return await _news(
                    writer, notifier, compute_node_id, data, timers, first, version, over
                )
        finally:
            over.cancel()


async def _news(  # noqa: PLR0913, PLR0917 - all that a wait depends on
    writer: Transactions,
    notifier: Notifier,
    node_id: int,
    request: Exchange,
    timers: RunnerTimers,
    first: Answer,
    version: int,
    over: asyncio.Future[Any],
) -> ExchangeReply:
    """Return the reply once there is news, or after the requested wait.

    A runner that is gone gets no jobs: the wait is also over when it has hung up or sent another
    exchange. A due action, or a job to stop that the runner knows of, ends a wait only when it is
    news: the runner may have no use for the one and be busy with the other.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + min(request.wait_seconds, LONGEST_WAIT_S)
    topic = runner_topic(first.workflow_id)
    latest = first
    while (left := deadline - loop.time()) > 0 and not notifier.closed:
        version = await notifier.wait(topic, version, left, over=over)
        if over.done():
            return ExchangeReply(outcomes=first.reply.outcomes)
        latest = await writer.run_timed(answer_waiting, node_id, request, timers)
        if latest.has_news or _has_new_action(first, latest):
            break
    return replace(
        latest.reply, outcomes=first.reply.outcomes, outlook=latest_outlook(first, latest)
    )


def latest_outlook(first: Answer, latest: Answer) -> Outlook | None:
    """Return the outlook; while jobs are held, only the first answer says by how many runners."""
    before, now = first.reply.outlook, latest.reply.outlook
    return before if now is None and before is not None and not before.is_hopeless else now


def _has_new_action(first: Answer, latest: Answer) -> bool:
    return latest.reply.has_pending_actions and not first.reply.has_pending_actions

"""The batch protocol of our runner."""

from __future__ import annotations

import asyncio

from litestar import Controller, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec.structs import replace

from torc_core.model.exchange import Exchange, ExchangeReply
from torc_server.clock import now_ms
from torc_server.db.writer import Writer
from torc_server.hub import Hub, runners_of
from torc_server.parameters import Id
from torc_server.rules.exchange import Turn, look_again, take_turn

LONGEST_WAIT_S = 60.0
"""A longer wish is cut to this, so that no proxy in between ends the connection first."""


class ExchangeController(Controller):
    """One call for everything that a runner has to say and to ask."""

    path = "/compute_nodes"
    tags = ("compute nodes",)

    @post("/{compute_node_id:int}/exchange", status_code=200, operation_id="exchange")
    async def exchange(
        self,
        writer: NamedDependency[Writer],
        hub: NamedDependency[Hub],
        compute_node_id: Id,
        data: JSONBody[Exchange],
    ) -> ExchangeReply:
        """Take a runner's reports and give it work, waiting for some if there is none."""
        return await converse(writer, hub, compute_node_id, data)


async def converse(writer: Writer, hub: Hub, node_id: int, turn: Exchange) -> ExchangeReply:
    """Answer a turn when there is something to say, or when its time is up.

    A due action, or a job to stop that the runner knows of, ends a wait only when it is news:
    the runner may have no use for the one and be busy with the other.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + min(turn.wait_seconds, LONGEST_WAIT_S)
    # Before anybody else's change: what is noticed twice costs a look, what is missed costs a wait.
    version = hub.now
    first = await writer.run(take_turn, node_id, turn, now_ms=now_ms())
    hub.dismiss(node_id)  # an older turn that waits is over, as it will see
    latest = first
    topic = runners_of(first.workflow_id)
    while not (latest.has_news or hub.closed or _has_new_action(first, latest)):
        left = deadline - loop.time()
        if left <= 0:
            break
        version = await hub.wait(topic, version, left, name=node_id)
        latest = await writer.run(look_again, node_id, turn, now_ms=now_ms())
    return replace(latest.reply, outcomes=first.reply.outcomes)


def _has_new_action(first: Turn, latest: Turn) -> bool:
    return latest.reply.has_pending_actions and not first.reply.has_pending_actions

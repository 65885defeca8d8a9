"""How a runner exchanges reports for work: in one request per exchange, or in single calls."""

from __future__ import annotations

from typing import Protocol

from torc_core.client import TorcClient
from torc_core.clock import Clock
from torc_core.model.exchange import Exchange, ExchangeReply
from torc_core.model.ids import ComputeNodeId
from torc_core.runner.policy.context import RunnerContext
from torc_core.runner.server.single_calls import SingleCallProtocol

_ANSWER_S = 30.0
"""How long an answer may take beyond the wait that was requested."""
_REPEATED_ANSWER_S = 7.0
"""The same for a request that is sent again. A network that swallows it gives no error, and so long
it takes to notice that the network is well again; a slow server has the answer ready soon."""


class ExchangeProtocol(Protocol):
    """Exchanges reports for work and news. Requests may overlap: a newer one ends a long poll."""

    def exchange(self, request: Exchange) -> ExchangeReply:
        """Report, request work and wait for news.

        A request without an answer may be sent again with the same `seq`.

        Raises:
            TorcError: The request failed; unless the workflow is gone, it may be sent again.
        """


class BatchProtocol:
    """The batch protocol: one request per exchange."""

    def __init__(self, client: TorcClient, compute_node_id: ComputeNodeId) -> None:
        self._client = client
        self._compute_node_id = compute_node_id
        self._last_seq = 0

    def exchange(self, request: Exchange) -> ExchangeReply:
        """See `ExchangeProtocol`."""
        answer_s = _ANSWER_S if request.seq > self._last_seq else _REPEATED_ANSWER_S
        self._last_seq = max(self._last_seq, request.seq)
        timeout_s = request.wait_seconds + answer_s
        return self._client.exchange(self._compute_node_id, request, timeout_s=timeout_s)


def choose_protocol(client: TorcClient, context: RunnerContext, clock: Clock) -> ExchangeProtocol:
    """Return the best protocol that the server offers."""
    if context.has_exchange:
        return BatchProtocol(client, context.node_id)
    return SingleCallProtocol(client, context.workflow_id, context.run_id, context.node_id, clock)

"""How a runner exchanges reports for work: in one request per exchange, or in single calls."""

from __future__ import annotations

from typing import Protocol

from torc_core.client import TorcClient
from torc_core.model.exchange import Exchange, ExchangeReply
from torc_core.model.ids import ComputeNodeId
from torc_core.model.workflow import EXCHANGE
from torc_core.runner.policy.context import RunnerContext
from torc_core.runner.server.single_calls import SingleCallProtocol

_ANSWER_S = 30.0
"""How long an answer may take beyond the wait that was requested."""


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

    def exchange(self, request: Exchange) -> ExchangeReply:
        """See `ExchangeProtocol`."""
        timeout_s = request.wait_seconds + _ANSWER_S
        return self._client.exchange(self._compute_node_id, request, timeout_s=timeout_s)


def choose_protocol(client: TorcClient, context: RunnerContext) -> ExchangeProtocol:
    """Return the best protocol that the server offers."""
    if EXCHANGE in context.capabilities:
        return BatchProtocol(client, context.node_id)
    return SingleCallProtocol(client, context.workflow_id, context.run_id, context.node_id)

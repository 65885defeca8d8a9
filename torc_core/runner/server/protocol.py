"""How a runner exchanges reports for work: in one call per exchange, or in single calls."""

from __future__ import annotations

from typing import Protocol

from torc_core.client import TorcClient
from torc_core.model.exchange import Exchange, ExchangeReply
from torc_core.model.workflow import EXCHANGE
from torc_core.runner.policy.context import RunnerContext
from torc_core.runner.server.single_calls import SingleCallProtocol

_ANSWER_S = 30.0
"""How long an answer may take beyond the wait that was asked for."""


class ExchangeProtocol(Protocol):
    """Someone to take turns with. Turns may overlap: a newer one ends the wait of an older one."""

    def take(self, turn: Exchange) -> ExchangeReply:
        """Report, ask and wait. A turn whose answer was lost is taken again with the same `seq`.

        Raises:
            TorcError: The turn failed; unless the workflow is gone, it may be taken again.
        """


class BatchProtocol:
    """The batch protocol: one call per turn."""

    def __init__(self, client: TorcClient, compute_node_id: int) -> None:
        self._client = client
        self._compute_node_id = compute_node_id

    def take(self, turn: Exchange) -> ExchangeReply:
        """See `ExchangeProtocol`."""
        timeout_s = turn.wait_seconds + _ANSWER_S
        return self._client.exchange(self._compute_node_id, turn, timeout_s=timeout_s)


def choose_protocol(client: TorcClient, station: RunnerContext) -> ExchangeProtocol:
    """Return the best way to take turns that the server offers."""
    if EXCHANGE in station.capabilities:
        return BatchProtocol(client, station.node_id)
    workflow_id = station.workflow.id
    assert workflow_id is not None
    return SingleCallProtocol(client, workflow_id, station.run_id, station.node_id)

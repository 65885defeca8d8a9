"""How a runner takes turns with a server: by the batch protocol where the server knows it."""

from __future__ import annotations

from typing import Protocol

from torc_core.client import TorcClient
from torc_core.model.exchange import Exchange, ExchangeReply
from torc_core.model.workflow import EXCHANGE
from torc_core.runner.single_calls import SingleCallTurns

_ANSWER_S = 30.0
"""How long an answer may take beyond the wait that was asked for."""


class Turns(Protocol):
    """Someone to take turns with. Turns may overlap: a newer one ends the wait of an older one."""

    def take(self, turn: Exchange) -> ExchangeReply:
        """Report, ask and wait. A turn whose answer was lost is taken again with the same `seq`.

        Raises:
            TorcError: The turn failed; unless the workflow is gone, it may be taken again.
        """


class ExchangeTurns:
    """The batch protocol: one call per turn."""

    def __init__(self, client: TorcClient, compute_node_id: int) -> None:
        self._client = client
        self._compute_node_id = compute_node_id

    def take(self, turn: Exchange) -> ExchangeReply:
        """See `Turns`."""
        timeout_s = turn.wait_seconds + _ANSWER_S
        return self._client.exchange(self._compute_node_id, turn, timeout_s=timeout_s)


def choose_turns(client: TorcClient, workflow_id: int, run_id: int, compute_node_id: int) -> Turns:
    """Return the best way to take turns that the server offers."""
    if EXCHANGE in client.get_version().capabilities:
        return ExchangeTurns(client, compute_node_id)
    return SingleCallTurns(client, workflow_id, run_id, compute_node_id)

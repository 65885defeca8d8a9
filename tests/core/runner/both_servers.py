"""Clients of a server with the batch protocol, and of one without."""

from __future__ import annotations

import pytest
from operations.older_server import OlderServer

from torc_core.client import TorcClient


@pytest.fixture(params=[TorcClient, OlderServer], ids=["batches", "single calls"], autouse=True)
def client(request, server):
    """All tests of the module run with and without the batch protocol."""
    connected = request.param(server.url)
    yield connected
    connected.close()

"""Plain HTTP to the servers of tests."""

from __future__ import annotations

import pytest
from server.plain_http import Http


@pytest.fixture
def http_of():
    return lambda server: Http(server.port)


@pytest.fixture
def call(server) -> Http:
    """Requests to the shared server."""
    return Http(server.port)


@pytest.fixture
def workflow_id(call) -> int:
    return call.make_workflow()

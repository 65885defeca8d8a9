"""A database for every test."""

from __future__ import annotations

import pytest
from server.rules import databases
from server.rules.bench import Bench

ON_BOTH = ("test_claims", "test_machine", "test_tokens")
"""Modules that the suite tries on both kinds of databases; all others by `--on postgresql`."""


def pytest_generate_tests(metafunc):
    is_on_one = metafunc.config.getoption("--on") == "postgresql"
    if metafunc.module.__name__.endswith(ON_BOTH) and not is_on_one:
        metafunc.parametrize("kind", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture(autouse=True)
def kind(request):
    """Make databases of the kind that a test is for."""
    chosen = getattr(request, "param", request.config.getoption("--on"))
    databases.use(request.getfixturevalue("postgres") if chosen == "postgresql" else None)
    yield chosen
    databases.use(None)


@pytest.fixture
def bench(kind):
    with databases.database() as connection:
        yield Bench(connection)

"""The one place that knows which error is which HTTP status."""

from __future__ import annotations

import inspect

import pytest

from torc_core import errors as core
from torc_core.errors import TorcError, UsageError
from torc_server import errors as own
from torc_server.edge.problems import HTTP_STATUS, status_of

OWN = [
    kind for _, kind in inspect.getmembers(own, inspect.isclass) if kind.__module__ == own.__name__
]


@pytest.mark.parametrize("kind", OWN, ids=lambda kind: kind.__name__)
def test_an_error_of_the_server_has_its_own_status_and_the_code_of_its_parent(kind):
    assert HTTP_STATUS[kind] != status_of(kind.__base__("message"))
    assert kind.code == kind.__base__.code


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("UsageError", 422),
        ("AccessError", 403),
        ("ConflictError", 409),
        ("TransitionError", 409),
        ("MachineError", 507),
        ("TimedOutError", 504),
        ("ServerError", 500),
        ("TorcError", 500),
    ],
)
def test_every_error_of_the_tree_has_a_status(kind, status):
    assert status_of(getattr(core, kind)("message")) == status


def test_an_error_without_an_entry_has_the_status_of_its_nearest_parent():
    class StrictError(UsageError):
        pass

    assert status_of(StrictError("message")) == HTTP_STATUS[UsageError]


def test_no_error_carries_its_status():
    assert not any(hasattr(kind, "http_status") for kind in (TorcError, *OWN))

from __future__ import annotations

import pytest

from torc_core.config.bounds import HostName
from torc_core.errors import UsageError
from torc_core.host.addresses import LOOPBACK, source_address
from torc_core.host.reachable_address import Route, check_host, choose_host, nodes_are_here


@pytest.mark.parametrize(
    ("sources", "chosen"),
    [
        (["10.1.0.9", None], "10.1.0.9"),
        (["127.0.0.1", "10.1.0.9"], "10.1.0.9"),  # the login node is a compute node too
        ([None, None, "10.1.0.9"], "10.1.0.9"),
        ([None, None, None, "10.1.0.9"], None),  # its names cannot be looked up
        (["127.0.0.1", "127.0.0.1"], LOOPBACK),
        (["127.0.0.1", None], None),
        (["fd00::7"], "fd00::7"),
        (["::1"], LOOPBACK),
        ([], None),
    ],
)
def test_nodes_are_told_the_address_from_which_they_are_reached(
    sources: list[str | None], chosen: str | None
):
    host = choose_host(Route(f"n{number}", source) for number, source in enumerate(sources))
    assert (host and host.name) == chosen


def test_no_more_nodes_are_looked_at_than_needed():
    routes = iter([Route("n1", "10.1.0.9"), Route("n2", None)])
    choose_host(routes)
    assert next(routes).node == "n2"


def test_the_kernel_says_from_which_address_a_node_is_reached():
    assert source_address("127.0.1.3") == "127.0.0.1"
    assert source_address("no-such-node.invalid") is None
    assert source_address("ä" * 70) is None


def test_loopback_is_named_only_to_nodes_that_are_this_machine():
    here, elsewhere = (lambda: ["127.0.1.1", "localhost"]), (lambda: ["no-such-node.invalid"])
    assert nodes_are_here(here)
    assert not nodes_are_here(elsewhere)
    assert check_host("localhost", here).name == LOOPBACK
    with pytest.raises(UsageError, match="localhost means this machine alone"):
        check_host("localhost", elsewhere)
    with pytest.raises(UsageError, match=r"no-such-name\.invalid is not known"):
        check_host("no-such-name.invalid", elsewhere)
    assert check_host("192.0.2.7", elsewhere).name == "192.0.2.7"


@pytest.mark.parametrize("name", ["0.0.0.0", "::", "::ffff:127.0.0.1", "127.1"])
def test_addresses_that_lead_each_node_to_itself_are_refused(name: str):
    with pytest.raises(UsageError, match="this machine alone"):
        check_host(name, lambda: ["no-such-node.invalid"])


@pytest.mark.parametrize("name", ["login1", "kl3.hsn.cm.example.gov", "10.0.0.1", "fd00::1", "a_b"])
def test_names_and_addresses_of_machines_are_allowed(name: str):
    assert HostName().allow(name)


@pytest.mark.parametrize(
    "name",
    ["", "http://login1", "login1:80", "a b", "-x", "a@b", "fe80::1%eth0", "a\n", "ä", "x" * 254],
)
def test_what_is_no_name_of_a_machine_is_refused(name: str):
    assert not HostName().allow(name)

"""Programs are served; what a web page of another server has a browser send is refused."""

from __future__ import annotations

import signal
import socket
from contextlib import nullcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st
from waiting import wait_for

from torc_core.browsers.hosts import Hosts
from torc_core.errors import AccessError, UsageError
from torc_server.access.origins import check_origin

OWN = Hosts(["Node17", "0.0.0.0"], ["torc.example.org:8443", "*.proxy.example", "[fd00::7]:80"])


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LOCALHOST:8080",
        "localhost.",
        "a.localhost:1",
        "127.0.0.1",
        "127.8.9.10:8080",
        "[::1]:8080",
        "[::1]",
        "10.1.2.3:8080",  # an address cannot be pointed elsewhere
        "[fe80::1%25eth0]:8080",
        "node17",
        "NODE17:8080",
        "torc.example.org",
        "Torc.Example.Org:443",
        "a.proxy.example",
        "b.a.proxy.example:1",
        "[fd00::7]:80",
    ],
)
def test_a_server_has_the_names_of_its_machine_and_those_allowed(host: str) -> None:
    assert OWN.has(host)


@pytest.mark.parametrize(
    "host",
    [
        "attacker.example",
        "attacker.example:8080",
        "localhost.attacker.example",
        "127.0.0.1.attacker.example",
        "1.2.3.4.5",
        "node17.attacker.example",
        "xlocalhost",
        "torc.example.org.attacker.example",
        "proxy.example",
        "xproxy.example",
        "*.proxy.example.org",
        "localhost, attacker.example",
        "attacker.example, localhost",
        "attacker.example, a.localhost",
        "attacker.example/.localhost",
        "attacker.example:x:y",
        "",
        "[attacker.example]",
        "[::1].attacker.example",
        "\xe9",
        "0x7f.1",
        ":8080",
    ],
)
def test_any_other_name_may_have_been_pointed_here(host: str) -> None:
    assert not OWN.has(host)


@pytest.mark.parametrize(
    "name", ["https://torc.example.org", "torc.example.org/", "a.org,b.org", "*", "*.", "::1", ""]
)
def test_what_is_no_name_is_refused_and_allows_nothing(name: str) -> None:
    with pytest.raises(UsageError, match="--allowed-host"):
        Hosts([], [name])


@given(st.text(max_size=80))
def test_every_text_is_a_host_or_not(host: str) -> None:
    assert OWN.has(host) in {True, False}
    assert not Hosts([]).is_proxy(host)


@pytest.mark.parametrize(
    ("origin", "site", "host", "is_served"),
    [
        (None, None, "localhost:8080", True),
        (None, "none", "localhost:8080", True),
        (None, "same-origin", "localhost:8080", True),
        ("http://localhost:8080", "same-origin", "localhost:8080", True),
        ("HTTP://LOCALHOST:8080", None, "localhost:8080", True),
        ("https://torc.example.org", "same-origin", "127.0.0.1:8080", True),
        ("https://x.proxy.example", None, "127.0.0.1:8080", True),
        (None, "cross-site", "localhost:8080", False),
        (None, "same-site", "localhost:8080", False),
        (None, "Cross-Site", "localhost:8080", False),
        (None, "unheard-of", "localhost:8080", False),
        ("null", None, "localhost:8080", False),
        ("", None, "localhost:8080", False),
        ("http://attacker.example", None, "localhost:8080", False),
        ("http://localhost:3000", None, "localhost:8080", False),  # another program's page
        ("http://localhost", None, "localhost:8080", False),
        ("http://127.0.0.1:8080", None, "localhost:8080", False),
        ("file://", None, "localhost:8080", False),
        ("http://torc.example.org.attacker.example", None, "localhost:8080", False),
        ("http://localhost:8080, http://localhost:8080", None, "localhost:8080", False),
        ("null", None, "", False),
        ("http://attacker.example", None, "", False),
    ],
)
def test_a_page_of_another_server_is_refused(
    origin: str | None, site: str | None, host: str, is_served: bool
) -> None:
    with nullcontext() if is_served else pytest.raises(AccessError, match="page"):
        check_origin(origin, site, host, OWN)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS"])
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "attacker.example"}, 421),
        ({"Origin": "http://attacker.example"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Host": "attacker.example", "Origin": "http://attacker.example"}, 421),
    ],
)
def test_no_request_of_a_page_is_served_whatever_its_method(call, method, headers, status) -> None:
    path = "/workflows" if method in {"GET", "POST", "OPTIONS"} else "/workflows/1"
    before = call("GET", "/workflows").body["total_count"]

    reply = call(method, path, {"name": "form", "user": "u"}, headers)

    assert reply.status == status
    assert reply.problem["hint"]
    assert not [name for name in reply.headers if name.startswith("access-control")]
    assert call("GET", "/workflows").body["total_count"] == before


def test_a_program_of_http_1_0_sends_no_host(server) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=100) as stream:
        stream.sendall(b"GET /torc-service/v1/ping HTTP/1.0\r\n\r\n")
        assert b" 200 OK" in stream.recv(65536)


def test_the_names_of_this_machine_are_served(call) -> None:
    for name in (socket.gethostname(), socket.getfqdn()):
        assert call("GET", "/ping", headers={"Host": f"{name}:8080"}).status == 200


def test_a_server_may_have_further_names(make_server, http_of) -> None:
    call = http_of(make_server("--allowed-host", "torc.example.org", "--allowed-host", "*.b.org"))
    for name in ("torc.example.org", "TORC.example.org:8443", "a.b.org"):
        assert call("GET", "/ping", headers={"Host": name}).status == 200
    assert call("GET", "/ping", headers={"Host": "example.org"}).status == 421


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "Every user of this machine can use this server"),
        (("--host", "0.0.0.0", "--insecure"), "All who reach 0.0.0.0 can use this server"),
    ],
)
def test_a_server_without_authentication_says_who_may_use_it(make_server, arguments, says) -> None:
    server = make_server(*arguments)
    wait_for(lambda: says in server.log.read_text(), "the warning")
    assert "--token-file" in server.log.read_text()


def test_a_server_with_a_token_says_nothing_of_the_kind(make_server, tmp_path) -> None:
    (tmp_path / "token").write_text("sesame")
    server = make_server("--token-file", str(tmp_path / "token"))
    wait_for(lambda: "listening" in server.log.read_text(), "the start")
    assert server.kill(signal.SIGTERM) == 0
    assert "can use this server" not in server.log.read_text()

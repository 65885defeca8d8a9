"""Proxies and certificates that the environment names."""

from __future__ import annotations

import ssl
import subprocess

import pytest
import trustme
from core.client.raw_server import RawServer, reply

from torc_core.client import TorcClient
from torc_core.client.address import Address
from torc_core.errors import UnreachableError, UsageError

PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch):
    for name in (*PROXIES, *map(str.upper, PROXIES), "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def proxy():
    with RawServer(lambda _request: reply("0.12.0")) as server:
        yield server


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def tls_server(authority):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    with RawServer(lambda _request: reply("0.12.0"), context) as server:
        yield server


def test_http_goes_through_the_proxy_of_the_environment(proxy, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
    client = TorcClient("http://torc.example:8080")

    assert client.get_version().version == "0.12.0"
    client.close()

    (request,) = proxy.received
    assert request.target == "http://torc.example:8080/torc-service/v1/version"


def test_https_asks_the_proxy_for_a_tunnel(monkeypatch):
    refusal = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"
    with RawServer(lambda _request: refusal) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")

        with pytest.raises(UnreachableError, match="403 Forbidden"):
            TorcClient("https://torc.example").get_version()

    (request,) = proxy.received
    assert (request.method, request.target) == ("CONNECT", "torc.example:443")


def test_a_host_of_no_proxy_is_asked_directly(proxy, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
    monkeypatch.setenv("NO_PROXY", "torc.invalid")

    with pytest.raises(UnreachableError):
        TorcClient("http://torc.invalid:8080").get_version()

    assert proxy.received == []


def test_this_machine_is_never_asked_through_a_proxy(server, proxy, monkeypatch):
    for name in ("HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")

    TorcClient(server.url).ping()
    TorcClient(server.url.replace("127.0.0.1", "localhost")).ping()

    assert proxy.received == []


@pytest.mark.parametrize(
    ("host", "is_loopback"),
    [
        ("127.0.0.1", True),
        ("127.8.9.10", True),
        ("[::1]", True),
        ("localhost", True),
        ("LOCALHOST", True),
        ("torc.localhost", True),
        ("localhost.", True),
        ("0.0.0.0", True),
        ("[::]", True),
        ("[::ffff:127.0.0.1]", True),
        ("128.0.0.1", False),
        ("10.0.0.1", False),
        ("[::2]", False),
        ("localhost.example", False),
        ("127.0.0.1.example", False),
    ],
)
def test_what_counts_as_this_machine(host, is_loopback):
    assert Address(f"http://{host}:8080/torc-service/v1").is_loopback is is_loopback


@pytest.mark.parametrize("proxy_url", ["socks5://127.0.0.1:9", "nonsense://127.0.0.1:9"])
def test_a_proxy_that_cannot_be_used_is_an_error_of_the_user(proxy_url, monkeypatch):
    monkeypatch.setenv("ALL_PROXY", proxy_url)

    with pytest.raises(UsageError, match="proxy settings") as caught:
        TorcClient("http://torc.example").ping()

    assert "NO_PROXY" in caught.value.hint


def test_a_certificate_of_an_unknown_authority_is_refused_and_nothing_is_sent(tls_server):
    with pytest.raises(UnreachableError, match="certificate") as caught:
        TorcClient(tls_server.url).get_version()

    assert "SSL_CERT_FILE" in caught.value.hint
    assert tls_server.received == []


def test_an_authority_named_by_a_file_is_trusted(tls_server, authority, tmp_path, monkeypatch):
    bundle = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(bundle)
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    client = TorcClient(tls_server.url)

    assert client.get_version().version == "0.12.0"
    client.close()


def test_an_authority_named_by_a_directory_is_trusted(tls_server, authority, tmp_path, monkeypatch):
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    hashed = subprocess.run(["openssl", "rehash", str(tmp_path)], check=False, capture_output=True)
    assert hashed.returncode == 0, hashed.stderr
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    client = TorcClient(tls_server.url)

    assert client.get_version().version == "0.12.0"
    client.close()


def test_certificates_are_not_read_without_https(server, monkeypatch):
    def refuse(*_arguments: object, **_keywords: object) -> None:
        raise AssertionError

    monkeypatch.setattr(ssl, "create_default_context", refuse)

    TorcClient(server.url).ping()

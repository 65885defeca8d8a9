"""A server behind nginx, configured as the documentation says."""

from __future__ import annotations

import asyncio
import json
import os
import re
import socket
import ssl
import subprocess
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import pytest
import trustme
from environments import program
from waiting import wait_for
from web.dashes import Dash

from torc_core.host.addresses import LOOPBACK, bound_socket

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to"
NAME = "torc.example.org"


def is_open(port):
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def proxy_of(server, place, page="reverse-proxy.md"):
    """Run nginx with the configuration of a how-to; yield its port."""
    with bound_socket(
        LOOPBACK, 0
    ) as held:  # no other process gets its port; nginx may listen there
        yield from _nginx(server, place, page, held.getsockname()[1])


def _nginx(server, place, page, port):
    issued = trustme.CA()
    certificate = issued.issue_cert(NAME)
    issued.cert_pem.write_to_path(place / "ca.pem")
    certificate.cert_chain_pems[0].write_to_path(place / "torc.pem")
    certificate.private_key_pem.write_to_path(place / "torc.key")
    block = re.search(r"```nginx\n(.*?)```", (HOW_TO / page).read_text("utf-8"), re.DOTALL)[1]
    block = block.replace("listen 443", f"listen 127.0.0.1:{port}")
    block = re.sub(r"127\.0\.0\.1:80[89]0", f"127.0.0.1:{server.port}", block)
    block = block.replace("/etc/ssl", str(place))
    kept = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    places = "".join(f"{kind}_temp_path {place / kind}; " for kind in kept)
    user = "user root; " if os.geteuid() == 0 else ""  # it would take one that cannot write here
    configuration = place / "nginx.conf"
    configuration.write_text(
        f"{user}daemon off; worker_processes 1; pid {place}/pid; error_log {place}/error.log;\n"
        f"events {{}}\nhttp {{ access_log off; {places}\n{block}}}\n"
    )
    command = [program("nginx"), "-c", configuration, "-e", place / "error.log"]
    nginx = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    try:
        wait_for(lambda: is_open(port), "nginx")
        yield port
    finally:
        nginx.terminate()
        nginx.wait(100)


@pytest.fixture
def curl(tmp_path):
    """Ask a proxy under its name; return the status, and the JSON of the answer."""

    def curl(port, path, *arguments, name=NAME):
        command = [
            *(program("curl"), "--silent", "--show-error", "--noproxy", "*", "--max-time", "30"),
            *("--cacert", tmp_path / "ca.pem", "--resolve", f"{name}:{port}:127.0.0.1"),
            *("--write-out", "\n%{http_code}", *arguments),
            f"https://{name}:{port}/torc-service/v1{path}",
        ]
        run = subprocess.run(command, capture_output=True, text=True, timeout=100, check=True)
        text, _, status = run.stdout.rpartition("\n")
        return int(status), json.loads(text)

    return curl


def test_a_server_is_used_through_a_proxy_that_is_allowed(make_server, tmp_path, curl):
    with proxy_of(make_server("--allowed-host", NAME), tmp_path) as port:
        status, workflow = curl(port, "/workflows", "-d", '{"name": "w", "user": "u"}')
        assert status == 200
        data = tmp_path / "data.json"
        large = {"workflow_id": workflow["id"], "name": "d", "data": "x" * 5_000_000}
        data.write_text(json.dumps(large))
        assert curl(port, "/user_data", "-d", f"@{data}")[0] == 200
        # A page that the proxy itself serves is no page of another server.
        assert curl(port, "/ping", "-H", f"Origin: https://{NAME}")[0] == 200
        assert curl(port, "/ping", "-H", "Origin: https://attacker.example")[0] == 403


def test_events_come_through_a_proxy_as_they_happen(make_server, tmp_path, curl):
    server = make_server("--allowed-host", "*.example.org")
    with proxy_of(server, tmp_path) as port:
        _, workflow = curl(port, "/workflows", "-d", '{"name": "w", "user": "u"}')
        path = f"/torc-service/v1/workflows/{workflow['id']}/events/stream"
        command = [
            *(program("curl"), "--silent", "--no-buffer", "--noproxy", "*", "--max-time", "60"),
            *("--cacert", tmp_path / "ca.pem", "--resolve", f"{NAME}:{port}:127.0.0.1"),
            f"https://{NAME}:{port}{path}?last_event_id=0",
        ]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as stream:
            event = {"workflow_id": workflow["id"], "timestamp": 0, "data": {"type": "seen"}}
            assert curl(port, "/events", "-d", json.dumps(event))[0] == 200
            assert any("seen" in line for line in stream.stdout)
            stream.terminate()


def test_a_proxy_that_is_not_allowed_is_told_what_to_do(make_server, tmp_path, curl):
    with proxy_of(make_server("--allowed-host", "other.example.org"), tmp_path) as port:
        status, answer = curl(port, "/ping")

    assert status == 421
    assert NAME in answer["error"]["message"]
    assert "--allowed-host" in answer["error"]["hint"]


async def test_the_interface_is_used_through_a_proxy(server, tmp_path):
    options = ("--api-url", server.url, "--allowed-host", NAME)
    dash = await asyncio.to_thread(Dash, tmp_path, *options)
    try:
        with proxy_of(dash, tmp_path, "use-a-browser.md") as port:
            trusted = ssl.create_default_context(cafile=tmp_path / "ca.pem")
            headers = {"Host": NAME, "Origin": f"https://{NAME}"}
            how = {"ssl": trusted, "server_hostname": NAME}
            token = dash.opens.partition("?")[2]
            async with aiohttp.ClientSession() as session:
                at = f"https://127.0.0.1:{port}"
                async with session.get(f"{at}/?{token}", headers={"Host": NAME}, **how) as answer:
                    cookie = answer.headers["Set-Cookie"]
                assert "Secure" in cookie
                headers["Cookie"] = cookie.partition(";")[0]
                async with session.ws_connect(f"{at}/terminal/dark", headers=headers, **how) as tab:
                    async with asyncio.timeout(100):
                        seen = b""
                        while b"orkflow" not in seen:
                            seen += (await tab.receive()).data
                headers["Origin"] = "https://evil.example"
                with pytest.raises(aiohttp.WSServerHandshakeError):
                    await session.ws_connect(f"{at}/terminal/dark", headers=headers, **how)
    finally:
        await asyncio.to_thread(dash.close)

"""What every command says when its server is not there, not torc, or breaks (class 40)."""

from __future__ import annotations

import signal
import ssl
import subprocess
import sys
import time
from email.utils import formatdate

import pytest
import trustme
from bad_input.commands import ASKING, WORKFLOW_FILE
from bad_input.servers import COMMON, RARE, answering
from core.client.raw_server import SILENCE, RawServer, reply
from forks.processes import Process
from waiting import wait_for

REPRESENTATIVE = [
    ("workflows", "list"),
    ("workflows", "create", "w.yaml"),
    ("jobs", "get", "1"),
    ("run", "1"),
]
NOWHERE = "http://127.0.0.1:9/torc-service/v1"


@pytest.fixture(autouse=True)
def _files(folder, data):
    (folder / "w.yaml").write_text(WORKFLOW_FILE)
    (folder / "w.json").write_bytes((data / "exports" / "reference_1.0.json").read_bytes())


@pytest.mark.parametrize("words", ASKING, ids=" ".join)
def test_a_server_that_is_not_there_is_named(words, torc_alone):
    ended = torc_alone(*words, "--url", NOWHERE)

    assert (ended.code, ended.out) == (6, ""), ended
    assert f"No torc server answers at {NOWHERE}: connection refused." in ended.err
    assert "hint: Start one" in ended.err


@pytest.fixture(scope="module", params=COMMON, ids=lambda wrong: wrong.name)
def common(request):
    with answering(request.param.answer) as url:
        yield url, request.param.code


@pytest.mark.parametrize("words", ASKING, ids=" ".join)
def test_every_command_survives_an_answer_that_is_none(words, torc_alone, common):
    url, code = common

    ended = torc_alone(*words, "--url", url)

    assert (ended.code, ended.out) == (code, ""), ended
    assert "error: " in ended.err


@pytest.mark.parametrize("words", REPRESENTATIVE, ids=" ".join)
@pytest.mark.parametrize("wrong", RARE, ids=lambda wrong: wrong.name)
def test_whatever_a_server_answers_there_is_one_message(words, wrong, torc_alone):
    with answering(wrong.answer) as url:
        ended = torc_alone(*words, "--url", url)

    assert (ended.code, ended.out) == (wrong.code, ""), ended
    assert ended.err.startswith("error: ")
    assert len(ended.err) < 2_000


@pytest.mark.parametrize(
    "url",
    [
        "ftp://server/torc-service/v1",
        "file:///etc/passwd",
        "server:8080",
        "http://",
        "http://[::1",
        "http://server:0",
        "http://server:99999",
        "http://ser ver",
        "http://a\nb",
        "https://\udcff",
    ],
)
@pytest.mark.parametrize("words", [("workflows", "list"), ("run", "w.yaml"), ("ping",)])
def test_what_is_no_url_of_a_server_is_wrong_usage(words, url, torc_alone):
    ended = torc_alone(*words, "--url", url)

    assert (ended.code, ended.out) == (2, ""), ended
    assert "http" in ended.err


def test_a_server_without_tls_is_named(torc_alone, server):
    ended = torc_alone("workflows", "list", "--url", server.url.replace("http:", "https:"))

    assert ended.code == 6
    assert "wrong version number" in ended.err


def test_a_server_with_tls_is_named(torc_alone):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with RawServer(lambda _: b"", context) as server:
        plain = torc_alone("workflows", "list", "--url", server.url.replace("https:", "http:"))
        unknown = torc_alone("workflows", "list", "--url", server.url)

    assert (plain.code, unknown.code) == (6, 6)
    assert "SSL_CERT_FILE" in unknown.err


@pytest.mark.parametrize(
    ("shift_s", "said"),
    [(3700, "1h 01m ahead of"), (-900, "behind"), (200, ""), (-200, ""), (None, "")],
)
def test_a_server_with_another_time_is_warned_of(shift_s, said, torc_alone):
    page = {"items": [], "offset": 0, "count": 0, "total_count": 0, "has_more": False}
    date = "" if shift_s is None else f"Date: {formatdate(time.time() + shift_s, usegmt=True)}\r\n"
    answer = reply(page | {"max_limit": 10_000}).replace(b"\r\n\r\n", f"\r\n{date}\r\n".encode())
    with answering(answer) as url:
        ended = torc_alone("workflows", "list", "--url", url)

    assert (ended.code, ended.out) == (0, "No workflows.\n"), ended
    assert said in ended.err
    assert bool(ended.err) is bool(said)


@pytest.mark.parametrize("words", [("workflows", "list"), ("events", "monitor", "1"), ("run", "1")])
def test_ctrl_c_ends_a_command_that_waits_for_its_server(words, folder):
    with RawServer(lambda _: SILENCE) as server:
        command = [sys.executable, "-m", "torc_tui", *words, "--url", server.url]
        with Process(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=folder
        ) as waiting:
            wait_for(lambda: server.received, "a request")
            waiting.send_signal(signal.SIGINT)
            out, err = waiting.communicate(timeout=100)

    assert (waiting.returncode, out, err.strip()) == (130, "", "interrupted")

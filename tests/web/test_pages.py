"""What a page on another server can do to a server without authentication, in a real browser."""

from __future__ import annotations

import json
import subprocess
from urllib.parse import urlencode

import pytest
from environments import program
from web.browser import attacker, browser_at

ATTEMPTS = {
    "fetch_without_cors",
    "fetch_json",
    "beacon",
    "form",
    "image",
    "script",
    "fetch_to_read",
    "fetch_to_delete",
    "frame_to_read",
    "event_stream",
    "web_socket",
}


def attack(host, server, target, workflow, profile):
    """Open the page under a name of its server; return what it could read of the target."""
    query = urlencode({"target": target, "workflow": workflow})
    with browser_at(f"http://{host}:{server.port}/attack?{query}", profile) as browser:
        read = server.report_of(browser)
    assert read.keys() == ATTEMPTS
    return {name: text for name, text in read.items() if text}


def curl(server, path, body=None):
    """Ask the server as a program on this machine does."""
    data = () if body is None else ("-d", json.dumps(body))
    command = [program("curl"), "--silent", "--show-error", "--fail-with-body", *data]
    url = f"http://localhost:{server.port}/torc-service/v1{path}"
    run = subprocess.run([*command, url], capture_output=True, text=True, timeout=100, check=True)
    return json.loads(run.stdout)


@pytest.fixture
def kept(server):
    """Check that nothing of a workflow has changed, while a program may change it."""
    workflow = curl(server, "/workflows", {"name": "kept", "user": "u"})["id"]
    own = {"workflow_id": workflow, "command": "true"}
    curl(server, "/jobs", own | {"name": "own"})
    before = curl(server, "/workflows")["total_count"]
    yield workflow
    jobs = curl(server, f"/jobs?workflow_id={workflow}")["items"]
    assert [job["name"] for job in jobs] == ["own"]
    assert curl(server, "/workflows")["total_count"] == before
    assert curl(server, "/jobs", own | {"name": "another"})["name"] == "another"


@pytest.mark.parametrize(
    ("page", "target"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("localhost", "127.0.0.1"),
        ("attacker.example", "localhost"),
        ("attacker.example", "attacker.example"),
    ],
    ids=["another port", "another name", "a foreign site", "a name that was pointed here"],
)
def test_a_page_of_another_server_changes_nothing_and_reads_nothing(
    server, kept, tmp_path, page, target
):
    with attacker() as other:
        url = f"http://{target}:{server.port}"
        assert attack(page, other, url, kept, tmp_path / "profile") == {}


def test_a_page_whose_name_is_pointed_here_later_changes_nothing_and_reads_nothing(
    server, kept, tmp_path
):
    with attacker(behind=server.port) as other:
        own = f"http://attacker.example:{other.port}"
        assert attack("attacker.example", other, own, kept, tmp_path / "profile") == {}
        asked = {(method, path.partition("?")[0]) for method, path, _ in other.asked}
        headers = [headers for _, _, headers in other.asked]

    # As these come from the page's own site, nothing but the name shows what they are.
    assert ("DELETE", f"/torc-service/v1/workflows/{kept}") in asked
    assert all(one.get("origin", own) == own for one in headers)
    assert {one["sec-fetch-site"] for one in headers if "sec-fetch-site" in one} <= {"same-origin"}


def test_a_server_that_is_careless_gets_all_that_the_page_tries(tmp_path):
    """What the other tests rely on: the browser does send these requests."""
    with attacker() as careless, attacker() as other:
        target = f"http://127.0.0.1:{careless.port}"
        attack("attacker.example", other, target, 7, tmp_path / "profile")
        asked = [(method, path.rpartition("/v1")[2]) for method, path, _ in careless.asked]
        headers = [headers for _, _, headers in careless.asked]

    assert asked.count(("POST", "/jobs")) == 3
    assert {path for method, path in asked if method == "OPTIONS"} == {"/jobs", "/workflows/7"}
    assert {path.partition("?")[2] for _, path in asked} >= {"image", "script", "read", "frame"}
    assert ("GET", "/workflows/7/events/stream?last_event_id=0") in asked
    assert all("cross-site" in one.get("sec-fetch-site", "cross-site") for one in headers)

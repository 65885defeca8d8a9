"""Every method of the official clients, called for real; `docs/reference/clients.md` tells of it.

    CLIENTS_PAGE=write python -m pytest tests/clients/test_methods.py

writes that page anew.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import bcrypt
import pytest
from clients.environments import VERSIONS, published, python_of
from clients.page import PAGE, page

DRIVER = Path(__file__).parent / "driver.py"


@pytest.fixture(scope="module")
def users_server(server, tmp_path_factory):
    """A server that knows one user, and lets everyone in."""
    place = tmp_path_factory.mktemp("users")
    (place / "htpasswd").write_text(f"ann:{bcrypt.hashpw(b'word', bcrypt.gensalt(4)).decode()}\n")
    running = type(server)(place / "torc.db", "--auth-file", str(place / "htpasswd"))
    running.start()
    yield running
    running.kill()


@pytest.fixture(scope="module")
def verdicts(users_server):
    """What each client's driver found, by version."""
    runs = {
        version: subprocess.Popen(
            [python_of(version), DRIVER, version, users_server.url],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for version in VERSIONS
    }
    found = {}
    for version, run in runs.items():
        output, errors = run.communicate(timeout=120)
        assert run.returncode == 0, errors
        found[version] = [json.loads(line) for line in output.splitlines()]
    return found


@pytest.mark.parametrize("version", VERSIONS)
def test_every_method_answers_what_it_declares(verdicts, version):
    failing = [
        f"{one['api']}.{one['method']}: {one['detail']}"
        for one in verdicts[version]
        if one["verdict"] == "fails"
    ]

    assert not failing, "\n".join(failing)


@pytest.mark.parametrize("version", VERSIONS)
def test_no_method_is_left_out(verdicts, version):
    assert {one["method"] for one in verdicts[version]} == published(version).keys()


def test_every_method_of_the_0_12_generation_works(verdicts):
    assert {one["verdict"] for one in verdicts["0.12.3"]} == {"works"}


def test_the_page_says_what_was_found(verdicts):
    written = page(verdicts)
    if os.environ.get("CLIENTS_PAGE") == "write":
        PAGE.write_text(written, "utf-8")

    assert PAGE.read_text("utf-8") == written, "run this with CLIENTS_PAGE=write"

"""What `torc_core.api` offers to Python programs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import bcrypt
import pytest

import torc_core.api
from torc_core.api import make_api, names
from torc_core.errors import AccessError

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "python-api.md"


def test_every_name_is_there_and_in_the_documentation():
    page = PAGE.read_text("utf-8")

    for name in names.__all__:
        assert getattr(torc_core.api, name) is getattr(names, name)
        assert f"`{name}" in page


def test_other_names_are_not():
    with pytest.raises(AttributeError, match="has no attribute 'ModelWorkflow'"):
        torc_core.api.ModelWorkflow  # noqa: B018 - it is the access that fails


def test_nothing_is_imported_before_the_first_name_is_used():
    program = "import sys, torc_core.api; print('torc_core.client' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)

    assert run.stdout == b"False\n"


def test_a_client_has_the_user_and_the_password_that_are_given(make_server, tmp_path):
    (tmp_path / "users").write_text(f"ann:{bcrypt.hashpw(b'word', bcrypt.gensalt(4)).decode()}\n")
    guarded = make_server("--auth-file", str(tmp_path / "users"), "--require-auth")

    make_api(guarded.url, username="ann", password="word").list_workflows()
    with pytest.raises(AccessError):
        make_api(guarded.url, username="ann", password="other").list_workflows()


def test_without_an_address_it_is_the_server_of_the_environment(make_server, monkeypatch, tmp_path):
    (tmp_path / "token").write_text("secret\n")
    guarded = make_server("--token-file", str(tmp_path / "token"))
    monkeypatch.setenv("TORC_API_URL", guarded.url)
    monkeypatch.setenv("TORC_TOKEN", "secret")

    api = make_api()
    assert api.url == guarded.url
    assert api.list_workflows().items == []


LOGGING = """
import logging
from torc_core.api import setup_logging

setup_logging("own.log", console_level="warning")
own = logging.getLogger("own")
own.debug("small")
own.warning("large")
logging.getLogger("httpx").info("GET /token/secret")
"""


def test_a_log_goes_to_stderr_and_to_a_file_by_level(tmp_path):
    run = subprocess.run(
        [sys.executable, "-c", LOGGING], cwd=tmp_path, capture_output=True, text=True, check=True
    )

    def texts(log):
        return [line.split(" ", 2)[2] for line in log.splitlines()]

    assert texts(run.stderr) == ["WARNING [own] large"]
    assert texts((tmp_path / "own.log").read_text()) == [
        "DEBUG [own] small",
        "WARNING [own] large",
    ]

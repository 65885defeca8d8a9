"""Every method of the official clients, called for real; `docs/reference/clients.md` tells of it.

    CLIENTS_PAGE=write python -m pytest tests/clients/test_methods.py

writes that page again.
"""

from __future__ import annotations

import json
import os
import subprocess
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import bcrypt
import pytest
from clients.environments import VERSIONS, fields, published, python_of
from clients.page import NOT_KEPT, PAGE, page

from torc_core import model

SINGULAR = {"ScheduledComputeNodesModel": "ScheduledComputeNode"}
WRITE = "CLIENTS_PAGE=write python -m pytest tests/clients/test_methods.py"
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
def verdicts_of(users_server):
    """What a client's driver finds, by version; each runs once."""

    @cache
    def verdicts_of(version):
        command = [python_of(version), DRIVER, version, users_server.url]
        run = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert run.returncode == 0, run.stderr
        return [json.loads(line) for line in run.stdout.splitlines()]

    return verdicts_of


@pytest.mark.parametrize("version", VERSIONS)
def test_every_method_is_called_and_answers_what_it_declares(verdicts_of, version):
    verdicts = verdicts_of(version)
    failing = [
        f"{one['api']}.{one['method']}: {one['problem']}" for one in verdicts if one["problem"]
    ]

    assert not failing, "\n".join(failing)
    assert {one["method"] for one in verdicts} == published(version).keys()


@pytest.mark.parametrize("version", VERSIONS)
def test_every_field_is_kept_or_named(version):
    modules = [import_module(f"torc_core.model.{one.name}") for one in iter_modules(model.__path__)]
    structs = {name: found for module in modules for name, found in vars(module).items()}
    forgotten = {
        f"{name}.{field}"
        for name, names in fields(version).items()
        if (struct := structs.get(SINGULAR.get(name) or name.removesuffix("Model")))
        for field in set(names) - set(struct.__struct_fields__)
    }

    assert forgotten == NOT_KEPT[version].keys()


def test_the_page_says_what_was_found(verdicts_of):
    written = page({version: verdicts_of(version) for version in VERSIONS})
    if os.environ.get("CLIENTS_PAGE") == "write":
        PAGE.write_text(written, "utf-8")

    assert PAGE.read_text("utf-8") == written, f"run: {WRITE}"

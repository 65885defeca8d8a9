"""The embedded server, opened for workers on other machines; 127.0.0.2 stands for their network."""

from __future__ import annotations

import os
import signal
import stat
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from waiting import wait_for

from torc_core.client import TorcClient
from torc_core.errors import AccessError, MachineError, UnreachableError, UsageError
from torc_core.host.access_file import (
    ServerAccess,
    client_of,
    read_access_file,
    write_access_file,
)
from torc_core.host.addresses import bound_socket
from torc_core.host.connect import Choice, connect
from torc_core.host.directories import state_directory
from torc_core.host.embedded_server import (
    EmbeddedServer,
    ensure_server,
    keep_access_file,
    open_server,
    running_server,
    stop_server,
)
from torc_core.host.server_process import usable_port
from torc_core.model.workflow import Workflow

OUTSIDE = "127.0.0.2"


@pytest.fixture
def _embedded() -> Iterator[None]:
    yield
    stop_server()


def _kill(server: EmbeddedServer) -> None:
    os.kill(server.process.pid, signal.SIGKILL)
    wait_for(lambda: running_server() is None, "the server to be gone")


@pytest.mark.usefixtures("_embedded")
def test_an_opened_server_keeps_its_workflows_and_its_clients():
    client = connect(Choice()).client
    workflow = client.create_workflow(Workflow(name="kept", user="tester"))
    before = ensure_server()

    opened = open_server(OUTSIDE)

    assert opened.address == before
    assert opened.access.url == before.url.replace("127.0.0.1", OUTSIDE)
    assert client.get_workflow(workflow.id).name == "kept"
    outside = TorcClient(opened.access.url, token=opened.token)
    assert outside.get_workflow(workflow.id).name == "kept"


@pytest.mark.usefixtures("_embedded")
def test_an_opened_server_wants_its_token_from_everyone():
    opened = open_server(OUTSIDE)
    for url in (opened.access.url, opened.address.url):
        with pytest.raises(AccessError, match="token"):
            TorcClient(url).list_workflows()
        assert httpx.get(url + "/workflows", headers={"Authorization": "Bearer x"}).is_error


@pytest.mark.usefixtures("_embedded")
def test_a_killed_server_is_opened_again_where_it_was():
    opened = open_server(OUTSIDE)
    _kill(opened)

    ensure_server()

    again = running_server()
    assert again is not None
    assert again.access == opened.access
    assert again.address == opened.address
    assert open_server(OUTSIDE).process == again.process


@pytest.mark.usefixtures("_embedded")
def test_a_worker_finds_a_server_whose_port_was_taken_meanwhile(tmp_path: Path):
    opened = open_server(OUTSIDE)
    path = tmp_path / "access.json"
    write_access_file(path, opened.access)
    keep_access_file(path)
    deleted = tmp_path / "deleted.json"
    keep_access_file(deleted)
    worker = client_of(path, read_access_file(path))
    worker.ping()
    _kill(opened)
    wait_for(lambda: usable_port(OUTSIDE, opened.outside_port), "its port to be free")
    with bound_socket(OUTSIDE, opened.outside_port) as other:
        other.listen()
        assert ensure_server() == opened.address  # where its clients here expect it
    worker.ping()
    again = running_server()
    assert again is not None
    assert again.outside_port != opened.outside_port
    assert worker.url == again.access.url
    assert read_access_file(path) == again.access
    assert not deleted.exists()


@pytest.mark.usefixtures("_embedded")
def test_a_server_whose_address_is_lost_still_serves_this_machine():
    opened = open_server(OUTSIDE)
    _kill(opened)
    record = state_directory() / "server.json"
    record.write_text(record.read_text().replace(OUTSIDE, "192.0.2.1"))

    assert ensure_server() == opened.address

    again = running_server()
    assert again is not None
    assert again.host is None


@pytest.mark.usefixtures("_embedded")
def test_a_server_that_cannot_be_opened_is_left_running():
    ensure_server()
    before = running_server()
    with pytest.raises(MachineError, match=r"cannot listen at 192\.0\.2\.1"):
        open_server("192.0.2.1")
    assert running_server() == before


@pytest.mark.usefixtures("_embedded")
def test_an_opened_server_is_closed_again():
    opened = open_server(OUTSIDE)
    closed = open_server(None)
    assert closed.address == opened.address
    with pytest.raises(UnreachableError):
        TorcClient(opened.access.url, token=opened.token).ping()


ACCESS = ServerAccess(url="http://10.0.0.1:1/torc-service/v1", token="t", user="ada", password="p")


def test_an_access_file_is_for_its_owner_alone(tmp_path: Path):
    path = tmp_path / "access.json"
    path.touch(0o644)
    write_access_file(path, ACCESS)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_access_file(path) == ACCESS
    assert list(tmp_path.iterdir()) == [path]


def test_a_secret_goes_where_no_link_and_no_pipe_leads(tmp_path: Path):
    link, pipe, elsewhere = (tmp_path / name for name in ("link", "pipe", "elsewhere"))
    elsewhere.write_text("other")
    link.symlink_to(elsewhere)
    os.mkfifo(pipe)
    for path in (link, pipe):
        write_access_file(path, ACCESS)
        assert read_access_file(path) == ACCESS
    assert elsewhere.read_text() == "other"


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda path: None, MachineError, "No such file"),
        (lambda path: path.write_text("{") and path.chmod(0o600), MachineError, "JSON|truncated"),
        (lambda path: path.write_text("{}") and path.chmod(0o600), MachineError, "url"),
        (lambda path: path.mkdir(0o700), UsageError, "not a regular file"),
        (os.mkfifo, UsageError, "not a regular file"),
        (lambda path: path.symlink_to("/etc/hostname"), MachineError, "symbolic links"),
        (lambda path: path.write_text("{}") and path.chmod(0o620), UsageError, "mode 0620"),
    ],
)
def test_an_access_file_that_others_could_have_made_is_not_trusted(
    tmp_path: Path, make, error, words
):
    path = tmp_path / "access.json"
    make(path)
    with pytest.raises(error, match=words):
        read_access_file(path)

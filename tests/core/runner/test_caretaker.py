"""A caretaker that cannot begin: what may pass is tried again, and the rest is not."""

import os
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import msgspec
import pytest

from torc_core.errors import ExitCode
from torc_core.host.files.json_file import write_record
from torc_core.host.process import ProcessIdentity
from torc_core.runner.care import care
from torc_core.runner.policy.options import RunnerOptions
from torc_core.runner.process.guard_client import RECORD, CareRecord, GuardRecord


@pytest.fixture
def answering(tmp_path):
    """Start a server that answers with a status, three times; then the guard's record is gone."""
    servers = []

    def start(status):
        left = [1, 2]

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                if not left:
                    (tmp_path / RECORD).unlink(missing_ok=True)
                else:
                    left.pop()
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        servers.append(HTTPServer(("127.0.0.1", 0), Handler))
        Thread(target=servers[-1].serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def take_care(tmp_path, url, output_dir, pause=lambda: None):
    options = RunnerOptions(workflow_id=1, output_dir=str(output_dir), cares=True)
    us = ProcessIdentity.of(os.getpid())
    record = GuardRecord(
        workflow_id=1,
        compute_node_id=1,
        node_start_time="",
        runner=us,
        name="guard",
        process=us,
        care=CareRecord(
            url=url, token=None, is_embedded=False, options=msgspec.to_builtins(options)
        ),
    )
    write_record(tmp_path / RECORD, record)
    return care(tmp_path, pause=pause)


@pytest.mark.parametrize("status", [404, 500, 502, 503])
def test_a_server_that_fails_is_asked_again(tmp_path, answering, status):
    assert take_care(tmp_path, answering(status), tmp_path / "out") == 0


@pytest.mark.parametrize("status", [401, 403])
def test_a_server_that_refuses_is_not_asked_again(tmp_path, answering, status):
    url = answering(status)
    assert take_care(tmp_path, url, tmp_path / "out") == ExitCode.ACCESS


def test_a_machine_that_lacks_something_is_tried_again(tmp_path):
    file = tmp_path / "out"
    file.touch()

    pause = (tmp_path / RECORD).unlink
    assert take_care(tmp_path, "http://127.0.0.1:9", file, pause) == 0

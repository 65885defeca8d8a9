"""A wrong request is answered with 4xx and the body of errors, and changes nothing."""

from __future__ import annotations

import http.client
import json
from pathlib import Path

import pytest
from bad_input.requests import CASES

from torc_core.model.artifact import File
from torc_core.model.job import Job
from torc_core.model.workflow import Workflow

BASE = "/torc-service/v1"


@pytest.fixture(scope="module")
def ids(server):
    """What requests are about: a workflow that has run, with one record of each kind."""
    client = server.client()
    workflow = client.create_workflow(Workflow(name="of requests", user="requests"))
    own = {"workflow_id": workflow.id}
    job = client.create_job(Job(**own, name="a", command="true"))
    client.initialize_jobs(workflow.id)
    return {
        "{W}": workflow.id,
        "{J}": job.id,
        "{F}": client.create_file(File(**own, name="f", path="f")).id,
    }


def _memory_mib(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    raise AssertionError


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.number} {case.name}")
@pytest.mark.usefixtures("unchanged")
def test_a_wrong_request_is_refused_and_changes_nothing(case, server, ids):
    path, body = case.path, case.body
    for name, key in ids.items():
        path = path.replace(name, str(key))
        body = body.replace(name.encode(), str(key).encode())
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=100)
    connection.request(case.method, BASE + path, body)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()

    assert answer.status == case.status, content
    assert answer.getheader("Content-Type") == "application/json"
    assert len(content) < 3_000
    error = json.loads(content)["error"]
    assert error["message"]
    assert error["code"] == case.code
    for part in case.says:
        assert part in content.decode()


def test_the_server_needs_little_memory_for_all_of_them(server):
    assert server.process is not None
    assert _memory_mib(server.process.pid) < 256

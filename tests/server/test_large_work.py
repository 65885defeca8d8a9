"""Large workflows on a real server: others go on, and kill -9 leaves nothing half done."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing, suppress
from functools import partial

import pytest
from waiting import wait_for

JOBS = 6_000


@pytest.fixture
def large(make_server, http_of):
    server = make_server()
    call = http_of(server)
    workflow_id = call.make_workflow()
    jobs = [
        {"workflow_id": workflow_id, "name": f"j{i}", "command": "c", "depends_on_job_ids": [-1]}
        for i in range(JOBS)
    ]
    jobs[0].pop("depends_on_job_ids")
    assert call("POST", "/bulk_jobs", {"jobs": jobs}).status == 200
    return server, call, workflow_id


def ask(server, query):
    with closing(sqlite3.connect(server.database)) as database:
        return database.execute(query).fetchall()


def in_background(call, *request):
    def send():
        with suppress(OSError):  # the server is killed
            call(*request)

    thread = threading.Thread(target=send)
    thread.start()
    return thread


ASKED_FOR = "SELECT data FROM unfinished_work"
DECIDED = ASKED_FOR + """ WHERE data LIKE '%"chosen":[[%'"""


@pytest.mark.parametrize("moment", [ASKED_FOR, DECIDED])
def test_what_a_killed_server_has_begun_to_initialize_the_next_one_ends(large, http_of, moment):
    server, call, workflow_id = large
    path = f"/workflows/{workflow_id}/initialize_jobs"
    asking = in_background(http_of(server), "POST", path)
    wait_for(lambda: ask(server, moment), "the note of the work")
    server.kill()
    asking.join()
    server.start()

    # A request that changes the workflow waits until all of it is initialized.
    job = {"workflow_id": workflow_id, "name": "late", "command": "c"}
    assert call("POST", "/jobs", job).status == 200
    status = call("GET", f"/workflows/{workflow_id}/status").body["jobs_by_status"]
    assert (status["blocked"], status["ready"], status["uninitialized"]) == (JOBS - 1, 1, 1)
    assert ask(server, ASKED_FOR) == []
    events = call("GET", "/events", workflow_id=workflow_id).body["items"]
    assert [event["data"]["event_type"] for event in events] == ["workflow_started"]


def test_a_request_with_a_key_has_its_answer_from_the_next_server(large, http_of):
    server, call, workflow_id = large
    path, key = f"/workflows/{workflow_id}/initialize_jobs", {"Idempotency-Key": "k" * 32}
    asking = in_background(partial(http_of(server), headers=key), "POST", path)
    wait_for(lambda: ask(server, DECIDED), "the decision")
    server.kill()
    asking.join()
    server.start()

    again = call("POST", path, headers=key)

    assert (again.status, again.body["count"]) == (200, JOBS)
    events = call("GET", "/events", workflow_id=workflow_id).body["items"]
    assert [event["data"]["event_type"] for event in events] == ["workflow_started"]


def test_others_write_while_a_large_workflow_is_initialized(large, http_of):
    server, call, workflow_id = large
    other = call.make_workflow()
    asking = in_background(http_of(server), "POST", f"/workflows/{workflow_id}/initialize_jobs")
    wait_for(lambda: ask(server, ASKED_FOR), "the note of the work")

    assert call("POST", "/jobs", {"workflow_id": other, "name": "j", "command": "c"}).status == 200
    was_unfinished = bool(ask(server, ASKED_FOR))
    asking.join()

    assert was_unfinished
    assert call("GET", f"/workflows/{workflow_id}/status").body["jobs_by_status"]["ready"] == 1


def test_a_deleted_workflow_is_gone_at_once_and_its_rows_soon(large):
    server, call, workflow_id = large
    [(job_id,)] = ask(server, "SELECT max(id) FROM job")

    assert call("DELETE", f"/workflows/{workflow_id}").body["id"] == workflow_id
    server.kill()
    assert ask(server, "SELECT count(*) FROM job") != [(0,)]
    server.start()

    assert call("GET", f"/workflows/{workflow_id}").status == 404
    assert call("GET", f"/jobs/{job_id}").status == 404
    assert call("DELETE", f"/workflows/{workflow_id}").status == 404
    assert call("GET", "/workflows").body["total_count"] == 0
    for table in ("job", "dependency_set_member", "workflow", "unfinished_work"):
        wait_for(lambda of=table: ask(server, f"SELECT count(*) FROM {of}") == [(0,)], table)


def test_a_workflow_that_is_being_initialized_is_deleted_afterwards(large, http_of):
    server, call, workflow_id = large
    asking = in_background(http_of(server), "POST", f"/workflows/{workflow_id}/initialize_jobs")
    wait_for(lambda: ask(server, ASKED_FOR), "the note of the work")

    assert call("DELETE", f"/workflows/{workflow_id}").status == 200
    asking.join()
    assert call("GET", f"/workflows/{workflow_id}").status == 404

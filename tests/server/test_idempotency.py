"""Each request that changes something is carried out once, however often it comes.

The operations are those of the published document, and each has its case.
"""

from __future__ import annotations

import itertools
import json
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from server.changing_requests import CASES, Story
from serving import ServerProcess
from waiting import wait_for

OPENAPI = Path(__file__).parents[2] / "docs" / "reference" / "openapi.json"
OPERATIONS = {
    operation["operationId"]
    for methods in json.loads(OPENAPI.read_text("utf-8"))["paths"].values()
    for method, operation in methods.items()
    if method != "get"
}
NOT_STATE = {"answered_request", "sqlite_sequence"}
LAST_SEEN = "last_seen_at"
"""When a runner was heard: each exchange is a heartbeat."""

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def own_server(tmp_path_factory):
    place = tmp_path_factory.mktemp("repeated")
    users = place / "users"
    users.write_text("ada:$2b$04$abcdefghijklmnopqrstuuJ6hVkkZUWHSdGlqXxPZRHhVYBbYXzMa\n")
    running = ServerProcess(place / "torc.db", "--auth-file", str(users))
    running.start()
    yield running
    if running.process is not None:
        running.kill()


@pytest.fixture
def own_call(own_server, http_of):
    return http_of(own_server)


def state_of(server):
    """Return all rows of all tables, once those of deleted workflows are gone."""
    with closing(sqlite3.connect(server.database)) as database:
        unfinished = "SELECT * FROM unfinished_work"
        wait_for(lambda: not database.execute(unfinished).fetchall(), "the end of deletions")
        database.row_factory = sqlite3.Row
        found = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        return {
            name: [
                {key: row[key] for key in row.keys() if key != LAST_SEEN}  # noqa: SIM118 - a Row
                for row in database.execute(f"SELECT * FROM {name} ORDER BY 1, 2")
            ]
            for (name,) in found
            if name not in NOT_STATE
        }


def new_key():
    return {"Idempotency-Key": f"key-{next(_numbers)}"}


def send(call, request, headers):
    reply = call(request.method, request.path, request.body, headers, **request.query)
    return reply.status, reply.body


def test_every_operation_that_changes_something_has_its_case():
    assert CASES.keys() == OPERATIONS


@pytest.mark.parametrize("operation", sorted(CASES))
def test_of_ten_at_once_one_is_carried_out(own_server, own_call, operation):
    request, key = CASES[operation](Story(own_call)), new_key()

    with ThreadPoolExecutor(10) as threads:
        replies = list(threads.map(lambda _: send(own_call, request, key), range(10)))

    assert replies[0][0] in {200, 201}, replies
    assert all(reply == replies[0] for reply in replies)
    state = state_of(own_server)
    assert send(own_call, request, key) == replies[0]
    assert state_of(own_server) == state


def test_after_a_crash_of_the_server_the_replies_are_the_same(own_server, own_call):
    requests = {name: (make(Story(own_call)), new_key()) for name, make in CASES.items()}
    first = {name: send(own_call, *each) for name, each in requests.items()}
    state = state_of(own_server)

    own_server.kill()
    own_server.start()

    assert {name: send(own_call, *each) for name, each in requests.items()} == first
    assert state_of(own_server) == state


def test_work_that_goes_on_after_the_reply_is_begun_once(own_server, own_call):
    story, key = Story(own_call), new_key()
    story.job("j")
    path, query = f"/workflows/{story.workflow}/initialize_jobs", {"async": "true"}

    replies = [own_call("POST", path, None, key, **query) for _ in range(3)]
    own_server.kill()
    own_server.start()
    replies.append(own_call("POST", path, None, key, **query))

    assert {(reply.status, reply.text) for reply in replies} == {(202, replies[0].text)}
    tasks = state_of(own_server)["task"]
    assert [task["workflow_id"] for task in tasks].count(story.workflow) == 1


def test_replies_are_forgotten_after_a_day(own_server, own_call):
    workflow_id = own_call.make_workflow()
    event = {"workflow_id": workflow_id, "timestamp": 1, "data": {"event_type": "note"}}
    keys = [new_key() for _ in range(2)]
    first = [own_call("POST", "/events", event, key).body for key in keys]
    with closing(sqlite3.connect(own_server.database)) as database, database:
        database.execute(
            "UPDATE answered_request SET answered_at = answered_at - 86400001 WHERE key = ?",
            tuple(keys[0].values()),
        )

    own_server.kill()
    own_server.start()

    def is_forgotten():
        with closing(sqlite3.connect(own_server.database)) as database:
            query = "SELECT count(*) FROM answered_request WHERE key = ?"
            return database.execute(query, tuple(keys[0].values())).fetchone() == (0,)

    wait_for(is_forgotten, "the end of the reply")
    assert own_call("POST", "/events", event, keys[0]).body != first[0]
    assert own_call("POST", "/events", event, keys[1]).body == first[1]


def test_what_was_refused_may_be_sent_again_with_its_key(call, workflow_id):
    key = new_key()
    node = {"status": "pending", "scheduler_type": "slurm", "scheduler_id": 7}
    path = f"/workflows/{workflow_id}/reset_jobs"
    assert call("POST", path, {"job_ids": [10**6]}, key).status == 422
    assert call("POST", "/scheduled_compute_nodes", node, key).status == 400
    file = {"workflow_id": workflow_id, "name": "f", "path": "/f"}
    assert call("POST", "/files", file, key).status == 200


def test_a_key_belongs_to_one_request(call, workflow_id):
    key = new_key()
    file = {"workflow_id": workflow_id, "name": "f", "path": "/f"}
    assert call("POST", "/files", file, key).status == 200
    for path, body in (("/files", file | {"path": "/g"}), ("/user_data", file)):
        reply = call("POST", path, body, key)
        assert (reply.status, reply.problem["field"]) == (422, "Idempotency-Key")
        assert "belongs to another request" in reply.problem["message"]


@pytest.mark.parametrize("key", ["", "two words", "x" * 256, "\xe9"])
def test_a_malformed_key_is_refused(call, workflow_id, key):
    file = {"workflow_id": workflow_id, "name": "f", "path": "/f"}
    reply = call("POST", "/files", file, {"Idempotency-Key": key})
    assert (reply.status, reply.problem["field"]) == (400, "Idempotency-Key")


def test_without_a_key_each_request_counts(call, workflow_id):
    event = {"workflow_id": workflow_id, "timestamp": 1, "data": {"event_type": "note"}}
    made = [call("POST", "/events", event).body["id"] for _ in range(2)]
    assert made[0] != made[1]

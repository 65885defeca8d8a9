"""Large workflows on servers that share a database: others go on, and another server finishes."""

from __future__ import annotations

import signal
import threading
from contextlib import suppress
from functools import partial

import msgspec
import psycopg
import pytest
from server.test_event_data import Scenario
from waiting import wait_for

from torc_server.rules.initialize import ALL
from torc_server.rules.large.initializing import Note
from torc_server.storage.long_work.holders import holders_of, new_server, server_of
from torc_server.storage.postgres.locks import Lock

JOBS = 20_000
ASKED_FOR = "SELECT FROM unfinished_work WHERE data IS NOT NULL"
DECIDED = "SELECT FROM unfinished_work WHERE data ->> 'chosen' IS NOT NULL"
PLACED = "SELECT FROM job WHERE status IN (1, 2) LIMIT 1"
DELETED = "SELECT FROM unfinished_work WHERE kind = 'delete'"
TIMERS = ("--heartbeat-interval-secs", "2", "--suspect-after-secs", "5")
"""So that a server that is gone is missed within seconds."""


@pytest.fixture
def servers(make_server, address):
    return [make_server(*TIMERS, address=address) for _ in range(2)]


@pytest.fixture
def calls(servers, http_of):
    return [http_of(server) for server in servers]


@pytest.fixture
def ask(address):
    with psycopg.connect(address, autocommit=True) as connection:
        yield lambda query: connection.execute(query).fetchall()


def make(call, jobs=JOBS):
    workflow_id = call.make_workflow()
    records = [
        {"workflow_id": workflow_id, "name": f"j{i}", "command": "c", "depends_on_job_ids": [-1]}
        for i in range(jobs)
    ]
    records[0].pop("depends_on_job_ids")
    for at in range(0, jobs, 10_000):
        piece = records[at : at + 10_000]
        if at:
            first = call("GET", "/jobs", workflow_id=workflow_id, limit=1).body["items"][0]["id"]
            piece = [each | {"depends_on_job_ids": [first]} for each in piece]
        assert call("POST", "/bulk_jobs", {"jobs": piece}).status == 200
    return workflow_id


def in_background(call, *request):
    replies = []

    def send():
        with suppress(OSError):  # the server is killed
            replies.append(call(*request))

    thread = threading.Thread(target=send)
    thread.start()
    return thread, replies


def statuses(call, workflow_id):
    return call("GET", f"/workflows/{workflow_id}/status").body["jobs_by_status"]


def test_another_server_writes_while_a_large_workflow_is_initialized(calls, ask):
    here, there = calls
    workflow_id, other = make(here), here.make_workflow()
    asking, replies = in_background(here, "POST", f"/workflows/{workflow_id}/initialize_jobs")
    wait_for(lambda: ask(PLACED), "the first slice")

    assert there("POST", "/jobs", {"workflow_id": other, "name": "j", "command": "c"}).status == 200
    assert ask(ASKED_FOR)
    waiting, late = in_background(
        there, "POST", "/jobs", {"workflow_id": workflow_id, "name": "late", "command": "c"}
    )
    claimed = there("POST", f"/workflows/{workflow_id}/claim_next_jobs", limit=1)

    # Who changes this workflow waited for all of it.
    assert not ask(ASKED_FOR)
    assert [job["name"] for job in claimed.body["jobs"]] == ["j0"]
    for thread in (asking, waiting):
        thread.join(100)
    assert replies[0].body["count"] == JOBS
    [(rows,)] = ask("SELECT reltuples FROM pg_class WHERE relname = 'job'")
    assert rows > JOBS / 2  # PostgreSQL has looked
    assert late[0].status == 200
    found = statuses(there, workflow_id)
    assert (found["blocked"], found["uninitialized"]) == (JOBS - 1, 1)


@pytest.mark.parametrize("moment", [ASKED_FOR, DECIDED, PLACED])
def test_what_a_killed_server_has_begun_to_initialize_another_one_ends(servers, calls, ask, moment):
    here, there = calls
    workflow_id = make(here)
    path, key = f"/workflows/{workflow_id}/initialize_jobs", {"Idempotency-Key": "k" * 32}
    asking, _ = in_background(partial(here, headers=key), "POST", path)
    wait_for(lambda: ask(moment), "the moment")
    servers[0].kill()
    assert ask(ASKED_FOR)
    asking.join()

    again = there("POST", path, headers=key)  # waits, and has the reply to the first

    assert (again.status, again.body["count"]) == (200, JOBS)
    assert not ask(ASKED_FOR)
    found = statuses(there, workflow_id)
    assert (found["blocked"], found["ready"]) == (JOBS - 1, 1)
    events = there("GET", "/events", workflow_id=workflow_id).body["items"]
    assert [event["data"]["event_type"] for event in events] == ["workflow_started"]


def test_a_task_of_a_killed_server_ends_on_another_one(servers, calls, ask):
    here, there = calls
    workflow_id = make(here)
    task = here("POST", f"/workflows/{workflow_id}/initialize_jobs", **{"async": "true"}).body
    wait_for(lambda: ask(PLACED), "the first slice")
    servers[0].kill()

    def ended():
        found = there("GET", f"/tasks/{task['id']}").body
        return found if found["status"] not in {"queued", "running"} else None

    assert wait_for(ended, "the end of the task")["status"] == "succeeded"
    assert statuses(there, workflow_id)["blocked"] == JOBS - 1


def test_the_rows_that_a_killed_server_has_left_another_one_deletes(servers, calls, ask):
    here, there = calls
    workflow_id = make(here)
    [(job_id,)] = ask("SELECT max(id) FROM job")
    assert here("DELETE", f"/workflows/{workflow_id}").body["id"] == workflow_id
    servers[0].kill()
    assert ask(DELETED)
    assert ask("SELECT FROM job LIMIT 1")

    # Nothing of it is found from its first slice on, on any server.
    assert there("GET", f"/workflows/{workflow_id}").status == 404
    assert there("GET", f"/jobs/{job_id}").status == 404
    assert there("GET", "/jobs", workflow_id=workflow_id).status == 404
    assert there("GET", "/workflows").body["total_count"] == 0
    for table in ("job", "dependency_set_member", "workflow", "unfinished_work"):
        wait_for(lambda of=table: not ask(f"SELECT FROM {of} LIMIT 1"), f"{table} to be empty")


def test_a_server_that_stops_leaves_its_work_to_another_at_once(servers, calls, ask):
    here, there = calls
    workflow_id = make(here)
    in_background(here, "POST", f"/workflows/{workflow_id}/initialize_jobs")
    wait_for(lambda: ask(PLACED), "the first slice")
    servers[0].kill(signal.SIGTERM)

    job = {"workflow_id": workflow_id, "name": "late", "command": "c"}
    assert there("POST", "/jobs", job).status == 200
    found = statuses(there, workflow_id)
    assert (found["blocked"], found["uninitialized"]) == (JOBS - 1, 1)


def test_several_servers_initialize_and_delete_at_once(servers, calls, ask):
    workflows = [make(calls[0], 6_000) for _ in range(4)]
    asked = [
        in_background(call, "POST", f"/workflows/{workflow_id}/initialize_jobs")
        for workflow_id in workflows
        for call in calls
    ]
    wait_for(lambda: ask(PLACED), "the first slice")
    gone = workflows.pop()
    deletions = [in_background(call, "DELETE", f"/workflows/{gone}") for call in calls]
    for thread, _ in asked + deletions:
        thread.join(100)

    for _, replies in asked[:-2]:
        assert replies[0].status == 200, replies[0].text
    assert {replies[0].status for _, replies in asked[-2:]} <= {200, 404}
    assert sorted(replies[0].status for _, replies in deletions) == [200, 404]
    for workflow_id in workflows:
        found = statuses(calls[1], workflow_id)
        assert (found["blocked"], found["ready"]) == (5_999, 1)
        events = calls[1]("GET", "/events", workflow_id=workflow_id).body["items"]
        kinds = [event["data"]["event_type"] for event in events]
        assert kinds == ["workflow_started", "workflow_reinitialized"]
    wait_for(lambda: not ask("SELECT FROM unfinished_work"), "the end of the deletion")


BREAK_ALL = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE application_name = 'torc-server'
"""
HELD = f"""
SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database
WHERE d.datname = current_database() AND l.locktype = 'advisory' AND l.granted
AND l.classid = {int(Lock.SERVER)} AND l.objid = %s
"""


def test_broken_connections_take_no_work_from_a_server(
    make_server, http_of, address, ask, postgres
):
    here, there = (http_of(make_server(address=address)) for _ in range(2))
    workflow_id = make(here)
    task = here("POST", f"/workflows/{workflow_id}/initialize_jobs", **{"async": "true"}).body
    [(server,)] = ask("SELECT server FROM task")
    for moment in (ASKED_FOR, DECIDED, PLACED):
        wait_for(lambda at=moment: ask(at), "the moment")
        [(holder,)] = ask("SELECT holder FROM unfinished_work")
        assert server_of(holder) == server
        postgres.execute(BREAK_ALL)
        wait_for(lambda: ask(HELD % server), "the server's lock")

    def ended():
        found = there("GET", f"/tasks/{task['id']}").body
        return found if found["status"] not in {"queued", "running"} else None

    assert wait_for(ended, "the end of the task")["status"] == "succeeded"
    assert statuses(there, workflow_id)["blocked"] == JOBS - 1


SILENT = """
SELECT FROM compute_node
WHERE last_seen_at < extract(epoch FROM clock_timestamp()) * 1000 - 2000
"""


def test_work_is_taken_over_though_its_workflow_has_a_silent_runner(
    make_server, http_of, address, ask
):
    call = http_of(make_server("--heartbeat-interval-secs", "0.1", address=address))
    story = Scenario(call)
    node = story.node()
    story.exchange(node)
    other = new_server()
    note = msgspec.json.encode(Note(asked=ALL)).decode()
    with psycopg.connect(address, autocommit=True) as session:
        session.execute("SELECT pg_advisory_lock(%s, %s)", (int(Lock.SERVER), other))
        session.execute(
            "INSERT INTO unfinished_work VALUES (%s, 'initialize', %s, %s)",
            (story.workflow, note, holders_of(other)[0]),
        )
        wait_for(lambda: ask(SILENT), "the runner to be silent for long")
        assert ask(ASKED_FOR)

    wait_for(lambda: not ask(ASKED_FOR), "the work to be taken over and ended")
    wait_for(lambda: "suspect_at_ms" in call("GET", f"/compute_nodes/{node}").body, "the suspicion")

"""What PostgreSQL and the way to it can do to a server, and what is left of it for its clients."""

from __future__ import annotations

import signal
import threading

import psycopg
import pytest
from server.postgres.breaking_way import Moment
from server.test_lost_attempts import Story
from sqlalchemy import insert, select
from waiting import wait_for

from torc_core.errors import ConflictError
from torc_core.model.job import Job
from torc_core.model.workflow import Workflow
from torc_server.storage import tables
from torc_server.storage.postgres.database import PostgresDatabase
from torc_server.storage.statements import Prepared

MARK = "only-once"
TIMERS = (
    *("--heartbeat-interval-secs", "0.1"),
    *("--suspect-after-secs", "0.3"),
    *("--lost-after-secs", "0.6"),
)
_ADD = Prepared(insert(tables.access_group), "name", "created_at", "is_system")
_NAMES = Prepared(select(tables.access_group.c.name))
_WAITING = "SELECT count(*) > 0 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
_LISTENERS = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE application_name = 'torc-server' AND query LIKE 'LISTEN%'
"""
_SESSIONS = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE application_name = 'torc-server'
"""
_IDLE_READER = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE application_name = 'torc-server' AND query LIKE '%pg_try_advisory_lock_shared%'
"""


def test_a_request_in_a_deadlock_is_tried_again(run, postgres, address):
    tries = []
    with psycopg.connect(address) as other:
        other.execute("SET deadlock_timeout = '1000s'; SELECT pg_advisory_xact_lock(2)")
        waiting = threading.Thread(target=other.execute, args=("SELECT pg_advisory_xact_lock(1)",))

        def add(conn):
            tries.append(len(tries))
            _ADD.run_each(conn, [{"name": "a", "created_at": "x", "is_system": False}])
            if len(tries) == 1:
                conn.exec_driver_sql("SET LOCAL deadlock_timeout = '1ms'")
                conn.exec_driver_sql("SELECT pg_advisory_xact_lock(1)")
                waiting.start()
                wait_for(lambda: postgres.execute(_WAITING) == [(True,)], "the other to wait")
                conn.exec_driver_sql("SELECT pg_advisory_xact_lock(2)")
            return "added"

        assert run(add) == ["added"]
        waiting.join(100)

    assert len(tries) == 2
    assert "deadlock detected" in postgres.log
    [found] = run(_NAMES.all)
    assert [row.name for row in found] == ["a"]


@pytest.fixture
def call(way, make_server, http_of):
    """Requests to a server that reaches PostgreSQL by the way that breaks."""
    return http_of(make_server(address=way.address))


def add_job(call, workflow, **headers):
    job = {"workflow_id": workflow, "name": MARK, "command": "true"}
    return call("POST", "/jobs", job, headers)


def names(call, workflow):
    return [job["name"] for job in call("GET", "/jobs", workflow_id=workflow).body["items"]]


@pytest.mark.parametrize("moment", Moment)
def test_a_change_whose_commit_is_cut_off_is_made_once(way, call, moment):
    workflow = call.make_workflow()
    way.cut(MARK.encode(), moment)

    reply = add_job(call, workflow)

    assert (reply.status, way.cuts) == (200, 1)
    assert names(call, workflow) == [MARK]


@pytest.mark.parametrize("moment", Moment)
def test_a_change_of_unknown_outcome_is_made_once_when_it_is_repeated(way, call, moment):
    workflow = call.make_workflow()
    key = {"Idempotency-Key": "the-same"}
    way.cut(MARK.encode(), moment, closes=True)

    unknown = add_job(call, workflow, **key)
    assert unknown.status == 507
    assert "whether the change was stored is not known" in unknown.problem["message"]

    way.is_open = True
    first, second = (add_job(call, workflow, **key) for _ in range(2))
    assert (first.status, second.body) == (200, first.body)
    assert names(call, workflow) == [MARK]


def test_events_arrive_while_servers_do_not_hear_each_other(way, make_server, address, postgres):
    here, there = (make_server(address=each).client() for each in (way.address, address))
    workflow_id = here.create_workflow(Workflow(name="w", user="u")).id
    way.refused = b"LISTEN"
    postgres.execute(_LISTENERS)
    way.wait_for_cuts(1)
    seen = []

    with here.stream_events(workflow_id) as stream:
        following = threading.Thread(target=lambda: seen.append(next(iter(stream))), daemon=True)
        following.start()
        there.create_jobs([Job(workflow_id=workflow_id, name="j", command="true")])
        there.initialize_jobs(workflow_id)
        wait_for(lambda: seen, "an event of the other server")


def test_when_the_leader_dies_another_server_releases_the_jobs_of_silent_runners(
    make_server, http_of, address
):
    leader, other = (make_server(*TIMERS, address=address) for _ in range(2))
    story = Story(http_of(other))
    story.claim(story.node_id)
    story.start(story.node_id, story.job_id)
    leader.kill(signal.SIGKILL)

    wait_for(lambda: story.standing() == ("ready", 2), "the job of the silent runner")
    assert story.results() == [(1, "failed", -128, story.node_id)]


def test_a_database_is_free_at_once_when_a_program_has_done_with_it(way, database):
    way.keeps_sessions = True
    with PostgresDatabase(way.address).exclusive():
        pass

    with database.exclusive(), pytest.raises(ConflictError), database.serving():
        pass


def test_a_server_whose_sessions_broke_still_keeps_other_programs_out(
    make_server, address, postgres, database
):
    client = make_server(address=address).client()
    postgres.execute(_SESSIONS)
    client.create_workflow(Workflow(name="w", user="u"))

    with pytest.raises(ConflictError, match="Servers use the database"), database.exclusive():
        pass


def test_a_server_whose_database_was_taken_meanwhile_writes_nothing_until_it_is_free(
    run, address, postgres, database
):
    def add(conn):
        return _ADD.run_each(conn, [{"name": "a", "created_at": "x", "is_system": False}])

    with database.serving():
        postgres.execute(_SESSIONS)
        with PostgresDatabase(address).exclusive():
            for _ in range(3):
                [refused] = run(add)
                assert "another program took the database" in str(refused)
        assert run(add) == [None]
        [found] = run(_NAMES.all)

    assert len(found) == 1


def test_a_server_keeps_other_programs_out_by_each_of_its_sessions(
    run, address, postgres, database
):
    with database.serving():
        run(_NAMES.all)
        postgres.execute(_IDLE_READER)
        with pytest.raises(ConflictError), PostgresDatabase(address).exclusive():
            pass

"""Servers that share a database of PostgreSQL, as clients see them."""

from __future__ import annotations

import signal
import threading

import pytest
from nodes import compute_node
from waiting import wait_for

from torc_core.errors import UsageError
from torc_core.model.compute import ComputeNodesResources
from torc_core.model.exchange import Exchange, WorkRequest
from torc_core.model.job import Job
from torc_core.model.workflow import Workflow
from torc_server.storage.postgres.locks import Lock

BREAK_ALL = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE application_name = 'torc-server'
"""


@pytest.fixture
def servers(make_server, address):
    return [make_server(address=address) for _ in range(2)]


@pytest.fixture
def clients(servers):
    return [server.client() for server in servers]


def new_workflow(client):
    return client.create_workflow(Workflow(name="w", user="u")).id


def new_node(client, workflow_id):
    node = compute_node(
        workflow_id=workflow_id,
        start_time="2024-01-01T00:00:00.000Z",
        num_cpus=4,
        memory_gb=4.0,
        is_active=True,
    )
    return client.create_compute_node(node).id


def test_a_runner_that_waits_at_one_server_gets_what_another_made_ready(clients):
    here, there = clients
    workflow_id = new_workflow(here)
    node_id = new_node(here, workflow_id)
    resources = ComputeNodesResources(num_cpus=4, memory_gb=4.0, num_gpus=0, num_nodes=1)
    waiting = Exchange(seq=1, work=WorkRequest(resources=resources, max_jobs=1), wait_seconds=55.0)
    replies = []
    there.create_jobs([Job(workflow_id=workflow_id, name="j", command="true")])
    thread = threading.Thread(
        target=lambda: replies.append(here.exchange(node_id, waiting, timeout_s=100))
    )
    thread.start()
    wait_for(
        lambda: there.get_compute_node(node_id).is_active and _is_waiting(there, node_id),
        "the exchange to wait",
    )
    there.initialize_jobs(workflow_id)
    thread.join(100)
    assert [claimed.job.name for claimed in replies[0].jobs] == ["j"]


def _is_waiting(client, node_id):
    """Whether the server has answered once: an exchange with an older number is superseded."""
    return client.exchange(node_id, Exchange(seq=0)) is not None


def test_a_stream_at_one_server_has_the_events_of_another(clients):
    here, there = clients
    workflow_id = new_workflow(here)
    seen = []
    with here.stream_events(workflow_id) as stream:
        thread = threading.Thread(target=lambda: seen.append(next(iter(stream))), daemon=True)
        thread.start()
        there.create_jobs([Job(workflow_id=workflow_id, name="j", command="true")])

        def initialized():
            there.initialize_jobs(workflow_id)
            return bool(seen)

        wait_for(initialized, "an event of the other server")


def test_broken_connections_are_made_anew_without_a_word(clients, postgres):
    workflow_id = new_workflow(clients[0])
    for name in map(str, range(5)):
        [(broken,)] = postgres.execute(BREAK_ALL)
        assert broken
        for client in clients:
            client.create_jobs([Job(workflow_id=workflow_id, name=name, command="true")])
            assert client.list_jobs(workflow_id=workflow_id).items
    assert clients[1].list_jobs(workflow_id=workflow_id).total_count == 10


def test_when_a_server_is_killed_another_one_leads(servers, postgres, address):
    of_this = address.partition("?")[0].rpartition("/")[2]
    leaders = (
        "SELECT pid FROM pg_locks JOIN pg_database d ON d.oid = database "
        f"WHERE locktype = 'advisory' AND classid = {int(Lock.LEADER)} AND datname = '{of_this}'"
    )
    for server in servers:
        wait_for(lambda: postgres.execute(leaders), "a leader")
        server.kill(signal.SIGKILL)
        [_] = wait_for(lambda: postgres.execute(leaders), "another leader")
        server.start()


def test_a_task_that_no_server_works_on_is_failed(clients, postgres, address):
    workflow_id = new_workflow(clients[0])
    database = address.partition("?")[0].rpartition("/")[2]
    postgres.execute(
        "INSERT INTO task (workflow_id, operation, status, created_at) "
        f"VALUES ({workflow_id}, 'delete', 'running', 0)",
        database,
    )
    wait_for(
        lambda: postgres.execute("SELECT status FROM task", database) == [("failed",)],
        "the task to be failed",
    )


def test_a_text_with_nul_is_refused(clients):
    workflow_id = new_workflow(clients[0])
    with pytest.raises(UsageError, match="NUL"):
        clients[0].create_jobs([Job(workflow_id=workflow_id, name="a\0b", command="true")])

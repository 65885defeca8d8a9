"""A runner that waits for news has them as soon as they are true; over HTTP."""

from __future__ import annotations

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import msgspec
import pytest
from nodes import compute_node

from torc_core.model.compute import ComputeNodePatch, ComputeNodesResources
from torc_core.model.exchange import Exchange, JobEnd, WorkRequest
from torc_core.model.job import Job
from torc_core.model.status import JobStatus
from torc_core.model.workflow import Workflow

FREE = ComputeNodesResources(num_cpus=4, memory_gb=8.0, num_gpus=0, num_nodes=1)
TIME = "2024-01-01T00:00:00.000Z"
WAIT_S = 60.0
SOON_S = 20.0
"""Far below the wait that is asked for, far above what a busy machine needs."""


class Runner:
    """One runner; it counts its turns itself."""

    def __init__(self, server, workflow_id):
        self.client = server.client()
        node = compute_node(
            workflow_id=workflow_id, start_time=TIME, is_active=True, num_cpus=4, memory_gb=8.0
        )
        self.node_id = self.client.create_compute_node(node).id
        self.seq = 0

    def turn(self, *, wait_seconds=0.0, ends=(), work=True, seq=None):
        if seq is None:
            self.seq = seq = self.seq + 1
        turn = Exchange(
            seq=seq,
            ends=list(ends),
            work=WorkRequest(resources=FREE, max_jobs=4) if work else None,
            wait_seconds=wait_seconds,
        )
        return self.client.exchange(self.node_id, turn, timeout_s=100)


def ended(claimed, status=JobStatus.COMPLETED):
    return JobEnd(
        job_id=claimed.job.id,
        token=claimed.token,
        status=status,
        return_code=0,
        exec_time_minutes=0.1,
        completion_time=TIME,
    )


@pytest.fixture
def chain(server, client):
    """A workflow of two jobs, one after the other, and two runners; the first job is claimed."""
    workflow_id = client.create_workflow(Workflow(name="chain", user="u")).id
    first = client.create_job(Job(workflow_id=workflow_id, name="first", command="true"))
    client.create_job(
        Job(workflow_id=workflow_id, name="second", command="true", depends_on_job_ids=[first.id])
    )
    client.initialize_jobs(workflow_id)
    busy, idle = Runner(server, workflow_id), Runner(server, workflow_id)
    (claimed,) = busy.turn().jobs
    with ThreadPoolExecutor(2) as pool:
        yield workflow_id, busy, idle, claimed, pool
    busy.client.close()
    idle.client.close()


def waits(future):
    """Return whether the call is still open after a moment in which an answer would have come."""
    done = threading.Event()
    future.add_done_callback(lambda _: done.set())
    return not done.wait(0.3)


def test_a_job_that_becomes_ready_ends_the_wait_of_another_runner(chain):
    _, busy, idle, claimed, pool = chain
    waiting = pool.submit(idle.turn, wait_seconds=WAIT_S)
    assert waits(waiting)
    begin = time.monotonic()
    busy.turn(ends=[ended(claimed)], work=False)
    assert [job.job.name for job in waiting.result(100).jobs] == ["second"]
    assert time.monotonic() - begin < SOON_S


def test_the_end_of_the_workflow_ends_a_wait(chain):
    _, busy, idle, claimed, pool = chain
    waiting = pool.submit(idle.turn, wait_seconds=WAIT_S)
    begin = time.monotonic()
    busy.turn(ends=[ended(claimed, JobStatus.FAILED)], work=False)
    reply = waiting.result(100)
    assert reply.is_complete
    assert reply.jobs == []
    assert time.monotonic() - begin < SOON_S


def test_cancelling_the_workflow_ends_a_wait_and_names_what_to_stop(chain, client):
    workflow_id, busy, idle, claimed, pool = chain
    waiting = [pool.submit(runner.turn, wait_seconds=WAIT_S) for runner in (busy, idle)]
    assert all(waits(future) for future in waiting)
    client.cancel_workflow(workflow_id)
    replies = [future.result(100) for future in waiting]
    assert [reply.is_canceled for reply in replies] == [True, True]
    assert [reply.kill for reply in replies] == [[claimed.job.id], []]


def test_a_newer_turn_ends_an_older_one_that_waits(chain):
    _, _, idle, _, pool = chain
    waiting = pool.submit(idle.turn, wait_seconds=WAIT_S)
    assert waits(waiting)
    begin = time.monotonic()
    idle.turn(seq=99)
    assert waiting.result(100).jobs == []
    assert time.monotonic() - begin < SOON_S


def test_a_runner_that_hung_up_is_given_nothing(chain, server):
    _, busy, idle, claimed, pool = chain
    turn = Exchange(seq=1, work=WorkRequest(resources=FREE, max_jobs=4), wait_seconds=WAIT_S)
    body = msgspec.json.encode(turn)
    path = f"{urlsplit(server.url).path}/compute_nodes/{idle.node_id}/exchange"
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n\r\n"
        connection.sendall(head.encode() + body)
        waiting = pool.submit(connection.recv, 1)
        assert waits(waiting)
        connection.shutdown(socket.SHUT_RDWR)
    busy.turn(ends=[ended(claimed)], work=False)
    assert [job.job.name for job in busy.turn().jobs] == ["second"]


def test_a_wait_ends_at_its_time(chain):
    _, _, idle, _, _ = chain
    begin = time.monotonic()
    assert idle.turn(wait_seconds=0.2).jobs == []
    assert 0.2 <= time.monotonic() - begin < 0.2 + SOON_S


def test_the_same_turn_again_takes_the_place_of_the_one_that_waits(chain):
    _, busy, idle, claimed, pool = chain
    unheard = pool.submit(idle.turn, wait_seconds=WAIT_S, seq=1)
    assert waits(unheard)
    repeated = pool.submit(idle.turn, wait_seconds=WAIT_S, seq=1)
    assert unheard.result(100).jobs == []
    busy.turn(ends=[ended(claimed)], work=False)
    assert [job.job.name for job in repeated.result(100).jobs] == ["second"]


def test_what_a_runner_holds_when_it_signs_off_goes_to_another(chain, client):
    _, busy, idle, claimed, pool = chain
    waiting = pool.submit(idle.turn, wait_seconds=WAIT_S)
    assert waits(waiting)
    client.update_compute_node(busy.node_id, ComputeNodePatch(is_active=False))
    (taken,) = waiting.result(100).jobs
    assert (taken.job.id, taken.token) == (claimed.job.id, claimed.token + 1)
    (outcome,) = busy.turn(ends=[ended(claimed)], work=False).outcomes
    assert outcome.result == "fenced"


def test_an_older_turn_that_is_repeated_leaves_the_newer_one_waiting(chain):
    _, busy, idle, claimed, pool = chain
    waiting = pool.submit(idle.turn, wait_seconds=WAIT_S, seq=2)
    assert waits(waiting)
    assert idle.turn(wait_seconds=WAIT_S, seq=1).jobs == []
    assert waits(waiting)
    busy.turn(ends=[ended(claimed)], work=False)
    assert [job.job.name for job in waiting.result(100).jobs] == ["second"]

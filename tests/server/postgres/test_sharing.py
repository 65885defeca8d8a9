"""Servers that share a database: which are there, and what those leave that are not."""

from __future__ import annotations

import pytest

from torc_core.clock import SystemClock
from torc_core.errors import ConflictError
from torc_core.model.workflow import Workflow
from torc_server.background.taking_over import Mine, leave, take_over
from torc_server.records.tasks import begin_task, fail_task, finish_task, get_task
from torc_server.rules.workflows import create_workflow
from torc_server.storage.groups import Groups, Request
from torc_server.storage.long_work.holders import Holders
from torc_server.storage.long_work.unfinished import WorkKind, note_work
from torc_server.storage.postgres.database import PostgresDatabase
from torc_server.storage.postgres.sharing import LOOKS

NOW = 1_700_000_000_000


class Server:
    """What of a server uses the database."""

    def __init__(self, address):
        self.database = PostgresDatabase(address)
        self.sharing = self.database.sharing
        self.holders = Holders(self.sharing.server)
        self.held = set()
        self._connection = self.database.writer_engine().connect()
        self._groups = Groups(self.database, SystemClock(), lambda *_: None)

    def run(self, function, *arguments, **named):
        request = Request(lambda conn, *_: [function(conn, *arguments, **named)], None, NoFuture())
        self._groups.run(self._connection, [request])
        if isinstance(request.outcome, Exception):
            raise request.outcome
        return request.outcome

    def look(self):
        mine = Mine(self.holders, self.held, lambda _task_id: True)
        taken = self.run(take_over, self.sharing, mine, now_ms=NOW)
        self.held.update(work.holder for work in taken)
        return taken

    def cut_off(self):
        self._connection.invalidate()

    def close(self):
        self._connection.close()


class NoFuture:
    pass


@pytest.fixture
def servers(address, connection):
    made = [Server(address) for _ in range(2)]
    yield made
    for server in made:
        server.close()


@pytest.fixture
def workflow_id(servers):
    return servers[0].run(create_workflow, Workflow(name="w", user="u"), now_ms=NOW).id


def begin(server, workflow_id):
    holder = server.holders.new()
    server.held.add(holder)
    server.run(note_work, workflow_id, WorkKind.INITIALIZE, holder, {"task_id": None})
    return server.run(begin_task, workflow_id, "delete", server.sharing.server, now_ms=NOW).id


def test_what_a_server_does_that_is_there_stays_its_own(servers, workflow_id):
    one, other = servers
    begin(one, workflow_id)
    for _ in range(2 * LOOKS):
        assert other.look() == one.look() == []


def test_a_server_goes_on_with_work_of_which_it_did_not_learn_that_it_had_begun(
    servers, workflow_id
):
    one, other = servers
    assert other.look() == []  # it leads
    begin(one, workflow_id)
    one.held.clear()

    [work] = one.look()

    assert work.workflow_id == workflow_id
    assert one.look() == other.look() == []


def test_a_server_that_is_back_in_time_has_lost_nothing(servers, workflow_id):
    one, other = servers
    task_id = begin(one, workflow_id)
    for _ in range(3):
        one.cut_off()
        for _ in range(LOOKS - 1):
            assert other.look() == []
        one.run(get_task, task_id)
        assert other.look() == []
    one.run(finish_task, task_id, now_ms=NOW)
    assert one.run(get_task, task_id).status == "succeeded"


def test_a_server_that_is_gone_has_its_work_taken_and_its_task_failed(servers, workflow_id):
    one, other = servers
    task_id = begin(one, workflow_id)
    one.cut_off()
    for _ in range(LOOKS - 1):
        assert other.look() == []

    [work] = other.look()

    assert work.workflow_id == workflow_id
    assert other.run(get_task, task_id).status == "failed"
    assert other.look() == []
    with pytest.raises(ConflictError):  # it was only cut off
        one.run(finish_task, task_id, now_ms=NOW)
    one.held.clear()
    assert one.look() == []


def test_a_server_that_stops_leaves_its_work_at_once(servers, workflow_id):
    one, other = servers
    task_id = begin(one, workflow_id)
    one.run(leave, one.sharing)

    [work] = other.look()

    assert work.workflow_id == workflow_id
    assert other.run(get_task, task_id).status == "failed"


def test_a_task_that_long_work_finishes_goes_on_with_it(servers, workflow_id):
    one, other = servers
    task_id = one.run(begin_task, workflow_id, "i", one.sharing.server, now_ms=NOW).id
    holder = one.holders.new()
    one.run(note_work, workflow_id, WorkKind.INITIALIZE, holder, {"task_id": task_id})
    one.run(leave, one.sharing)

    assert len(other.look()) == 1

    assert other.run(get_task, task_id).status == "queued"
    # Nor does its server say that it failed if it did not learn that the work had begun.
    one.run(fail_task, task_id, "PostgreSQL was away.", now_ms=NOW)
    assert other.run(get_task, task_id).status == "queued"

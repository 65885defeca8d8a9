"""Changes whose reply is lost, with a real server: it carries them out once."""

from __future__ import annotations

import signal

import pytest
from core.runner.forwarding import forwarding

from torc_core.client import TorcClient
from torc_core.errors import NoAnswerError
from torc_core.model.artifact import File
from torc_core.model.job import Job
from torc_core.model.workflow import Workflow


@pytest.fixture
def lossy(server):
    """A client that gets no reply to the first try of each change."""
    seen = set()

    def is_cut(request):
        key = request.headers.get("idempotency-key")
        return key is not None and not (key in seen or seen.add(key))

    with forwarding(server, is_cut) as way:
        client = TorcClient(way.url)
        yield client
        client.close()
    assert seen


def test_what_is_created_is_there_once(lossy, client):
    workflow = lossy.create_workflow(Workflow(name="once", user="lost replies"))
    files = lossy.create_files([File(workflow_id=workflow.id, name="f", path="f")])
    jobs = lossy.create_jobs(
        [Job(workflow_id=workflow.id, name=f"j{number}", command="c") for number in range(3)]
    )

    assert [each.id for each in client.list_workflows(user="lost replies").items] == [workflow.id]
    assert client.list_files(workflow.id).items == files
    assert [job.id for job in client.list_jobs(workflow.id).items] == [job.id for job in jobs]


def test_what_is_deleted_is_answered_as_if_nothing_had_been_lost(lossy, client):
    workflow = client.create_workflow(Workflow(name="gone", user="u"))
    assert lossy.delete_workflow(workflow.id).name == "gone"


def test_a_change_survives_a_server_that_is_killed_behind_its_commit(make_server):
    own = make_server()

    def is_cut(request):
        if request.method != "POST" or own.process is None or killed:
            return False
        killed.append(own.kill(signal.SIGKILL))
        own.start()
        return True

    killed: list[int] = []
    with forwarding(own, is_cut) as way:
        client = TorcClient(way.url)
        made = client.create_workflow(Workflow(name="once", user="u"))
        client.close()

    assert killed
    direct = own.client()
    assert [each.id for each in direct.list_workflows().items] == [made.id]
    direct.close()


def test_a_server_that_does_not_come_back_leaves_the_change_in_doubt(make_server):
    own = make_server()

    def is_cut(request):
        own.kill(signal.SIGKILL)
        return True

    with forwarding(own, is_cut) as way:
        client = TorcClient(way.url)
        with pytest.raises(NoAnswerError, match="may have been carried out"):
            client.create_workflow(Workflow(name="doubt", user="u"))
        client.close()

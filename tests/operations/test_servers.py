"""What is said before a server is stopped."""

from __future__ import annotations

import os

import pytest

from torc_core.clock import utc_now
from torc_core.host.embedded_server import ensure_server, running_server, stop_server
from torc_core.host.process import ProcessIdentity
from torc_core.host.runs import RunMeta, create_run
from torc_core.host.servers.place import own_place, place_of
from torc_core.model.ids import WorkflowId
from torc_core.operations.servers import propose_stop_server


def _run(number: int, url: str, *, is_embedded: bool = False) -> None:
    create_run(
        RunMeta(
            run_id=f"20260101T000000-wf{number}-abcdef",
            workflow_id=WorkflowId(number),
            workflow_name=f"study_{number}",
            url=url,
            is_embedded=is_embedded,
            output_dir="/out",
            cwd="/",
            started_at=utc_now(),
            process=ProcessIdentity.of(os.getpid()),
        )
    )


@pytest.fixture
def _stopped():
    yield
    stop_server()


@pytest.mark.usefixtures("_stopped")
def test_the_runs_that_use_a_server_are_named_before_it_is_stopped():
    url = ensure_server().url
    _run(7, url)
    _run(8, "http://127.0.0.1:1/torc-service/v1", is_embedded=True)
    _run(9, "http://elsewhere:8080/torc-service/v1")

    question = propose_stop_server(own_place()).question

    assert question is not None
    said = "\n".join(question.lines)
    assert "2 runs of this machine use it. They start it again when they report." in said
    assert "#7 study_7" in said
    assert "#8 study_8" in said
    assert "#9" not in said
    assert running_server() is not None


def test_nothing_is_asked_about_a_server_that_does_not_run(tmp_path):
    assert propose_stop_server(place_of(tmp_path / "none.db")).question is None

"""A server is back soon, however much it keeps and however it ended."""

from __future__ import annotations

import signal
from contextlib import closing

import pytest
from serving import serving
from tui.limits.cost import cpu_s
from tui.limits.large_database import make_database

from torc_core.model.workflow import Workflow

JOBS = 10_000
UNCHECKED = 200
"""Commits that are in the log only when the server is killed."""


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    path = tmp_path_factory.mktemp("restart") / "torc.db"
    make_database(path, {"large": JOBS})
    return path


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_server_of_many_jobs_is_back_with_little_work(database, how):
    with serving(database.parent) as server:
        with closing(server.client()) as client:
            for number in range(UNCHECKED):
                client.create_workflow(Workflow(name=f"{how.name} {number}", user="tester"))
        server.kill(how)

        server.start()
        with closing(server.client()) as client:
            jobs = client.list_jobs(1, limit=1).total_count
            kept = client.list_workflows(name=f"{how.name} {UNCHECKED - 1}").total_count
        spent_s = cpu_s(server.process.pid)

    assert (jobs, kept) == (JOBS, 1)
    assert spent_s < 1, "seconds of the processor"

"""`torc recover` with a database that went back in time: Slurm knows more than the server."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from slurm.test_recover import allocation, requirements, spec, tables

from torc_core.model.workflow import WorkflowPatch

LIMITED = "{mode: direct, limit_resources: true}"


@pytest.fixture
def copy(desk):
    """Copy the server's database, and return what puts the copy in its place."""
    [database] = desk.directory.glob("*.db")

    def make():
        kept = database.with_suffix(".kept")
        write(database, kept)
        return lambda: write(kept, database)

    return make


def write(source, target):
    with closing(sqlite3.connect(source)) as read, closing(sqlite3.connect(target)) as written:
        read.backup(written)


def test_what_was_requested_since_is_in_the_way_until_it_is_over(desk, copy):
    text = spec("long", "exec sleep 1000", runtime="PT2S", execution=LIMITED)
    workflow = desk.submit(text)
    desk.cluster.wait_for_end(allocation(desk, workflow))
    desk.wait_for_workers(workflow)
    go_back = copy()
    desk.client.update_workflow(workflow, WorkflowPatch(slurm_defaults={"hold": True}))
    assert desk.torc("recover", workflow).code == 0
    [waiting] = desk.queued(workflow, "PENDING")

    go_back()

    before = tables(desk)
    for words in ((), ("--dry-run",)):
        refused = desk.torc("recover", workflow, *words)
        assert refused.code == 5
        assert (
            f"Workflow {workflow} is still active: 1 allocation that the server has no record of "
            f"(Slurm job {waiting})."
        ) in refused.err
        assert refused.err.rstrip().endswith(f"scancel {waiting}")
    assert tables(desk) == before
    assert desk.queued(workflow, "PENDING") == [waiting]

    desk.programs.cancel([waiting])
    # The first one makes the same request again, which finds the allocation that was canceled.
    found = desk.torc("recover", workflow)
    assert found.code == 5
    assert f"Workflow {workflow} has no allocation left: its only one has ended" in found.err
    assert found.err.rstrip().endswith(f"To go on: torc recover {workflow}")
    assert desk.queued(workflow, "PENDING", "RUNNING") == []
    assert desk.torc("recover", workflow).code == 0
    desk.wait_for_completion(workflow)
    assert requirements(desk, workflow)[0] == "50m"
    assert [each.scheduler_id == waiting for each in desk.records(workflow)] == [False, True, False]

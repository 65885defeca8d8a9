"""Which jobs of a new workflow go into one request."""

from __future__ import annotations

import pytest

from torc_core.client import Feature, TorcClient
from torc_core.errors import UsageError
from torc_core.model.workflow import Workflow
from torc_core.operations.definition.job_batches import BYTES_PER_REQUEST, JobBatches
from torc_core.operations.definition.rollback import deleted_on_failure

OFFLINE = TorcClient("http://127.0.0.1:1/torc-service/v1")
LATE = [(3,), (0,), (), (2,)]
"""The first job depends on the last one."""


def order(dependencies, *features, size=1, **how):
    batches = JobBatches(OFFLINE, features).order(dependencies, [size] * len(dependencies), **how)
    return list(batches)


def test_with_batch_references_jobs_go_together_and_may_keep_their_order():
    assert order(LATE, Feature.BATCH_REFERENCES) == [[2, 3, 0, 1]]
    assert order(LATE, Feature.BATCH_REFERENCES, keep_order=True) == [[0, 1, 2, 3]]


def test_without_them_each_level_is_a_request():
    assert order(LATE, keep_order=True) == [[2], [3], [0], [1]]
    assert order([(), (), (0, 1)], keep_order=True) == [[0, 1], [2]]


def test_large_jobs_are_split_and_upstream_ones_come_first():
    half = BYTES_PER_REQUEST // 2
    assert order([(), (0,), (1,)], Feature.BATCH_REFERENCES, size=half, keep_order=True) == [
        [0, 1],
        [2],
    ]
    assert order(LATE, Feature.BATCH_REFERENCES, size=half, keep_order=True) == [[2, 3], [0, 1]]


def test_many_jobs_are_split():
    assert [len(batch) for batch in order([()] * 25_000, Feature.BATCH_REFERENCES)] == [
        10_000,
        10_000,
        5_000,
    ]


def test_a_workflow_that_cannot_be_deleted_is_named(make_server):
    server = make_server()
    client = server.client()
    workflow_id = client.create_workflow(Workflow(name="half", user="u")).id
    server.kill()
    with pytest.raises(UsageError) as refused, deleted_on_failure(client, workflow_id):
        raise UsageError("refused")
    assert f"torc workflows delete {workflow_id}" in refused.value.hint


def test_what_is_gone_already_needs_no_undoing(client):
    workflow_id = client.create_workflow(Workflow(name="half", user="u")).id
    client.delete_workflow(workflow_id)
    with pytest.raises(UsageError) as refused, deleted_on_failure(client, workflow_id):
        raise UsageError("refused")
    assert not refused.value.hint

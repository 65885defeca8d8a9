"""Records go to the server together, within bounds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torc_core.client import every_item
from torc_core.model.artifact import UserData
from torc_core.model.workflow import Workflow
from torc_core.operations.definition.batches import (
    BYTES_PER_REQUEST,
    RECORDS_PER_REQUEST,
    batches,
    create_in_batches,
)


def user_data(size):
    return UserData(workflow_id=1, name="x", data="y" * size)


@given(st.lists(st.integers(0, BYTES_PER_REQUEST), max_size=8))
def test_nothing_is_lost_and_no_batch_is_too_large_unless_it_is_one_record(sizes):
    records = [user_data(size) for size in sizes]
    found = list(batches(records))

    assert [record for batch in found for record in batch] == records
    for batch in found:
        assert len(batch) == 1 or sum(len(one.data) for one in batch) <= BYTES_PER_REQUEST


def test_a_batch_has_a_largest_number():
    found = batches([user_data(0)] * (RECORDS_PER_REQUEST + 1))

    assert [len(batch) for batch in found] == [RECORDS_PER_REQUEST, 1]


@pytest.mark.parametrize("has_bulk", [True, False])
def test_user_data_is_created_in_its_order_with_and_without_bulk_calls(client, has_bulk):
    workflow_id = client.create_workflow(Workflow(name="data", user="tester")).id
    records = [UserData(workflow_id=workflow_id, name=name, data=name) for name in "cab"]
    [created] = create_in_batches(
        records, client.create_user_data, client.create_user_data_list, has_bulk=has_bulk
    )
    stored = {each.id: each.name for each in every_item(client.list_user_data, workflow_id)}

    assert [stored[each.id] for each in created] == ["c", "a", "b"]

"""Registering a runner's compute node."""

import pytest

from torc_core.errors import ConflictError


def test_a_workflow_that_is_not_initialized_is_refused_before_anything_is_registered(flow):
    flow.add("true")
    with pytest.raises(ConflictError, match=f"Workflow {flow.id} is not initialized") as caught:
        flow.run_uninitialized()
    assert caught.value.hint == f"Initialize it: torc workflows initialize {flow.id}"
    assert flow.client.list_compute_nodes(flow.id).items == []
    assert flow.client.get_workflow_status(flow.id).run_id == 0


def test_a_workflow_without_jobs_can_be_waited_for(flow):
    assert flow.run_uninitialized().outcomes == {}
    assert len(flow.client.list_compute_nodes(flow.id).items) == 1


def test_what_the_options_state_goes_before_what_the_machine_has(flow):
    flow.add("true")
    flow.run(num_cpus=3, memory_gb=1.1, num_gpus=2)
    (node,) = flow.client.list_compute_nodes(flow.id).items
    assert (node.num_cpus, node.memory_gb, node.num_gpus) == (3, 1.1, 2)

"""Registering a runner's compute node."""

import pytest
from nodes import compute_node
from waiting import wait_for

from torc_core.clock import utc_now
from torc_core.errors import ConflictError
from torc_core.model.compute import SchedulerType
from torc_core.runner.process.adoption import taking_turns


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


def test_a_runner_that_adopts_later_has_a_node_of_a_higher_number(flow, start_runner):
    flow.add("true")
    with taking_turns():
        runner = start_runner(flow)
        wait_for(flow.output_dir.exists, "the runner to begin")
        other = flow.client.create_compute_node(
            compute_node(
                workflow_id=flow.id, start_time=utc_now(), compute_node_type=SchedulerType.LOCAL
            )
        )
    runner.wait()
    assert max(node.id for node in flow.client.list_compute_nodes(flow.id).items) > other.id


@pytest.mark.parametrize(("mode", "is_said"), [("slurm", True), ("auto", False), ("direct", False)])
def test_without_an_allocation_jobs_run_without_steps_which_is_said_once(
    make_flow, mode, is_said, caplog
):
    flow = make_flow(execution_config={"mode": mode})
    flow.add("true", name="a")
    flow.add("true", name="b")
    assert flow.run().outcomes == {"completed": 2}
    said = [each for each in caplog.messages if "run without steps" in each]
    assert len(said) == is_said

"""Jobs that do not fit into their scheduler, and schedulers among which nothing chooses."""

from __future__ import annotations

import json
from typing import Any

import pytest

from torc_core.errors import SpecError
from torc_core.spec import ExpandedWorkflow, parse_workflow

LARGE = {"num_cpus": 1, "memory": "1g", "num_nodes": 4}


def parse(*, skip_checks: bool = False, **fields: Any) -> ExpandedWorkflow:
    job = {"name": "train", "command": "x", "scheduler": "small", "resource_requirements": LARGE}
    tree = {
        "name": "w",
        "jobs": [job],
        "slurm_schedulers": [{"name": "small", "account": "a", "nodes": 2, "walltime": "2:00:00"}],
        **fields,
    }
    return parse_workflow(json.dumps(tree), format="json", source="f", skip_checks=skip_checks)


def test_a_job_that_needs_more_nodes_than_its_scheduler_has_is_refused() -> None:
    with pytest.raises(SpecError) as caught:
        parse()

    (problem,) = caught.value.problems
    assert 'jobs[0].scheduler: "train" needs 4 nodes' in problem
    assert 'an allocation of "small" has 2' in problem
    assert "--skip-checks" in problem


def test_skipped_checks_leave_a_warning() -> None:
    (warning,) = parse(skip_checks=True).warnings

    assert '"train" needs 4 nodes' in warning
    assert "--skip-checks" not in warning


def test_skipped_checks_excuse_nothing_else() -> None:
    with pytest.raises(SpecError) as caught:
        parse(skip_checks=True, jobs=[{"name": "a", "command": "x", "depends_on": ["b"]}])

    assert 'no job named "b"' in caught.value.problems[0]


def test_nodes_are_checked_together_with_everything_else() -> None:
    with pytest.raises(SpecError) as caught:
        parse(files=[{"name": "f"}])

    assert len(caught.value.problems) == 2


@pytest.mark.parametrize("nodes", [4, 5])
def test_as_many_nodes_as_the_scheduler_has_are_fine(nodes: int) -> None:
    offer = {"name": "small", "account": "a", "nodes": nodes, "walltime": "2:00:00"}
    found = parse(slurm_schedulers=[offer])

    assert not found.warnings


def parse_long(runtime: str, *, skip_checks: bool = False, **fields: Any) -> ExpandedWorkflow:
    needs = {"num_cpus": 1, "memory": "1g", "runtime": runtime}
    job = {"name": "train", "command": "x", "scheduler": "s", "resource_requirements": needs}
    offer = {"name": "s", "account": "a", "walltime": "04:00:00"}
    return parse(skip_checks=skip_checks, jobs=[job], slurm_schedulers=[offer], **fields)


@pytest.mark.parametrize(
    ("runtime", "fields", "before_end"),
    [
        ("PT5H", {}, "3m 00s"),
        ("PT3H56M1S", {}, "3m 00s"),
        ("PT3H57M", {}, "3m 00s"),
        ("PT3H50M", {"compute_node_expiration_buffer_seconds": 600}, "10m 00s"),
        ("PT4H", {"compute_node_expiration_buffer_seconds": 0}, "0.0s"),
        ("PT3H", {"execution_config": {"sigkill_headroom_seconds": 3600}}, "1h 00m"),
    ],
)
def test_a_job_that_would_never_start_in_its_allocation_is_refused(
    runtime: str, fields: dict[str, Any], before_end: str
) -> None:
    with pytest.raises(SpecError) as caught:
        parse_long(runtime, **fields)

    (problem,) = caught.value.problems
    assert f'the runtime {runtime} of "train" is longer than the walltime 04:00:00' in problem
    assert "less 1m 00s for the start of its worker" in problem
    assert f"and the {before_end} before its end" in problem
    assert "--skip-checks" in problem


def test_a_runtime_that_is_too_long_can_be_accepted() -> None:
    (warning,) = parse_long("PT5H", skip_checks=True).warnings

    assert "PT5H" in warning


@pytest.mark.parametrize(
    ("runtime", "fields"),
    [("PT3H56M", {}), ("PT3H59M", {"compute_node_expiration_buffer_seconds": 0})],
)
def test_a_runtime_that_leaves_the_start_and_the_buffer_is_fine(
    runtime: str, fields: dict[str, Any]
) -> None:
    assert not parse_long(runtime, **fields).warnings


def parse_requesting(*offers: dict[str, Any], **needs: Any) -> ExpandedWorkflow:
    """Return a workflow whose job names no scheduler; all allocations are requested."""
    job = {"name": "free", "command": "x", "resource_requirements": {"num_cpus": 1, **needs}}
    named = [{"name": f"s{number}", "account": "a", **each} for number, each in enumerate(offers)]
    request = {"trigger_type": "on_workflow_start", "action_type": "schedule_nodes"}
    actions = [{**request, "scheduler": each["name"]} for each in named]
    order = "gpus_runtime_memory"
    return parse(jobs=[job], slurm_schedulers=named, actions=actions, jobs_sort_method=order)


@pytest.mark.parametrize(
    ("needs", "said"),
    [
        ({"runtime": "PT2H", "memory": "1g"}, "the runtime PT2H"),
        ({"runtime": "PT1H", "memory": "8g"}, '"free" needs 8g of memory'),
        ({"runtime": "PT1H", "memory": "1g", "num_nodes": 2}, '"free" needs 2 nodes'),
    ],
)
def test_a_job_of_no_scheduler_has_to_fit_one_that_is_requested(
    needs: dict[str, Any], said: str
) -> None:
    small, large = ({"walltime": f"0{hours}:00:00", "mem": "4G"} for hours in (1, 2))
    with pytest.raises(SpecError) as caught:
        parse_requesting(small, large, **needs)

    (problem,) = caught.value.problems
    assert f"jobs[0]: {said}" in problem
    assert '"s0"' in problem
    assert '"s1"' in problem
    fitting = {"nodes": 2, "mem": "8192", "walltime": "1-00:00:00"}
    assert not parse_requesting(small, fitting, **needs).warnings


@pytest.mark.parametrize("mem", ["0", "1T", "1048576"])
def test_memory_that_an_allocation_may_have_is_not_refused(mem: str) -> None:
    offer = {"mem": mem, "walltime": "2:00:00"}
    assert not parse_requesting(offer, memory="1t", runtime="PT1H").warnings


def schedulers(**of_second: Any) -> list[dict[str, Any]]:
    first = {"account": "a", "mem": "10g", "gres": "gpu:1", "walltime": "1:00:00", "partition": "p"}
    return [{**first, "name": "one"}, {**first, "name": "two", **of_second}]


FREE = [{"name": f"free{i}", "command": "x"} for i in range(3)]


@pytest.mark.parametrize(
    ("of_second", "differences"),
    [
        ({"mem": "20g"}, "memory (mem)"),
        ({"gres": "gpu:2"}, "GPUs (gres)"),
        ({"walltime": "2:00:00"}, "walltime"),
        ({"partition": "q"}, "partition"),
        ({"mem": None, "walltime": "2-0"}, "memory (mem), walltime"),
    ],
)
def test_different_schedulers_without_an_order_are_warned_of(
    of_second: dict[str, Any], differences: str
) -> None:
    bound = {"name": "bound", "command": "x", "scheduler": "one"}
    (warning,) = parse(jobs=[*FREE, bound], slurm_schedulers=schedulers(**of_second)).warnings

    assert f"the 2 schedulers differ in {differences}, 3 jobs name none" in warning
    assert "'gpus_runtime_memory'" in warning


@pytest.mark.parametrize(
    "fields",
    [
        {"slurm_schedulers": schedulers(walltime="60")},  # minutes: the same hour
        {"slurm_schedulers": schedulers(qos="high", nodes=2)},
        {"slurm_schedulers": schedulers(mem="20g"), "jobs_sort_method": "none"},
        {
            "slurm_schedulers": schedulers(mem="20g"),
            "jobs": [{"name": "a", "command": "x", "scheduler": "one"}],
        },
        {"slurm_schedulers": schedulers()[:1]},
    ],
    ids=["same time", "other fields", "an order", "every job bound", "only one"],
)
def test_there_is_nothing_to_warn_of(fields: dict[str, Any]) -> None:
    assert not parse(**{"jobs": FREE, **fields}).warnings

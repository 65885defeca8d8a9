"""Requirements that a machine can never meet are named before a run."""

from __future__ import annotations

import pytest

from torc_core.host.machine import Machine
from torc_core.model.resources import ResourceRequirements
from torc_core.operations.machine_fit import compare
from torc_core.runner.policy.options import RunnerOptions

MACHINE = Machine(hostname="here", num_cpus=4, memory_gb=8.0, gpus=("0",))


def needs(name="fit", **values):
    return ResourceRequirements(workflow_id=1, name=name, **values)


def sentences(*requirements, **options):
    found = compare(requirements, MACHINE, RunnerOptions(workflow_id=1, **options))
    return [each.sentence for each in found]


def test_what_the_machine_has_exactly_fits():
    assert sentences(needs(num_cpus=4, memory="8g", num_gpus=1, num_nodes=1)) == []


@pytest.mark.parametrize(
    ("values", "shortfall"),
    [
        ({"num_cpus": 5}, "5 CPUs (4 available)"),
        ({"num_gpus": 2}, "2 GPUs (1 available)"),
        ({"num_nodes": 2}, "2 nodes (1 available)"),
        ({"memory": "9g"}, "9 GiB of memory (8 available)"),
    ],
)
def test_each_kind_of_resource_that_falls_short_is_named(values, shortfall):
    (sentence,) = sentences(needs(**values))

    assert sentence == (
        f"Jobs with the requirements 'fit' can never run on this machine: they need {shortfall}."
    )


def test_all_shortfalls_of_one_requirement_are_in_one_sentence():
    (sentence,) = sentences(needs(num_cpus=999, num_gpus=8), needs("small"))

    assert "999 CPUs (4 available), 8 GPUs (1 available)" in sentence


def test_options_of_the_run_count_instead_of_the_machine():
    large = needs(num_cpus=6, memory="10g", num_gpus=2, num_nodes=2)

    assert sentences(large, num_cpus=6, memory_gb=10.0, num_gpus=2, num_nodes=2) == []
    assert len(sentences(needs(num_gpus=1), num_gpus=0)) == 1
    assert len(sentences(needs(num_cpus=2), num_cpus=1)) == 1

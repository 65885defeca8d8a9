"""Requirements that a machine can never meet are named before a run."""

from __future__ import annotations

import pytest

from torc_core.host.machine import Machine
from torc_core.model.job import Job
from torc_core.model.resources import ResourceRequirements
from torc_core.operations.lifecycle.machine_fit import compare, name_examples
from torc_core.runner.policy.options import RunnerOptions

MACHINE = Machine(hostname="here", num_cpus=4, memory_gb=8.0, gpus=("0",))


def needs(name="fit", **values):
    return ResourceRequirements(workflow_id=1, name=name, **values)


def sentences(*requirements, **options):
    found = compare(requirements, MACHINE, RunnerOptions(workflow_id=1, **options))
    return [each.sentence for each in found]


def test_what_the_machine_has_exactly_fits():
    assert sentences(needs(num_cpus=4, memory="8g", num_gpus=1, num_nodes=1)) == []


def test_of_one_the_noun_is_singular():
    without = RunnerOptions(workflow_id=1, num_gpus=0)
    (found,) = compare([needs(num_gpus=1)], MACHINE, without)

    assert found.sentence.endswith("they need 1 GPU (0 available).")


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


def job(name, requirements_id):
    return Job(workflow_id=1, name=name, command="true", resource_requirements_id=requirements_id)


def misfits(*requirements):
    return {each.id: each for each in compare(requirements, MACHINE, RunnerOptions(workflow_id=1))}


def test_a_job_that_cannot_run_is_named():
    found = misfits(needs("huge", id=3, num_cpus=99), needs("wide", id=4, num_nodes=2))
    jobs = [job("fits", 1), job("b", 4), job("a", 3), job("c", 4)]
    assert [each.example for each in name_examples(found, jobs)] == ["a", "b"]
    assert "'huge', such as 'a', can never run" in name_examples(found, jobs)[0].sentence


def test_requirements_that_no_job_has_are_no_matter():
    found = misfits(needs("huge", id=3, num_cpus=99))
    assert name_examples(found, [job("fits", 1)]) == ()
    assert name_examples(found, []) == ()


def test_of_more_jobs_than_are_looked_at_any_may_have_them():
    found = misfits(needs("huge", id=3, num_cpus=99))
    (misfit,) = name_examples(found, [job("fits", 1), job("fits too", 1)], most=2)
    assert misfit.example is None

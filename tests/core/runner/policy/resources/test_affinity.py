"""Which CPUs jobs get for themselves."""

import pytest

from torc_core.errors import UsageError
from torc_core.runner.policy.options import RunnerOptions
from torc_core.runner.policy.resources.affinity import cpus_for_jobs


def given(usable=(0, 1, 5, 4), num_cpus=4, **options):
    return cpus_for_jobs(RunnerOptions(workflow_id=1, **options), usable, num_cpus)


def test_none_are_given_unless_asked_for():
    assert given() == ()
    assert given(usable=(), num_cpus=99) == ()


def test_those_are_given_that_this_process_may_use():
    assert given(cpu_affinity=True) == (0, 1, 4, 5)
    assert given(cpu_affinity=True, num_cpus=2) == (0, 1, 4, 5)


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"num_cpus": 5}, "--num-cpus offers 5 CPUs, and this process may use 4"),
        ({"max_parallel_jobs": 6}, "--max-parallel-jobs needs 6 CPUs, and this process may use 4"),
        ({"usable": ()}, "cannot bind jobs to CPUs"),
    ],
)
def test_more_than_there_are_is_refused(settings, text):
    with pytest.raises(UsageError, match=text):
        given(cpu_affinity=True, **settings)

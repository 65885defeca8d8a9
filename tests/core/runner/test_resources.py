"""What jobs get of the machine, and limits that are enforced; real processes."""

from __future__ import annotations

import os

import pytest
from waiting import wait_for

from torc_core.errors import UsageError
from torc_core.model.resources import ResourceRequirements

ALLOWED = "grep Cpus_allowed_list /proc/self/status"
ALL = sorted(os.sched_getaffinity(0))


def requirements(flow, name="needs", **fields):
    record = ResourceRequirements(workflow_id=flow.id, name=name, **fields)
    return flow.client.create_resource_requirements(record).id


def cpus_of(flow, job):
    """Return the CPUs on which a job could run, as it wrote them."""
    found: set[int] = set()
    for part in flow.stdio(job).split(":")[1].strip().split(","):
        first, _, last = part.partition("-")
        found |= set(range(int(first), int(last or first) + 1))
    return sorted(found)


def test_each_job_has_cpus_of_its_own_on_request(flow, tmp_path):
    if len(ALL) < 2:
        pytest.skip("one CPU is nothing to give out")
    both = (
        f"touch {tmp_path}/$TORC_JOB_NAME; until [ -e {tmp_path}/a -a -e {tmp_path}/b ]; do :; done"
    )
    jobs = [flow.add(f"{both}; {ALLOWED}", name=name) for name in "ab"]
    after = flow.add(f"bash -c '{ALLOWED}'", name="after", depends_on_job_ids=jobs)
    assert flow.run(cpu_affinity=True, num_cpus=2).exit_code == 0
    first, second = (cpus_of(flow, job) for job in jobs)
    assert (len(first), len(second)) == (1, 1)
    assert first != second
    assert len(cpus_of(flow, after)) == 1, "what a job starts is bound as well"
    assert sorted(os.sched_getaffinity(0)) == ALL, "the runner itself is not"


def test_counted_jobs_share_the_cpus_equally(flow):
    job = flow.add(ALLOWED)
    assert flow.run(cpu_affinity=True, max_parallel_jobs=1).exit_code == 0
    assert cpus_of(flow, job) == ALL


def test_without_the_request_jobs_run_everywhere(flow):
    job = flow.add(ALLOWED)
    flow.run()
    assert cpus_of(flow, job) == ALL


def test_more_cpus_than_there_are_cannot_be_given(flow):
    flow.add("true")
    with pytest.raises(UsageError, match=f"this process may use {len(ALL)}"):
        flow.run(cpu_affinity=True, num_cpus=len(ALL) + 1)


@pytest.mark.parametrize(
    ("stated", "option", "code"),
    [
        (None, None, 0),
        ({"limit_resources": True}, None, 152),
        ({"limit_resources": True}, False, 0),
        ({"limit_resources": False}, None, 0),
        ({"limit_resources": False}, True, 152),
        (None, True, 152),
        ({"timeout_exit_code": 99, "limit_resources": True}, None, 99),
    ],
)
def test_the_option_goes_before_the_workflow_and_both_before_no_limits(
    make_flow, stated, option, code
):
    flow = make_flow(execution_config=stated)
    needs = requirements(flow, memory="1g", runtime="PT1S")
    job = flow.add("sleep 1.5", resource_requirements_id=needs)
    flow.run(limit_resources=option)
    assert flow.result(job).return_code == code


@pytest.mark.parametrize(("name", "trap"), [("SIGINT", "INT"), ("USR1", "USR1"), (None, "TERM")])
def test_the_workflow_names_the_signal_by_which_jobs_are_asked_to_stop(
    make_flow, start_runner, tmp_path, name, trap
):
    flow = make_flow(execution_config={"termination_signal": name})
    ready = tmp_path / "ready"
    command = f"trap 'echo saved; exit 0' {trap}; >{ready}; while :; do sleep 0.1; done"
    job = flow.add(command, supports_termination=True)
    runner = start_runner(flow, grace_s=60.0)
    wait_for(ready.exists, "the job")
    runner.runner.stop()
    runner.wait()
    assert flow.result(job).status == "terminated"
    assert flow.stdio(job) == "saved\n"


def test_what_no_user_stated_is_no_limit(flow):
    # The default requirements say a minute and a mebibyte, which this exceeds.
    job = flow.add("head -c 30000000 /dev/zero | tail -c 30000000 | sleep 0.5")
    assert flow.run(limit_resources=True).exit_code == 0
    assert flow.result(job).return_code == 0

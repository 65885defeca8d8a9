"""Jobs as steps of an allocation: srun's options, names, and what its words mean."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from torc_core.model.exchange import ClaimedJob
from torc_core.model.execution import ExecutionConfig, ExecutionMode
from torc_core.model.job import Job
from torc_core.resources import Resources
from torc_core.runner.policy.commands.step import (
    StepOwner,
    began_at,
    is_step,
    limit_in,
    owner_of,
    step_arguments,
    step_name,
    telling,
    wants_steps,
)
from torc_core.runner.policy.commands.step_site import StepSite
from torc_core.runner.policy.exit_outcome import StopReason

SITE = StepSite(srun="/usr/bin/srun", scancel="/usr/bin/scancel", slurm_job_id=7, node="n1")
TOTAL = Resources(num_cpus=8, memory_bytes=4000 * 2**20, num_gpus=2, num_nodes=1)
IDS = st.integers(min_value=0, max_value=10**12)


def claimed(**fields):
    stated = {
        "num_cpus": 2,
        "num_gpus": 0,
        "num_nodes": 1,
        "memory_bytes": 100 * 2**20,
        "runtime_seconds": 90,
    }
    job = Job(id=5, workflow_id=3, name="j", command="true")
    return ClaimedJob(job=job, token=1, run_id=2, **(stated | fields))


def options(site=SITE, execution=None, **fields):
    found = step_arguments(claimed(**fields), site, execution or ExecutionConfig(), TOTAL)
    return {name: value for name, _, value in (each.partition("=") for each in found)}


def test_a_step_has_the_limits_of_its_job():
    found = options()
    assert found["--cpus-per-task"] == "2"
    assert found["--mem"] == "100M"
    assert found["--time"] == "2"
    assert found["--nodelist"] == "n1"
    assert found["--gres"] == "none"
    assert "--exact" in found


def test_a_step_without_stated_requirements_has_its_part_of_the_memory_and_no_time():
    found = options(num_cpus=1, memory_bytes=2**20, runtime_seconds=60)
    assert found["--mem"] == "500M"
    assert "--time" not in found


def test_gpus_are_asked_for_on_the_node():
    assert options(num_gpus=2)["--gres"] == "gpu:2"


def test_where_more_jobs_run_than_fit_their_steps_share_all_cpus():
    found = options(site=msgspec.structs.replace(SITE, shares_cpus=True))
    assert found["--cpus-per-task"] == "8"
    assert "--overlap" in found
    assert "--exact" not in found


@pytest.mark.parametrize(("stated", "expected"), [(None, "none"), (False, "none"), (True, None)])
def test_tasks_are_bound_to_cpus_only_if_the_workflow_says_so(stated, expected):
    found = options(execution=ExecutionConfig(enable_cpu_bind=stated))
    assert found.get("--cpu-bind") == expected


def test_the_termination_signal_is_handed_to_srun():
    execution = ExecutionConfig(srun_termination_signal="TERM@120")
    assert options(execution=execution)["--signal"] == "TERM@120"


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        (None, False),
        (ExecutionMode.DIRECT, False),
        (ExecutionMode.SLURM, True),
        (ExecutionMode.AUTO, True),
    ],
)
def test_steps_are_made_only_if_the_workflow_asks_for_them(mode, expected):
    assert wants_steps(ExecutionConfig(mode=mode)) is expected


def test_a_job_of_several_nodes_is_no_step():
    assert is_step(claimed())
    assert not is_step(claimed(num_nodes=2))


@given(IDS, IDS, IDS, IDS)
def test_the_name_of_a_step_says_whose_it_is(workflow, job, run, attempt):
    name = step_name(workflow, job, run, attempt)
    assert owner_of(name) == StepOwner(workflow, job, run, attempt)


@given(st.text())
def test_other_names_are_no_attempts(name):
    assert owner_of(name) is None


OOM = """srun: error: n1: task 0: Out Of Memory
slurmstepd-n1: error: Detected 1 oom-kill event(s) in StepId=1.0. Some of your processes may have \
been killed by the cgroup out-of-memory handler.
"""
NEWER_OOM = "slurmstepd: error: Detected 1 oom_kill event in StepId=1.0. Some of the step tasks"
TIME = "slurmstepd-n1: error: *** STEP 4.0 ON n1 CANCELLED AT 2026-11-29T17:17:40 DUE TO TIME LIMIT"
KILLED = "srun: error: n1: task 0: Killed\nsrun: Force Terminated StepId=1.2\n"
EXITED = "srun: error: n1: task 0: Exited with exit code 7\n"


@pytest.mark.parametrize(
    ("words", "limit"),
    [
        (OOM, StopReason.OUT_OF_MEMORY),
        (NEWER_OOM, StopReason.OUT_OF_MEMORY),
        (TIME, StopReason.OUT_OF_TIME),
        (KILLED, None),
        (EXITED, None),
        ("", None),
    ],
)
def test_words_of_srun_say_which_limit_has_ended_a_step(words, limit):
    assert limit_in(words) is limit


def test_words_that_repeat_the_exit_code_are_not_told():
    refused = "srun: error: Unable to create step for job 1: More processors requested than allowed"
    assert telling(f"{KILLED}{EXITED}{refused}\n") == [refused]


@given(st.text())
def test_any_text_may_be_in_the_files_of_a_step(text):
    limit_in(text)
    telling(text)
    assert began_at(text) is None or " " in text


def test_a_step_has_begun_when_its_file_says_so():
    assert began_at("3 1800000000") == 1800000001.0
    assert began_at("") is None

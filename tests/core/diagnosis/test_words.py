"""Why an attempt failed, in words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torc_core.diagnosis.failures import diagnose
from torc_core.diagnosis.observation import Observation, StepEnd
from torc_core.diagnosis.words import cause_words, code_words, fault_in
from torc_core.model.job import Job
from torc_core.model.resources import ResourceRequirements
from torc_core.model.result import Result
from torc_core.runner.policy.outputs.written import Written, fault_of

NEEDS = ResourceRequirements(
    workflow_id=1, name="small", num_cpus=1, num_gpus=0, num_nodes=1, memory="2g", runtime="PT10M"
)


def words(code, status="failed", *, minutes=1.0, memory=None, step_end=None, needs=NEEDS):
    result = Result(
        job_id=1, workflow_id=1, run_id=1, compute_node_id=1, return_code=code, status=status,
        exec_time_minutes=minutes, completion_time="", peak_memory_bytes=memory,
    )  # fmt: skip
    job = Job(workflow_id=1, name="j", command="c")
    observed = Observation(job=job, result=result, requirements=needs, step_end=step_end)
    return cause_words(diagnose(observed))


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (139, "segmentation fault, SIGSEGV"),
        (-11, "segmentation fault, SIGSEGV"),
        (137, "killed, likely for its memory, SIGKILL"),
        (134, "aborted, SIGABRT"),
        (127, "command not found"),
        (126, "the command cannot be executed"),
        (-128, "lost with its runner or node"),
        (138, "ended by SIGUSR1"),
        (0, ""), (1, ""), (2, ""), (128, ""), (255, ""), (3221225477, ""),
    ],
)  # fmt: skip
def test_what_an_exit_code_says(code, said):
    assert code_words(code) == said


@given(st.integers())
def test_no_exit_code_is_an_error(code):
    assert isinstance(code_words(code), str)


@pytest.mark.parametrize(
    ("attempt", "said"),
    [
        ({"code": 137}, "killed, likely for its memory"),
        (
            {"code": 137, "minutes": 9.9},
            "killed when its runtime was nearly over: ran 9m 54s of 10m 00s",
        ),
        ({"code": 1, "memory": 3 << 30}, "out of memory: used 3.0 GiB of 2.0 GiB"),
        (
            {"code": 152, "status": "terminated", "minutes": 10.0},
            "out of time: ran 10m 00s of 10m 00s",
        ),
        ({"code": 1, "step_end": StepEnd.MEMORY}, "out of memory, as Slurm says"),
        ({"code": 139}, "segmentation fault, SIGSEGV"),
        ({"code": -128}, "lost with its runner, node or allocation"),
        ({"code": 143, "status": "terminated"}, "stopped with its runner or allocation"),
        ({"code": 0, "status": "completed"}, ""),
        ({"code": 3}, ""),
    ],
)  # fmt: skip
def test_why_an_attempt_failed(attempt, said):
    assert words(**attempt) == said


@pytest.mark.parametrize("written", [Written.MISSING, Written.UNCHANGED])
def test_an_output_that_was_not_written_is_found_in_the_log(written):
    log = f"step 1\r\ntorc: {fault_of('out.csv', written)}\n"

    assert fault_in(log).startswith("The job exited with 0 but")
    assert "out.csv" in fault_in(log)
    assert fault_in("The job exited") == ""

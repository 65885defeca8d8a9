"""Attempts to be diagnosed."""

from __future__ import annotations

from torc_core.diagnosis.failures import Diagnosis, diagnose
from torc_core.diagnosis.observation import Observation
from torc_core.model.job import Job
from torc_core.model.resources import ResourceRequirements
from torc_core.model.result import Result
from torc_core.model.status import JobStatus

GIB = 2**30


def needs(memory="8g", runtime="PT1H", cpus=2, *, id_=1, name="needs"):
    return ResourceRequirements(
        id=id_, workflow_id=1, name=name, memory=memory, runtime=runtime, num_cpus=cpus
    )


def attempt(
    status="completed",
    code=0,
    *,
    peak=None,
    cpu=None,
    minutes=1.0,
    requirements=None,
    job_id=1,
    step_end=None,
    is_before_change=False,
):
    return Observation(
        job=Job(id=job_id, workflow_id=1, name=f"job{job_id}", command="true"),
        result=Result(
            job_id=job_id,
            workflow_id=1,
            run_id=1,
            compute_node_id=1,
            return_code=code,
            exec_time_minutes=minutes,
            completion_time="2026-01-01T00:00:00.000Z",
            status=JobStatus(status),
            peak_memory_bytes=peak,
            peak_cpu_percent=cpu,
        ),
        requirements=requirements or needs(),
        step_end=step_end,
        is_before_change=is_before_change,
    )


def diagnosed(*arguments, codes=None, **fields) -> Diagnosis:
    return diagnose(attempt(*arguments, **fields), codes)

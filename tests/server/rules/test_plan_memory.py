"""How much memory the plan of an initialization takes, in bytes that Python allocates."""

from __future__ import annotations

import tracemalloc

import pytest

from torc_server.rules.dependencies.placement import make_plan
from torc_server.rules.initialize import Initialization, choice_of
from torc_server.rules.workflows import find_workflow

JOBS = 20_000
PER_JOB = 100
"""Bytes at most: of a million jobs 100 MB."""
ONCE = 2_000_000
"""Bytes: statements that are compiled, and one piece of the work."""


@pytest.fixture
def layered(bench):
    """Yield a workflow in which nearly each job waits for two others of its own."""
    names = [f"job_{number}" for number in range(JOBS)]
    width = JOBS // 10
    before: list[int] = []
    for first in range(0, JOBS, width):
        before = bench.create(
            *(
                bench.job(name, depends_on_job_ids=[before[at], before[at - 1]] if before else None)
                for at, name in enumerate(names[first : first + width])
            )
        )
    return bench


@pytest.mark.parametrize("asked", [Initialization(), Initialization(only_uninitialized=True)])
def test_a_plan_takes_some_bytes_per_job(layered, asked):
    workflow = find_workflow(layered.conn, layered.workflow_id)
    tracemalloc.start()
    try:
        plan = make_plan(layered.conn, workflow, choice_of(asked))
        for piece in plan.pieces(forgets_results=True):
            piece(layered.conn, 0)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert len(plan.jobs) == JOBS
    assert peak < JOBS * PER_JOB + ONCE

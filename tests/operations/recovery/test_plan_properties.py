"""What holds of every recovery plan."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tests.core.diagnosis.attempts import needs
from tests.operations.recovery.recovery_facts import GIB, Situation, node
from torc_core.diagnosis.failures import CLUSTER_CAUSES, diagnose
from torc_core.diagnosis.observation import StepEnd
from torc_core.model.status import JobStatus
from torc_core.operations.recovery.facts import RecoveryFacts
from torc_core.operations.recovery.options import RecoveryOptions
from torc_core.operations.recovery.plan import RecoveryPlan
from torc_core.operations.recovery.planning import make_recovery_plan
from torc_core.operations.recovery.report import plan_lines, report_recovery
from torc_core.units import parse_duration, parse_memory

_CODES = st.sampled_from([-128, -15, -9, 0, 1, 126, 137, 143, 152])
_SETS = [needs("8g", "PT1H", id_=1), needs("500m", "P1DT2H", id_=2), needs("1m", "PT1M", 1, id_=3)]
_JOBS = st.fixed_dictionaries(
    {
        "status": st.sampled_from([each.value for each in JobStatus]),
        "result": st.sampled_from(["failed", "terminated", "completed", "pending_failed", "none"]),
        "code": _CODES,
        "peak": st.none() | st.integers(0, 40 * GIB),
        "minutes": st.floats(0, 3000),
        "requirements": st.sampled_from(_SETS),
        "step_end": st.none() | st.sampled_from(list(StepEnd)),
        "is_before_change": st.booleans(),
        "after": st.lists(st.integers(1, 8), max_size=3),
    }
)
_NODES = st.lists(
    st.builds(
        node,
        st.sampled_from(["one", "two"]),
        cpus=st.integers(1, 4),
        memory_gib=st.none() | st.floats(0.1, 64),
        hours=st.none() | st.floats(0.01, 80),
    ),
    max_size=3,
)
_OPTIONS = st.builds(
    RecoveryOptions,
    memory_multiplier=st.floats(1, 10),
    runtime_multiplier=st.floats(1, 10),
    retry_unknown=st.booleans(),
    max_memory_bytes=st.none() | st.integers(1, 64 * GIB),
    max_runtime_s=st.none() | st.integers(1, 400_000),
    max_node_hours=st.none() | st.floats(0.01, 100),
)


@st.composite
def situations(draw) -> RecoveryFacts:
    situation = Situation(*draw(_NODES))
    for job in draw(st.lists(_JOBS, max_size=8)):
        situation.add(**job)
    return situation.facts()


def applied(facts: RecoveryFacts, plan: RecoveryPlan) -> RecoveryFacts:
    """Return the state after the raises of a plan, with its jobs still as they were."""
    raised = {each.requirements_id: each for each in plan.raises}
    requirements = dict(facts.requirements)
    for key, each in raised.items():
        requirements[key] = msgspec.structs.replace(
            requirements[key],
            memory=each.memory or each.old_memory,
            runtime=each.runtime or each.old_runtime,
        )
    diagnoses = {}
    for job_id, known in facts.diagnoses.items():
        seen = known.observation
        key = seen.requirements.id
        diagnoses[job_id] = diagnose(
            msgspec.structs.replace(
                seen,
                requirements=requirements[key],
                is_before_change=seen.is_before_change or key in raised,
            )
        )
    return msgspec.structs.replace(facts, requirements=requirements, diagnoses=diagnoses)


@given(situations(), _OPTIONS)
def test_nothing_but_failures_is_reset_and_each_has_one_fate(facts, options):
    plan = make_recovery_plan(facts, options)

    told = [job_id for group in plan.groups for job_id in group.job_ids]
    assert len(told) == len(set(told))
    unsuccessful = {JobStatus.FAILED, JobStatus.TERMINATED, JobStatus.PENDING_FAILED}
    failed = {job_id for job_id, job in facts.jobs.items() if job.status in unsuccessful}
    assert failed <= set(told)
    assert set(plan.reset) <= failed
    assert len(plan.reset) + plan.other_failures == len(told)
    assert len(plan.reset) == (
        plan.oom_fixed + plan.timeout_fixed + plan.unknown_retried + plan.cluster_retried
    )


@given(situations(), _OPTIONS)
def test_no_raise_is_a_reduction_or_beyond_what_there_is(facts, options):
    plan = make_recovery_plan(facts, options)

    for each in plan.raises:
        present = facts.requirements[each.requirements_id]
        assert (each.old_memory, each.old_runtime) == (present.memory, present.runtime)
        memory, runtime_s = (
            parse_memory(each.memory or present.memory),
            parse_duration(each.runtime or present.runtime),
        )
        assert memory >= parse_memory(present.memory)
        assert runtime_s >= parse_duration(present.runtime)
        if each.memory and options.max_memory_bytes is not None:
            assert memory <= options.max_memory_bytes
        if each.runtime and options.max_runtime_s is not None:
            assert runtime_s <= options.max_runtime_s
        assert not facts.nodes or any(
            kind.has(present)
            and (kind.memory_bytes is None or memory <= kind.memory_bytes)
            and (kind.runtime_s is None or runtime_s <= kind.runtime_s)
            for kind in facts.nodes
        )
    if options.max_node_hours is not None:
        assert plan.node_hours <= options.max_node_hours + 1e-3


@given(situations(), _OPTIONS)
def test_what_the_cluster_did_raises_nothing(facts, options):
    plan = make_recovery_plan(facts, options)

    by_cluster = {
        job_id for group in plan.groups if group.cause in CLUSTER_CAUSES for job_id in group.job_ids
    }
    raised = {job_id for each in plan.raises for job_id in each.job_ids}
    assert not by_cluster & raised
    assert raised <= set(plan.reset)


@given(situations(), _OPTIONS)
def test_a_plan_survives_its_record_and_says_what_it_does(facts, options):
    plan = make_recovery_plan(facts, options)

    assert msgspec.json.decode(msgspec.json.encode(plan), type=RecoveryPlan) == plan
    assert make_recovery_plan(facts, options) == plan
    assert len(list(plan_lines(plan))) >= len(plan.groups)
    assert list(report_recovery(plan, {}).result.jobs_to_retry) == sorted(plan.reset)


@given(situations(), _OPTIONS)
def test_an_attempt_raises_once_though_a_plan_is_made_again_before_its_jobs_ran(facts, options):
    first = make_recovery_plan(facts, options)
    after = applied(facts, first)

    second = make_recovery_plan(after, options)

    raised = {each.requirements_id for each in first.raises}
    assert not raised & {each.requirements_id for each in second.raises}
    assert applied(applied(facts, first), first).requirements == after.requirements

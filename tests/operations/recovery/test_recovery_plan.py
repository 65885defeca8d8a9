"""Which jobs run again after failures, and with how much more."""

from __future__ import annotations

import msgspec
import pytest

from tests.core.diagnosis.attempts import needs
from tests.operations.recovery.recovery_facts import GIB, Situation, node
from torc_core.diagnosis.failures import Cause
from torc_core.diagnosis.observation import StepEnd
from torc_core.errors import UsageError
from torc_core.model.records.recovery import MAX_PLAN_BYTES
from torc_core.operations.recovery.options import RecoveryOptions
from torc_core.operations.recovery.plan import RecoveryPlan, WhyNot
from torc_core.operations.recovery.planning import make_recovery_plan
from torc_core.operations.recovery.report import plan_lines, report_recovery, summary


def plan_of(situation: Situation, **options) -> RecoveryPlan:
    return make_recovery_plan(situation.facts(), RecoveryOptions(**options))


def refused(plan: RecoveryPlan) -> dict[int, WhyNot]:
    return {job: group.why_not for group in plan.groups if group.why_not for job in group.job_ids}


@pytest.mark.parametrize(
    ("attempt", "cause", "memory", "runtime"),
    [
        # of 8 GiB and an hour; the documented heuristics
        ({"code": 1, "peak": 9 * GIB}, Cause.OUT_OF_MEMORY, "14g", None),
        ({"code": 137, "peak": GIB}, Cause.OUT_OF_MEMORY, "12g", None),
        ({"code": 137, "minutes": 58}, Cause.OUT_OF_TIME, None, "PT1H24M"),
        ({"status": "terminated", "code": 152}, Cause.OUT_OF_TIME, None, "PT1H24M"),
        (
            {"status": "terminated", "code": 152, "peak": 9 * GIB},
            Cause.OUT_OF_TIME,
            "14g",
            "PT1H24M",
        ),
        # what the cluster did
        ({"code": -128, "minutes": 59}, Cause.LOST, None, None),
        ({"status": "terminated", "code": 143, "minutes": 59}, Cause.STOPPED, None, None),
        ({"code": 137, "step_end": StepEnd.PREEMPTED}, Cause.STOPPED, None, None),
        ({"code": 137, "step_end": StepEnd.NODE, "peak": 9 * GIB}, Cause.LOST, None, None),
        ({"code": 1, "step_end": StepEnd.MEMORY}, Cause.OUT_OF_MEMORY, "12g", None),
    ],
)
def test_the_cause_decides_what_is_raised(attempt, cause, memory, runtime):
    situation = Situation()
    job = situation.add(**{"status": "failed", **attempt})

    plan = plan_of(situation)

    assert plan.reset == (job,)
    assert [group.cause for group in plan.groups] == [cause]
    assert [(each.memory, each.runtime) for each in plan.raises] == (
        [(memory, runtime)] if memory or runtime else []
    )


def test_what_failed_of_an_unknown_cause_is_retried_only_on_request():
    situation = Situation()
    job = situation.add("failed", 1)

    assert refused(plan_of(situation)) == {job: WhyNot.UNKNOWN}
    for options in ({"retry_unknown": True}, {"hook": "bash fix.sh"}):
        plan = plan_of(situation, **options)
        assert (plan.reset, plan.unknown_retried, plan.raises) == ((job,), 1, ())


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (127, "command not found"),
        (126, "the command cannot be executed"),
        (139, "segmentation fault, SIGSEGV"),
        (134, "aborted, SIGABRT"),
        (3, "failed of an unknown cause"),
    ],
)
def test_what_an_exit_code_says_is_the_reason_for_not_retrying(code, said):
    situation = Situation()
    situation.add("failed", code)

    assert list(plan_lines(plan_of(situation))) == [
        f"Job 1 (job1): not retried: {said}; --retry-unknown retries it"
    ]
    retried = plan_of(situation, retry_unknown=True)
    assert list(plan_lines(retried)) == [f"Job 1 (job1): {said}, retried"]
    assert retried.unknown_retried == 1


def test_an_output_file_that_was_not_written_is_a_cause_of_its_own():
    situation = Situation()
    job = situation.add("failed", 1)
    facts = msgspec.structs.replace(situation.facts(), not_written={job})

    plan = make_recovery_plan(facts, RecoveryOptions())
    assert refused(plan) == {job: WhyNot.NOT_WRITTEN}
    (said,) = plan_lines(plan)
    assert said.startswith("Job 1 (job1): not retried: exited with 0 but did not write an output")
    retried = make_recovery_plan(facts, RecoveryOptions(retry_unknown=True))
    assert (retried.reset, retried.unknown_retried) == ((job,), 1)
    assert list(plan_lines(retried)) == ["Job 1 (job1): did not write an output file, retried"]


def test_a_failure_that_waits_for_a_decision_is_left_to_it_unless_its_cause_is_known():
    situation = Situation()
    unknown = situation.add("pending_failed", 1)
    known = situation.add("pending_failed", 137)

    plan = plan_of(situation)

    assert plan.reset == (known,)
    assert refused(plan) == {unknown: WhyNot.UNDECIDED}


def test_of_three_jobs_of_one_set_the_one_that_failed_alone_runs_again():
    situation = Situation()
    situation.add("completed", 0)
    failed = situation.add("failed", 137)
    situation.add("completed", 0)

    plan = plan_of(situation)

    assert plan.reset == (failed,)
    (larger,) = plan.raises
    assert (larger.job_ids, larger.num_sharing, larger.memory) == ((failed,), 0, "12g")


def test_a_set_is_raised_once_for_the_largest_need_and_others_that_share_it_are_counted():
    situation = Situation()
    one = situation.add("failed", 137, peak=GIB)
    two = situation.add("failed", 1, peak=10 * GIB)
    situation.add("blocked")
    situation.add("failed", 1)

    plan = plan_of(situation)

    (larger,) = plan.raises
    assert (larger.memory, larger.job_ids, larger.num_sharing) == ("15g", (one, two), 2)
    assert list(plan_lines(plan)) == [
        "Job 1 (job1): OOM detected, increasing memory 8g -> 15g",
        "Job 2 (job2): OOM detected, increasing memory 8g -> 15g",
        "Job 4 (job4): not retried: failed of an unknown cause; --retry-unknown retries it",
        "2 other unfinished jobs share the requirements 'needs' and get the same",
    ]


def test_what_was_raised_since_the_attempt_is_not_raised_again():
    situation = Situation()
    job = situation.add("failed", 137, requirements=needs("12g"), is_before_change=True)

    plan = plan_of(situation)

    assert (plan.reset, plan.raises) == ((job,), ())
    assert list(plan_lines(plan)) == [
        "Job 1 (job1): OOM detected, retried with what it requires now"
    ]


def test_only_present_failures_count():
    situation = Situation()
    situation.add("ready", 137, result="failed")
    situation.add("completed", 0)
    situation.add("running", 137, result="failed")
    lacks_result = situation.add("failed", 0, result="completed")

    plan = plan_of(situation)

    assert (plan.reset, plan.raises) == ((), ())
    assert refused(plan) == {lacks_result: WhyNot.UNKNOWN}


def test_what_was_canceled_because_of_a_failure_follows_it_and_nothing_else_that_was_canceled():
    situation = Situation()
    failed = situation.add("failed", 137)
    first = situation.add("canceled", result="none", after=[failed])
    situation.add("canceled", result="none", after=[first])
    done = situation.add("completed", 0)
    on_request = situation.add("canceled", 143, after=[done])
    below = situation.add("canceled", result="none", after=[on_request])

    plan = plan_of(situation)

    assert plan.reset == (failed,)
    assert refused(plan) == {on_request: WhyNot.CANCELED, below: WhyNot.CANCELED}


@pytest.mark.parametrize("memory", ["1m", "0"])
def test_what_is_not_stated_cannot_be_raised(memory):
    situation = Situation()
    job = situation.add("failed", 137, requirements=needs(memory, "PT1M", 1), minutes=0.5)

    plan = plan_of(situation)

    assert refused(plan) == {job: WhyNot.UNSTATED}
    (said,) = plan_lines(plan)
    assert said.startswith("Job 1 (job1): not retried: killed, likely for its memory, but states")
    assert plan_of(situation, retry_unknown=True).reset == (job,)


def test_memory_is_raised_up_to_the_largest_node_that_fits_and_no_further():
    situation = Situation(node(memory_gib=10), node("the partition fat", cpus=1, memory_gib=512))
    situation.add("failed", 137)

    (larger,) = plan_of(situation).raises

    assert (larger.memory, larger.memory_cap) == ("10g", "the partition standard allows 10.0 GiB")


@pytest.mark.parametrize(
    ("nodes", "options", "attempt", "why_not", "reason"),
    [
        (
            [node(memory_gib=8)],
            {},
            {"code": 137},
            WhyNot.MEMORY_LIMIT,
            "has 8g of memory already: the partition standard allows 8.0 GiB",
        ),
        (
            [node(memory_gib=10)],
            {},
            {"code": 1, "peak": 11 * GIB},
            WhyNot.MEMORY_LIMIT,
            "used more memory than it may have: the partition standard allows 10.0 GiB",
        ),
        (
            [],
            {"max_memory_bytes": 8 * GIB},
            {"code": 137},
            WhyNot.MEMORY_LIMIT,
            "has 8g of memory already: --max-memory allows 8.0 GiB",
        ),
        (
            [node(cpus=1)],
            {},
            {"code": 137},
            WhyNot.MEMORY_LIMIT,
            "has 8g of memory already: no node has what else is required",
        ),
        (
            [node(hours=1)],
            {},
            {"code": 152, "minutes": 60},
            WhyNot.RUNTIME_LIMIT,
            "may run PT1H already: the partition standard allows 1h 00m",
        ),
        (
            [],
            {"max_runtime_s": 1800},
            {"code": 152},
            WhyNot.RUNTIME_LIMIT,
            "may run PT1H already: --max-runtime allows 30m 00s",
        ),
        (
            [],
            {"max_node_hours": 1.0},
            {"code": 152},
            WhyNot.NODE_HOURS,
            "may take 1.4 node-hours: --max-node-hours allows 1 in all",
        ),
    ],
)
def test_what_cannot_get_what_it_needs_is_not_retried(nodes, options, attempt, why_not, reason):
    situation = Situation(*nodes)
    situation.add("failed", **attempt)

    plan = plan_of(situation, **options)

    assert (plan.reset, plan.raises, plan.other_failures) == ((), (), 1)
    (group,) = plan.groups
    assert (group.why_not, group.reason) == (why_not, reason)


def test_a_longer_runtime_is_looked_for_where_there_is_the_memory():
    nodes = [node(memory_gib=9, hours=48), node("the partition fat", memory_gib=512, hours=1.2)]
    situation = Situation(*nodes)
    situation.add("failed", 137)
    situation.add("failed", 152, minutes=60)

    (larger,) = plan_of(situation).raises

    assert (larger.memory, larger.runtime) == ("12g", "PT1H12M")
    assert larger.runtime_cap == "the partition fat allows 1h 12m"


def test_node_hours_are_spent_on_the_first_jobs_and_count_parts_of_nodes():
    situation = Situation(node(cpus=8, memory_gib=64))
    jobs = [situation.add("failed", -128) for _ in range(5)]  # an hour of a quarter of a node each

    plan = plan_of(situation, max_node_hours=0.8)

    assert plan.reset == tuple(jobs[:3])
    assert plan.node_hours == 0.75
    assert refused(plan) == dict.fromkeys(jobs[3:], WhyNot.NODE_HOURS)


@pytest.mark.parametrize(
    "options",
    [
        {"memory_multiplier": 0.9},
        {"runtime_multiplier": 0.0},
        {"memory_multiplier": float("nan")},
        {"runtime_multiplier": float("inf")},
        {"max_memory_bytes": 0},
        {"max_node_hours": -1.0},
    ],
)
def test_options_that_make_no_sense_are_refused(options):
    with pytest.raises(UsageError, match=r"is not a number from 1|leaves nothing"):
        plan_of(Situation(), **options)


def test_many_jobs_of_one_fate_have_one_line():
    situation = Situation()
    for _ in range(7):
        situation.add("failed", 137)

    plan = plan_of(situation)

    assert list(plan_lines(plan)) == [
        "7 jobs, such as 1 (job1), 2 (job2), 3 (job3): OOM detected, increasing memory 8g -> 12g"
    ]
    assert summary(plan) == "7 OOM, 0 timeout"


def test_programs_get_the_documented_shape():
    situation = Situation()
    situation.add("failed", 137, peak=GIB)
    situation.add("failed", 1)
    situation.add("failed", -128, requirements=needs(id_=2))
    facts = situation.facts()
    names = {job_id: job.name for job_id, job in facts.jobs.items()}

    report = report_recovery(plan_of(situation), names, dry_run=True)

    assert msgspec.json.decode(msgspec.json.encode(report)) == {
        "workflow_id": 1,
        "dry_run": True,
        "memory_multiplier": 1.5,
        "runtime_multiplier": 1.4,
        "result": {
            "oom_fixed": 1,
            "timeout_fixed": 0,
            "unknown_retried": 0,
            "other_failures": 1,
            "jobs_to_retry": [1, 3],
            "adjustments": [
                {
                    "resource_requirements_id": 1,
                    "resource_requirements_name": "needs",
                    "job_ids": [1],
                    "job_names": ["job1"],
                    "memory_adjusted": True,
                    "original_memory": "8g",
                    "new_memory": "12g",
                    "max_peak_memory_bytes": GIB,
                    "runtime_adjusted": False,
                }
            ],
            "cluster_retried": 1,
            "not_retried": [
                {
                    "cause": "unknown",
                    "why_not": "unknown_cause",
                    "reason": "failed of an unknown cause; --retry-unknown retries it",
                    "job_ids": [2],
                }
            ],
            "node_hours": 2.0,
        },
    }


def test_a_plan_for_four_hundred_thousand_jobs_fits_into_its_record():
    situation = Situation()
    for _ in range(1000):
        situation.add("failed", 137)
    plan = plan_of(situation)
    (group,) = plan.groups
    many = tuple(range(1_000_000, 1_400_000))
    large = msgspec.structs.replace(
        plan,
        groups=(msgspec.structs.replace(group, job_ids=many),),
        raises=(msgspec.structs.replace(plan.raises[0], job_ids=many),),
    )

    assert len(msgspec.json.encode(large)) < MAX_PLAN_BYTES

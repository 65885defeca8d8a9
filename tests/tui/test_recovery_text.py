"""A recovery plan as the interface shows it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from torc_core.characters import HIDDEN
from torc_core.diagnosis.failures import Cause
from torc_core.operations.recovery.plan import JobGroup, Raise, RecoveryPlan, WhyNot
from torc_tui.state.texts.recovery import NAMES_SHOWN, plan_text


def plan_of(*groups, raises=(), **fields):
    return RecoveryPlan(
        workflow_id=1,
        run_id=1,
        memory_multiplier=1.5,
        runtime_multiplier=1.4,
        groups=groups,
        raises=raises,
        **fields,
    )


def lines_of(plan, width=76, **parts):
    return ["".join(cell.text for cell in line) for line in plan_text(plan, width, **parts)]


def test_failures_are_grouped_by_cause_with_old_and_new_values_and_why_not():
    large = JobGroup(cause=Cause.OUT_OF_MEMORY, job_ids=(1, 2), names=("a", "b"), requirements_id=7)
    long = JobGroup(cause=Cause.OUT_OF_TIME, job_ids=(3,), names=("c",), requirements_id=8)
    lost = JobGroup(cause=Cause.LOST, job_ids=(4,), names=("d",))
    stopped = JobGroup(cause=Cause.STOPPED, job_ids=(9,), names=("i",))
    huge = JobGroup(
        cause=Cause.OUT_OF_MEMORY,
        job_ids=(5,),
        names=("e",),
        requirements_id=9,
        why_not=WhyNot.MEMORY_LIMIT,
        reason="has 64g of memory already: this machine has no more",
    )
    unknown = JobGroup(
        cause=Cause.UNKNOWN,
        job_ids=(6,),
        names=("f",),
        why_not=WhyNot.UNKNOWN,
        reason="failed of an unknown cause; --retry-unknown retries it",
    )
    canceled = JobGroup(
        job_ids=(8,), names=("h",), why_not=WhyNot.CANCELED, reason="was canceled by itself"
    )
    more_memory = Raise(
        requirements_id=7,
        name="big",
        job_ids=(1, 2),
        num_sharing=3,
        old_memory="1g",
        old_runtime="PT1M",
        memory="1536m",
        peak_memory_bytes=1 << 30,
    )
    more_time = Raise(
        requirements_id=8,
        name="slow",
        job_ids=(3,),
        num_sharing=1,
        old_memory="1g",
        old_runtime="PT1H",
        runtime="PT84M",
        runtime_cap="the partition allows no more",
        longest_s=3600.0,
    )
    plan = plan_of(
        *(large, long, lost, stopped, huge, unknown, canceled),
        raises=(more_memory, more_time),
        node_hours=2.5,
    )

    assert lines_of(plan, after=["Then it runs."]) == [
        "8 jobs did not end well: 5 to be retried, 3 to be left alone.",
        "",
        "Out of memory  3 jobs",
        "  retried     2 jobs: a (1), b (2)",
        "  memory      1g → 1536m   used at most 1.0 GiB",
        "  also        3 other unfinished jobs share the requirements 'big' and get",
        "              the same",
        "",
        "  not retried 1 job: e (5)",
        "  because     has 64g of memory already: this machine has no more",
        "",
        "Out of time  1 job",
        "  retried     1 job: c (3)",
        "  runtime     1h 00m → 1h 24m   ran at most 1h 00m; the partition allows no",
        "              more",
        "  also        1 other unfinished job shares the requirements 'slow' and gets",
        "              the same",
        "",
        "Lost with their runner, node or allocation  1 job",
        "  retried     1 job: d (4)",
        "  with        what they had: it was not their fault",
        "",
        "Stopped with their runner or allocation  1 job",
        "  retried     1 job: i (9)",
        "  with        what they had: it was not their fault",
        "",
        "Unknown cause  1 job",
        "  not retried 1 job: f (6)",
        "  because     would likely fail again; l shows what a job wrote, Y retries",
        "              all as they are",
        "",
        "Canceled  1 job",
        "  not retried 1 job: h (8)",
        "  because     was canceled by itself",
        "",
        "The retried jobs take 2.5 node-hours at most.",
        "Then it runs.",
    ]


def test_what_an_exit_code_says_is_shown_with_the_jobs():
    plan = plan_of(
        JobGroup(
            cause=Cause.UNKNOWN,
            job_ids=(6,),
            names=("f",),
            why_not=WhyNot.UNKNOWN,
            reason="command not found; --retry-unknown retries it",
            kind="command not found",
        )
    )

    assert lines_of(plan)[2:5] == [
        "Unknown cause  1 job",
        "  not retried 1 job: f (6)",
        "  exit code   command not found",
    ]


def test_an_output_file_that_was_not_written_is_named_as_the_cause():
    plan = plan_of(
        JobGroup(cause=Cause.NOT_WRITTEN, job_ids=(6,), names=("f",), why_not=WhyNot.NOT_WRITTEN)
    )

    assert lines_of(plan)[2:] == [
        "Output file not written  1 job",
        "  not retried 1 job: f (6)",
        "  because     exited with 0 but did not write an output file; ! says which,",
        "              l shows what a job wrote, Y retries all as they are",
    ]


def test_of_many_jobs_the_first_are_named():
    ids = tuple(range(1, 1001))
    names = tuple(f"job_{number}" for number in ids[:20])
    plan = plan_of(JobGroup(cause=Cause.LOST, job_ids=ids, names=names))

    text = " ".join(" ".join(lines_of(plan)).split())

    assert f"1,000 jobs: job_1 (1), job_2 (2), job_3 (3), job_4 (4), job_5 (5) and {995} more" in (
        text
    )
    assert NAMES_SHOWN == 5


@given(name=st.text(max_size=60), reason=st.text(max_size=60), width=st.integers(40, 200))
def test_names_and_reasons_are_clean_and_fit(name, reason, width):
    group = JobGroup(job_ids=(1,), names=(name,), why_not=WhyNot.CANCELED, reason=reason)

    for line in lines_of(plan_of(group), width, before=[name]):
        assert not HIDDEN.search(line)
        assert line.isascii() is False or cell_len(line) <= width

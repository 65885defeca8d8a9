"""What a watch does next: each rule by a table, and what holds for all situations."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from torc_core.clock import utc_text
from torc_core.model.records.recovery import Recovery, RecoveryKind, RecoveryOutcome
from torc_core.model.status import JobStatus
from torc_core.moments import zoned_moment
from torc_core.operations.recovery.watch.decide import (
    MOST_FRUITLESS,
    Finish,
    Recover,
    Release,
    RunHere,
    Schedule,
    Settle,
    Wait,
    decide,
)
from torc_core.operations.recovery.watch.options import WatchOptions
from torc_core.operations.recovery.watch.situation import Allocations, Situation

NOW = 1_800_000_000.0
PLAIN = WatchOptions()
RECOVER = WatchOptions(recover=True)
SCHEDULE = WatchOptions(auto_schedule=True)
BOTH = WatchOptions(recover=True, auto_schedule=True)
ALL_OVER = Allocations(ended=2)
WAITING, RUNNING = Allocations(waiting=1), Allocations(running=1)
DONE, FAILED = RecoveryOutcome.DONE, RecoveryOutcome.FAILED


def situation(allocations=ALL_OVER, *, run_id=1, jobs=None, **fields):
    counts = {"ready": 3} if jobs is None else jobs
    return Situation(
        workflow_id=42, run_id=run_id, counts=counts, allocations=allocations, **fields
    )


def recovery(kind="recover", outcome=DONE, *, run_id=1, number=1, began=NOW - 100, held=False):
    return Recovery(
        id=number,
        workflow_id=42,
        kind=RecoveryKind(kind),
        run_id=run_id,
        number=number,
        holder="login1:7:abc",
        is_held=held,
        held_until=utc_text(int((NOW + 40) * 1000)),
        started_at=utc_text(int(began * 1000)),
        ended_at=None if outcome is None else utc_text(int(NOW * 1000)),
        outcome=outcome,
    )


ENDED = {"completed": 1, "failed": 2}


@pytest.mark.parametrize("options", [PLAIN, RECOVER, SCHEDULE, BOTH])
def test_a_workflow_whose_jobs_all_completed_is_the_end(options):
    decision = decide(situation(jobs={"completed": 100, "disabled": 1}), options, NOW)
    assert decision == Finish(exit_code=0, sentence="Workflow completed successfully (100 jobs)")


@pytest.mark.parametrize("status", ["failed", "canceled", "terminated"])
def test_jobs_without_success_are_the_end_unless_they_are_to_be_recovered(status):
    ended = situation(jobs={"completed": 1, status: 2})
    assert decide(ended, SCHEDULE, NOW).exit_code == 1
    assert decide(ended, RECOVER, NOW) == Recover(attempt=1, number=1)


@pytest.mark.parametrize(
    ("run_id", "recoveries", "expected"),
    [
        (1, [], (1, 1)),
        (2, [recovery(run_id=1)], (2, 1)),
        (3, [recovery(run_id=1), recovery(run_id=2)], (3, 1)),
        (4, [recovery(run_id=each) for each in (1, 2, 3)], None),
        (4, [recovery(run_id=1), recovery(run_id=2)], (1, 1)),  # the user began run 4
        (5, [recovery(run_id=each) for each in (1, 2, 4)], (2, 1)),
        (2, [recovery(run_id=2, outcome=FAILED)], (1, 2)),
        (2, [recovery(run_id=1), recovery(run_id=2, outcome=RecoveryOutcome.ABANDONED)], (2, 2)),
        (4, [recovery("schedule", run_id=each) for each in (1, 2, 3)], (1, 1)),
    ],
)
def test_recoveries_count_as_retries_as_long_as_each_led_to_the_next_run(
    run_id, recoveries, expected
):
    ended = situation(jobs=ENDED, run_id=run_id, recoveries=tuple(recoveries))
    decision = decide(ended, RECOVER, NOW)
    if expected is None:
        assert decision.exit_code == 1
        assert decision.sentence == "Max retries (3) exceeded. Manual intervention required."
    else:
        assert decision == Recover(attempt=expected[0], number=expected[1])


def test_a_recovery_waits_until_all_who_worked_have_left():
    for left, expected in (
        ({"allocations": Allocations(waiting=1, running=1)}, Release()),
        ({"allocations": RUNNING}, Wait(why="Waiting until the last workers have left.")),
        ({"runners": 1}, Wait(why="Waiting until the last workers have left.")),
        ({"runs_here": 1}, Wait(until=NOW + 2)),
        ({"allocations": Allocations(stale=1)}, Settle()),
        ({"stale_runners": 1}, Settle()),
    ):
        ended = situation(jobs=ENDED, **left)
        for options in (RECOVER, BOTH):
            assert decide(ended, options, NOW) == expected
        assert decide(ended, PLAIN, NOW).exit_code == 1
        worn = msgspec.structs.replace(RECOVER, max_retries=0)
        assert decide(ended, worn, NOW).sentence.startswith("Max retries (0) exceeded.")


def test_what_was_withdrawn_is_not_watched():
    for fields in ({"is_canceled": True}, {"is_archived": True}, {"jobs": {"ready": 0}}):
        assert decide(situation(RUNNING, **fields), BOTH, NOW).exit_code == 1


def test_a_workflow_for_slurm_that_was_never_submitted_is_refused():
    decision = decide(situation(Allocations()), BOTH, NOW)
    assert decision.exit_code == 1
    assert "never submitted" in decision.sentence
    assert "torc submit 42" in decision.hint
    assert decide(situation(Allocations(), runners=1), BOTH, NOW) == Wait()


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (situation(WAITING), Wait()),
        (situation(RUNNING, jobs={"running": 3}), Wait()),
        (situation(runners=1), Wait()),
        (situation(None, runners=1, jobs={"running": 3}), Wait()),
        (situation(None, runs_here=1), Wait(until=NOW + 2)),
        (situation(Allocations(running=1, stale=1)), Settle()),
        (situation(jobs={"running": 1, "ready": 2}), Settle()),
        (situation(jobs={"pending": 1}), Settle()),
        (situation(stale_runners=1), Settle()),
        (situation(None, jobs={"running": 1}), Settle()),
        (situation(None, jobs={"running": 1}, runners=1, dead_runners=1), Wait()),
    ],
)
def test_who_works_is_waited_for_and_who_is_gone_is_settled(found, expected):
    for options in (PLAIN, RECOVER, SCHEDULE, BOTH):
        assert decide(found, options, NOW) == expected


def test_jobs_without_any_allocation_get_some_or_are_recovered_or_end_the_watch():
    assert isinstance(decide(situation(), SCHEDULE, NOW), Schedule)
    assert isinstance(decide(situation(), BOTH, NOW), Schedule)
    assert decide(situation(), RECOVER, NOW) == Recover(attempt=1, number=1)
    assert decide(situation(), PLAIN, NOW).exit_code == 1
    assert "--auto-schedule" in decide(situation(), PLAIN, NOW).hint
    stuck = situation(jobs={"pending_failed": 1, "blocked": 2})
    assert decide(stuck, SCHEDULE, NOW).exit_code == 1
    assert "--auto-schedule" not in decide(stuck, SCHEDULE, NOW).hint
    assert decide(stuck, BOTH, NOW) == Recover(attempt=1, number=1)


def test_nodes_that_served_for_nothing_are_requested_again_after_the_cooldown_and_not_for_ever():
    began = [recovery("schedule", number=each, began=NOW - 100 * each) for each in range(1, 4)]
    first = situation(recoveries=(began[0],))
    waits = decide(first, SCHEDULE, NOW)
    assert waits.until == NOW - 100 + SCHEDULE.cooldown_s
    assert waits.why.endswith(f"requested again at {zoned_moment(waits.until, NOW)}.")
    assert decide(first, SCHEDULE, NOW - 100 + SCHEDULE.cooldown_s).number == 2
    assert decide(situation(recoveries=(began[0],), last_end=NOW - 50), SCHEDULE, NOW).number == 2
    useless = situation(recoveries=tuple(began))
    assert useless.fruitless == MOST_FRUITLESS
    assert decide(useless, SCHEDULE, NOW).exit_code == 1


@pytest.mark.parametrize(
    ("fields", "options", "expected"),
    [
        ({"retries": (NOW - 100,) * 4}, {}, NOW - 100 + 7200),
        ({"retries": (NOW - 100,) * 5}, {}, "now"),
        ({"retries": (NOW - 10,) * 5}, {}, NOW + 50),
        ({"retries": (NOW - 100,) * 4 + (NOW - 20,)}, {}, NOW + 40),
        ({"retries": (NOW - 7200,)}, {}, "now"),
        ({"retries": (NOW - 9999,)}, {"stranded_timeout_s": 0.0}, None),
        ({"retries": (NOW - 100,) * 2}, {"threshold": 2}, "now"),
        ({}, {}, None),
        ({"retries": (NOW - 500,) * 5, "last": 100}, {}, NOW + 1700),
        ({"retries": (NOW - 500,) * 5, "last": 100}, {"cooldown_s": 60.0}, "now"),
        ({"retries": (NOW - 9000,), "last": 1700}, {}, NOW + 100),
        # Those for whom nodes were requested are waited for as long as these wait in the queue.
        ({"retries": (NOW - 5000,) * 5, "last": 4000, "waiting": 1}, {}, None),
        ({"retries": (NOW - 5000,) * 5, "last": 4000}, {}, "now"),
        ({"retries": (NOW - 5000, *[NOW - 100] * 5), "last": 4000, "waiting": 1}, {}, "now"),
    ],
)
def test_retries_get_nodes_of_their_own_when_they_are_many_or_wait_for_long(
    fields, options, expected
):
    last = fields.pop("last", None)
    recoveries = () if last is None else (recovery("schedule", began=NOW - last),)
    allocations = Allocations(running=1, waiting=fields.pop("waiting", 0))
    found = situation(allocations, recoveries=recoveries, last_end=NOW, **fields)
    decision = decide(found, msgspec.structs.replace(SCHEDULE, **options), NOW)
    if expected == "now":
        assert isinstance(decision, Schedule)
        assert decision.only_retries
        assert decision.number == len(recoveries) + 1
    else:
        assert decision == Wait(until=expected)
    assert decide(found, RECOVER, NOW) == Wait()


def test_a_local_workflow_without_a_runner_is_run_here_if_that_is_allowed():
    found = situation(None)
    assert decide(found, RECOVER, NOW) == RunHere(number=1)
    waits = decide(found, PLAIN, NOW)
    assert isinstance(waits, Wait)
    assert "torc run 42" in waits.why
    died = situation(None, jobs={"running": 1, "blocked": 1}, dead_runners=1)
    assert decide(died, RECOVER, NOW) == RunHere(number=1)
    assert decide(died, PLAIN, NOW) == waits
    runs = tuple(recovery("schedule", number=each) for each in range(1, 4))
    assert decide(situation(None, recoveries=runs), RECOVER, NOW).exit_code == 1
    assert decide(situation(None, recoveries=runs, last_end=NOW), RECOVER, NOW).number == 4


@pytest.mark.parametrize(
    "jobs", [{"pending_failed": 1, "blocked": 2}, {"completed": 1, "uninitialized": 1}]
)
def test_what_a_run_here_would_leave_alone_is_recovered(jobs):
    assert decide(situation(None, jobs=jobs), RECOVER, NOW) == Recover(attempt=1, number=1)
    assert isinstance(decide(situation(None, jobs=jobs), PLAIN, NOW), Wait)
    new = situation(None, jobs={"uninitialized": 2}, run_id=0)
    assert decide(new, RECOVER, NOW) == RunHere(number=1)


@pytest.mark.parametrize("options", [PLAIN, RECOVER, SCHEDULE, BOTH])
@pytest.mark.parametrize("jobs", [ENDED, {"ready": 1}, {"uninitialized": 1}, {"completed": 1}])
def test_a_recovery_that_another_carries_out_is_waited_for(options, jobs):
    found = situation(jobs=jobs, recoveries=(recovery(outcome=None, held=True),))
    decision = decide(found, options, NOW)
    assert isinstance(decision, Wait)
    assert decision.until == NOW + 40
    assert "login1:7:abc" in decision.why


@pytest.mark.parametrize(
    ("kind", "options", "allocations", "expected"),
    [
        ("recover", RECOVER, ALL_OVER, Recover),
        ("recover", RECOVER, None, Recover),
        ("recover", SCHEDULE, ALL_OVER, Finish),
        ("recover", PLAIN, ALL_OVER, Finish),
        ("schedule", SCHEDULE, ALL_OVER, Schedule),
        ("schedule", RECOVER, ALL_OVER, Schedule),
        ("schedule", RECOVER, None, RunHere),
        ("schedule", PLAIN, ALL_OVER, Finish),
    ],
)
def test_a_recovery_whose_holder_died_is_continued_by_who_may(kind, options, allocations, expected):
    left = recovery(kind, outcome=None, number=2)
    decision = decide(situation(allocations, recoveries=(left,)), options, NOW)
    assert isinstance(decision, expected)
    if expected is not Finish:
        assert decision.number == 2


counts = st.dictionaries(st.sampled_from([str(each) for each in JobStatus]), st.integers(0, 3))
few = st.integers(0, 2)
moments = st.floats(NOW - 10_000, NOW)
recoveries = st.builds(
    recovery,
    st.sampled_from(["recover", "schedule"]),
    st.sampled_from([None, *RecoveryOutcome]),
    run_id=st.integers(0, 4),
    number=st.integers(1, 3),
    began=moments,
    held=st.booleans(),
)
situations = st.builds(
    situation,
    st.none() | st.builds(Allocations, waiting=few, running=few, stale=few, ended=few),
    run_id=st.integers(0, 4),
    jobs=counts,
    is_canceled=st.sampled_from([False, False, True]),
    is_archived=st.sampled_from([False, False, True]),
    runners=few,
    stale_runners=few,
    runs_here=few,
    retries=st.lists(moments, max_size=8).map(sorted).map(tuple),
    recoveries=st.lists(recoveries, max_size=5).map(tuple),
    last_end=st.none() | moments,
)
choices = st.builds(
    WatchOptions,
    recover=st.booleans(),
    max_retries=st.integers(0, 4),
    auto_schedule=st.booleans(),
    threshold=st.integers(1, 6),
    cooldown_s=st.floats(0, 4000),
    stranded_timeout_s=st.floats(0, 8000),
)


@given(found=situations, options=choices)
def test_a_watch_does_only_what_it_may_and_nothing_beside_another(found, options):
    decision = decide(found, options, NOW)
    acts = isinstance(decision, Recover | Schedule | RunHere)
    if isinstance(decision, Recover | RunHere) and not found.going_on:
        assert options.recover
    if acts:
        assert options.recover or options.auto_schedule
        assert found.is_archived is found.is_canceled is False
        assert found.going_on is None or not found.going_on.is_held
        assert found.going_on is None or found.going_on.number == decision.number
        assert found.going_on or all(
            (each.run_id, each.number) != (found.run_id, decision.number)
            for each in found.recoveries
            if (each.kind == RecoveryKind.RECOVER) == isinstance(decision, Recover)
        )
    if isinstance(decision, Finish) and decision.exit_code == 0:
        assert found.is_over
        assert not found.failures


@given(found=situations, options=choices, later=st.floats(0, 1))
def test_a_wait_ends_when_it_says_and_not_before(found, options, later):
    wait = decide(found, options, NOW)
    if not isinstance(wait, Wait) or wait.until is None:
        return
    assert wait.until > NOW
    if found.runs_here or (found.going_on and found.going_on.is_held):
        return  # news of these come from elsewhere
    before = NOW + later * (wait.until - NOW)
    assert before == wait.until or decide(found, options, before) == wait
    assert decide(found, options, wait.until + 0.001) != wait

import pytest
from core.runner.simulated import SimulatedClock
from hypothesis import given
from hypothesis import strategies as st

from torc_core.runner.policy.limits import IdleLimits
from torc_core.runner.policy.shutdown import LAST_TRY_S, ShutdownPolicy
from torc_core.runner.policy.timers import Timer, TimerKind, Timers

LIMITS = IdleLimits(no_work_s=3600.0, no_server_s=7200.0, leaves_reports=False, final_report_s=30.0)
IDLE, NO_SERVER, FINAL_REPORT = map(
    Timer, (TimerKind.IDLE, TimerKind.NO_SERVER, TimerKind.FINAL_REPORT)
)


class World:
    """A shutdown policy in simulated time."""

    def __init__(self):
        self.clock = SimulatedClock()
        self.timers = Timers()
        self.policy = ShutdownPolicy(self.timers, LIMITS, self.clock)

    def see(self, **facts):
        """Update the timers; by default the runner is idle and the server has no work."""
        plain = {
            "is_idle": True,
            "found_no_work": True,
            "is_server_failing": False,
            "has_report": False,
        }
        self.policy.update_timers(**{**plain, **facts})
        return {timer for timer in (IDLE, NO_SERVER, FINAL_REPORT) if timer in self.timers}

    def expired_after(self, seconds):
        self.clock.now += seconds
        return self.timers.pop_expired(self.clock.now)


@pytest.fixture
def world():
    return World()


def test_a_runner_with_work_sets_no_timer(world):
    assert world.see(is_idle=False) == set()
    assert world.see(found_no_work=False) == set()
    assert world.policy.exit_reason is None
    assert not world.policy.is_stopping


def test_an_idle_runner_stays_for_its_limit_and_no_longer(world):
    assert world.see() == {IDLE}
    assert world.expired_after(3599.9) == []
    assert world.see() == {IDLE}
    assert world.expired_after(0.1) == [IDLE]


def test_the_limit_counts_from_the_latest_work(world):
    world.see()
    world.clock.now += 3000
    assert world.see(is_idle=False) == set()
    world.see()
    assert world.expired_after(3599) == []
    assert world.expired_after(1) == [IDLE]


@pytest.mark.parametrize(
    "facts",
    [{"is_idle": False}, {"found_no_work": False}, {"has_report": True}],
)
def test_a_runner_that_has_something_to_do_is_not_idle(world, facts):
    world.see()
    assert world.see(**facts) == set()


def test_an_idle_runner_without_a_server_has_another_limit(world):
    world.see()
    assert world.see(is_server_failing=True) == {NO_SERVER}
    assert world.see(is_server_failing=True, found_no_work=False) == {NO_SERVER}
    assert world.expired_after(7199) == []
    assert world.expired_after(1) == [NO_SERVER]


def test_an_unsent_report_keeps_the_runner_for_days(world):
    for _ in range(1000):
        assert world.see(is_server_failing=True, has_report=True) == set()
        assert world.expired_after(3600) == []


def test_running_jobs_keep_the_runner_without_a_server_for_days(world):
    for _ in range(1000):
        assert world.see(is_server_failing=True, is_idle=False) == set()
        assert world.expired_after(3600) == []


def test_an_unsent_report_keeps_a_stopped_runner_for_its_limit_only(world):
    world.policy.stop("stopped")
    world.policy.stop_code = 130
    facts = {"is_server_failing": True, "has_report": True}
    assert world.see(**facts) == {FINAL_REPORT}
    assert world.expired_after(29.9) == []
    world.see(**facts)
    assert world.expired_after(0.1) == [FINAL_REPORT]


def test_the_limit_of_the_final_report_counts_from_the_end_of_the_jobs(world):
    world.policy.stop("stopped")
    world.policy.stop_code = 130
    assert world.see(is_idle=False) == set()
    world.clock.now += 1000
    assert world.see() == {FINAL_REPORT}
    assert world.expired_after(29.9) == []


def test_a_runner_that_shuts_down_by_itself_waits_for_its_report(world):
    world.policy.stop("the workflow is complete")
    assert world.see(has_report=True) == set()
    assert world.see() == set(), "an idle limit would replace the reason"


def test_asked_twice_only_a_last_try_is_left(world):
    world.policy.stop("stopped")
    world.policy.stop_code = 130
    world.see()
    world.policy.hurry()
    assert world.see() == {FINAL_REPORT}
    assert LAST_TRY_S == 1.0
    assert world.expired_after(0.9) == []
    assert world.expired_after(0.1) == [FINAL_REPORT]
    assert world.policy.limits.no_work_s == LIMITS.no_work_s


def test_the_first_reason_is_kept_and_only_it_is_new(world):
    assert world.policy.stop("first") is True
    assert world.policy.stop("second") is False
    assert world.policy.abandon("third") is False
    assert world.policy.exit_reason == "first"
    assert world.policy.is_stopping


def test_reports_are_abandoned_only_on_purpose(world):
    world.policy.stop("first")
    assert not world.policy.abandon_reports
    world.policy.abandon("the server does not answer")
    assert world.policy.abandon_reports


def test_a_runner_without_a_server_says_so(world):
    assert world.policy.abandon("the server does not answer") is True
    assert world.policy.exit_reason == "the server does not answer"


@given(*[st.booleans()] * 4)
def test_a_runner_exits_when_it_is_stopping_idle_and_acknowledged(
    is_stopping, is_abandoned, is_idle, is_acknowledged
):
    policy = World().policy
    if is_stopping:
        policy.stop("stopped")
    if is_abandoned:
        policy.abandon("abandoned")
    may_exit = policy.may_exit(is_idle=is_idle, is_acknowledged=is_acknowledged)
    assert may_exit == (
        (is_stopping or is_abandoned) and is_idle and (is_acknowledged or is_abandoned)
    )


def test_a_runner_never_exits_with_an_unsent_report_unless_it_is_abandoned(world):
    world.policy.stop("the workflow is complete")
    assert not world.policy.may_exit(is_idle=True, is_acknowledged=False)
    assert world.policy.may_exit(is_idle=True, is_acknowledged=True)

import pytest
from core.runner.simulated import EPOCH_MS, SimulatedClock, completion
from hypothesis import given
from hypothesis import strategies as st

from torc_core.clock import utc_text
from torc_core.model.compute import ComputeNodesResources
from torc_core.model.exchange import WorkRequest
from torc_core.runner.policy.reporting import (
    MAX_PER_REQUEST,
    START_DELAY_S,
    Outbox,
    ReportScheduler,
)
from torc_core.runner.policy.timers import Timer, TimerKind, Timers

WORK = WorkRequest(
    resources=ComputeNodesResources(num_cpus=1, memory_gb=1.0, num_gpus=0, num_nodes=1), max_jobs=1
)
EXCHANGE = Timer(TimerKind.EXCHANGE)

# ---- the outbox


def test_an_empty_outbox_has_nothing():
    outbox = Outbox()
    assert not outbox
    assert not outbox.is_urgent
    assert outbox.take() == ([], [], [], [], False)


def test_a_start_can_wait_and_a_completion_or_release_cannot():
    outbox = Outbox()
    outbox.add_start(1, 4, EPOCH_MS)
    assert outbox
    assert not outbox.is_urgent
    outbox.add_completion(completion(2))
    assert outbox.is_urgent
    outbox = Outbox()
    outbox.add_release(3, 5)
    assert outbox
    assert outbox.is_urgent


def test_a_completion_reports_the_start_as_well():
    outbox = Outbox()
    outbox.add_start(1, 4, EPOCH_MS)
    outbox.add_start(2, 5, EPOCH_MS + 1)
    outbox.add_completion(completion(1, 4))
    starts, completions, *_ = outbox.take()
    assert [start.job_id for start in starts] == [2]
    assert [each.job_id for each in completions] == [1]


def test_a_report_says_what_happened_once():
    outbox = Outbox()
    outbox.add_start(1, 4, EPOCH_MS)
    outbox.add_completion(completion(2, 5))
    outbox.add_release(3, 6)
    (start,), (end,), (release,), *_ = outbox.take()
    assert (start.job_id, start.token, start.start_time) == (1, 4, utc_text(EPOCH_MS))
    assert (end.job_id, end.token) == (2, 5)
    assert (release.job_id, release.token) == (3, 6)
    assert not outbox
    assert outbox.take() == ([], [], [], [], False)


def test_a_job_that_is_lost_with_its_guard_is_given_back_as_one_that_may_have_started():
    outbox = Outbox()
    outbox.add_release(1, 4)
    outbox.add_release(2, 5, is_lost=True)
    assert [release.is_lost for release in outbox.take().releases] == [False, True]


def test_a_return_reports_again_what_runs_and_only_that():
    outbox = Outbox()
    for job_id in range(1, 5):
        outbox.add_start(job_id, 7, EPOCH_MS)
    outbox.take()
    outbox.add_completion(completion(1, 7))
    outbox.add_release(2, 7)
    outbox.add_return()
    assert [start.job_id for start in outbox.take().starts] == [3, 4]


def test_too_many_reports_for_one_request_go_in_several():
    outbox = Outbox()
    for job_id in range(MAX_PER_REQUEST + 2):
        outbox.add_start(job_id, 1, 0)
        if job_id != 7:
            outbox.add_completion(completion(job_id))
        outbox.add_release(job_id, 1)
    starts, completions, releases, *_ = outbox.take()
    assert [start.job_id for start in starts] == [7]
    assert len(completions) == len(releases) == MAX_PER_REQUEST
    assert outbox.is_urgent
    starts, completions, releases, *_ = outbox.take()
    assert (starts, [each.job_id for each in completions]) == ([], [MAX_PER_REQUEST + 1])
    assert [each.job_id for each in releases] == [MAX_PER_REQUEST, MAX_PER_REQUEST + 1]
    assert not outbox


def test_too_many_starts_for_one_request_go_in_several_oldest_first():
    outbox = Outbox()
    for job_id in range(MAX_PER_REQUEST + 3):
        outbox.add_start(job_id, 1, 0)
    assert [start.job_id for start in outbox.take()[0]] == list(range(MAX_PER_REQUEST))
    assert outbox
    assert len(outbox.take()[0]) == 3


@given(st.lists(st.tuples(st.sampled_from("scrt"), st.integers(1, 6)), max_size=60))
def test_every_report_is_taken_exactly_once_in_order(steps):
    outbox = Outbox()
    added: dict[str, list[int]] = {"s": [], "c": [], "r": []}
    taken: dict[str, list[int]] = {"s": [], "c": [], "r": []}
    pending: set[int] = set()
    for step, job_id in [*steps, ("t", 0)]:
        if step == "s" and job_id not in pending:
            outbox.add_start(job_id, 1, 0)
            pending.add(job_id)
            added["s"].append(job_id)
        elif step == "c":
            outbox.add_completion(completion(job_id))
            added["c"].append(job_id)
            if job_id in pending:
                pending.discard(job_id)
                added["s"].remove(job_id) if job_id not in taken["s"] else None
        elif step == "r":
            outbox.add_release(job_id, 1)
            added["r"].append(job_id)
        elif step == "t":
            for kind, reports in zip("scr", outbox.take()[:3], strict=True):
                taken[kind] += [report.job_id for report in reports]
            added["s"] = []
            taken["s"] = []
            pending.clear()
    assert taken["c"] == added["c"]
    assert taken["r"] == added["r"]
    assert not outbox


# ---- when to send


class World:
    """A scheduler in simulated time."""

    def __init__(self):
        self.clock = SimulatedClock()
        self.timers = Timers()
        self.outbox = Outbox()
        self.reports = ReportScheduler(self.outbox, self.timers, self.clock)

    def schedule(self, **facts):
        plain = {"batch_delay_s": 0.0, "poll_delay_s": 0.0, "in_flight": 1, "is_stopping": False}
        self.reports.schedule(**{**plain, **facts})

    def request(self, **facts):
        plain = {"wait_s": 5.0, "in_flight": 1, "is_stopping": False}
        return self.reports.next_request(lambda: WORK, **{**plain, **facts})

    @property
    def delay_s(self):
        """When the next request is due, if it is not due at once."""
        return self.timers.delay_s(self.clock.now)


@pytest.fixture
def world():
    """A scheduler whose first request is on its way."""
    made = World()
    first = made.request(in_flight=0)
    assert (first.work, first.wait_seconds, first.seq) == (WORK, 5.0, 0)
    return made


def test_the_first_request_is_due_at_once_and_then_none_is(world):
    assert world.request() is None
    assert world.delay_s is None


def test_with_a_long_poll_open_and_nothing_to_report_nothing_is_sent(world):
    world.schedule()
    assert world.request() is None
    assert world.delay_s is None


def test_an_answered_long_poll_is_followed_by_the_next(world):
    world.schedule(in_flight=0)
    assert world.request(in_flight=0).work == WORK


def test_while_jobs_run_the_next_long_poll_waits_a_little(world):
    world.schedule(in_flight=0, poll_delay_s=0.02)
    assert world.request(in_flight=0) is None
    assert world.delay_s == 0.02


def test_a_completion_is_reported_at_once(world):
    world.outbox.add_completion(completion(1))
    world.schedule()
    request = world.request()
    assert [end.job_id for end in request.ends] == [1]
    assert request.work == WORK
    assert not world.outbox


def test_completions_of_short_jobs_are_batched(world):
    world.outbox.add_completion(completion(1))
    world.schedule(batch_delay_s=0.05)
    assert world.request() is None
    world.clock.now = 0.03
    world.outbox.add_completion(completion(2))
    world.schedule(batch_delay_s=0.05)
    assert world.delay_s == pytest.approx(0.02), "the second does not defer the first"
    world.clock.now = 0.05
    assert world.timers.pop_expired(world.clock.now) == [EXCHANGE]
    world.reports.send_soon()
    assert [end.job_id for end in world.request().ends] == [1, 2]


def test_a_start_is_reported_soon_and_alone_sends_no_request_at_once(world):
    world.outbox.add_start(1, 4, EPOCH_MS)
    world.schedule()
    assert world.request() is None
    assert world.delay_s == START_DELAY_S


def test_a_release_is_reported_at_once(world):
    world.outbox.add_release(1, 4)
    world.schedule()
    assert [each.job_id for each in world.request().releases] == [1]


def test_a_request_takes_the_timer_with_it(world):
    world.outbox.add_start(1, 4, EPOCH_MS)
    world.schedule()
    world.reports.send_soon()
    assert [each.job_id for each in world.request().starts] == [1]
    assert EXCHANGE not in world.timers


def test_a_runner_that_is_stopping_requests_and_waits_for_nothing(world):
    world.outbox.add_completion(completion(1))
    world.schedule(is_stopping=True)
    request = world.request(is_stopping=True)
    assert (request.work, request.wait_seconds) == (None, 0.0)
    assert len(request.ends) == 1


def test_a_runner_that_is_stopping_ends_its_long_poll_with_an_empty_request(world):
    world.reports.send_soon()
    request = world.request(is_stopping=True, in_flight=1)
    assert (request.starts, request.ends, request.releases) == ([], [], [])
    assert (request.work, request.wait_seconds) == (None, 0.0)


def test_a_runner_that_is_stopping_and_has_nothing_to_report_sends_nothing(world):
    world.reports.send_soon()
    assert world.request(is_stopping=True, in_flight=0) is None
    world.schedule(is_stopping=True, in_flight=0)
    assert world.request(is_stopping=True, in_flight=0) is None
    assert world.delay_s is None


def test_a_stopping_runner_is_heard_once_when_it_has_to_be(world):
    world.reports.beat()
    request = world.request(is_stopping=True, in_flight=0)
    assert (request.ends, request.work, request.wait_seconds) == ([], None, 0.0)
    world.reports.send_soon()
    assert world.request(is_stopping=True, in_flight=0) is None


def test_a_runner_that_stops_before_its_first_request_sends_none():
    assert World().request(is_stopping=True, in_flight=0) is None


def test_a_start_keeps_a_stopping_runner_from_forgetting_it(world):
    world.outbox.add_start(1, 4, EPOCH_MS)
    world.schedule(is_stopping=True, in_flight=0)
    assert world.delay_s == START_DELAY_S
    world.reports.send_soon()
    assert len(world.request(is_stopping=True, in_flight=0).starts) == 1


def test_a_day_of_long_polls_sends_one_request_each(world):
    sent = 0
    for _ in range(24 * 60):
        world.clock.now += 60.0
        world.schedule(in_flight=0)
        sent += world.request(in_flight=0) is not None
        sent += world.request() is not None
    assert sent == 24 * 60


@pytest.fixture
def with_many_starts():
    """More starts than one request carries."""
    outbox = Outbox()
    for job_id in range(MAX_PER_REQUEST + 1):
        outbox.add_start(job_id, 1, 0)
    return outbox


def test_replaced_nodes_are_named_after_all_starts_and_once(with_many_starts):
    with_many_starts.add_replaced([4, 5])
    assert with_many_starts.is_urgent
    assert with_many_starts.take().replaces == []
    assert with_many_starts.take().replaces == [4, 5]
    assert not with_many_starts


def test_nodes_of_several_dead_runners_are_named_together():
    outbox = Outbox()
    outbox.add_replaced([4])
    outbox.add_replaced([5])
    assert outbox.take().replaces == [4, 5]


def test_as_many_reports_as_one_request_carries_go_in_one():
    outbox = Outbox()
    for job_id in range(MAX_PER_REQUEST):
        outbox.add_completion(completion(job_id))
    outbox.add_replaced([4])
    assert outbox.take().replaces == [4]


@pytest.mark.parametrize("kind", ["completions", "releases"])
def test_replaced_nodes_are_named_after_all_other_reports(kind):
    outbox = Outbox()
    for job_id in range(MAX_PER_REQUEST + 1):
        if kind == "completions":
            outbox.add_completion(completion(job_id))
        else:
            outbox.add_release(job_id, 1)
    outbox.add_replaced([4])
    assert [outbox.take().replaces for _ in range(2)] == [[], [4]]


def test_a_return_is_reported_after_all_starts_and_once(with_many_starts):
    with_many_starts.add_return()
    assert with_many_starts.is_urgent
    assert [with_many_starts.take().returns for _ in range(3)] == [False, True, False]

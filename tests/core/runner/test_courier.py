"""The courier, with a server that does exactly what a test wants."""

import threading

import pytest
from waiting import wait_for

from torc_core.errors import NotFoundError, UnreachableError, UsageError
from torc_core.model.exchange import Exchange, ExchangeReply, JobEnd
from torc_core.runner.reporting import AT_ONCE, Outbox
from torc_core.runner.server.link import MAX_IN_FLIGHT, ServerLink


class Line:
    """Answers turns, unless it is cut; remembers what it was asked."""

    def __init__(self):
        self.is_cut = False
        self.error = None
        self.asked = []
        self.held = {}

    def hold(self, seq):
        """Let a turn wait until `held[seq]` is set."""
        self.held[seq] = threading.Event()

    def take(self, turn):
        self.asked.append(turn.seq)
        if self.is_cut:
            raise UnreachableError("no")
        if self.error is not None:
            raise self.error
        if turn.seq in self.held:
            assert self.held[turn.seq].wait(30)
        if self.is_cut:
            raise UnreachableError("cut while it waited")
        return ExchangeReply(reason=str(turn.seq))


@pytest.fixture
def line():
    return Line()


@pytest.fixture
def rung():
    return threading.Event()


@pytest.fixture
def courier(line, rung):
    made = ServerLink(line, rung.set)
    yield made
    made.close()


def collect(courier, count):
    """Return the next deliveries, by number."""
    found = []
    wait_for(lambda: found.extend(courier.collect()) or len(found) >= count, "deliveries")
    return {delivery.turn.seq: delivery for delivery in found}


def test_turns_are_numbered_and_answered(courier, rung):
    courier.send(Exchange(seq=0))
    courier.send(Exchange(seq=0))
    replies = collect(courier, 2)
    assert {seq: delivery.reply.reason for seq, delivery in replies.items()} == {1: "1", 2: "2"}
    assert rung.is_set()
    assert courier.in_flight == 0


def test_a_turn_that_waits_leaves_room_for_one_more(courier, line):
    line.hold(1)
    courier.send(Exchange(seq=0))
    assert courier.is_free
    courier.send(Exchange(seq=0))
    assert set(collect(courier, 1)) == {2}
    assert courier.in_flight == 1 < MAX_IN_FLIGHT
    line.held[1].set()
    assert set(collect(courier, 1)) == {1}


def test_a_failed_turn_is_taken_again_with_its_number(courier, line):
    line.is_cut = True
    courier.send(Exchange(seq=0))
    wait_for(lambda: len(line.asked) > 2, "some tries")
    assert courier.away_since is not None
    assert not courier.is_free, "one try at a time is enough"
    line.is_cut = False
    assert collect(courier, 1)[1].reply is not None
    assert set(line.asked) == {1}
    assert courier.away_since is None


def test_of_two_failed_turns_the_older_goes_first(courier, line):
    line.hold(1)
    line.hold(2)
    courier.send(Exchange(seq=0))
    courier.send(Exchange(seq=0))
    wait_for(lambda: sorted(line.asked) == [1, 2], "both")
    line.is_cut = True
    for gate in line.held.values():
        gate.set()
    wait_for(lambda: line.asked.count(1) > 1, "another try")
    line.asked.clear()
    line.is_cut = False
    collect(courier, 2)
    assert line.asked[0] == 1


@pytest.mark.parametrize("error", [NotFoundError("workflow", 7), UsageError("nonsense")])
def test_what_would_fail_again_is_not_tried_again(courier, line, error):
    line.error = error
    courier.send(Exchange(seq=0))
    delivery = collect(courier, 1)[1]
    assert (delivery.reply, delivery.error) == (None, error)
    assert line.asked == [1]


def test_a_mistake_of_our_own_is_an_answer_too(courier, line):
    line.error = RuntimeError("oops")
    courier.send(Exchange(seq=0))
    assert "oops" in str(collect(courier, 1)[1].error)


def test_a_closed_courier_gives_up(courier, line):
    line.is_cut = True
    courier.send(Exchange(seq=0))
    wait_for(lambda: line.asked, "a try")
    courier.close()
    assert collect(courier, 1)[1].reply is None


def test_more_than_a_turn_bears_goes_in_several_turns():
    outbox = Outbox()
    for job_id in range(AT_ONCE + 2):
        outbox.starts[job_id] = (1, 0)
        if job_id != 7:
            end = JobEnd(
                job_id=job_id,
                token=1,
                status="completed",
                return_code=0,
                exec_time_minutes=0.0,
                completion_time="",
            )
            outbox.add_end(end)
    starts, ends, releases = outbox.take()
    assert ([start.job_id for start in starts], len(ends), releases) == ([7], AT_ONCE, [])
    assert outbox.has_ends
    assert [end.job_id for end in outbox.take()[1]] == [AT_ONCE + 1]
    assert not outbox

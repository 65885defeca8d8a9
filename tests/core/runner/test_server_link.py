"""The link to the server, with a server that does exactly what a test wants."""

import threading

import pytest
from waiting import wait_for

from torc_core.errors import NotFoundError, UnreachableError, UsageError
from torc_core.model.exchange import Exchange, ExchangeReply, JobEnd, JobRelease
from torc_core.runner.server.link import ServerLink
from torc_core.runner.server.outstanding import MAX_IN_FLIGHT


class Server:
    """Answers requests, unless it is down; remembers what it was asked."""

    def __init__(self):
        self.is_down = False
        self.error = None
        self.requests = []
        self.waits = []
        self.held = {}

    def hold(self, seq):
        """Let a request wait until `held[seq]` is set."""
        self.held[seq] = threading.Event()

    def exchange(self, request):
        self.requests.append(request.seq)
        self.waits.append(request.wait_seconds)
        if self.is_down:
            raise UnreachableError("no")
        if self.error is not None:
            raise self.error
        if request.seq in self.held:
            assert self.held[request.seq].wait(100)
        if self.is_down:
            raise UnreachableError("cut while it waited")
        return ExchangeReply(reason=str(request.seq))


@pytest.fixture
def server():
    return Server()


@pytest.fixture
def woken():
    return threading.Event()


@pytest.fixture
def link(server, woken):
    made = ServerLink(server, woken.set, jitter=lambda: 1.0)
    yield made
    made.close()


def collect(link, count):
    """Return the next results, by number."""
    found = []
    wait_for(lambda: found.extend(link.collect()) or len(found) >= count, "results")
    return {result.request.seq: result for result in found}


def test_requests_are_numbered_and_answered(link, woken):
    link.send(Exchange(seq=0))
    link.send(Exchange(seq=0))
    results = collect(link, 2)
    assert {seq: result.reply.reason for seq, result in results.items()} == {1: "1", 2: "2"}
    assert woken.is_set()
    assert link.in_flight == 0


def test_a_long_poll_leaves_room_for_one_more_request(link, server):
    server.hold(1)
    link.send(Exchange(seq=0))
    assert link.can_send
    link.send(Exchange(seq=0))
    assert not link.can_send
    assert set(collect(link, 1)) == {2}
    assert link.in_flight == 1 < MAX_IN_FLIGHT
    server.held[1].set()
    assert set(collect(link, 1)) == {1}


def test_a_failed_request_is_sent_again_with_its_number(link, server):
    server.is_down = True
    link.send(Exchange(seq=0))
    wait_for(lambda: len(server.requests) > 2, "some tries")
    assert link.is_failing
    assert not link.can_send, "one try at a time is enough"
    server.is_down = False
    assert collect(link, 1)[1].reply is not None
    assert set(server.requests) == {1}
    assert not link.is_failing


def test_a_server_that_is_back_holds_no_request_that_failed(link, server):
    server.is_down = True
    link.send(Exchange(seq=0, wait_seconds=60.0))
    wait_for(lambda: len(server.requests) > 1, "another try")
    assert server.waits[:2] == [60.0, 0.0]
    server.is_down = False
    collect(link, 1)
    link.send(Exchange(seq=0, wait_seconds=60.0))
    collect(link, 1)
    assert server.waits[-1] == 60.0, "the next one listens again"


def test_a_failure_wakes_the_loop_before_there_is_an_answer(link, server, woken):
    server.is_down = True
    link.send(Exchange(seq=0))
    assert woken.wait(100)
    assert link.collect() == []


def test_of_two_failed_requests_the_older_goes_first(link, server):
    server.hold(1)
    server.hold(2)
    link.send(Exchange(seq=0))
    link.send(Exchange(seq=0))
    wait_for(lambda: sorted(server.requests) == [1, 2], "both")
    server.is_down = True
    for gate in server.held.values():
        gate.set()
    wait_for(lambda: server.requests.count(1) > 1, "another try")
    server.requests.clear()
    server.is_down = False
    collect(link, 2)
    assert server.requests[0] == 1


@pytest.mark.parametrize("error", [NotFoundError.of("workflow", 7), UsageError("nonsense")])
def test_what_would_fail_again_is_not_retried(link, server, error):
    server.error = error
    link.send(Exchange(seq=0))
    result = collect(link, 1)[1]
    assert (result.reply, result.error) == (None, error)
    assert server.requests == [1]


def test_a_mistake_of_our_own_is_an_answer_too(link, server):
    server.error = RuntimeError("oops")
    link.send(Exchange(seq=0))
    assert "oops" in str(collect(link, 1)[1].error)


def test_a_mistake_of_our_own_after_failures_leaves_the_link_usable(link, server):
    server.is_down = True
    link.send(Exchange(seq=0))
    wait_for(lambda: link.is_failing, "a failure")
    server.error = RuntimeError("oops")
    server.is_down = False
    collect(link, 1)
    assert link.can_send


def test_a_closed_link_gives_up(link, server):
    server.is_down = True
    link.send(Exchange(seq=0))
    wait_for(lambda: server.requests, "a try")
    link.close()
    assert collect(link, 1)[1].reply is None


@pytest.mark.parametrize(
    ("request_", "carries"),
    [
        (Exchange(seq=0), False),
        (Exchange(seq=0, releases=[JobRelease(job_id=1, token=1)]), True),
        (Exchange(seq=0, replaces=[4]), True),
        (
            Exchange(
                seq=0,
                ends=[
                    JobEnd(
                        job_id=1,
                        token=1,
                        status="completed",
                        return_code=0,
                        exec_time_minutes=0.0,
                        completion_time="",
                    )
                ],
            ),
            True,
        ),
    ],
)
def test_a_report_is_known_to_be_in_flight_until_it_is_answered(link, server, request_, carries):
    server.hold(1)
    link.send(request_)
    assert link.carries_report is carries
    server.held[1].set()
    collect(link, 1)
    assert not link.carries_report

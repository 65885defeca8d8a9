"""Which connections have had their time, and which make room for others: decisions alone."""

from __future__ import annotations

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torc_server.connections.descriptors import connections_within
from torc_server.connections.limits import (
    Entry,
    Limits,
    Overdue,
    Phase,
    Table,
    overdue,
    to_relieve,
)
from torc_server.logs import RepeatFilter
from torc_server.peers import peer_of

LIMITS = Limits(connections=8, per_peer=4)

peers = st.sampled_from(["a", "b", "c"])
entries = st.builds(
    Entry,
    connection=st.none(),
    peer=peers,
    since=st.floats(0, 100),
    phase=st.sampled_from(Phase),
    received=st.integers(0, 10_000),
    unsent=st.integers(0, 1000),
    unsent_since=st.floats(0, 100),
)


def entry(phase: Phase, *, peer: str = "a", since: float = 0, received: int = 0) -> Entry[None]:
    return Entry(None, peer, since, phase, received)


@pytest.mark.parametrize(
    ("phase", "elapsed", "expected"),
    [
        (Phase.HEADER, 9.9, None),
        (Phase.HEADER, 10.1, Overdue.REQUEST),
        (Phase.IDLE, 74, None),
        (Phase.IDLE, 76, Overdue.IDLE),
        (Phase.BODY, 19, None),
        (Phase.BODY, 21, Overdue.REQUEST),
        (Phase.ANSWER, 100_000, None),
    ],
)
def test_a_phase_that_waits_for_the_client_has_a_limit(phase, elapsed, expected):
    assert overdue(entry(phase), LIMITS, elapsed) is expected


def test_an_upload_goes_on_for_hours_while_it_makes_progress():
    upload, now = entry(Phase.BODY), 0.0
    for _ in range(1000):
        now += 21
        upload.received += 21 * 500
        assert overdue(upload, LIMITS, now) is None

    upload.received += 20 * 499

    assert overdue(upload, LIMITS, now + 20.1) is Overdue.REQUEST


def test_a_client_that_reads_a_little_now_and_then_is_not_given_up():
    reader = entry(Phase.ANSWER)
    for now in range(0, 6000, 50):
        reader.note_unsent(1_000_000 - now, now)
        assert overdue(reader, LIMITS, now + 59) is None

    assert overdue(reader, LIMITS, 5950 + 61) is Overdue.RESPONSE


def test_connections_without_a_request_go_first_and_the_oldest_of_them():
    table = Table[None](LIMITS)
    header, fresh = entry(Phase.HEADER, since=2), entry(Phase.HEADER, since=9)
    idle, answering = entry(Phase.IDLE, since=1), entry(Phase.ANSWER, since=0)
    for one in (fresh, idle, answering, header):
        table.add(one)

    order = []
    while gone := table.make_room("a", 10):
        order += gone
        for one in gone:
            table.remove(one)
            table.add(entry(Phase.ANSWER, since=10))

    assert order == [header, fresh, idle]


def test_the_peer_with_the_most_connections_makes_room_when_all_are_taken():
    table = Table[None](Limits(connections=5, per_peer=4))
    single = entry(Phase.HEADER, peer="b", since=0)
    table.add(single)
    many = [entry(Phase.HEADER, peer="a", since=since) for since in (3, 4, 5, 6)]
    for one in many:
        table.add(one)

    assert table.is_full("c")
    assert table.make_room("c", 10) == [many[0]]


@given(st.lists(entries, max_size=20), peers, st.floats(100, 200))
def test_what_is_in_use_is_never_closed_to_make_room(present, peer, now):
    table = Table[None](LIMITS)
    for one in present:
        table.add(one)

    for one in table.make_room(peer, now):
        assert one.phase is not Phase.ANSWER or one.unsent
        table.remove(one)
        table.remove(one)  # a second time changes nothing

    assert len(table) == len(list(table))


@given(st.lists(entries, max_size=20), st.integers(0, 5000))
def test_responses_are_given_up_until_the_rest_is_within_the_budget(present, budget):
    gone = to_relieve(present, budget)

    kept = [one for one in present if one not in gone]
    assert sum(one.unsent for one in kept) <= budget or len(kept) == 1


@pytest.mark.parametrize(
    ("files", "expected"), [(1024, 768), (64, 32), (1, 1), (1_000_000, 10_000), (-1, 10_000)]
)
def test_the_limit_of_open_files_leaves_room_for_other_files(files, expected):
    assert connections_within(files) == expected


@pytest.mark.parametrize(
    ("address", "peer"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("::ffff:10.1.2.3", "10.1.2.3"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
    ],
)
def test_the_addresses_of_one_host_are_one_peer(address, peer):
    assert peer_of(address) == peer


def test_alike_messages_are_logged_once_with_their_number():
    gate = RepeatFilter(every_s=60)

    def passes(text, *values, error=None):
        return gate.filter(logging.LogRecord("x", logging.WARNING, "", 0, text, values, error))

    assert [passes("closed %s", n) for n in range(3)] == [True, False, False]
    assert passes("other %s", 1)
    assert passes("closed %s", 4, error=(ValueError, ValueError(), None))
    gate._every_s = 0
    again = logging.LogRecord("x", logging.WARNING, "", 0, "closed %s", (5,), None)
    assert gate.filter(again)
    assert again.getMessage() == "closed 5 (and 2 times since the last such line)"

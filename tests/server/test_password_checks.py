"""Checks of passwords: what they cost, who may have one, and in which order."""

from __future__ import annotations

import asyncio
import math
from contextlib import suppress

import bcrypt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from torc_server.access.credentials import hash_password
from torc_server.access.throttle import Buckets, Throttle, TooManyAttemptsError
from torc_server.access.verifier import Verifier, cost_of
from torc_server.turns import NoTurnError, Turns

COST = 9
USERS = Verifier(
    {
        "dear": hash_password("dear", COST),
        "cheap": hash_password("cheap", 4),
        "between": hash_password("between", 7),
        "apache": hash_password("apache", 5).replace("$2b$", "$2y$"),
        "old": hash_password("old", COST).replace("$2b$", "$2a$"),
        "short": f"$2b${COST:02d}$short",
        "wild": "$2b$99$" + "." * 53,
        "md5": "$apr1$ZjTqBB3f$IF9gdYAGlMrs2fuINjHsz.",
        "empty": "",
    }
)

users = st.sampled_from(["a", "b", "c"])
peers = st.sampled_from(["p", "q"])


@pytest.fixture
def rounds(monkeypatch):
    """Return the rounds of each hash that bcrypt has computed; their number is the time taken."""
    computed: list[int] = []
    checkpw = bcrypt.checkpw

    def counting(password: bytes, hashed: bytes) -> bool:
        computed.append(2 ** int(hashed[4:6]))
        return checkpw(password, hashed)

    monkeypatch.setattr(bcrypt, "checkpw", counting)
    return computed


@pytest.mark.parametrize(
    ("user", "password"),
    [
        ("cheap", "x"),
        ("between", "x"),
        ("apache", "x"),
        ("old", "x"),
        ("short", "x"),
        ("wild", "x"),
        ("md5", "x"),
        ("empty", ""),
        ("unknown", "x"),
        ("", ""),
        ("dear", "dear" + "x" * 10_000),
        ("dear", "de\0ar"),
        ("cheap", "cheap\0"),
        ("unknown", "\udcff"),
    ],
)
def test_a_failed_check_costs_the_same_for_everyone(rounds, user, password):
    assert not USERS.is_correct(user, password)

    assert sum(rounds) == 2**COST


@pytest.mark.parametrize("user", ["dear", "cheap", "between", "apache", "old"])
def test_the_right_password_is_right_at_any_cost_and_in_any_spelling_of_the_hash(user):
    assert USERS.is_correct(user, user)
    assert not USERS.is_correct(user, user + "x")
    assert not USERS.is_correct(user, user + "\0")


def test_a_password_that_begins_with_72_right_bytes_is_wrong():
    long = "x" * 72
    verifier = Verifier({"long": hash_password(long, 4)})

    assert verifier.is_correct("long", long)
    assert not verifier.is_correct("long", long + "x")


def test_entries_that_are_no_bcrypt_hashes_are_named():
    assert USERS.unusable == ["empty", "md5", "short", "wild"]
    assert USERS.cost == COST


@given(st.text(max_size=70))
def test_only_what_bcrypt_takes_counts_as_a_hash(text):
    for candidate in (text, f"$2b$04${text}"):
        if cost_of(candidate) is not None:
            bcrypt.checkpw(b"x", candidate.encode())  # raises nothing


def test_a_bucket_fills_again_with_time():
    buckets = Buckets(3, 10)

    for expected in (0, 0, 0, 10):
        assert buckets.wait_s("k", 0) == expected
        buckets.take("k", 0) if not expected else None
    assert [buckets.used("k", now) for now in (0, 9, 10, 30, 1e9)] == [3, 3, 2, 0, 0]
    assert buckets.wait_s("k", 10) == 0
    assert buckets.wait_s("other", 0) == 0


@given(st.lists(st.integers(0, 50)))
def test_buckets_are_bounded_in_number(keys):
    buckets = Buckets(3, 10, keys=10)

    for key in keys:
        buckets.take(key, 0)

    assert len(buckets) == min(10, len(set(keys)))


@given(st.lists(st.tuples(users, peers, st.floats(0, 5)), max_size=60))
def test_right_passwords_leave_no_trace(attempts):
    throttle, now = Throttle(), 0.0

    for user, peer, pause in attempts:
        now += pause
        throttle.take_back(throttle.begin(user, peer, now))

    for user in "abc":
        assert throttle.begin(user, "p", now).rank[0] == 0


@given(st.lists(st.tuples(users, st.floats(0, 1)), max_size=100))
def test_guesses_at_one_address_refuse_no_one_at_another(guesses):
    throttle, now = Throttle(), 0.0

    for user, pause in guesses:
        now += pause
        with suppress(TooManyAttemptsError):
            throttle.begin(user, "guesser", now)

    for user in "abc":
        assert throttle.begin(user, "home", now).rank[0] == 0


def test_guesses_at_a_few_users_refuse_no_other_user_of_the_same_address():
    throttle = Throttle()

    for _ in range(100):
        for user in ("root", "admin", "alice"):
            with suppress(TooManyAttemptsError):
                throttle.begin(user, "proxy", 0)

    assert throttle.begin("bob", "proxy", 0).rank[0] == 0
    with pytest.raises(TooManyAttemptsError):
        throttle.begin("alice", "proxy", 0)
    assert throttle.begin("alice", "proxy", 60).rank[0] > 0


def test_an_address_that_tries_many_users_is_limited_for_a_while():
    throttle = Throttle()

    for number in range(60):
        throttle.begin(f"user{number}", "guesser", 0)
    with pytest.raises(TooManyAttemptsError) as caught:
        throttle.begin("one more", "guesser", 0)

    assert caught.value.retry_after_s <= 10
    throttle.begin("someone", "guesser", caught.value.retry_after_s)


def test_fewer_failures_are_checked_first_and_a_known_address_before_a_strange_one():
    throttle = Throttle()
    throttle.trust("office")
    for peer in ("a", "b", "c"):
        throttle.begin("alice", peer, 0)

    ranks = [
        throttle.begin("carol", "office", 0).rank,
        throttle.begin("alice", "office", 0).rank,
        throttle.begin("carol", "home", 0).rank,
        throttle.begin("alice", "abroad", 0).rank,
        throttle.begin("alice", "a", 0).rank,
    ]

    assert ranks == sorted(ranks)


async def order(turns: Turns, ranks: list[int]) -> list[int]:
    """Return the order in which those get a turn who wait while another has it."""
    got: list[int] = []

    async def one(position: int) -> None:
        await turns.take((ranks[position],))
        got.append(position)
        turns.leave()

    await turns.take((0,))
    waiting = [asyncio.create_task(one(position)) for position in range(len(ranks))]
    await asyncio.sleep(0)
    turns.leave()
    await asyncio.gather(*waiting, return_exceptions=True)
    return got


@given(st.lists(st.integers(0, 3), max_size=20), st.booleans())
def test_the_best_rank_has_the_next_turn(ranks, newest_first):
    got = asyncio.run(order(Turns(1, newest_first=newest_first), ranks))

    arrival = -1 if newest_first else 1
    assert got == sorted(range(len(ranks)), key=lambda at: (ranks[at], arrival * at))


@given(st.lists(st.integers(0, 3), min_size=4, max_size=20))
def test_the_worst_are_refused_when_too_many_wait(ranks):
    got = asyncio.run(order(Turns(1, waiting=3, newest_first=True), ranks))

    assert sorted(ranks[at] for at in got) == sorted(ranks)[:3]


def test_who_waits_too_long_or_for_a_closed_queue_is_refused():
    async def scene() -> None:
        turns = Turns(1, patience_s=0.01)
        await turns.take(())
        with pytest.raises(NoTurnError):
            await turns.take(())
        turns.leave()
        await turns.take(())  # who was refused has no turn
        waiting = asyncio.create_task(turns.take(()))
        await asyncio.sleep(0)
        turns.close()
        with pytest.raises(NoTurnError):
            await waiting
        with pytest.raises(NoTurnError):
            await turns.take(())

    asyncio.run(scene())


def test_a_turn_that_came_as_the_queue_closed_is_none():
    async def scene() -> None:
        turns = Turns(1)
        await turns.take(())
        waiting = asyncio.create_task(turns.take(()))
        await asyncio.sleep(0)
        turns.leave()
        turns.close()
        with pytest.raises(NoTurnError):
            await waiting

    asyncio.run(scene())


def test_a_turn_of_one_who_is_gone_goes_to_the_next():
    async def scene() -> None:
        turns = Turns(1)
        await turns.take(())
        gone, next_one = (asyncio.create_task(turns.take(())) for _ in range(2))
        await asyncio.sleep(0)
        turns.leave()
        gone.cancel()
        await next_one
        turns.leave()
        await turns.take(())

    asyncio.run(scene())


def test_seconds_to_wait_are_whole_and_at_least_one():
    assert [TooManyAttemptsError(s).retry_after_s for s in (0, 0.2, 1, 1.1)] == [1, 1, 1, 2]
    assert Buckets(math.inf, 1).wait_s("k", 0) == 0

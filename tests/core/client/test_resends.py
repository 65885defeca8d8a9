"""Which requests are sent again when a server dies over them, and which never are."""

from __future__ import annotations

import pytest
from core.client.raw_server import HANG_UP, RESET, SILENCE, RawServer, Received, reply

from torc_core.client import Address, TorcClient
from torc_core.errors import AccessError, NoAnswerError, ReplyTimeoutError, UnreachableError
from torc_core.model.exchange import Exchange
from torc_core.model.workflow import Workflow


def make_client(server: RawServer, *, has_locate: bool) -> TorcClient:
    locate = (lambda: Address(server.url)) if has_locate else None
    return TorcClient(server.url, locate=locate)


@pytest.fixture(params=[HANG_UP, RESET], ids=["closed", "reset"])
def death(request):
    return request.param


@pytest.mark.parametrize("is_reused", [False, True], ids=["fresh", "reused"])
@pytest.mark.parametrize("has_locate", [False, True], ids=["no locate", "locate"])
def test_a_change_reaches_a_dying_server_once_and_is_not_reported_as_done(
    death, is_reused, has_locate
):
    def answer(request: Received) -> bytes:
        return death if request.method == "POST" else reply({})

    with RawServer(answer) as server:
        client = make_client(server, has_locate=has_locate)
        if is_reused:
            client.ping()

        with pytest.raises(NoAnswerError, match="may have been carried out"):
            client.create_workflow(Workflow(name="once", user="me"))
        client.close()

    assert server.count("POST") == 1


@pytest.mark.parametrize("is_reused", [False, True], ids=["fresh", "reused"])
@pytest.mark.parametrize("has_locate", [False, True], ids=["no locate", "locate"])
def test_a_question_is_asked_again(death, is_reused, has_locate):
    def answer(request: Received) -> bytes:
        asked = sum(one.target.endswith("/version") for one in server.received)
        return death if request.target.endswith("/version") and asked == 1 else reply("0.12.0")

    with RawServer(answer) as server:
        client = make_client(server, has_locate=has_locate)
        if is_reused:
            client.get_version()
            server.received.clear()

        assert client.get_version().version == "0.12.0"
        client.close()

    assert server.count("GET") == 2


def key_of(request):
    return request.headers.get("idempotency-key")


def knows_keys(capabilities):
    return reply({"version": "0.12.0", "api_version": "0.7.0", "capabilities": capabilities})


def test_a_change_is_sent_again_with_its_key_if_the_server_knows_it_by_that(death):
    def answer(request: Received) -> bytes:
        if request.method == "GET":
            return knows_keys(["idempotency_keys"])
        return death if server.count("POST") == 1 else reply({"id": 7, "name": "n", "user": "me"})

    with RawServer(answer) as server:
        client = TorcClient(server.url)
        assert client.create_workflow(Workflow(name="n", user="me")).id == 7
        client.create_workflow(Workflow(name="n", user="me"))
        client.close()

    first, again, other = [key_of(one) for one in server.received if one.method == "POST"]
    assert first == again
    assert len({first, other, None}) == 3


def test_a_change_is_not_sent_again_to_a_server_that_would_carry_it_out_twice(death):
    with RawServer(lambda one: knows_keys([]) if one.method == "GET" else death) as server:
        client = TorcClient(server.url)
        with pytest.raises(NoAnswerError, match="may have been carried out"):
            client.create_workflow(Workflow(name="n", user="me"))
        client.close()

    assert server.count("POST") == 1


def test_a_change_that_always_kills_the_server_is_sent_twice(death):
    def answer(request: Received) -> bytes:
        return knows_keys(["idempotency_keys"]) if request.method == "GET" else death

    with RawServer(answer) as server:
        client = TorcClient(server.url)
        with pytest.raises(NoAnswerError, match="may have been carried out"):
            client.create_workflow(Workflow(name="n", user="me"))
        client.close()

    assert server.count("POST") == 2


def test_what_the_server_knows_by_itself_and_questions_have_no_key():
    def answer(request: Received) -> bytes:
        return reply({"jobs": []}) if request.method == "POST" else knows_keys([])

    with RawServer(answer) as server:
        client = TorcClient(server.url)
        client.exchange(1, Exchange(seq=1))
        client.get_version()
        client.close()

    assert [key_of(one) for one in server.received] == [None, None]


def test_a_question_that_always_kills_the_server_is_asked_twice(death):
    with RawServer(lambda _request: death) as server, pytest.raises(NoAnswerError) as caught:
        TorcClient(server.url).get_version()

    assert server.count("GET") == 2
    assert "carried out" not in str(caught.value)


def test_an_exchange_is_sent_again_with_its_number(death):
    def answer(_request: Received) -> bytes:
        return death if len(server.received) == 1 else reply({"jobs": []})

    with RawServer(answer) as server:
        client = TorcClient(server.url)
        client.exchange(1, Exchange(seq=7, wait_seconds=0))
        client.close()

    assert [request.method for request in server.received] == ["POST", "POST"]
    assert server.received[0].body == server.received[1].body
    assert b'"seq":7' in server.received[0].body


OF_ANOTHER = {
    "of another user": reply({"detail": "no"}, 401),
    "of the web": reply({}, 404),
    "of something else": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
}


@pytest.mark.parametrize("answer", OF_ANOTHER.values(), ids=OF_ANOTHER)
def test_a_server_that_has_moved_is_found_where_another_one_answers_in_its_place(answer):
    with (
        RawServer(lambda _: answer) as other,
        RawServer(lambda _: reply({"id": 7, "name": "once", "user": "me"})) as moved,
    ):
        client = TorcClient(other.url, locate=lambda: Address(moved.url))
        made = client.create_workflow(Workflow(name="once", user="me"))
        client.close()

    assert (made.id, other.count("POST"), moved.count("POST")) == (7, 1, 1)


def test_a_change_that_was_not_answered_in_time_is_not_sent_where_the_server_is_now():
    with (
        RawServer(lambda _: SILENCE) as other,
        RawServer(lambda _: reply({"id": 7, "name": "once", "user": "me"})) as moved,
    ):
        client = TorcClient(other.url, timeout_s=0.2, locate=lambda: Address(moved.url))
        with pytest.raises(ReplyTimeoutError):
            client.create_workflow(Workflow(name="once", user="me"))
        assert client.url == moved.url
        client.close()

    assert moved.count("POST") == 0


def test_a_refusal_stands_if_the_server_is_where_it_was_or_nowhere():
    def lost() -> Address:
        raise UnreachableError("There is none.")

    with RawServer(lambda _: OF_ANOTHER["of another user"]) as server:
        for locate in (lambda: Address(server.url), lost):
            with pytest.raises(AccessError):
                TorcClient(server.url, locate=locate).get_version()

    assert server.count("GET") == 2

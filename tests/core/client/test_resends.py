"""Which requests are sent again when a server dies over them, and which never are."""

from __future__ import annotations

import pytest
from core.client.raw_server import HANG_UP, RESET, RawServer, Received, reply

from torc_core.client import Address, TorcClient
from torc_core.errors import NoAnswerError
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
    assert server.connections == 1


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

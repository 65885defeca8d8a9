"""A server that is another one after it was away: what it offers is learnt again."""

from __future__ import annotations

import contextlib
import threading

import pytest
from core.client.raw_server import HANG_UP, RESET, RawServer, Received, reply

from torc_core.client import Feature, TorcClient
from torc_core.errors import NoAnswerError

NEWER = {"version": "0.12.0", "api_version": "0.7.0", "capabilities": ["recoveries"]}


@pytest.mark.parametrize("becomes_ours", [True, False], ids=["newer", "older"])
def test_a_server_is_replaced_between_two_requests(replaceable, becomes_ours):
    client = replaceable(not becomes_ours).client()
    assert client.offers(Feature.RECOVERIES) is not becomes_ours
    replaceable(becomes_ours)
    client.ping()

    assert client.offers(Feature.RECOVERIES) is becomes_ours
    client.close()


class Upgraded:
    """The answers of a server of the reference, and then of a newer one."""

    def __init__(self) -> None:
        self.is_new = False
        self.death: bytes | None = None

    def __call__(self, request: Received) -> bytes:
        if not request.target.endswith("/version"):
            return reply({}) if self.death is None else self.death
        return reply(NEWER if self.is_new else "0.12.0 (abc1234)")


@pytest.mark.parametrize("death", [HANG_UP, RESET], ids=["closed", "reset"])
def test_a_server_is_replaced_over_a_request(death):
    answers = Upgraded()
    with RawServer(answers) as server:
        client = TorcClient(server.url)
        assert not client.offers(Feature.RECOVERIES)
        answers.is_new, answers.death = True, death
        with pytest.raises(NoAnswerError):
            client.ping()

        assert client.offers(Feature.RECOVERIES)
        client.close()


@pytest.mark.parametrize("is_whole", [True, False], ids=["ended", "broken"])
def test_a_server_is_replaced_over_an_event_stream(is_whole):
    answers = Upgraded()
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
    length = b"" if is_whole else b"Content-Length: 100\r\n"

    def answer(request: Received) -> bytes:
        streams = "stream" in request.target
        return head + length + b"\r\n: hello\n\n" if streams else answers(request)

    with RawServer(answer) as server:
        client = TorcClient(server.url)
        with client.stream_events(1) as stream:
            assert not client.offers(Feature.RECOVERIES)
            answers.is_new = True
            server.hang_up()
            with contextlib.suppress(NoAnswerError):
                list(stream)

            assert client.offers(Feature.RECOVERIES)
        client.close()


def test_a_server_that_stays_is_asked_once_by_however_many_threads():
    with RawServer(Upgraded()) as server:
        client = TorcClient(server.url)
        client.version()

        def ask() -> None:
            for _ in range(20):
                client.ping()
                client.offers(Feature.RECOVERIES)

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        client.close()
        assert server.connections > 1
        asked = [each for each in server.received if each.target.endswith("/version")]
        assert len(asked) == 1

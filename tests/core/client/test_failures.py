from __future__ import annotations

import inspect
import itertools

import httpx
import httpx_sse
import pytest

from torc_core.client.failures import MEANINGS, error_from_failure, reason_of
from torc_core.errors import (
    ExitCode,
    NoAnswerError,
    ProtocolError,
    ReplyTimeoutError,
    TransportError,
    UnreachableError,
    UsageError,
)

EXCEPTIONS = [
    member
    for _, member in itertools.chain(inspect.getmembers(httpx), inspect.getmembers(httpx_sse))
    if inspect.isclass(member) and issubclass(member, Exception)
]


def describe(error: Exception, *, is_read_only: bool = False) -> Exception:
    return error_from_failure(
        error, "http://host/torc-service/v1", timeout_s=30, is_read_only=is_read_only
    )


def test_every_exception_of_the_library_has_a_meaning():
    assert {exception.__name__ for exception in EXCEPTIONS} == MEANINGS.keys()


@pytest.mark.parametrize(
    ("error", "kind", "code"),
    [
        (httpx.ConnectError("[Errno 111] Connection refused"), UnreachableError, 6),
        (httpx.ConnectTimeout("timed out"), UnreachableError, 6),
        (httpx.PoolTimeout(""), UnreachableError, 6),
        (httpx.ProxyError("403 Forbidden"), UnreachableError, 6),
        (httpx.ReadError("[Errno 104] Connection reset by peer"), NoAnswerError, 6),
        (httpx.WriteError("[Errno 32] Broken pipe"), NoAnswerError, 6),
        (httpx.CloseError(""), NoAnswerError, 6),
        (httpx.RemoteProtocolError("Server disconnected."), NoAnswerError, 6),
        (httpx.ReadTimeout("timed out"), ReplyTimeoutError, 8),
        (httpx.WriteTimeout("timed out"), ReplyTimeoutError, 8),
        (httpx.LocalProtocolError("Illegal header value b'secret'"), UsageError, 2),
        (httpx.UnsupportedProtocol("no"), UsageError, 2),
        (httpx.InvalidURL("no"), UsageError, 2),
        (httpx.DecodingError("no gzip"), ProtocolError, 7),
        (httpx_sse.SSEError("not text/event-stream"), ProtocolError, 7),
        (httpx.StreamClosed(), NoAnswerError, 6),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_what_a_failure_means_to_a_command(error, kind, code):
    described = describe(error)

    assert type(described) is kind
    assert described.exit_code == ExitCode(code)
    assert described.hint
    assert "secret" not in described.message


def test_an_exception_of_a_later_release_has_the_meaning_of_its_base():
    class EarlyHintError(httpx.ReadError):
        pass

    assert type(describe(EarlyHintError("x"))) is NoAnswerError


def test_doubt_is_said_only_where_it_matters():
    error = httpx.ReadError("x")

    assert "may have been carried out" in describe(error).message
    assert "carried out" not in describe(error, is_read_only=True).message
    assert "carried out" not in describe(httpx.ConnectError("x")).message


def test_a_command_need_not_tell_the_two_kinds_of_silence_apart():
    assert issubclass(UnreachableError, TransportError)
    assert issubclass(NoAnswerError, TransportError)
    assert not issubclass(UnreachableError, NoAnswerError)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("[Errno 111] Connection refused", "connection refused"),
        ("[Errno -2] Name or service not known", "name or service not known"),
        (
            "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed (_ssl.c:1006)",
            "certificate verify failed: self-signed",
        ),
        ("", "ReadError"),
    ],
)
def test_a_reason_is_in_the_words_of_the_system(words, reason):
    assert reason_of(httpx.ReadError(words)) in {reason, reason[0].lower() + reason[1:]}

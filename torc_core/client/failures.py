"""The meaning of failures of httpx: whether anything was sent, and the error that says so.

The table is by name, so that reading it does not import httpx.
"""

from __future__ import annotations

import re
from enum import Enum, auto

from torc_core.errors import (
    NoAnswerError,
    ProtocolError,
    ReplyTimeoutError,
    TorcError,
    UnreachableError,
    UsageError,
)


class Meaning(Enum):
    """What a failure of the HTTP library says about a request."""

    NOT_SENT = auto()
    """No connection to the server was made."""
    NO_ANSWER = auto()
    """The connection broke; the request may have been carried out."""
    NO_ANSWER_IN_TIME = auto()
    """The reply did not come in time; the request may have been carried out."""
    BAD_REPLY = auto()
    """There is a reply, but not one of this protocol."""
    BAD_REQUEST = auto()
    """The request could not be written."""


MEANINGS = {
    "HTTPError": Meaning.NO_ANSWER,
    "RequestError": Meaning.NO_ANSWER,
    "TransportError": Meaning.NO_ANSWER,
    "TimeoutException": Meaning.NO_ANSWER_IN_TIME,
    "ConnectTimeout": Meaning.NOT_SENT,
    "ReadTimeout": Meaning.NO_ANSWER_IN_TIME,
    "WriteTimeout": Meaning.NO_ANSWER_IN_TIME,
    "PoolTimeout": Meaning.NOT_SENT,
    "NetworkError": Meaning.NO_ANSWER,
    "ConnectError": Meaning.NOT_SENT,
    "ReadError": Meaning.NO_ANSWER,
    "WriteError": Meaning.NO_ANSWER,
    "CloseError": Meaning.NO_ANSWER,
    # Raised only when a proxy refuses to make a connection.
    "ProxyError": Meaning.NOT_SENT,
    "ProtocolError": Meaning.NO_ANSWER,
    "LocalProtocolError": Meaning.BAD_REQUEST,
    # Also how a connection that is closed instead of an answer shows.
    "RemoteProtocolError": Meaning.NO_ANSWER,
    "UnsupportedProtocol": Meaning.BAD_REQUEST,
    "DecodingError": Meaning.BAD_REPLY,
    "TooManyRedirects": Meaning.BAD_REPLY,
    "HTTPStatusError": Meaning.BAD_REPLY,
    "InvalidURL": Meaning.BAD_REQUEST,
    "CookieConflict": Meaning.BAD_REPLY,
    # What reading from a stream raises that was closed meanwhile.
    "StreamError": Meaning.NO_ANSWER,
    "StreamConsumed": Meaning.NO_ANSWER,
    "StreamClosed": Meaning.NO_ANSWER,
    "ResponseNotRead": Meaning.NO_ANSWER,
    "RequestNotRead": Meaning.NO_ANSWER,
    # Of httpx-sse: the reply is not an event stream.
    "SSEError": Meaning.BAD_REPLY,
}
"""By the name of the exception; a class that is not here has the meaning of its base."""

HOW_TO_GET_A_SERVER = (
    "Start one with `torc-server run`, or leave out --url and TORC_API_URL to use "
    "the one that torc starts for you."
)
HOW_TO_START_IT = "Start it again: torc server start"
"""Of a server that a user has stopped."""
_NOISE = re.compile(r"^\[[^\]]*\] | \(_ssl\.c:\d+\)$")
"""What the system and OpenSSL add to their words: `[Errno 111] `."""


def meaning_of(error: Exception) -> Meaning:
    """Return what an exception of httpx or httpx-sse means."""
    known = (MEANINGS[kind.__name__] for kind in type(error).__mro__ if kind.__name__ in MEANINGS)
    return next(known)


def error_from_failure(
    error: Exception, url: str, *, timeout_s: float, is_read_only: bool
) -> TorcError:
    """Return the error to raise for an exception of httpx or httpx-sse.

    Args:
        error: The exception.
        url: Where the request went.
        timeout_s: How long its reply might take.
        is_read_only: Whether the request changes nothing, so that it can be repeated.
    """
    reason = reason_of(error)
    doubt = "" if is_read_only else " The request may have been carried out."
    advice = "try again" if is_read_only else "look at what it holds before you repeat the command"
    match meaning_of(error):
        case Meaning.NOT_SENT:
            return UnreachableError(
                f"No torc server answers at {url}: {reason}.", hint=_hint_for_connecting(reason)
            )
        case Meaning.NO_ANSWER:
            return NoAnswerError(
                f"The connection to {url} broke before the reply: {reason}.{doubt}",
                hint=f"The server may have stopped; look at its log, then {advice}.",
            )
        case Meaning.NO_ANSWER_IN_TIME:
            return ReplyTimeoutError(
                f"{url} gave no answer within {timeout_s:.0f} s.{doubt}",
                hint=f"The server may be busy; look at its log, then {advice}.",
            )
        case Meaning.BAD_REPLY:
            return ProtocolError(
                f"The reply of {url} is not what torc expects: {reason}.",
                hint="Is there a torc server of this version?",
            )
        case Meaning.BAD_REQUEST:
            return UsageError(
                f"No request can be sent to {url}.",
                hint="Check --url, the user name and the password.",
            )


def reason_of(error: Exception) -> str:
    """Return why a connection failed, in the words of the system."""
    words = _NOISE.sub("", str(error)).rstrip(".") or type(error).__name__
    return words[0].lower() + words[1:]


def _hint_for_connecting(reason: str) -> str:
    if "certificate" in reason:
        return "Name the certificates to trust with SSL_CERT_FILE or SSL_CERT_DIR."
    return HOW_TO_GET_A_SERVER

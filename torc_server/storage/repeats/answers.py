"""The replies to requests with keys, kept for a day.

They are written in the transaction of what the request changed: either both are there, or neither.
What was refused is not kept; it may be sent again with the same key.
"""

from __future__ import annotations

import zlib
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, delete, insert, select

from torc_core.errors import UsageError
from torc_server.storage import tables
from torc_server.storage.repeats.keys import AlreadyAnsweredError, RequestKey
from torc_server.storage.statements import Prepared

KEPT_MS = 24 * 3600 * 1000
"""How long a reply is kept; no client waits longer for one."""
PRUNED_AT_ONCE = 1_000
"""The most replies that one transaction forgets: others write in between."""
_QUICKLY = 1

_answer = tables.answered_request

_FIND = Prepared(
    select(_answer.c.fingerprint, _answer.c.reply).where(_answer.c.key == bindparam("name"))
)
_KEEP = Prepared(insert(_answer), "key", "fingerprint", "answered_at", "reply")
_OLD = (
    select(_answer.c.key)
    .where(_answer.c.answered_at < bindparam("before"))
    .order_by(_answer.c.answered_at)
    .limit(PRUNED_AT_ONCE)
)
_PRUNE = Prepared(delete(_answer).where(_answer.c.key.in_(_OLD)))


def check_unanswered(conn: Connection, key: RequestKey) -> None:
    """Make sure that a request was not carried out before.

    Raises:
        AlreadyAnsweredError: It was.
        UsageError: Another request had this key.
    """
    found = _FIND.first(conn, name=key.name)
    if found is None:
        return
    if found.fingerprint != key.fingerprint:
        raise UsageError(
            "The Idempotency-Key belongs to another request.",
            hint="Send each request with a key of its own; only a repetition has the same.",
            field="Idempotency-Key",
        )
    raise AlreadyAnsweredError(zlib.decompress(found.reply))


def keep_answer(conn: Connection, key: RequestKey, reply: Any, *, now_ms: int) -> None:
    """Keep the reply to a request."""
    packed = zlib.compress(msgspec.json.encode(reply), _QUICKLY)
    values = {"key": key.name, "fingerprint": key.fingerprint}
    _KEEP.run(conn, **values, answered_at=now_ms, reply=packed)


def forget_answers(conn: Connection, *, now_ms: int) -> bool:
    """Forget replies that were kept for a day; return whether there may be more of them."""
    return _PRUNE.run(conn, before=now_ms - KEPT_MS) == PRUNED_AT_ONCE

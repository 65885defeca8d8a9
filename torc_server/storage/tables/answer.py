"""The replies to requests with keys."""

from __future__ import annotations

from torc_server.storage.tables.columns import Row, binary, text, wide


class AnsweredRequestRow(Row, table=True):
    """A request that was carried out, and its reply."""

    __tablename__ = "answered_request"

    key: str = text(primary_key=True)
    fingerprint: str = text()
    answered_at: int = wide(index=True)
    reply: bytes = binary()
    """JSON, packed by zlib."""

"""What a request is known by, and what is raised when it comes again."""

from __future__ import annotations

from typing import NamedTuple


class RequestKey(NamedTuple):
    """What a request is known by."""

    name: str
    """The key that its client has chosen."""
    fingerprint: str
    """What a repetition must have in common with it: who sends it, and all that is asked."""


class AlreadyAnsweredError(Exception):
    """The request was carried out before, and this is its reply. Not for users to read.

    Args:
        reply: The body, as JSON.
    """

    def __init__(self, reply: bytes) -> None:
        super().__init__("The request was carried out before.")
        self.reply = reply

"""Messages that concern the whole interface."""

from __future__ import annotations

from textual.message import Message


class StateChanged(Message):
    """Something happened to the workflow that is shown; what exactly, the server knows."""

    def can_replace(self, message: Message) -> bool:
        """One such message is as good as a thousand."""
        return isinstance(message, StateChanged)

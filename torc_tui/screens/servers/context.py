"""What actions on servers work with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from textual.app import App

from torc_tui.screens.session import Session
from torc_tui.state.servers.destination import Destination


@dataclass(frozen=True, slots=True)
class ServerContext:
    """Where the interface is, and how it goes elsewhere."""

    app: App[object]
    session: Session
    go: Callable[[Destination], None]
    """Closes what is open and goes to another server."""
    tell: Callable[[str], None]
    """Shows one line."""

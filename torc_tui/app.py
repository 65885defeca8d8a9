"""The Textual application: one screen, a theme, and an orderly exit."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from typing import ClassVar

from rich.terminal_theme import TerminalTheme
from textual.app import App
from textual.binding import Binding, BindingType
from textual.theme import Theme

from torc_core.config.slurm import SlurmSettings
from torc_core.errors import ExitCode
from torc_core.host.connect import Connection
from torc_core.runner.policy.options import RunnerOptions
from torc_tui.hangup import exit_on_hangup
from torc_tui.requests import Requests
from torc_tui.screens.main import MainScreen
from torc_tui.state.recent import note_visit
from torc_tui.terminal import is_remote

_THEME = Theme(
    name="torc",
    primary="#6c8fc7",
    secondary="#5a8a8a",
    accent="#c79a6c",
    foreground="#d8dee9",
    background="#14171c",
    surface="#1b1f26",
    panel="#222730",
    success="#8fbf7f",
    warning="#d9b36c",
    error="#d97b7b",
    variables={
        "block-cursor-background": "#34507a",
        "block-cursor-foreground": "#ffffff",
        "border-blurred": "#3b4252",
        "scrollbar": "#3b4252",
        "scrollbar-background": "#14171c",
        "scrollbar-background-hover": "#14171c",
        "scrollbar-background-active": "#14171c",
    },
)
_SIXTEEN = TerminalTheme(
    (20, 23, 28),
    (216, 222, 233),
    [(43, 48, 59), (217, 123, 123), (143, 191, 127), (217, 179, 108),
     (108, 143, 199), (180, 142, 190), (122, 180, 180), (216, 222, 233)],
    [(125, 135, 152), (230, 140, 140), (163, 211, 147), (235, 203, 139),
     (136, 170, 220), (200, 165, 208), (150, 205, 205), (236, 239, 244)],
)  # fmt: skip
"""The terminal's 16 colors where the theme brings its own."""


class TorcApp(App[None]):
    """The interface; no run depends on it, and it keeps no state.

    Args:
        connect: Makes the connection to the server; called in a thread.
        user: Whose workflows are shown at first, and who owns new ones.
        run_options: What the configuration says of runs.
        slurm: What it says of Slurm.
    """

    TITLE = "torc"
    CSS_PATH = "torc.tcss"
    ENABLE_COMMAND_PALETTE = False
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 - Textual declares the type
        (0, "-narrow"),
        (100, "-normal"),
        (160, "-wide"),
    ]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c", "quit", "Quit", show=False, system=True),
        Binding("ctrl+z", "suspend_process", "Suspend", show=False, system=True),
    ]

    def __init__(
        self,
        connect: Callable[[], Connection],
        *,
        user: str,
        run_options: RunnerOptions,
        slurm: SlurmSettings,
    ) -> None:
        super().__init__()
        self.register_theme(_THEME)
        self.ansi_theme_dark = _SIXTEEN
        theme = os.environ.get("TEXTUAL_THEME", _THEME.name)
        self.theme = theme if theme in self.available_themes else _THEME.name
        self._main = MainScreen(Requests(connect), user, run_options, slurm)
        self.failure: Exception | None = None
        """The error that ended it."""

    def get_default_screen(self) -> MainScreen:
        """Begin with the main screen."""
        return self._main

    def _handle_exception(self, error: Exception) -> None:
        self.failure = self.failure or error
        super()._handle_exception(error)

    def _print_error_renderables(self) -> None:
        """Print no traceback; the program says what happened, and keeps it."""
        self._exit_renderables.clear()

    def on_mount(self) -> None:
        """Exit with a clean terminal on SIGTERM and SIGHUP."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._terminate)

    def _terminate(self) -> None:
        self.exit(return_code=ExitCode.TERMINATED)


def run(
    connect: Callable[[], Connection],
    *,
    user: str,
    run_options: RunnerOptions,
    slurm: SlurmSettings,
) -> int:
    """Show the interface until the user quits; return the exit code.

    Call `torc_tui.terminal.prepare(os.environ)` before importing this module.

    Args:
        connect: Returns the connection; called in a thread, so that the screen appears before
            the server answers. It may raise a `TorcError`, and is then called again later.
        user: Whose workflows are shown at first, and who owns new ones.
        run_options: What the configuration says of runs.
        slurm: What it says of Slurm.
    """
    app = TorcApp(connect, user=user, run_options=run_options, slurm=slurm)
    exit_on_hangup(sys.stdin.fileno())
    # Over SSH a moving mouse costs a line of escape codes per cell, and capturing it disables the
    # terminal's own text selection.
    app.run(mouse=not is_remote(os.environ))
    if app.failure is not None:
        raise app.failure
    note_visit()
    return app.return_code or ExitCode.OK

"""Show the interface in a terminal or a page, until the user quits."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable

from torc_core.config.schema import ClientSettings
from torc_core.errors import ExitCode
from torc_core.operations.run_options import runner_options
from torc_tui.app import TorcApp
from torc_tui.appearance.appearance import Appearance
from torc_tui.appearance.late_answers import keep_answers_apart
from torc_tui.appearance.page import Page
from torc_tui.driver.line_speed import LowBandwidth
from torc_tui.driver.page import PageDriver
from torc_tui.process.hangup import exit_on_hangup
from torc_tui.process.killed import clean_up_if_killed
from torc_tui.state.servers.destination import Destination
from torc_tui.state.tables.remembered import Remembered, open_remembered
from torc_tui.state.visit import note_visit
from torc_tui.terminal import is_remote

_KEEP_S = 3.0
"""How long quitting may take for what is remembered."""


def run(  # noqa: PLR0913 - one call
    destination: Destination,
    *,
    user: str,
    configured: ClientSettings,
    appearance: Appearance,
    appearance_for: Callable[[bool], Appearance],
    shown_in: Page | bytes,
    say: Callable[[str], object],
) -> int:
    """Show the interface until the user quits; return the exit code.

    Call `torc_tui.terminal.prepare(os.environ)` before importing this module.

    Args:
        destination: The server. Its connection is made in a thread, so that the screen appears
            before the server answers. That may raise a `TorcError`, and is then tried again.
        user: Whose workflows are shown at first, and who owns new ones.
        configured: What the configuration says.
        appearance: What it looks like at first.
        appearance_for: Says what suits a background that is dark or not, if the terminal names it.
        shown_in: The page that draws it; in a terminal, what the user has typed there already.
        say: Prints a line once the terminal is as before.
    """
    app = TorcApp(
        destination,
        user=user,
        run_options=runner_options(configured),
        configured=configured,
        appearance=appearance,
        driver=PageDriver if isinstance(shown_in, Page) else None,
    )
    app.appearance_for = appearance_for
    app.line.mode = LowBandwidth(configured.tui.low_bandwidth)
    app.remembered = open_remembered()
    exit_on_hangup(sys.stdin.fileno())
    if isinstance(shown_in, Page):
        app.run(size=(shown_in.columns, shown_in.rows))
    else:
        keep_answers_apart(shown_in)
        clean_up_if_killed(sys.__stderr__.fileno() if sys.__stderr__ else 2)
        # Over SSH a moving mouse costs a line of escape codes per cell, and capturing it disables
        # the terminal's own text selection.
        mouse = configured.tui.mouse
        app.run(mouse=not is_remote(os.environ) if mouse is None else mouse)
    for line in app.stop_watches():
        say(line)
    if app.failure is not None:
        raise app.failure
    _keep(app.remembered)
    return app.return_code or ExitCode.OK


def _keep(remembered: Remembered) -> None:
    """Note what is remembered; a file system that does not answer is not waited for long."""

    def keep() -> None:
        remembered.write()
        note_visit()

    keeping = threading.Thread(target=keep, name="keep", daemon=True)
    keeping.start()
    keeping.join(_KEEP_S)

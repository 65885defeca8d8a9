"""`torc tui`."""

from __future__ import annotations

import os
import sys
from contextlib import nullcontext
from functools import partial

import click

from torc_core.config.tui import AUTO
from torc_core.errors import UsageError
from torc_core.host.connect import connect
from torc_core.host.environment import keep_to_ourselves
from torc_core.host.servers.place import place_of
from torc_tui.appearance.background import BackgroundQuestion, stated_background
from torc_tui.appearance.choice import choose_appearance
from torc_tui.appearance.depth import Depth, depth_of
from torc_tui.appearance.page import Page
from torc_tui.cli.command import command
from torc_tui.cli.options.appearance import ascii_option, readonly_option, theme_option
from torc_tui.cli.options.server_place import database_option, port_option
from torc_tui.cli.output.diagnostics import say
from torc_tui.cli.settings import Settings, pass_settings
from torc_tui.keys.chosen import with_keys
from torc_tui.keys.table import ACTIONS, use_actions
from torc_tui.state.servers.destination import Destination
from torc_tui.terminal import is_remote, prepare


@command(
    examples=[
        "torc tui",
        "torc tui --standalone",
        "torc tui --database study.db --port 8090",
        "torc tui --theme light --ascii",
    ]
)
@theme_option
@ascii_option
@readonly_option
@database_option
@port_option
@click.option("--page", "page_text", hidden=True, help="Be drawn by a page of torc-dash.")
@pass_settings
def tui(
    settings: Settings,
    *,
    database: str | None = None,
    port: int | None = None,
    page_text: str | None = None,
) -> int:
    """Open the terminal interface. Runs continue if you quit or lose the connection.

    With --database or --port it uses a server on this machine, which it starts if need be. That
    runs on, too.
    """
    page = None if page_text is None else Page.read(page_text)
    if page is None:
        _refuse_unfit_terminal()
    look, given = settings.configured.tui, dict(os.environ)
    terminal = given if page is None else page.terminal(given)
    is_dark, typed_before = stated_background(terminal) if page is None else page.is_dark, b""
    is_asked = look.theme == AUTO and is_dark is None and depth_of(terminal) is not Depth.NONE
    prepare(os.environ, terminal)
    keep_to_ourselves(os.environ.keys() - given.keys())
    with (
        BackgroundQuestion(sys.stdin.fileno(), sys.stdout.fileno())
        if is_asked
        else nullcontext() as asked
    ):
        use_actions(with_keys(ACTIONS, look.keys))
        from torc_tui.process.run import run  # noqa: PLC0415 - Textual reads its settings when imported

        if asked is not None:
            is_dark, typed_before = asked.answer()
    suited = partial(choose_appearance, look, terminal, is_remote=is_remote(terminal))
    choice = settings.choice
    if database is not None or port is not None:
        choice = choice._replace(place=place_of(database, port), name="")
    return run(
        Destination(lambda: connect(choice), choice.name),
        user=settings.user,
        configured=settings.configured,
        appearance=suited(is_dark=is_dark),
        appearance_for=lambda is_dark: suited(is_dark=is_dark),
        shown_in=typed_before if page is None else page,
        say=say,
    )


def _refuse_unfit_terminal() -> None:
    """Refuse what cannot show a screen, such as a pipe or the shell of an editor.

    Raises:
        UsageError: It cannot.
    """
    hint = "Without a screen, use the other commands: torc --help"
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("The interface needs a terminal.", hint=hint)
    if os.environ.get("TERM") == "dumb":
        raise UsageError(
            "The interface needs a terminal that can move its cursor, and TERM is dumb.", hint=hint
        )

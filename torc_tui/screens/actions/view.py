"""What the keys for the view do, from the question to the answer; they change nothing."""

from __future__ import annotations

from functools import partial

from msgspec.structs import replace

from torc_tui.keys.action import Scope
from torc_tui.keys.in_words import key_of
from torc_tui.panes.base import Tab
from torc_tui.screens.actions.view_context import ViewContext
from torc_tui.screens.commands.carry_out import holder_of
from torc_tui.screens.dialogs.ask import Ask
from torc_tui.screens.dialogs.reader import Reader
from torc_tui.screens.pane_sizes import STEP, ZOOMED, fit_list, resized
from torc_tui.state.tables.remembered import remembered_by
from torc_tui.state.texts.layout import help_text


async def show_help(context: ViewContext) -> None:
    """Show every key."""
    pane = holder_of(context.app, Scope.PANE)
    first = pane.hint_groups if isinstance(pane, Tab) else ()
    context.app.push_screen(Reader("Keys", lambda width: help_text(width, first)))


async def zoom(context: ViewContext) -> None:
    """Show only the pane with the focus, or all panes again."""
    context.app.screen.toggle_class(ZOOMED)
    fit_list(context.workflows, remembered_by(context.app).memory.list_width)


async def _resize(context: ViewContext, step: int) -> None:
    remembered = remembered_by(context.app)
    width = resized(context.workflows, step)
    if width is None:
        context.message.show_text(
            "Only one pane is shown; from 100 columns on there are two, "
            f"unless {key_of('view.zoom')} hides one."
        )
        return
    remembered.change(lambda memory: replace(memory, list_width=width))
    fit_list(context.workflows, width)
    context.requests.submit(remembered.write, slot="remembered")


widen_list = partial(_resize, step=STEP)
narrow_list = partial(_resize, step=-STEP)


async def refresh(context: ViewContext) -> None:
    """Read everything in sight again, changed or not."""
    context.tab.came_into_sight()
    context.refresher.refresh_now()


async def change_interval(context: ViewContext) -> None:
    """Go to the next interval between refreshes."""
    context.refresher.next_interval()


async def spare_the_line(context: ViewContext) -> None:
    """Go to the next mode of low bandwidth."""
    context.message.show_text(context.refresher.line.next_mode())
    context.refresher.keep_pace()


async def choose_user(context: ViewContext) -> None:
    """Ask whose workflows to show."""
    ask = Ask("User", context.workflows.user or "", "Empty for all users.")
    name = await context.app.push_screen_wait(ask)
    if name is not None:
        context.workflows.show_user(name)


async def switch_users(context: ViewContext) -> None:
    """Show the workflows of all users, or only the user's own."""
    context.workflows.switch_users()

"""The palette: every action that can be done here, found by typing, with what it does."""

from __future__ import annotations

from typing import Any

from textual.app import App

from torc_tui.keys.action import Action, Scope
from torc_tui.panes.list_pane import ListPane
from torc_tui.panes.tabbed import TabbedPane
from torc_tui.screens.actions.view_context import ViewContext
from torc_tui.screens.commands.carry_out import available, carry_out, holder_of
from torc_tui.screens.commands.places import go_to_tab, places
from torc_tui.screens.dialogs.pick import Choice, Pick
from torc_tui.state.commands.words import word_of

_SORT = "sort by "
_TAB = "go to "


async def open_palette(context: ViewContext) -> None:
    """Offer all actions that can be done here, and do the one that is picked.

    Raises:
        UsageError: It cannot be done here any more.
    """
    app = context.app
    choices = [*map(_choice_of, available(app)), *_places(context), *_orders(app)]
    picked = await app.push_screen_wait(Pick("Actions", choices))
    if picked is None:
        return
    pane = holder_of(app, Scope.LIST)
    if picked.startswith(_SORT) and isinstance(pane, ListPane):
        pane.action_sort_column(int(picked.removeprefix(_SORT)))
        return
    if picked.startswith(_TAB):
        await go_to_tab(context, picked.removeprefix(_TAB))
        return
    await carry_out(app, picked)


def _choice_of(action: Action) -> Choice:
    said = action.explained or f"{action.help}."
    keys = f"Key: {action.labels}.  In the command line: {action.id}"
    return Choice(action.id, action.labels, action.help, f"{said}\n{keys}")


def _places(context: ViewContext) -> list[Choice]:
    """Return a choice for each tab, and for what they show, if a workflow is open."""
    is_open = context.app.screen.query_one(TabbedPane).workflow is not None
    tabs = [title for title, _tab in places(context)] if is_open else []
    return [
        Choice(f"{_TAB}{title}", "", f"Go to {title}", f"In the command line: {word_of(title)}")
        for title in tabs
    ]


def _orders(app: App[Any]) -> list[Choice]:
    """Return a choice for each column that the list in sight can be sorted by."""
    pane = holder_of(app, Scope.LIST)
    if not isinstance(pane, ListPane):
        return []
    return [
        Choice(f"{_SORT}{at}", str(at), f"Sort by {each.title}", "Again to reverse.")
        for at, each in enumerate(pane.table.listing.columns, 1)
        if each.sort_by
    ]

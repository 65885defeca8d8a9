"""The tabs of the open workflow, and what they show, by name."""

from __future__ import annotations

from torc_core.errors import NotFoundError, UsageError
from torc_tui.keys.in_words import key_of
from torc_tui.panes.base import Tab
from torc_tui.panes.tabbed import TabbedPane
from torc_tui.screens.actions.view_context import ViewContext
from torc_tui.state.commands.words import word_of


def places(context: ViewContext) -> list[tuple[str, Tab]]:
    """Return the titles of tabs, and the names of what they show one at a time."""
    details = context.app.screen.query_one(TabbedPane)
    return [(title, tab) for tab in details.tabs for title in (tab.title, *tab.views)]


async def go_to_tab(context: ViewContext, name: str) -> None:
    """Bring into sight what is called so, or begins so.

    Raises:
        NotFoundError: Nothing is.
        UsageError: No workflow is open.
    """
    known = places(context)
    meant = [(title, tab) for title, tab in known if word_of(title).startswith(word_of(name))]
    if not meant:
        hint = ", ".join(title for title, _tab in known)
        raise NotFoundError(f"There is no tab {name}.", hint=hint)
    title, tab = meant[0]
    details = context.app.screen.query_one(TabbedPane)
    if details.workflow is None:
        raise UsageError(
            "No workflow is open.", hint=f"{key_of('open')} opens the one under the cursor."
        )
    context.workflows.action_open()
    await details.show_tab(tab)
    if title in tab.views:
        tab.show_view(title)
    tab.focus_content()

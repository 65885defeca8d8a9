"""What the command line does: asks for a line, and does what it says."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from msgspec.structs import replace

from torc_core.errors import UsageError
from torc_core.model.ids import JobId
from torc_core.operations.find_workflow import find_workflow
from torc_tui.appearance.palettes import PALETTES
from torc_tui.keys.action import Scope
from torc_tui.keys.in_words import keyed
from torc_tui.lists.listing import named_filter
from torc_tui.panes.list_pane import ListPane
from torc_tui.panes.lists.actions import apply_saved, use_columns, use_usual_order
from torc_tui.panes.tabbed import TabbedPane
from torc_tui.panes.tabs.jobs import JobsTab
from torc_tui.screens.actions.view_context import ViewContext
from torc_tui.screens.commands.carry_out import available, carry_out, holder_of
from torc_tui.screens.commands.places import go_to_tab, places
from torc_tui.screens.dialogs.command_line import CommandLine
from torc_tui.state.commands.words import Known, parse
from torc_tui.state.tables.remembered import remembered_by

_KEPT_COMMANDS = 100


async def ask_command(context: ViewContext) -> None:
    """Ask for a line, and do what it says.

    Raises:
        TorcError: It says nothing that can be done, or that was refused.
    """
    known, remembered = _known(context), remembered_by(context.app)
    line = await context.app.push_screen_wait(CommandLine(known, remembered.memory.commands))
    if not line:
        return
    remembered.change(
        lambda memory: replace(
            memory,
            commands=(*(each for each in memory.commands if each != line), line)[-_KEPT_COMMANDS:],
        )
    )
    context.requests.submit(remembered.write, slot="remembered")
    command = parse(line, known)
    if command.name in _VERBS:
        await _VERBS[command.name](context, command.argument)
    else:
        await carry_out(context.app, command.name)


def _known(context: ViewContext) -> Known:
    details = context.app.screen.query_one(TabbedPane)
    pane = holder_of(context.app, Scope.LIST)
    jobs = details.tab_of(JobsTab).table.window.rows()
    listing = pane.table.listing if isinstance(pane, ListPane) else None
    return Known(
        actions=[each.id for each in available(context.app)],
        workflows=[row.item.name for row in context.workflows.table.window.rows()],
        jobs=[row.item.name for row in jobs],
        tabs=[title for title, _tab in places(context)],
        themes=list(PALETTES),
        filters=[each.name for each in listing.filters] if listing else (),
        columns=[each.title for each in listing.choosable] if listing else (),
        sortable=[each.title for each in listing.columns if each.sort_by] if listing else (),
        saved=list(remembered_by(context.app).of_list(listing.name).saved) if listing else (),
    )


def _list_of(context: ViewContext) -> ListPane:
    pane = holder_of(context.app, Scope.LIST)
    if not isinstance(pane, ListPane):
        raise UsageError(
            "There is no list here.", hint=keyed("{go.next_tab} goes to the next tab.")
        )
    return pane


async def _go_to_workflow(context: ViewContext, name: str) -> None:
    user = context.workflows.user or ""
    shown = [row.item for row in context.workflows.table.window.rows() if row.item.name == name]
    if len(shown) == 1:
        context.select(shown[0])
        return
    found = await context.requests.ask(lambda client: find_workflow(client, name, user=user))
    context.select(await context.requests.ask(lambda client: client.get_workflow(found)))


async def _go_to_job(context: ViewContext, name: str) -> None:
    details = context.app.screen.query_one(TabbedPane)
    tab = details.tab_of(JobsTab)
    if name.isdecimal():
        job = await context.requests.ask(lambda client: client.get_job(JobId(int(name))))
        if tab.workflow is None or tab.workflow.id != job.workflow_id:
            number = job.workflow_id
            context.select(await context.requests.ask(lambda client: client.get_workflow(number)))
        name = job.name
    elif tab.workflow is None:
        raise UsageError("No workflow is open.", hint="Go to one first: workflow NAME")
    details.switch_to(tab)
    tab.filter_by("name", name)
    tab.focus_content()


async def _filter(context: ViewContext, argument: str) -> None:
    pane = _list_of(context)
    found = named_filter(pane.listing.filters, argument, "=")
    if found is None:
        known = ", ".join(f"{each.name}=" for each in pane.listing.filters)
        raise UsageError(f"{argument} is not a filter of this list.", hint=f"There are: {known}")
    chosen, text = found
    pane.filter_by(chosen.name, text)


async def _sort(context: ViewContext, title: str) -> None:
    pane = _list_of(context)
    titles = [each.title.lower() for each in pane.table.listing.columns]
    if title.lower() == "usual":
        use_usual_order(pane)
        return
    if title.lower() not in titles:
        raise UsageError(
            f"There is no column {title} here.", hint=keyed("{list.columns} shows others.")
        )
    pane.action_sort_column(titles.index(title.lower()) + 1)


async def _columns(context: ViewContext, argument: str) -> None:
    pane = _list_of(context)
    known = {each.title.lower(): each.title for each in pane.listing.choosable}
    wanted = [each.strip().lower() for each in argument.split(",") if each.strip()]
    if wanted == ["usual"]:
        use_columns(pane, tuple(each.title for each in pane.listing.columns))
        return
    unknown = [each for each in wanted if each not in known]
    if unknown or not wanted:
        raise UsageError(
            f"There is no column {', '.join(unknown) or argument}.",
            hint=f"There are: {', '.join(known.values())}",
        )
    use_columns(pane, tuple(known[each] for each in wanted))


async def _saved(context: ViewContext, name: str) -> None:
    pane = _list_of(context)
    names = remembered_by(context.app).of_list(pane.listing.name).saved
    if name not in names:
        raise UsageError(f"No filter is saved as {name}.", hint=", ".join(names))
    apply_saved(pane, name)


async def _theme(context: ViewContext, name: str) -> None:
    if name not in PALETTES:
        raise UsageError(f"There is no theme {name}.", hint=", ".join(PALETTES))
    await context.app.run_action(f"app.use_theme({name!r})")


async def _help(context: ViewContext, _argument: str) -> None:
    await carry_out(context.app, "view.help")


async def _quit(context: ViewContext, _argument: str) -> None:
    await context.app.run_action("app.quit")


_VERBS: Mapping[str, Callable[[ViewContext, str], Awaitable[None]]] = {
    "workflow": _go_to_workflow,
    "job": _go_to_job,
    "tab": go_to_tab,
    "filter": _filter,
    "sort": _sort,
    "columns": _columns,
    "saved": _saved,
    "theme": _theme,
    "help": _help,
    "quit": _quit,
}

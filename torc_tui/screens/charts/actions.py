"""What the keys for charts do: compare runs, and plot what jobs used."""

from __future__ import annotations

from torc_core.model.ids import id_of
from torc_core.model.workflow import Workflow
from torc_tui.screens.actions.context import no_workflow
from torc_tui.screens.actions.view_context import ViewContext
from torc_tui.screens.charts.diff import DiffScreen
from torc_tui.screens.charts.plots import PlotScreen


def _open_workflow(context: ViewContext) -> Workflow:
    """Return the open workflow, or the one under the cursor.

    Raises:
        UsageError: There is none.
    """
    is_listed = context.workflows.has_focus_within
    listed, opened = context.workflows.selected_workflow(), context.tab.workflow
    workflow = listed if is_listed else opened or listed
    if workflow is None:
        raise no_workflow()
    return workflow


async def compare_runs(context: ViewContext) -> None:
    """Show the runs of the workflow, and what differs between two."""
    screen = DiffScreen(context.requests, _open_workflow(context), context.tab.chosen_runs())
    context.app.push_screen(screen)


async def show_plots(context: ViewContext) -> None:
    """Plot what the marked jobs used, or those with the highest peaks."""
    jobs = [id_of(job) for job in context.tab.marked_jobs()]
    context.app.push_screen(PlotScreen(context.requests, _open_workflow(context), jobs))

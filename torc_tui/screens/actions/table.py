"""Where the functions are that keys of the main screen call; each is imported when it is called.

So the first picture waits for none of what only some keys need. Soon after it all are imported: no
key is late then, and an interface stays whole when another version is installed under it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from pkgutil import resolve_name

from torc_tui.screens.actions.context import ActionContext, Selection
from torc_tui.screens.actions.view_context import ViewContext
from torc_tui.screens.servers.context import ServerContext

UserAction = Callable[[ActionContext, Selection], Awaitable[None]]
ViewAction = Callable[[ViewContext], Awaitable[None]]
ServerAction = Callable[[ServerContext], Awaitable[None]]

USER_ACTIONS: Mapping[str, str] = {
    "workflow.create": "creating.create_actions:create",
    "workflow.wizard": "creating.create_actions:make",
    "workflow.example": "creating.examples:create_example",
    "workflow.initialize": "actions.workflows:initialize",
    "workflow.reinitialize": "actions.workflows:reinitialize",
    "workflow.reset": "actions.workflows:reset",
    "workflow.rerun": "actions.workflows:rerun",
    "workflow.run": "actions.workflows:run",
    "workflow.submit": "actions.workflows:submit",
    "workflow.cancel": "actions.workflows:cancel",
    "workflow.delete": "actions.workflows:delete",
    "workflow.failures": "repair.failures:show_failures",
    "workflow.plan_recovery": "actions.recovery:plan_recovery",
    "workflow.recover": "actions.recovery:recover",
    "workflow.watch": "actions.recovery:watch_or_stop",
    "job.logs": "actions.jobs:show_logs",
    "job.merged_logs": "actions.jobs:show_merged_logs",
    "job.why": "repair.why:show_why",
    "job.edit": "repair.edit:edit",
    "job.cancel": "actions.jobs:cancel",
    "job.terminate": "actions.jobs:terminate",
    "job.retry": "actions.jobs:retry",
}
"""Actions on workflows and jobs: by their id a `UserAction`, as module of `screens` and name."""

VIEW_ACTIONS: Mapping[str, str] = {
    "view.refresh": "actions.view:refresh",
    "view.auto": "actions.view:change_interval",
    "view.low_bandwidth": "actions.view:spare_the_line",
    "view.user": "actions.view:choose_user",
    "view.all_users": "actions.view:switch_users",
    "view.plots": "charts.actions:show_plots",
    "view.diff": "charts.actions:compare_runs",
    "view.runs": "actions.runs:choose_run",
    "view.help": "actions.view:show_help",
    "view.command": "commands.typed:ask_command",
    "view.palette": "commands.palette:open_palette",
    "view.zoom": "actions.view:zoom",
    "view.widen_list": "actions.view:widen_list",
    "view.narrow_list": "actions.view:narrow_list",
}
"""Actions on the view, which change nothing: by their id a `ViewAction`."""

SERVER_ACTIONS: Mapping[str, str] = {
    "server.start": "servers.actions:start_server",
    "server.stop": "servers.actions:stop_server",
    "server.output": "servers.actions:show_output",
    "server.choose": "servers.actions:choose_server",
    "server.known": "servers.actions:offer_servers",
}
"""Actions on servers: by their id a `ServerAction`."""

MENTION_RUNS = "actions.runs:mention_runs"
"""The `ViewAction` with which the interface begins."""


def load(target: str) -> Callable[..., Awaitable[None]]:
    """Import the function that a table names."""
    function: Callable[..., Awaitable[None]] = resolve_name(f"torc_tui.screens.{target}")
    return function


def load_all() -> None:
    """Import everything that is named here; takes a while."""
    for target in (*USER_ACTIONS.values(), *VIEW_ACTIONS.values(), *SERVER_ACTIONS.values()):
        load(target)

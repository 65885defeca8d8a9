"""Why a job is where it is; kept up to date by the events of its workflow."""

from __future__ import annotations

import time
from typing import ClassVar

from textual.binding import BindingType

from torc_core.client import TorcClient
from torc_core.errors import TorcError
from torc_core.model.ids import id_of
from torc_core.operations.repair.why import Reason, explain
from torc_core.operations.repair.why_facts import read_why
from torc_tui.keys.action import Scope
from torc_tui.keys.bindings import bindings_for, bindings_of
from torc_tui.keys.in_words import in_keys
from torc_tui.keys.table import action_named, shown_in
from torc_tui.panes.messages import ActionRequested
from torc_tui.screens.actions.context import ActionContext, Selection
from torc_tui.screens.dialogs.reader import Reader
from torc_tui.screens.repair.following import Following
from torc_tui.state.repair.why_text import why_text
from torc_tui.state.texts.layout import error_text
from torc_tui.terminal import clean
from torc_tui.widgets.key_hints import KeyHints

_NEXT = (
    "job.logs", "job.edit", "job.retry", "workflow.rerun", "workflow.plan_recovery",
    "workflow.recover",
)  # fmt: skip
"""What an answer may name as the next step; its keys work here, too."""


class WhyScreen(Reader):
    """The answer for one job.

    Args:
        context: What actions may use.
        selection: The job, as it was listed, and its workflow.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings_for(Scope.READER), *bindings_of(_NEXT)]

    def __init__(self, context: ActionContext, selection: Selection) -> None:
        self._job = selection.jobs[0]
        super().__init__(f"Why ▸ {clean(self._job.name)}", lambda _width: [])
        self.context = context
        self._selection = selection
        self._following: Following | None = None

    def on_mount(self) -> None:
        """Ask, and listen to what happens."""
        super().on_mount()
        requests = self.context.session.requests
        following = (
            action
            for action in map(action_named, _NEXT)
            if action.title and not (requests.is_read_only and action.is_change)
        )
        self.query_one(KeyHints).show((*following, *shown_in({Scope.READER})))
        self._following = Following(requests, self._job.workflow_id, self._ask)
        self.run_worker(self._following.run())

    def on_unmount(self) -> None:
        """Stop listening."""
        if self._following is not None:
            self._following.close()

    def action_request(self, action_id: str) -> None:
        """Close the answer, and take the next step."""
        self.dismiss()
        selection = self._selection
        requested = ActionRequested(action_id, selection.workflows, selection.jobs)
        self.app.screen_stack[0].post_message(requested)

    async def _ask(self) -> None:
        try:
            reasons = await self.context.session.requests.ask(self._reasons, slot="why")
        except TorcError as error:
            failure = error
            self.rewrite(lambda width: error_text(failure, width))
        else:
            self.rewrite(lambda width: why_text(reasons, width))

    def _reasons(self, client: TorcClient) -> list[Reason]:
        context = self.context
        queue = context.session.queue.look(client, self._job.workflow_id)
        facts = read_why(client, id_of(self._job), context.session.run_options, queue, time.time())
        return [each._replace(text=in_keys(each.text)) for each in explain(facts)]


async def show_why(context: ActionContext, selection: Selection) -> None:
    """Show why a job is where it is."""
    context.app.push_screen(WhyScreen(context, selection))

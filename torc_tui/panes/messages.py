"""What panes report to the screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.message import Message

from torc_core.errors import TorcError
from torc_core.model.job import Job
from torc_core.model.workflow import Workflow


class StateChanged(Message):
    """Something happened to the open workflow; what exactly, the server knows."""

    def can_replace(self, message: Message) -> bool:
        """One such message is as good as a thousand."""
        return isinstance(message, StateChanged)


class OverviewWanted(Message):
    """All jobs are to be read again, whether or not something has changed."""


class LimitsChanged(Message):
    """A pane shows other rows, or another number of them."""


@dataclass
class ActionRequested(Message):
    """The user asked for an action on what a pane shows."""

    action_id: str
    workflows: Sequence[Workflow]
    """The open one; in their list the marked ones, else the one under the cursor."""
    jobs: Sequence[Job]
    """The marked ones, else the one under the cursor; empty where no jobs are shown."""


@dataclass
class WorkflowChosen(Message):
    """A workflow is to be opened beside the list, or entered."""

    workflow: Workflow
    is_entered: bool


class WorkflowGone(Message):
    """The open workflow is no longer on the server."""


@dataclass
class Notice(Message):
    """One line for the user, or the error of a request for what a pane shows."""

    content: str | TorcError
    tone: str = ""

"""The viewer of files, with its keys: a job's output, or any other file."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from torc_core.model.job import Job
from torc_tui.keys.action import Scope
from torc_tui.keys.bindings import bindings_for
from torc_tui.requests import Requests
from torc_tui.screens.logs.actions import LOG_ACTIONS
from torc_tui.screens.logs.viewer import FileViewer
from torc_tui.state.logs.files.logpaths import find_logs


class LogScreen(FileViewer):
    """Shows one of a group of files, and does what keys ask for."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_for(Scope.LOG)

    def action_log(self, name: str) -> None:
        """Do what a key of the viewer is for."""
        LOG_ACTIONS[name](self)


def log_of_job(requests: Requests, job: Job) -> LogScreen:
    """Return a viewer of what a job wrote; of an attempt that failed, at its first error."""
    return LogScreen(requests, f"log ▸ {job.name}", lambda: find_logs(requests.client(), job))

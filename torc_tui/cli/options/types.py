"""Types of arguments and options: ids, references to workflows."""

from __future__ import annotations

from typing import Any

import click
from click.shell_completion import CompletionItem

from torc_core.config.bounds import IDS
from torc_tui.cli.options.numbers import number

ID = number(IDS)
"""An id of anything but a workflow."""


class CompletedText(click.ParamType[str]):
    """A text that shells complete.

    Args:
        name: What it is, for messages of click.
        completer: The function of `torc_tui.cli.completion` that returns what a shell offers.
    """

    def __init__(self, name: str, completer: str) -> None:
        self.name = name
        self._completer = completer

    def shell_complete(
        self,
        ctx: click.Context,
        param: click.Parameter,  # noqa: ARG002 - click's
        incomplete: str,
    ) -> list[CompletionItem[Any]]:
        """Return what a shell offers."""
        from torc_tui.cli import completion  # noqa: PLC0415 - for a shell's key

        offered: list[CompletionItem[Any]] = getattr(completion, self._completer)(ctx, incomplete)
        return offered


class WorkflowReference(CompletedText):
    """How a workflow is named: by its id, its name or `latest`."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the text; what looks like a number has to be an id."""
        text = str(value)
        if text.isdecimal():
            ID.convert(text, param, ctx)
        return text


WORKFLOW = WorkflowReference("workflow", "complete_workflow")
FILE_OR_WORKFLOW = CompletedText("file or workflow", "complete_workflow_or_file")
PROFILE = CompletedText("profile", "complete_profile")

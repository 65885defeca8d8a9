"""Types of arguments and options: ids, references to workflows."""

from __future__ import annotations

from typing import Any

import click
from click.shell_completion import CompletionItem

from torc_core.config.bounds import IDS
from torc_tui.cli.options.numbers import number

ID = number(IDS)
"""An id of anything but a workflow."""


class WorkflowReference(click.ParamType[str]):
    """How a workflow is named: by its id, its name or `latest`."""

    name = "workflow"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the text; what looks like a number has to be an id."""
        text = str(value)
        if text.isdecimal():
            ID.convert(text, param, ctx)
        return text

    def shell_complete(
        self,
        ctx: click.Context,
        param: click.Parameter,  # noqa: ARG002 - click's
        incomplete: str,
    ) -> list[CompletionItem[Any]]:
        """Return what a shell offers."""
        from torc_tui.cli.completion import complete_workflow  # noqa: PLC0415 - for a shell's key

        return complete_workflow(ctx, incomplete)


class WorkflowOrFile(click.ParamType[str]):
    """The path of a workflow file, or how a workflow is named."""

    name = "file or workflow"

    def shell_complete(
        self,
        ctx: click.Context,
        param: click.Parameter,  # noqa: ARG002 - click's
        incomplete: str,
    ) -> list[CompletionItem[Any]]:
        """Return what a shell offers."""
        from torc_tui.cli.completion import complete_workflow_or_file  # noqa: PLC0415

        return complete_workflow_or_file(ctx, incomplete)


class ProfileName(click.ParamType[str]):
    """The name of an HPC profile."""

    name = "profile"

    def shell_complete(
        self,
        ctx: click.Context,
        param: click.Parameter,  # noqa: ARG002 - click's
        incomplete: str,
    ) -> list[CompletionItem[Any]]:
        """Return what a shell offers."""
        from torc_tui.cli.completion import complete_profile  # noqa: PLC0415

        return complete_profile(ctx, incomplete)


WORKFLOW = WorkflowReference()
FILE_OR_WORKFLOW = WorkflowOrFile()
PROFILE = ProfileName()

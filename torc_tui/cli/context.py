"""What the functions of commands are decorated with: settings, ids, workflows, paging."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

from torc_core.config.bounds import POSITIVE, WHOLE
from torc_core.model.status import JobStatus
from torc_tui.cli.numbers import number
from torc_tui.cli.settings import Settings

Command = TypeVar("Command", bound=Callable[..., Any])
Decorator = Callable[[Any], Any]


def pass_settings(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command its settings as the first argument."""

    @click.pass_context
    @functools.wraps(function)
    def call(ctx: click.Context, /, *args: Any, **options: Any) -> Any:
        root = ctx.find_root()
        root.obj = root.obj or Settings(ctx)
        return ctx.invoke(function, root.obj, *args, **options)

    return call


ID = number(POSITIVE)
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


WORKFLOW = WorkflowReference()
FILE_OR_WORKFLOW = WorkflowOrFile()


def options(*decorators: Decorator) -> Decorator:
    """Return one decorator that adds options in this order."""

    def decorate(command: Command) -> Command:
        for each in reversed(decorators):
            command = each(command)
        return command

    return decorate


workflow_argument = click.argument("workflow", type=WORKFLOW, required=False)
"""The workflow of a command, for `Settings.choose_workflow`."""

workflows_argument = click.argument("workflows", type=WORKFLOW, nargs=-1)
"""The workflows of a command; without any, for `Settings.choose_workflow`."""


status_filter = click.option(
    "-s",
    "--status",
    type=click.Choice([str(status) for status in JobStatus]),
    metavar="STATUS",
    help=f"One of: {', '.join(JobStatus)}.",
)
"""The option of lists that jobs' statuses filter."""


limits = options(
    click.option("-l", "--limit", type=number(POSITIVE), help="At most N; by default all."),
    click.option("-o", "--offset", type=number(WHOLE), default=0, help="Skip the first N."),
)
"""The options of lists that the server cannot sort."""

paging = options(
    limits,
    click.option("--sort-by", metavar="FIELD", help="Sort by this field."),
    click.option("--reverse-sort", is_flag=True, help="Reverse the order."),
)
"""The options of every other list."""

short_paging = options(
    limits,
    click.option("-s", "--sort-by", metavar="FIELD", help="Sort by this field."),
    click.option("-r", "--reverse-sort", is_flag=True, help="Reverse the order."),
)
"""The same, with short options that some lists use for filters."""

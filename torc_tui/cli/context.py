"""What every command uses: settings, a client, output, and a way to carry out operations."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import cached_property
from typing import Any, TypeVar

import click

from torc_core.client import TorcClient
from torc_core.config.bounds import POSITIVE, WHOLE
from torc_core.config.schema import ClientSettings
from torc_core.config.sources import load_settings
from torc_core.errors import NotFoundError, UsageError
from torc_core.host.connect import Choice, Connection, connect
from torc_core.host.user import user_name
from torc_core.model.ids import WorkflowId
from torc_core.model.status import JobStatus
from torc_core.operations.reporter import Proposal, Result, carry_out
from torc_tui.cli.diagnostics import say
from torc_tui.cli.numbers import number
from torc_tui.cli.output import JsonOutput, Output, TableOutput
from torc_tui.cli.reporter import CommandReporter

R = TypeVar("R", bound=Result)
Command = TypeVar("Command", bound=Callable[..., Any])

ID = number(POSITIVE)
"""An id of anything."""

PICKER_LIMIT = 50
"""The most workflows that are offered for a choice, as in the reference."""


class Settings:
    """The global options, merged with configuration; connections are made when first needed."""

    def __init__(
        self, configured: ClientSettings, choice: Choice, format_: str, log_level: str
    ) -> None:
        self.configured = configured
        self.log_level = log_level
        self.choice = choice
        self.output: Output = JsonOutput() if format_ == "json" else TableOutput()

    @classmethod
    def from_options(
        cls, *, format_: str | None, log_level: str | None, **options: Any
    ) -> Settings:
        """Return the settings for the options of the command line.

        Raises:
            UsageError: A configuration file is wrong.
        """
        configured = load_settings()
        choice = Choice(
            url=options["url"],
            configured_url=configured.api_url,
            standalone=options["standalone"],
            user=options["username"] or configured.username or user_name(),
            password=options["password"],
            token=os.environ.get("TORC_TOKEN"),
        )
        return cls(
            configured, choice, format_ or configured.format, log_level or configured.log_level
        )

    @cached_property
    def connection(self) -> Connection:
        """The connection to the server, made on first use."""
        return connect(self.choice)

    @property
    def user(self) -> str:
        """The name of the user."""
        return str(self.choice.user)

    @property
    def client(self) -> TorcClient:
        """The client of the server."""
        return self.connection.client

    def reporter(self, *, ask: bool = True) -> CommandReporter:
        """Return how this command shows what operations report."""
        return CommandReporter(ask=ask)

    def carry_out(self, proposal: Proposal[R], *, ask: bool = True, force: bool = False) -> R:
        """Ask and perform an operation.

        Args:
            proposal: The operation.
            ask: Ask its question, unless that is optional.
            force: Continue in spite of its objection.

        Raises:
            Abort: The user declined.
            TorcError: The objection, or a refusal of the server.
        """
        with self.reporter(ask=ask) as reporter:
            result = carry_out(proposal, reporter, force=force)
        if result is None:
            raise click.Abort
        return result

    def choose_workflow(self, workflow_id: WorkflowId | None) -> WorkflowId:
        """Return the id of the workflow: the one given, the only one, or one chosen.

        Raises:
            NotFoundError: The user has no workflow.
            UsageError: There are several, and no terminal to ask in.
        """
        if workflow_id is not None:
            return workflow_id
        page = self.client.list_workflows(
            user=self.choice.user, is_archived=False, limit=PICKER_LIMIT
        )
        found = {workflow.id: workflow.name for workflow in page.items if workflow.id is not None}
        if not found:
            raise NotFoundError(
                f"{self.choice.user} has no workflow.",
                hint="Create one: torc workflows create FILE",
            )
        if len(found) == 1:
            return next(iter(found))
        if not sys.stdin.isatty():
            raise UsageError(
                f"There are {page.total_count:,} workflows; which one?",
                hint="Give its id, as listed by: torc workflows list",
            )
        for key, name in found.items():
            say(f"{key:>6}  {name}")
        if page.total_count > len(found):
            say(f"{page.total_count - len(found):,} more; to choose one of these, give its id")
        answer: str = click.prompt(
            "Workflow", type=click.Choice([str(key) for key in found]), err=True
        )
        return WorkflowId(int(answer))


pass_settings = click.make_pass_decorator(Settings)


status_filter = click.option(
    "-s",
    "--status",
    type=click.Choice([str(status) for status in JobStatus]),
    metavar="STATUS",
    help=f"One of: {', '.join(JobStatus)}.",
)
"""The option of lists that jobs' statuses filter."""


def paging(command: Command) -> Command:
    """Add the options of every list: limit, offset and sorting."""
    for option in (
        click.option("--reverse-sort", is_flag=True, help="Reverse the order."),
        click.option("--sort-by", metavar="FIELD", help="Sort by this field."),
        click.option("--offset", type=number(WHOLE), default=0, help="Skip the first N."),
        click.option("-l", "--limit", type=number(POSITIVE), help="At most N; by default all."),
    ):
        command = option(command)
    return command

"""What a command works with: settings, client, output, and how operations are carried out."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property, wraps
from typing import TYPE_CHECKING, Any, TypeVar

import click

from torc_core.client import TorcClient
from torc_core.client.server_clock import TOLERANCE_S
from torc_core.clock import SystemClock
from torc_core.config.layers import Option
from torc_core.config.schema import ClientSettings
from torc_core.config.server_choice import server_choice
from torc_core.config.sources import Loaded
from torc_core.errors import ExitCode, NotFoundError, UsageError
from torc_core.host.connect import Choice, Connection, connect
from torc_core.model.ids import WorkflowId, id_of
from torc_core.operations.find_workflow import find_workflow, is_file
from torc_core.operations.reporter import Proposal, Result, carry_out
from torc_core.units import format_seconds
from torc_tui.cli.global_options import given_options
from torc_tui.cli.output.diagnostics import say
from torc_tui.cli.output.formats import Output, output_for
from torc_tui.cli.output.reporter import CommandReporter
from torc_tui.keys.chosen import key_problems

if TYPE_CHECKING:
    from torc_core.hpc.slurm.programs.calls import Slurm

R = TypeVar("R", bound=Result)

PICKER_LIMIT = 50
"""The most workflows that are offered for a choice, as in the reference."""
_CONFIGURABLE = {
    "ascii_only": ("--ascii", ("tui", "ascii")),
    "context": ("--context", ("context",)),
    "format_": ("--format", ("format",)),
    "log_level": ("--log-level", ("log_level",)),
    "password": ("--password", ("password",)),
    "readonly": ("--readonly", ("tui", "readonly")),
    "server_host": ("--server-host", ("slurm", "server_host")),
    "theme": ("--theme", ("tui", "theme")),
    "url": ("--url", ("api_url",)),
    "username": ("--username", ("username",)),
}
"""The options that are also settings of `[client]`, by their names in `given_options`."""


class Settings:
    """The global options and the configuration; each is read when it is first needed.

    Args:
        ctx: The call of a command.
    """

    def __init__(self, ctx: click.Context) -> None:
        self.options = given_options(ctx)

    def load(self, *tables: str) -> Loaded:
        """Return what files, the environment and the global options say, right or wrong.

        Args:
            *tables: Those of interest; all if none is named.
        """
        loaded = Loaded(
            *tables,
            options=[
                Option(("client", *path), spelling, value)
                for option, (spelling, path) in _CONFIGURABLE.items()
                if (value := self.options.get(option))
            ],
        )
        loaded.problems += key_problems(loaded)
        return loaded

    @cached_property
    def _loaded(self) -> Loaded:
        return self.load("client")

    @property
    def configured(self) -> ClientSettings:
        """What files, the environment and the global options say.

        Raises:
            UsageError: One of them is wrong.
        """
        return self._loaded.check().client

    @cached_property
    def output(self) -> Output:
        """How results are printed."""
        return output_for(self.options.get("format_") or self.configured.format)

    @cached_property
    def choice(self) -> Choice:
        """Which server to use, and as which user; a password is asked for if only that is given."""
        choice = server_choice(self._loaded)
        return choice._replace(
            standalone=choice.standalone or self.options.get("standalone", False),
            password=self._password(),
        )

    def _password(self) -> str | None:
        given, password = self.options, self.configured.password
        is_asked_for = given.get("prompt_password") or (
            given.get("username") and password is None and sys.stdin.isatty()
        )
        if is_asked_for:
            password = click.prompt("Password", hide_input=True, err=True)
        return password

    @cached_property
    def connection(self) -> Connection:
        """The connection to the server, made on first use."""
        return connect(self.choice)

    @property
    def user(self) -> str:
        """The name of the user."""
        return str(self.choice.user)

    @property
    def owner(self) -> str:
        """Whose workflows are found by name, and offered for a choice."""
        return str(self.options.get("owner") or self.user)

    @property
    def client(self) -> TorcClient:
        """The client of the server."""
        return self.connection.client

    @cached_property
    def slurm(self) -> Slurm:
        """The Slurm programs of this machine, if it has them; within the configured budget."""
        from torc_core.hpc.slurm.programs.budget import Budget  # noqa: PLC0415 - few commands do
        from torc_core.hpc.slurm.programs.calls import Slurm  # noqa: PLC0415

        return Slurm(SystemClock(), Budget(self.configured.slurm.calls_per_minute))

    def reporter(self, *, ask: bool = True, tells: bool = False) -> CommandReporter:
        """Return how this command shows what operations report."""
        return CommandReporter(ask=ask, tells=tells)

    def carry_out(
        self, proposal: Proposal[R], *, ask: bool = True, force: bool = False, tells: bool = False
    ) -> R:
        """Ask and perform an operation.

        Args:
            proposal: The operation.
            ask: Ask its question, unless that is optional.
            force: Continue in spite of its objection.
            tells: Print its progress line by line.

        Raises:
            Exit: The user declined.
            TorcError: The objection, or a refusal of the server.
        """
        with self.reporter(ask=ask, tells=tells) as reporter:
            result = carry_out(proposal, reporter, force=force)
        if result is None:
            say("Declined.")
            raise click.exceptions.Exit(ExitCode.INTERRUPTED)
        return result

    def carry_out_shown(
        self,
        proposal: Proposal[R],
        lines: Iterable[str],
        *,
        no_prompts: bool,
        force: bool = False,
        tells: bool = False,
    ) -> R:
        """Perform an operation whose plan people see in any case: in its question, or without one.

        Where there is no terminal to ask in, who typed the command has agreed.

        Args:
            proposal: The operation.
            lines: The plan.
            no_prompts: Do not ask.
            force: Continue in spite of its objection.
            tells: Print its progress line by line.

        Raises:
            Exit: The user declined.
            TorcError: The objection, or a refusal of the server.
        """
        asks = not (no_prompts or self.output.is_json) and sys.stdin.isatty()
        if not asks and not self.output.is_json:
            for line in lines:
                say(line)
        return self.carry_out(proposal, ask=asks, force=force, tells=tells)

    def warn_of_clock(self) -> None:
        """Print a warning if the server that was asked has quite another time."""
        connection: Connection | None = vars(self).get("connection")
        skew_s = None if connection is None else connection.client.clock_skew_s
        if skew_s is not None and abs(skew_s) > TOLERANCE_S:
            direction = "ahead of" if skew_s > 0 else "behind"
            say(
                f"warning: The server's clock is {format_seconds(abs(skew_s))} {direction} this "
                "machine's, and times from both are compared. Synchronize the clocks."
            )

    def find_workflow(self, reference: str, *, is_archived: bool = False) -> WorkflowId:
        """Return the id of the workflow that an id, a name or `latest` names.

        Args:
            reference: The name.
            is_archived: Archived workflows are meant.

        Raises:
            NotFoundError: There is none.
            UsageError: There are several of this name.
        """
        return find_workflow(self.client, reference, user=self.owner, is_archived=is_archived)

    def find_workflow_unless_file(self, reference: str) -> WorkflowId | None:
        """Return the id of a workflow as `find_workflow` does; None for what is a file.

        Raises:
            NotFoundError: There is neither a file nor a workflow of this name.
            UsageError: There are several workflows of this name.
        """
        if is_file(reference):
            return None
        try:
            return self.find_workflow(reference)
        except NotFoundError as error:
            raise NotFoundError(
                f"There is no file {reference!r}, and {error.message}", hint=error.hint
            ) from error

    def choose_workflows(
        self, references: Sequence[str], *, is_archived: bool = False
    ) -> list[WorkflowId]:
        """Return the ids of workflows, at least one.

        Args:
            references: Their ids or names.
            is_archived: Archived workflows are meant.

        Raises:
            NotFoundError: There is none.
            UsageError: None is named, and there is no terminal to ask in. A script whose list is
                empty must not get the only workflow.
        """
        if not references:
            if not sys.stdin.isatty():
                raise UsageError("No workflow is named.", hint="Give ids or names.")
            return [self.choose_workflow(None, is_archived=is_archived)]
        found = (self.find_workflow(each, is_archived=is_archived) for each in references)
        return list(dict.fromkeys(found))

    def choose_workflow(self, reference: str | None, *, is_archived: bool = False) -> WorkflowId:
        """Return the id of the workflow: the one named, the only one, or one chosen.

        Args:
            reference: Its id or name; None to choose.
            is_archived: Archived workflows are meant.

        Raises:
            NotFoundError: There is none.
            UsageError: There are several, and no terminal to ask in.
        """
        if reference is not None:
            return self.find_workflow(reference, is_archived=is_archived)
        page = self.client.list_workflows(
            user=self.owner,
            is_archived=is_archived,
            sort_by="id",
            reverse_sort=True,
            limit=PICKER_LIMIT,
        )
        if not page.items:
            raise NotFoundError(
                f"{self.owner} has no {'archived ' if is_archived else ''}workflow.",
                hint="" if is_archived else "Create one: torc workflows create FILE",
            )
        if len(page.items) == 1:
            return id_of(page.items[0])
        if not sys.stdin.isatty():
            raise UsageError(
                f"There are {page.total_count:,} workflows; which one?",
                hint="Give its id, as listed by: torc workflows list",
            )
        if page.total_count > len(page.items):
            say(f"The newest of {page.total_count:,} workflows:")
        for workflow in reversed(page.items):
            say(f"{workflow.id:>6}  {workflow.name}")
        chosen: WorkflowId = click.prompt("Workflow", value_proc=self._read_choice, err=True)
        return chosen

    def _read_choice(self, answer: str) -> WorkflowId:
        """Return the id of the workflow that an answer names, or let the question be repeated."""
        try:
            return id_of(self.client.get_workflow(self.find_workflow(answer.strip())))
        except (NotFoundError, UsageError) as error:
            raise click.UsageError(error.message) from error


def pass_settings(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command its settings as the first argument."""

    @click.pass_context
    @wraps(function)
    def call(ctx: click.Context, /, *args: Any, **options: Any) -> Any:
        root = ctx.find_root()
        settings = root.obj = root.obj or Settings(ctx)
        try:
            return ctx.invoke(function, settings, *args, **options)
        finally:
            settings.warn_of_clock()

    return call

"""`torc watch`: a workflow, watched until it is complete."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import click

from torc_core.config.bounds import COUNT, POSITIVE_SECONDS, SECONDS
from torc_core.errors import ExitCode
from torc_core.operations.recovery.options import WATCH_RUNTIME_MULTIPLIER, RecoveryOptions
from torc_core.operations.recovery.watch.check import find_watchable
from torc_core.operations.recovery.watch.options import (
    COOLDOWN_S,
    MAX_RETRIES,
    POLL_INTERVAL_S,
    STRANDED_TIMEOUT_S,
    THRESHOLD,
    WatchOptions,
)
from torc_core.operations.recovery.watch.request import WatchRequest
from torc_core.operations.recovery.watch.watch import watch
from torc_core.operations.reporter import Notice, Question
from torc_core.operations.run_options import runner_options
from torc_tui.cli.command import command
from torc_tui.cli.commands.submit import site_options
from torc_tui.cli.options.numbers import number
from torc_tui.cli.options.recovery_options import (
    idle_options,
    recovery_options,
    taken_options,
)
from torc_tui.cli.options.server_host import server_host_option
from torc_tui.cli.options.shared import workflow_argument
from torc_tui.cli.output.diagnostics import say
from torc_tui.cli.output.formats import Output
from torc_tui.cli.settings import Settings, pass_settings

_EXIT_CODES = {
    signal.SIGINT: ExitCode.INTERRUPTED,
    signal.SIGTERM: ExitCode.TERMINATED,
}

_ONLY_WITH = {
    "recover": (*RecoveryOptions.__struct_fields__, "max_retries"),
    "auto_schedule": ("threshold", "cooldown_s", "stranded_timeout_s"),
}


@command(
    "watch",
    examples=[
        "torc watch 42",
        "torc watch 42 --recover",
        "torc watch 42 --recover --auto-schedule --show-job-counts",
    ],
)
@workflow_argument
@click.option(
    *("-p", "--poll-interval", "poll_interval_s"),
    type=number(POSITIVE_SECONDS),
    default=POLL_INTERVAL_S,
    help="Longest time between two looks, in seconds. Events lead to a look at once.",
)
@click.option(
    "-o", "--output-dir", help="Directory of logs, which compute nodes share; `output` by default."
)
@click.option(
    "-s",
    "--show-job-counts",
    is_flag=True,
    help="Show how many jobs are in which status, once per poll interval.",
)
@click.option(
    *("-r", "--recover"),
    is_flag=True,
    help="Run failed jobs again, as `torc recover` does, and what has lost its nodes or runner.",
)
@click.option(
    *("-m", "--max-retries"),
    type=number(COUNT),
    default=MAX_RETRIES,
    help="Recoveries in a row.",
)
@recovery_options(WATCH_RUNTIME_MULTIPLIER)
@click.option(
    "--auto-schedule", is_flag=True, help="Request nodes of Slurm for jobs that have none."
)
@click.option(
    *("--auto-schedule-threshold", "threshold"),
    type=number(COUNT._replace(low=1)),
    default=THRESHOLD,
    help="Retries that have to wait until nodes are requested beside those there are.",
)
@click.option(
    *("--auto-schedule-cooldown", "cooldown_s"),
    type=number(SECONDS),
    default=COOLDOWN_S,
    help="Least time between two such requests, in seconds.",
)
@click.option(
    *("--auto-schedule-stranded-timeout", "stranded_timeout_s"),
    type=number(SECONDS),
    default=STRANDED_TIMEOUT_S,
    help="Request nodes for fewer retries, too, after so many seconds; 0 for never.",
)
@server_host_option
@pass_settings
def watch_command(
    settings: Settings, /, workflow: str | None, *, output_dir: str | None, **chosen: Any
) -> int:
    """Watch a workflow until it is complete, and help it on if that is allowed.

    The exit code is 0 if all of its jobs completed, and 1 if not. What is shown also goes to
    `watch_HOST_WORKFLOW.log` in the output directory. Ctrl-C ends the watch, and no job.
    """
    _warn_of_idle_options(click.get_current_context())
    request = WatchRequest(
        workflow_id=settings.choose_workflow(workflow),
        recovery=taken_options(chosen),
        options=WatchOptions(**chosen),
        site=site_options(settings, output_dir or "output"),
        settings=settings.configured.hpc,
        run=runner_options(settings.configured, output_dir=output_dir),
        user=settings.user,
    )
    found = find_watchable(settings.client, request)  # till then Ctrl-C ends it as any command
    with _stopped_by_signals() as stop:
        watched = watch(
            settings.connection,
            settings.slurm,
            request,
            _LineReporter(settings.output),
            stop.is_asked,
            workflow=found,
        )
    if watched is None:
        again = "The same command watches it again."
        say(f"The watch ended; workflow {request.workflow_id} goes on. {again}")
        return stop.exit_code
    settings.output.message(
        watched.sentence,
        {
            "workflow_id": watched.workflow_id,
            "exit_code": watched.exit_code,
            "message": watched.sentence,
            "hint": watched.hint,
        },
    )
    if watched.hint:
        say(f"\nhint: {watched.hint}")
    return watched.exit_code


def _warn_of_idle_options(context: click.Context) -> None:
    for switch, names in _ONLY_WITH.items():
        needed = f"--{switch.replace('_', '-')}"
        for idle in idle_options(context, switch, names):
            say(f"warning: {idle} does nothing without {needed}.")


class _LineReporter:
    """Prints what a watch says, a line for each; for programs, on stderr."""

    def __init__(self, output: Output) -> None:
        self._print = say if output.is_json else output.text

    def progress(self, notice: Notice, done: float | None = None) -> None:
        """Print what was done."""
        if done is None:
            self._print(notice.sentence)

    def warn(self, warning: Notice) -> None:
        """Print it, on stderr."""
        say(f"warning: {warning.sentence}")

    def confirm(self, question: Question) -> bool:  # noqa: ARG002 - the protocol's
        """Agree: the options say what a watch may do."""
        return True


class _Stop:
    """Whether the watch was asked to end, and with which exit code."""

    def __init__(self) -> None:
        self.is_asked = threading.Event()
        self.exit_code = ExitCode.INTERRUPTED

    def ask(self, signum: int, _frame: FrameType | None) -> None:
        """End the watch; who asks twice does not wait for what it is doing.

        Raises:
            KeyboardInterrupt: It was asked before.
        """
        if self.is_asked.is_set():
            raise KeyboardInterrupt
        self.exit_code = _EXIT_CODES[signal.Signals(signum)]
        self.is_asked.set()


@contextmanager
def _stopped_by_signals() -> Iterator[_Stop]:
    stop = _Stop()
    previous = {signum: signal.signal(signum, stop.ask) for signum in _EXIT_CODES}
    try:
        yield stop
    finally:
        for signum, handler in previous.items():
            signal.signal(signum, handler)

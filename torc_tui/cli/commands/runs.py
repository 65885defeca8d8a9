"""`torc runs`: runs on this machine, found again after a terminal was lost."""

from __future__ import annotations

from typing import Any

import click

from torc_core.errors import UsageError
from torc_core.host.runs import DamagedRun, Run, without_secrets
from torc_core.operations.runs.clear import propose_clear
from torc_core.operations.runs.stop import propose_stop
from torc_tui.cli.command import argument, group
from torc_tui.cli.output.diagnostics import say
from torc_tui.cli.settings import Settings, pass_settings
from torc_tui.lists.runs import RUNS

_ID = "The id of a run, as `torc runs list` shows it."


@group()
def runs() -> None:
    """Runs on this machine, which continue when their terminals are closed."""


@runs.command("list", examples=["torc runs list", "torc -f json runs list"])
@pass_settings
def list_(settings: Settings) -> None:
    """List runs, newest first.

    Of a directory that does not say what runs, what is wrong with it is printed to stderr, with
    what to do about it.
    """
    runs = RUNS.page().items
    damaged = [run for run in runs if isinstance(run, DamagedRun)]
    is_json = settings.output.is_json
    settings.output.listing(
        "runs",
        [run for run in runs if isinstance(run, Run)] if is_json else runs,
        RUNS.printed_columns,
        without_secrets,
        {"damaged_runs": damaged},
    )
    for run in damaged:
        say(f"warning: {run.directory} is damaged. {run.problem} {run.hint}")


@runs.command(
    "clear",
    examples=["torc runs clear 20260601T142305-wf7-a1b2c3", "torc runs clear --all --no-prompts"],
)
@argument("run", nargs=-1, help=_ID)
@click.option("--all", "is_all", is_flag=True, help="Clear every run that has ended.")
@click.option("--no-prompts", is_flag=True, help="Do not ask.")
@pass_settings
def clear(settings: Settings, run: tuple[str, ...], *, is_all: bool, no_prompts: bool) -> None:
    """Delete the directories of runs that have ended, with their logs.

    Workflows, results and the output of jobs stay. A run that has not ended, was started on another
    host or has left jobs running is refused, and then none is cleared; `--all` passes over it.
    """
    if is_all == bool(run):
        raise UsageError("Which runs?", hint="Give ids from `torc runs list`, or --all.")
    done = settings.carry_out(propose_clear(None if is_all else run), ask=not no_prompts)
    _say(settings, done.sentence, {"cleared_runs": list(done.run_ids)})


@runs.command("stop", examples=["torc runs stop 20260601T142305-wf7-a1b2c3"])
@argument("run", nargs=-1, required=True, help=_ID)
@pass_settings
def stop(settings: Settings, run: tuple[str, ...]) -> None:
    """Stop runs: their jobs end and are recorded, as with Ctrl-C in their terminals.

    The next run of the workflow goes on with what is left. It returns once they are asked to stop.
    """
    done = settings.carry_out(propose_stop(run))
    _say(settings, done.sentence, {"stopping_runs": [each.meta.run_id for each in done.runs]})


def _say(settings: Settings, sentence: str, record: dict[str, Any]) -> None:
    settings.output.message(sentence, {"status": "success", "message": sentence} | record)

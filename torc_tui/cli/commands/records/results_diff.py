"""`torc results diff`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click
import msgspec

from torc_core.config.bounds import WHOLE
from torc_core.operations.history.diff import Attempt, compare_runs
from torc_core.units import format_bytes, format_seconds
from torc_tui.cli.command import command
from torc_tui.cli.options.numbers import number
from torc_tui.cli.options.shared import workflow_argument
from torc_tui.cli.settings import Settings, pass_settings
from torc_tui.lists.listing import Column


def _both(show: Callable[[Attempt], str]) -> Callable[[Any], str]:
    return lambda each: f"{show(each.older)} -> {show(each.newer)}"


def _memory(attempt: Attempt) -> str:
    size = attempt.peak_memory_bytes
    return "?" if size is None else format_bytes(size)


_COLUMNS = (
    Column("Job ID", lambda each: each.job_id, is_number=True),
    Column("Job", lambda each: each.job_name),
    Column("Changed", lambda each: ", ".join(each.changed)),
    Column("Status", _both(lambda attempt: attempt.status)),
    Column("Code", _both(lambda attempt: str(attempt.return_code))),
    Column("Time", _both(lambda attempt: format_seconds(attempt.exec_time_minutes * 60))),
    Column(
        "Peak memory",
        _both(_memory),
    ),
)


@command(examples=["torc results diff latest", "torc results diff 12 --older 1 --newer 3"])
@workflow_argument
@click.option("--older", type=number(WHOLE), help="A run. Default: the one before the other.")
@click.option("--newer", type=number(WHOLE), help="A run. Default: the present one.")
@pass_settings
def diff(settings: Settings, workflow: str | None, *, older: int | None, newer: int | None) -> None:
    """Show which jobs differ between two runs: in outcome, duration, memory or requirements.

    The last attempt of each job in a run counts. Durations and memory differ from a fifth on.
    """
    workflow_id = settings.choose_workflow(workflow)
    found = compare_runs(settings.client, workflow_id, older, newer)
    facts = msgspec.structs.asdict(found)
    settings.output.listing("differences", facts.pop("jobs"), _COLUMNS, members=facts)
    settings.output.text(found.sentence)

"""The options of every command that starts a runner on this machine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from torc_tui.cli.options.numbers import setting

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS = (
    click.option(
        "--max-parallel-jobs", type=setting("max_parallel_jobs"), help="Run at most N jobs at once."
    ),
    click.option("--num-cpus", type=setting("num_cpus"), help="CPUs to use; all by default."),
    click.option(
        "--memory-gb", type=setting("memory_gb"), help="Memory to use, in GiB; all by default."
    ),
    click.option("--num-gpus", type=setting("num_gpus"), help="GPUs to use; all by default."),
    click.option(
        "--cpu-affinity/--no-cpu-affinity",
        default=None,
        help="Pin each job to its own CPUs; no by default.",
    ),
    click.option(
        "--limit-resources/--no-limit-resources",
        default=None,
        help="Stop jobs that exceed the memory or runtime of their requirements; "
        "by default as the workflow says, else no.",
    ),
    click.option(
        "-p",
        "--poll-interval",
        type=setting("poll_interval"),
        help="Longest wait for news, in seconds.",
    ),
    click.option("-o", "--output-dir", help="Directory of logs; `output` by default."),
    click.option("-d", "--detach", is_flag=True, help="Run in the background."),
)

skip_checks_option = click.option(
    "--skip-checks",
    is_flag=True,
    help="Run even if inputs are missing, or jobs need more than their scheduler has.",
)


def run_options(command: F) -> F:
    """Give a command the options of a runner; their names are those of `RunSettings`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command

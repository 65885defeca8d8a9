"""Every command of torc, as a line that is right but for what it refers to."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any

import click

from torc_tui.cli.command import LazyGroup
from torc_tui.cli.root import torc

WORKFLOW_FILE = "name: w\njobs: [{name: a, command: 'true'}]\n"
UNKNOWN = "987654"
"""An id that nothing has."""

WITHOUT_SERVER = """
    completions bash
    config init --local
    config paths
    config show
    config validate
    hpc detect
    hpc generate
    hpc list
    hpc match kestrel
    hpc partitions kestrel
    hpc show kestrel
    logs analyze here
    plot-resources here.db
    runs clear --all --no-prompts
    runs list
    runs stop 20260601T142305-wf7-a1b2c3
    server start
    server status
    server stop
    slurm generate w.yaml --account a --profile kestrel
    submit-slurm w.yaml -a x
    tui
    workflows convert w.yaml --to kdl
    workflows create-slurm w.yaml -a x
"""
WITH_FILE = """
    run w.yaml
    workflows create w.yaml
    workflows import w.json
    workflows list
    workflows new -n x
"""
OF_UNKNOWN = """
    compute-nodes get ID
    compute-nodes list ID
    events create ID -d {}
    events delete ID
    events get ID
    events get-latest-event ID
    events list ID
    events monitor ID
    failure-handlers get ID
    failure-handlers list ID
    files create ID -n x -p x
    files delete ID
    files get ID
    files list ID
    files list-required-existing ID
    files update ID -p x
    job-dependencies job-file ID
    job-dependencies job-job ID
    job-dependencies job-user-data ID
    jobs cancel ID
    jobs create ID -n x -c x
    jobs create-from-file ID w.yaml
    jobs delete ID
    jobs delete-all ID --no-prompts
    jobs get ID
    jobs list ID
    jobs list-failure-handlers -j ID
    jobs list-failure-handlers ID
    jobs list-resource-requirements -j ID
    jobs list-resource-requirements ID
    jobs logs ID
    jobs retry ID
    jobs terminate ID
    jobs update ID -c x
    logs bundle ID
    recover ID
    reports check-resource-utilization ID
    reports failures ID
    reports results ID
    reports summary ID
    resource-requirements create ID -n x --num-cpus 1
    resource-requirements delete ID
    resource-requirements get ID
    resource-requirements list ID
    resource-requirements update ID --memory 1g
    results delete ID
    results diff ID
    results get ID
    results list ID
    run ID
    scheduled-compute-nodes get ID
    scheduled-compute-nodes list ID
    scheduled-compute-nodes list-jobs ID
    slurm create ID -n x -a x
    slurm delete ID
    slurm get ID
    slurm list ID
    slurm parse-logs ID
    slurm regenerate ID -a x
    slurm sacct ID
    slurm schedule-nodes ID
    slurm update ID -a x
    submit ID
    user-data create ID -n x -d 1
    user-data delete ID
    user-data delete-all ID
    user-data get ID
    user-data list ID
    user-data list-missing ID
    user-data update ID -d 1
    watch ID
    workflows archive true ID
    workflows cancel ID
    workflows correct-resources ID
    workflows delete ID --no-prompts
    workflows execution-plan ID
    workflows export ID -o x.json
    workflows get ID
    workflows initialize ID
    workflows is-complete ID
    workflows list-actions ID
    workflows reinitialize ID
    workflows reset-status ID --no-prompts
    workflows resume ID
    workflows run ID
    workflows runs ID
    workflows status ID
    workflows submit ID
    workflows sync-status ID
    workflows update ID --name x
"""


def lines_of(table: str) -> list[tuple[str, ...]]:
    """Return the words of each line."""
    words = (shlex.split(line) for line in table.strip().splitlines())
    return [tuple(UNKNOWN if word == "ID" else word for word in line) for line in words]


ASKING = [*lines_of(WITH_FILE), *lines_of(OF_UNKNOWN), ("ping",)]
"""Lines that make requests."""
EVERY = [*ASKING, *lines_of(WITHOUT_SERVER)]


def leaves(group: click.Group = torc, path: tuple[str, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the words and the command of every command that is no group."""
    ctx = click.Context(group)
    for name in group.list_commands(ctx):
        listed = group.get_command(ctx, name)
        assert listed is not None
        command = group.load(name) if isinstance(group, LazyGroup) else listed
        if isinstance(command, click.Group):
            yield from leaves(command, (*path, name))
        elif not listed.hidden:
            yield (*path, name), command


LEAVES = dict(leaves())

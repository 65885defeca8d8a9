"""Every command of the tree explains itself, and its examples are lines that it takes."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any

import click
import pytest

from torc_tui.cli.command import LazyGroup, TorcCommand
from torc_tui.cli.root import torc


def leaves(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    ctx = click.Context(group)
    for name in group.list_commands(ctx):
        listed = group.get_command(ctx, name)
        assert listed is not None
        if listed.hidden:
            continue
        command = group.load(name) if isinstance(group, LazyGroup) else listed
        if isinstance(command, click.Group):
            yield from leaves(command, (*path, name))
        else:
            yield " ".join((*path, name)), command


COMMANDS = dict(leaves(torc))
every_command = pytest.mark.parametrize("name", COMMANDS)
EXAMPLES = [
    pytest.param(name, line, id=line)
    for name, command in COMMANDS.items()
    for line in getattr(command, "examples", ())
]


def parse(line: str) -> tuple[str, dict[str, Any]]:
    """Parse a command line as it would be before its command is called."""
    ours = next(part for part in line.split(" | ") if part.startswith("torc "))
    _, *args = shlex.split(ours.split(" > ", maxsplit=1)[0])
    command: click.Command = torc
    ctx = torc.make_context("torc", args)
    while isinstance(command, click.Group):
        _, found, rest = command.resolve_command(ctx, [*ctx._protected_args, *ctx.args])
        assert found is not None
        command, ctx = found, found.make_context(found.name, rest, parent=ctx)
    return ctx.command_path.removeprefix("torc "), ctx.params


def test_the_tree_is_found() -> None:
    assert {"run", "workflows create", "jobs list", "files get"} <= COMMANDS.keys()


@every_command
def test_a_command_has_help_and_examples(name: str) -> None:
    command = COMMANDS[name]

    assert isinstance(command, TorcCommand)
    assert command.help
    assert command.examples


@every_command
def test_every_option_and_argument_has_help(name: str) -> None:
    ctx = click.Context(COMMANDS[name])
    without = [
        each.opts
        for each in COMMANDS[name].get_params(ctx)
        if not getattr(each, "hidden", False) and not getattr(each, "help", None)
    ]

    assert not without


@every_command
def test_no_placeholder_of_a_value_is_a_phrase(name: str) -> None:
    ctx = click.Context(COMMANDS[name])
    for each in COMMANDS[name].params:
        if isinstance(each, click.Option) and not each.is_flag:
            assert " " not in each.make_metavar(ctx)


@pytest.mark.parametrize(("name", "line"), EXAMPLES)
def test_an_example_is_a_line_that_its_command_takes(name: str, line: str) -> None:
    assert parse(line)[0] == name


@pytest.mark.parametrize("line", ["torc workflows get 1 2", "torc run --nope x", "torc jobs get x"])
def test_a_wrong_line_would_be_noticed(line: str) -> None:
    with pytest.raises(click.UsageError):
        parse(line)


@pytest.mark.parametrize(
    ("line", "right"),
    [
        ("torc workflows start 1", "torc run WORKFLOW"),
        ("torc workflows show 1", "torc workflows get WORKFLOW"),
        ("torc create w.yaml", "torc workflows create FILE"),
        ("torc status", "torc workflows status WORKFLOW"),
    ],
)
def test_an_expected_name_that_does_not_exist_is_answered_with_the_right_one(
    line: str, right: str
) -> None:
    with pytest.raises(click.UsageError) as caught:
        parse(line)

    assert caught.value.message.endswith(f"Use: {right}")
    parse(right.replace("WORKFLOW", "1").replace("FILE", "w.yaml"))


@pytest.mark.parametrize(
    ("line", "right"), [("torc workflow", "workflows"), ("torc workflows lst", "list")]
)
def test_a_misspelt_command_is_answered_with_the_nearest(line: str, right: str) -> None:
    with pytest.raises(click.UsageError, match=rf"Did you mean '{right}'\?"):
        parse(line)


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("torc slurm regenerate 1 --acount x", "--account"),
        ("torc recover 1 --max-memry 1g", "--max-memory"),
        ("torc recover 1 --memory 2", "--memory-multiplier"),
        ("torc workflows list --all", "--all-users"),
        ("torc --formt json ping", "--format"),
        ("torc recover 1 --account x", None),
        ("torc recover 1 --acount x", None),
        ("torc recover 1 --r", None),
        ("torc recover 1 -Q", None),
    ],
)
def test_only_an_option_that_is_near_is_suggested(line: str, meant: str | None) -> None:
    with pytest.raises(click.UsageError, match="No such option") as caught:
        parse(line)

    _, _, suggested = caught.value.format_message().partition("Did you mean ")
    assert suggested == (f"'{meant}'?" if meant else "")


def test_the_older_name_of_initialize_is_taken_and_not_listed() -> None:
    assert parse("torc workflows initialize-jobs 1")[1]["workflow"] == "1"
    assert "workflows initialize-jobs" not in COMMANDS


def test_the_second_argument_of_run_is_taken_and_not_mentioned() -> None:
    run = COMMANDS["run"]

    assert parse("torc run 1 logs")[1]["directory"] == "logs"
    assert run.collect_usage_pieces(click.Context(run)) == ["[OPTIONS]", "SPEC_OR_ID"]

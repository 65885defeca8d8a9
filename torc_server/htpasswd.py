"""The `torc-htpasswd` command: who may log in to a server."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from torc_core import __version__
from torc_core.errors import AccessError, NotFoundError
from torc_server.access import credentials
from torc_server.access.credentials import COSTS, DEFAULT_COST
from torc_server.entry import enter

_file = click.option(
    "--file", "-f", "path", required=True, type=click.Path(path_type=Path), help="The file."
)
_password = click.option(
    "--password",
    "-p",
    help="The password. Other users can see it in the list of processes; safer "
    "is the prompt, or standard input.",
)
_cost = click.option(
    "--cost",
    "-c",
    type=click.IntRange(COSTS[0], COSTS[-1]),
    default=DEFAULT_COST,
    show_default=True,
    help="Cost of a check; each step doubles it.",
)
_user = click.argument("user")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version", prog_name="torc-htpasswd")
def cli() -> None:
    """Manage the users of a server."""


@cli.command()
@_file
@_password
@_cost
@_user
def add(path: Path, password: str | None, cost: int, user: str) -> None:
    """Add a user, or change a user's password."""
    credentials.check_user(user)
    lines = credentials.read_lines(path, may_be_new=True)
    hashed = credentials.hash_password(given(password, confirm=True), cost)
    done = "Updated" if user in credentials.users(lines) else "Added"
    credentials.write_lines(path, credentials.with_user(lines, user, hashed))
    click.echo(f"{done} user {user}")


@cli.command()
@_file
@_user
def remove(path: Path, user: str) -> None:
    """Remove a user."""
    credentials.write_lines(path, credentials.without_user(credentials.read_lines(path), user))
    click.echo(f"Removed user {user}")


@cli.command("list")
@_file
def list_users(path: Path) -> None:
    """Print the users, one per line."""
    for user in credentials.users(credentials.read_lines(path)):
        click.echo(user)


@cli.command()
@_file
@_password
@_user
def verify(path: Path, password: str | None, user: str) -> None:
    """Check a user's password; exit code 3 if it is wrong."""
    hashed = credentials.users(credentials.read_lines(path)).get(user)
    if hashed is None:
        raise NotFoundError.of("user", user)
    if not credentials.matches(given(password, confirm=False), hashed):
        raise AccessError(f"Wrong password for {user}.")
    click.echo(f"Correct password for {user}")


@cli.command("hash")
@_password
@_cost
@click.argument("user", envvar="USER")
def hash_line(password: str | None, cost: int, user: str) -> None:
    """Print a line for the file of users of a server that you do not administer.

    USER defaults to yourself.
    """
    credentials.check_user(user)
    hashed = credentials.hash_password(given(password, confirm=True), cost)
    click.echo(f"{user}:{hashed}")
    click.echo("Send this line to the administrator of the server.", err=True)


def given(password: str | None, *, confirm: bool) -> str:
    """Return the password of the option, else a line of standard input, else of a prompt."""
    if password is not None:
        return password
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    typed: str = click.prompt("Password", hide_input=True, confirmation_prompt=confirm, err=True)
    return typed


def main() -> int:
    """Run the command line and return its exit code."""
    return enter(cli, "torc-htpasswd")

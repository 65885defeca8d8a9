"""The `torc-htpasswd` command: who may log in to a server."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from torc_core import __version__
from torc_core.errors import AccessError, ConflictError, NotFoundError
from torc_server.access import credentials
from torc_server.access.credentials import COSTS, DEFAULT_COST
from torc_server.entry import enter

_file = click.option(
    "--file",
    "-f",
    "path",
    type=click.Path(path_type=Path),
    help="The file, if it is not the first word.",
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
_words = click.argument("words", nargs=-1, metavar="[FILE] USER")


class _Group(click.Group):
    """Takes the lines of Apache's htpasswd too: `[-c] FILE USER` adds a user."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that is called; `add` where a file is named instead."""
        is_file = args[0] not in self.commands and Path(args[0]).is_file()
        if is_file or ctx.params["is_new"]:
            args = ["add", *args]
        return super().resolve_command(ctx, args)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version", prog_name="torc-htpasswd")
@click.option("-c", "is_new", is_flag=True, hidden=True)
def cli(*, is_new: bool) -> None:
    """Manage the users of a server."""


@cli.command()
@_file
@_password
@_cost
@_words
def add(path: Path | None, password: str | None, cost: int, words: tuple[str, ...]) -> None:
    """Add a user, or change a user's password."""
    path, (user,) = _placed(path, words, "USER")
    credentials.check_user(user)
    lines = credentials.read_lines(path, may_be_new=True)
    hashed = credentials.hash_password(given(password, confirm=True), cost)
    done = "Updated" if user in credentials.users(lines) else "Added"
    credentials.write_lines(path, credentials.with_user(lines, user, hashed))
    click.echo(f"{done} user {user}")


@cli.command()
@_file
@_words
def remove(path: Path | None, words: tuple[str, ...]) -> None:
    """Remove a user."""
    path, (user,) = _placed(path, words, "USER")
    credentials.write_lines(path, credentials.without_user(credentials.read_lines(path), user))
    click.echo(f"Removed user {user}")


@cli.command("list")
@_file
@click.argument("words", nargs=-1, metavar="[FILE]")
def list_users(path: Path | None, words: tuple[str, ...]) -> None:
    """Print the users, one per line."""
    path, _ = _placed(path, words)
    for user in credentials.users(credentials.read_lines(path)):
        click.echo(user)


@cli.command()
@_file
@_password
@_words
def verify(path: Path | None, password: str | None, words: tuple[str, ...]) -> None:
    """Check a user's password; exit code 3 if it is wrong."""
    path, (user,) = _placed(path, words, "USER")
    hashed = credentials.users(credentials.read_lines(path)).get(user)
    if hashed is None:
        raise NotFoundError.of("user", user)
    if not credentials.matches(given(password, confirm=False), hashed):
        raise AccessError(f"Wrong password for {user}.")
    click.echo(f"Correct password for {user}")


@cli.command(hidden=True)
@click.argument("path", type=click.Path(path_type=Path))
def create(path: Path) -> None:
    """Create a file without users; `add` does so by itself."""
    if path.exists():
        raise ConflictError(f"{path} exists.", hint=f"torc-htpasswd add {path} USER")
    credentials.write_lines(path, [])
    click.echo(f"Created {path}")


@cli.command("hash")
@_password
@_cost
@click.argument("user", envvar="USER")
def hash_line(password: str | None, cost: int, user: str) -> None:
    """Print a line for the file of users of another server.

    Its administrator adds the line. USER defaults to yourself.
    """
    credentials.check_user(user)
    hashed = credentials.hash_password(given(password, confirm=True), cost)
    click.echo(f"{user}:{hashed}")
    click.echo("Send this line to the administrator of the server.", err=True)


def _placed(path: Path | None, words: tuple[str, ...], *names: str) -> tuple[Path, tuple[str, ...]]:
    """Return the file, which is the first word unless --file names it, and the other words."""
    if path is None and words:
        path, words = Path(words[0]), words[1:]
    if path is None or len(words) != len(names):
        said = "a file and a user" if names else "a file"
        raise click.UsageError(f"Name {said}: {' '.join(('FILE', *names))}.")
    return path, words


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

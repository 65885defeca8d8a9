"""`torc config`: the configuration in force, its files and their errors."""

from __future__ import annotations

from collections.abc import Iterator

import click

from torc_core.config.problems import error_of
from torc_core.config.sources import Loaded
from torc_core.config.toml import in_force, without_secrets
from torc_core.errors import ExitCode, UsageError
from torc_core.host.directories import config_files
from torc_core.operations.configuration import create_config_file
from torc_core.units import counted
from torc_tui.cli.command import group
from torc_tui.cli.output.diagnostics import say
from torc_tui.cli.output.formats import Output, output_for
from torc_tui.cli.settings import Settings, pass_settings

_SHOWN = (
    ("client", "api_url"),
    ("client", "format"),
    ("server", "port"),
    ("dash", "port"),
)
"""What `validate` shows, so that users recognize their configuration."""


@group()
def config() -> None:
    """Show and check settings, and create configuration files."""


@config.command(
    examples=["torc config show", "torc config show -f json", "torc --format json config show"]
)
@click.option(
    "-f",
    "--format",
    "own_format",
    type=click.Choice(["toml", "json"]),
    help="Output format; `toml` by default.",
)
@pass_settings
def show(settings: Settings, own_format: str | None) -> int:
    """Show the settings in force, merged from all sources, and where each comes from.

    Passwords and tokens are masked. A wrong value is reported and ignored.
    """
    loaded = settings.load()
    output = output_for(own_format or settings.options.get("format_") or "toml")
    output.message(in_force(loaded), without_secrets(loaded.configuration))
    for problem in loaded.problems:
        say(problem.line)
    return ExitCode.USAGE if loaded.problems else ExitCode.OK


@config.command(examples=["torc config paths"])
@pass_settings
def paths(settings: Settings) -> None:
    """Show where configuration files are looked for, and which exist."""
    files = [
        {"name": file.name, "path": file.shown, "exists": file.path.is_file()}
        for file in config_files()
    ]
    width = max(len(str(file["name"])) for file in files)
    lines = ["Configuration files; later ones override earlier ones:"]
    for file in files:
        missing = "" if file["exists"] else " (not found)"
        lines.append(f"  {file['name']:<{width}}  {file['path']}{missing}")
    lines += [
        "",
        "The environment overrides them, with two underscores between tables and keys:",
        "  TORC_CLIENT__API_URL, TORC_CLIENT__RUN__NUM_CPUS, TORC_SERVER__PORT, ...",
    ]
    if not any(file["exists"] for file in files):
        lines += ["", "There is no configuration file. Create one: torc config init --user"]
    _output(settings.load()).message("\n".join(lines), {"files": files})


@config.command(examples=["torc config init --user", "torc config init --local --force"])
@click.option("--system", "names", flag_value="system", multiple=True, help="For all users.")
@click.option("--user", "names", flag_value="user", multiple=True, help="For yourself.")
@click.option(
    "--local", "names", flag_value="local", multiple=True, help="For the current directory."
)
@click.option("-f", "--force", is_flag=True, help="Replace a file that exists.")
@pass_settings
def init(settings: Settings, names: tuple[str, ...], *, force: bool) -> None:
    """Create a configuration file that explains every setting and sets none.

    `torc config paths` shows where each is.
    """
    if len(set(names)) != 1:
        raise UsageError(
            "Exactly one file can be created.", hint="Choose --system, --user or --local."
        )
    created = create_config_file(names[0], force=force)
    _output(settings.load()).message(created.sentence, {"path": created.path})


@config.command(examples=["torc config validate"])
@pass_settings
def validate(settings: Settings) -> None:
    """Check all files, variables and options; exits with 2 if something is wrong."""
    loaded = settings.load()
    report = {
        "valid": not loaded.problems,
        "sources": [source.name for source in loaded.sources],
        "problems": [problem.line for problem in loaded.problems],
        "notes": [note.line for note in loaded.notes],
    }
    _output(loaded).message("\n".join(_findings(loaded)), report)
    for note in loaded.notes:
        say(f"note: {note.line}")
    if loaded.problems:
        raise error_of(loaded.problems)


def _findings(loaded: Loaded) -> Iterator[str]:
    if loaded.sources:
        yield "Read:"
    elif not loaded.problems:  # a file that cannot be read is no source
        yield "Nothing is configured."
    for source in loaded.sources:
        yield f"  {source.name}"
    if loaded.problems:
        yield f"The configuration has {counted(len(loaded.problems), 'problem')}."
        return
    yield "The configuration is valid."
    values = without_secrets(loaded.configuration)
    for table, key in _SHOWN:
        value = values[table][key]
        yield f"  {table}.{key}  {'not set' if value is None else value}"


def _output(loaded: Loaded) -> Output:
    """Return how to print, whatever is wrong with the rest of the configuration."""
    return output_for(loaded.configuration.client.format)

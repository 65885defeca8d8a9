"""The command line of torc-dash."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from torc_core import __version__
from torc_core.config.bounds import Bounds
from torc_core.config.keys import Setting
from torc_core.errors import ExitCode, MachineError, TorcError
from torc_tui.cli.output.diagnostics import report
from torc_tui.extras import how_to_install
from torc_tui.web.settings import dash_settings, read_settings, spellings

F = TypeVar("F", bound=Callable[..., Any])


def _dash_options(command: F) -> F:
    for setting in reversed(dash_settings()):
        command = click.option(*spellings(setting), setting.path[-1], **_behavior(setting))(command)
    return command


def _behavior(setting: Setting) -> dict[str, Any]:
    field = setting.field
    if field.kind is bool:
        return {"is_flag": True, "help": field.key.text}
    if field.kind == tuple[str, ...]:
        return {"multiple": True, "metavar": "NAME", "help": f"{field.key.text} May be repeated."}
    rule = field.key.rule
    return {
        "default": None,
        "metavar": rule.unit.upper() if isinstance(rule, Bounds) else "TEXT",
        "help": f"{field.key.text} Default: {field.default_text}.",
    }


@click.command(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Its address, with the token that opens it, is printed; keep it to yourself.",
)
@_dash_options
@click.version_option(__version__, "-V", "--version", prog_name="torc-dash")
def dash(**parameters: Any) -> int:
    """Show the terminal interface in a browser, with pages for uploads, downloads and plots.

    Options override the environment, and that the table [dash] of configuration files; see
    `torc config show`.
    """
    settings = read_settings(parameters)
    try:
        from torc_tui.web.serving import serve  # noqa: PLC0415 - start-up time of --help
    except ImportError as error:
        raise MachineError(
            f"What serves pages is not installed: {error.name}.",
            hint=how_to_install("web"),
        ) from error
    serve(settings)
    return ExitCode.OK


def main(arguments: list[str]) -> int:
    """Run the command line and return its exit code; errors become one message each."""
    try:
        code = dash.main(args=arguments, prog_name="torc-dash", standalone_mode=False)
    except (TorcError, click.ClickException, click.Abort, KeyboardInterrupt, OSError) as error:
        return report(error)
    return code if isinstance(code, int) else ExitCode.OK

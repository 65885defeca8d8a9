"""Entry of the server's commands: what click raises becomes errors of torc."""

from __future__ import annotations

import click

from torc_core.errors import UsageError


def enter(command: click.Command, name: str) -> int:
    """Run a command and return its exit code.

    Raises:
        UsageError: Wrong options.
        KeyboardInterrupt: A question was not answered.
    """
    try:
        code = command.main(prog_name=name, standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return error.exit_code
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        path = context.command_path if context else name
        raise UsageError(error.format_message(), hint=f"{path} --help") from error
    except click.Abort as error:
        raise KeyboardInterrupt from error
    return code if isinstance(code, int) else 0

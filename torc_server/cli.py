"""The command line of the server. Heavy imports wait until a command needs them."""

from __future__ import annotations

import logging
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from torc_core import __version__
from torc_core.config.sources import Loaded
from torc_core.errors import UsageError
from torc_core.host.files.token_file import read_token
from torc_core.host.user import expand_home
from torc_server.entry import enter
from torc_server.logs import configure_logging
from torc_server.options import load, server_options
from torc_server.settings import Retention, ServerSettings, database_address, runner_timers
from torc_server.upkeep.commands import backup, check, copy, vacuum

log = logging.getLogger(__name__)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, "-V", "--version", prog_name="torc-server")
def cli() -> None:
    """Serve a database of workflows over HTTP."""


@cli.command()
@server_options
@click.option(
    "--local-port",
    type=click.IntRange(0, 65_535),
    metavar="N",
    help="Listen on 127.0.0.1 too, at this port; 0 lets the system choose. Its line "
    "TORC_SERVER_LOCAL_PORT=<port> comes first.",
)
@click.option("--insecure", is_flag=True, help="Allow a public --host without any authentication.")
@click.option(
    "--no-config",
    is_flag=True,
    help="Read no configuration: neither files nor the environment. The embedded server runs so.",
)
def run(*, local_port: int | None, insecure: bool, no_config: bool, **options: Any) -> None:
    """Serve until interrupted. Prints TORC_SERVER_PORT=<port> once it listens.

    Options override the environment, and that the table [server] of configuration files; see
    `torc config show`.
    """
    os.umask(0o077)  # files are accessible to the owner alone
    loaded = load(options, only_options=no_config)
    table = loaded.check().server
    configure_logging(
        table.log_level, as_path(table.logging.log_dir), as_json=table.logging.json_logs
    )
    for note in loaded.notes:
        log.warning(note.line)
    settings = replace(server_settings(loaded), local_port=local_port)
    check_authentication(settings, insecure=insecure)
    from torc_server.serve import serve  # noqa: PLC0415 - start-up time of --help

    serve(settings)


for _command in (backup, check, copy, vacuum):
    cli.add_command(_command)


def main() -> int:
    """Run the command line and return its exit code."""
    return enter(cli, "torc-server")


def server_settings(loaded: Loaded) -> ServerSettings:
    """Return the settings of the server that the configuration describes."""
    table = loaded.configuration.server
    timers = table.timers
    token_file, auth_file = as_path(table.token_file), as_path(table.auth_file)
    if token_file and auth_file:
        # Whichever is nearer to the user replaces the other, as one value replaces another.
        by_token, by_password = (
            loaded.origin("server", name).kind for name in ("token_file", "auth_file")
        )
        token_file = token_file if by_token >= by_password else None
        auth_file = auth_file if by_password >= by_token else None
    return ServerSettings(
        database=database_address(table.database),
        host=table.url,
        port=table.port,
        allowed_hosts=table.allowed_hosts,
        token=read_token(token_file) if token_file else None,
        auth_file=auth_file,
        require_auth=table.require_auth,
        admin_users=table.admin_users,
        remember_credentials_s=table.credential_cache_ttl_secs,
        readers=table.threads,
        max_connections=table.max_connections,
        max_connections_per_address=table.max_connections_per_address,
        request_timeout_s=table.request_timeout_secs,
        response_timeout_s=table.response_timeout_secs,
        timers=runner_timers(
            timers.heartbeat_interval_secs,
            timers.report_by_buffer,
            timers.suspect_after_secs,
            timers.lost_after_secs,
        ),
        retention=Retention(
            events_days=table.retention.keep_events_days,
            workflows_days=table.retention.keep_finished_workflows_days,
        ),
    )


def as_path(given: str | None) -> Path | None:
    """Return the file that a setting names, if it names one."""
    return expand_home(Path(given)) if given else None


def check_authentication(settings: ServerSettings, *, insecure: bool) -> None:
    """Check that the options for authentication are consistent, and not open by oversight.

    Raises:
        UsageError: It is not.
    """
    if settings.token is not None and settings.auth_file is not None:
        raise UsageError(
            "A token and passwords cannot be required together.",
            hint="Use either --token-file or --auth-file.",
        )
    if settings.require_auth and settings.auth_file is None:
        raise UsageError("--require-auth needs a file of users.", hint="Add --auth-file FILE.")
    if settings.is_open and not insecure and not settings.is_loopback:
        raise UsageError(
            f"Listening on {settings.host} without authentication would give everyone access.",
            hint="Use --token-file, --auth-file with --require-auth or --host 127.0.0.1, "
            "or allow it with --insecure.",
        )

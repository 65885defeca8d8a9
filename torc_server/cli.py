"""The command line of the server. Heavy imports wait until a command needs them."""

from __future__ import annotations

import os
from pathlib import Path

import click

from torc_core.errors import MachineError, UsageError
from torc_core.host.directories import state_directory
from torc_core.host.user import expand_home
from torc_server.entry import enter
from torc_server.logs import LEVELS, configure_logging
from torc_server.settings import ServerSettings


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def cli() -> None:
    """Serve a database of workflows over HTTP."""


@cli.command()
@click.option(
    "--host",
    "-H",
    "--url",
    "-u",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen on.",
)
@click.option(
    "--port",
    "-p",
    type=click.IntRange(0, 65535),
    default=8080,
    show_default=True,
    help="Port; 0 lets the system choose.",
)
@click.option(
    "--database",
    "-d",
    envvar="DATABASE_URL",
    help="SQLite file, also as sqlite:FILE. Default: torc.db in the state directory.",
)
@click.option(
    "--allowed-host",
    "allowed_hosts",
    multiple=True,
    envvar="TORC_ALLOWED_HOSTS",
    metavar="NAME",
    help="A further name of this server, such as a reverse proxy has; *.example.org for all below "
    "one. May be repeated.",
)
@click.option(
    "--token-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File with a token that every request must carry.",
)
@click.option(
    "--auth-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File of users, as torc-htpasswd writes it; their passwords are checked. "
    "Default: TORC_AUTH_FILE, unless there is a --token-file.",
)
@click.option("--require-auth", is_flag=True, help="Refuse requests without a user and a password.")
@click.option(
    "--credential-cache-ttl-secs",
    type=click.FloatRange(0),
    default=60,
    show_default=True,
    help="How long a correct password is not checked again.",
)
@click.option(
    "--max-connections",
    type=click.IntRange(1),
    help="Connections at most. Default: what the limit of open files allows, up to 10,000.",
)
@click.option(
    "--max-connections-per-address",
    type=click.IntRange(1),
    help="Connections of one address at most. Default: half of all.",
)
@click.option(
    "--request-timeout-secs",
    type=click.FloatRange(0, min_open=True),
    default=10,
    show_default=True,
    help="How long the header of a request may take. A body must bring 500 bytes per second, "
    "measured over twice this time.",
)
@click.option(
    "--response-timeout-secs",
    type=click.FloatRange(0, min_open=True),
    default=60,
    show_default=True,
    help="How long a client may read nothing of its response.",
)
@click.option("--insecure", is_flag=True, help="Allow a public --host without any authentication.")
@click.option(
    "--log-level",
    "-l",
    default=lambda: level_of(os.environ.get("RUST_LOG", "")),
    show_default="RUST_LOG, else info",
    help="One of: " + ", ".join(LEVELS) + ".",
)
@click.option(
    "--log-dir",
    envvar="TORC_LOG_DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Also log to torc-server.log in this directory.",
)
@click.option("--json-logs", is_flag=True, help="Log one JSON object per line.")
@click.option(
    "--threads",
    "-t",
    type=click.IntRange(1, 64),
    default=4,
    show_default=True,
    help="Connections that answer queries.",
)
@click.option(
    "--completion-check-interval-secs",
    "-c",
    type=float,
    expose_value=False,
    help="Accepted for compatibility: completions are handled at once.",
)
def run(  # noqa: PLR0913 - one parameter per option
    *,
    host: str,
    port: int,
    database: str | None,
    allowed_hosts: tuple[str, ...],
    token_file: Path | None,
    auth_file: Path | None,
    require_auth: bool,
    credential_cache_ttl_secs: float,
    max_connections: int | None,
    max_connections_per_address: int | None,
    request_timeout_secs: float,
    response_timeout_secs: float,
    log_level: str,
    log_dir: Path | None,
    threads: int,
    insecure: bool,
    json_logs: bool,
) -> None:
    """Serve until interrupted. Prints TORC_SERVER_PORT=<port> once it listens."""
    os.umask(0o077)  # files are accessible to the owner alone
    configure_logging(log_level, log_dir, as_json=json_logs)
    if token_file is None and auth_file is None and (named := os.environ.get("TORC_AUTH_FILE")):
        auth_file = Path(named)
    settings = ServerSettings(
        database=database_path(database),
        host=host,
        port=port,
        allowed_hosts=allowed_hosts,
        token=read_token(token_file) if token_file else None,
        auth_file=auth_file,
        require_auth=require_auth,
        remember_credentials_s=credential_cache_ttl_secs,
        readers=threads,
        max_connections=max_connections,
        max_connections_per_address=max_connections_per_address,
        request_timeout_s=request_timeout_secs,
        response_timeout_s=response_timeout_secs,
    )
    check_authentication(settings, insecure=insecure)
    from torc_server.serve import serve  # noqa: PLC0415 - start-up time of --help

    serve(settings)


def main() -> int:
    """Run the command line and return its exit code."""
    return enter(cli, "torc-server")


def level_of(rust_log: str) -> str:
    """Return the global level of `RUST_LOG`; levels of single modules are ignored."""
    return rust_log if rust_log.lower() in LEVELS else "info"


def database_path(given: str | None) -> Path:
    """Return the file that a `--database` or `DATABASE_URL` value names.

    Raises:
        UsageError: It is another kind of database, or not a file.
    """
    if given is None:
        return state_directory() / "torc.db"
    scheme, separator, rest = given.partition(":")
    if separator and scheme == "sqlite":
        given = rest.removeprefix("//").partition("?")[0]
    elif "://" in given:
        raise UsageError(
            f"Databases of type {scheme!r} are not supported.", hint="Use an SQLite file."
        )
    if not given or given == ":memory:":
        raise UsageError("The database needs a file.", hint="Set one with --database FILE.")
    return expand_home(Path(given))


def read_token(path: Path) -> str:
    """Return the token in a file.

    Raises:
        MachineError: The file cannot be read.
        UsageError: It is empty, or holds more than one printable word.
    """
    try:
        token = path.read_text("ascii").strip()
    except (OSError, UnicodeError) as error:
        raise MachineError(
            f"The token file {path} cannot be read: {error}.", hint="Choose another --token-file."
        ) from error
    if not token or not token.isprintable() or len(token.split()) != 1:
        raise UsageError(
            f"The token file {path} contains no token.", hint="Write one line of printable ASCII."
        )
    return token


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

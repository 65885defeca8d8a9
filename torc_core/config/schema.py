"""The settings there are, by table of the configuration."""

from __future__ import annotations

from typing import Annotated

import msgspec

from torc_core.config.bounds import (
    COUNT,
    FORMATS,
    GIBIBYTES,
    LOG_LEVELS,
    PORT,
    POSITIVE_COUNT,
    POSITIVE_SECONDS,
    SECONDS,
    SERVER_LOG_LEVELS,
    Bounds,
    OnlyFalse,
    ServerUrl,
)
from torc_core.config.hpc import HpcSettings
from torc_core.config.keys import Key, Variable
from torc_core.config.rust_log import general_level
from torc_core.config.slurm import SlurmSettings
from torc_core.service import DEFAULT_URL

_RUST_LOG = Variable("RUST_LOG", general_level)
_COMPLETIONS = "completions are handled at once"


class RunSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Defaults of `torc run` and of the key that runs a workflow."""

    poll_interval: Annotated[
        float, Key("The longest wait without news from the server, in seconds.", POSITIVE_SECONDS)
    ] = 5.0
    output_dir: Annotated[str, Key("The directory of logs.")] = "output"
    max_parallel_jobs: Annotated[
        int | None, Key("Jobs at once.", POSITIVE_COUNT, example=4, unset="as many as fit")
    ] = None
    num_cpus: Annotated[
        int | None, Key("CPUs to use.", POSITIVE_COUNT, example=8, unset="all of the machine")
    ] = None
    memory_gb: Annotated[
        float | None,
        Key("Memory to use, in GiB.", GIBIBYTES, example=32.0, unset="all of the machine"),
    ] = None
    num_gpus: Annotated[
        int | None, Key("GPUs to use.", COUNT, example=1, unset="all of the machine")
    ] = None
    cpu_affinity: Annotated[bool, Key("Pin each job to its own CPUs.")] = False
    limit_resources: Annotated[
        bool | None,
        Key(
            "Stop jobs that exceed the memory or runtime of their requirements.",
            example=True,
            unset="as the workflow says, else no",
        ),
    ] = None
    share_logs: Annotated[
        bool, Key("Create logs as the umask says. Otherwise only their owner may read them.")
    ] = False


class ClientSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of `torc`."""

    api_url: Annotated[
        str | None,
        Key(
            "The server. One that a file names is used if it answers; one that a variable or an "
            "option names is always used.",
            ServerUrl(),
            (Variable("TORC_API_URL"),),
            example=DEFAULT_URL,
            unset="torc starts its own",
        ),
    ] = None
    format: Annotated[str, Key("How results are printed.", FORMATS)] = "table"
    log_level: Annotated[
        str, Key("The lowest level that a run logs.", LOG_LEVELS, (_RUST_LOG,))
    ] = "info"
    username: Annotated[
        str | None, Key("The user name for the server.", example="ada", unset="$USER")
    ] = None
    password: Annotated[
        str | None,
        Key("The password for the server.", None, (Variable("TORC_PASSWORD"),), is_secret=True),
    ] = None
    token: Annotated[
        str | None,
        Key("The token of the server.", None, (Variable("TORC_TOKEN"),), is_secret=True),
    ] = None
    watch: Annotated[
        dict[str, object], Key("A table of the reference.", unused="torc has no such settings")
    ] = {}
    run: RunSettings = RunSettings()
    hpc: HpcSettings = HpcSettings()
    slurm: SlurmSettings = SlurmSettings()


class LoggingTable(msgspec.Struct, frozen=True, kw_only=True):
    """The log file of `torc-server`."""

    log_dir: Annotated[
        str | None,
        Key(
            "Also log to torc-server.log in this directory.",
            None,
            (Variable("TORC_LOG_DIR"),),
            example="/var/log/torc",
            unset="no file",
        ),
    ] = None
    json_logs: Annotated[bool, Key("Log one JSON object per line.")] = False


class ServerTable(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of `torc-server run`. The embedded server reads none of them."""

    url: Annotated[str, Key("The host name or address to listen on.")] = "127.0.0.1"
    port: Annotated[int, Key("The port; 0 lets the system choose.", PORT)] = 8080
    https: Annotated[
        bool,
        Key(
            "Serve HTTPS.",
            OnlyFalse("this server leaves HTTPS to a reverse proxy"),
        ),
    ] = False
    threads: Annotated[int, Key("Connections that answer queries.", Bounds(1, 64))] = 4
    database: Annotated[
        str | None,
        Key(
            "The SQLite file, also as sqlite:FILE.",
            None,
            (Variable("DATABASE_URL", is_fallback=True),),
            example="/srv/torc/torc.db",
            unset="torc.db in the state directory",
        ),
    ] = None
    auth_file: Annotated[
        str | None,
        Key(
            "The file of users, as torc-htpasswd writes it; their passwords are checked.",
            None,
            (Variable("TORC_AUTH_FILE"),),
            example="/srv/torc/users",
            unset="no passwords are checked",
        ),
    ] = None
    require_auth: Annotated[bool, Key("Refuse requests without a user and a password.")] = False
    credential_cache_ttl_secs: Annotated[
        float,
        Key(
            "How long a correct password is not checked again, in seconds; 0: it always is.",
            SECONDS,
            (Variable("TORC_CREDENTIAL_CACHE_TTL_SECS"),),
        ),
    ] = 60.0
    enforce_access_control: Annotated[
        bool,
        Key(
            "Let users reach only their own workflows and those of their groups.",
            OnlyFalse("this server does not restrict users to their workflows"),
        ),
    ] = False
    admin_users: Annotated[
        tuple[str, ...],
        Key(
            "The members of the group `admin`.",
            None,
            (Variable("TORC_ADMIN_USERS"),),
            unused="this server does not restrict what users may do",
        ),
    ] = ()
    token_file: Annotated[
        str | None,
        Key(
            "A file with a token that every request must carry.",
            example="/srv/torc/token",
            unset="no token",
        ),
    ] = None
    allowed_hosts: Annotated[
        tuple[str, ...],
        Key(
            "Further names of this server, such as a reverse proxy has; *.example.org for all "
            "below one.",
            None,
            (Variable("TORC_ALLOWED_HOSTS"),),
        ),
    ] = ()
    max_connections: Annotated[
        int | None,
        Key(
            "Connections at most.",
            POSITIVE_COUNT,
            example=1000,
            unset="what the limit of open files allows, up to 10,000",
        ),
    ] = None
    max_connections_per_address: Annotated[
        int | None,
        Key("Connections of one address at most.", POSITIVE_COUNT, example=500, unset="half"),
    ] = None
    request_timeout_secs: Annotated[
        float,
        Key(
            "How long the header of a request may take, in seconds. A body must bring 500 bytes "
            "per second, measured over twice this time.",
            POSITIVE_SECONDS,
        ),
    ] = 10.0
    response_timeout_secs: Annotated[
        float,
        Key("How long a client may read nothing of its response, in seconds.", POSITIVE_SECONDS),
    ] = 60.0
    completion_check_interval_secs: Annotated[
        float,
        Key(
            "How often to look for completions, in seconds.",
            POSITIVE_SECONDS,
            (Variable("TORC_COMPLETION_CHECK_INTERVAL_SECS"),),
            unused=_COMPLETIONS,
        ),
    ] = 30.0
    log_level: Annotated[
        str, Key("The lowest level that is logged.", SERVER_LOG_LEVELS, (_RUST_LOG,))
    ] = "info"
    logging: LoggingTable = LoggingTable()


class DashTable(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of `torc-dash`."""

    host: Annotated[str, Key("The host name or address to listen on.")] = "127.0.0.1"
    port: Annotated[int, Key("The port; 0 lets the system choose.", PORT)] = 8090
    api_url: Annotated[str, Key("The server that it shows.", ServerUrl())] = DEFAULT_URL
    torc_bin: Annotated[str, Key("The program `torc`.")] = "torc"
    torc_server_bin: Annotated[str, Key("The program `torc-server`.")] = "torc-server"
    standalone: Annotated[bool, Key("Start a server of its own.")] = False
    server_port: Annotated[
        int, Key("The port of its own server; 0 lets the system choose.", PORT)
    ] = 0
    database: Annotated[
        str | None,
        Key(
            "The database of its own server.",
            example="/srv/torc/torc.db",
            unset="torc.db in the state directory",
        ),
    ] = None
    completion_check_interval_secs: Annotated[
        int,
        Key(
            "How often its own server looks for completions, in seconds.",
            Bounds(1, 86_400),
            unused=_COMPLETIONS,
        ),
    ] = 5


class Configuration(msgspec.Struct, frozen=True, kw_only=True):
    """All tables of the configuration."""

    client: ClientSettings = ClientSettings()
    server: ServerTable = ServerTable()
    dash: DashTable = DashTable()

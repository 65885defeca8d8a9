"""The settings there are, by table of the configuration."""

from __future__ import annotations

from typing import Annotated

import msgspec

from torc_core.config.bounds import (
    COUNT,
    DAYS,
    FORMATS,
    GIBIBYTES,
    LOG_LEVELS,
    MULTIPLIER,
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
from torc_core.config.servers import NamedServer
from torc_core.config.slurm import SlurmSettings
from torc_core.config.tui import TuiSettings
from torc_core.model.records.timers import DEFAULT_TIMERS
from torc_core.model.records.workflow_run import REPORT_BY_BUFFER
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
    context: Annotated[
        str | None,
        Key(
            "The server, by its name in [client.servers]; `own` is torc's own. It counts before "
            "`api_url` of the same source.",
            example="cluster",
            unset="`api_url`",
        ),
    ] = None
    watch: Annotated[
        dict[str, object], Key("A table of the reference.", unused="torc has no such settings")
    ] = {}
    run: RunSettings = RunSettings()
    hpc: HpcSettings = HpcSettings()
    slurm: SlurmSettings = SlurmSettings()
    servers: dict[str, NamedServer] = {}
    tui: TuiSettings = TuiSettings()


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


class TimersTable(msgspec.Struct, frozen=True, kw_only=True):
    """How often runners report to `torc-server`, and what their silence means."""

    heartbeat_interval_secs: Annotated[
        float, Key("How often a runner reports at least, in seconds.", POSITIVE_SECONDS)
    ] = DEFAULT_TIMERS.heartbeat_seconds
    report_by_buffer: Annotated[
        float,
        Key("After how many of these intervals without a report a runner is suspect.", MULTIPLIER),
    ] = REPORT_BY_BUFFER
    suspect_after_secs: Annotated[
        float | None,
        Key(
            "The same in seconds. Suspects are shown and recorded; their jobs stay with them.",
            POSITIVE_SECONDS,
            example=93.0,
            unset="the interval times the buffer",
        ),
    ] = None
    lost_after_secs: Annotated[
        float,
        Key(
            "After how many seconds without a report a runner is lost: its jobs run again.",
            POSITIVE_SECONDS,
        ),
    ] = DEFAULT_TIMERS.lost_seconds


class RetentionTable(msgspec.Struct, frozen=True, kw_only=True):
    """How long `torc-server` keeps what is over."""

    keep_events_days: Annotated[
        float | None,
        Key(
            "Delete events after so many days, but for the newest of each workflow.",
            DAYS,
            example=90.0,
            unset="they are kept",
        ),
    ] = None
    keep_finished_workflows_days: Annotated[
        float | None,
        Key(
            "Delete workflows, with all that belongs to them, that are complete or canceled and in "
            "which nothing has happened for so many days.",
            DAYS,
            example=365.0,
            unset="they are kept",
        ),
    ] = None


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
            "The SQLite file, also as sqlite:FILE or file:FILE; or postgresql://USER@HOST/NAME.",
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
    timers: TimersTable = TimersTable()
    retention: RetentionTable = RetentionTable()


class DashTable(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of `torc-dash`."""

    host: Annotated[str, Key("The host name or address to listen on.")] = "127.0.0.1"
    port: Annotated[int, Key("The port; 0 lets the system choose.", PORT)] = 8090
    api_url: Annotated[
        str, Key("The server that it shows.", ServerUrl(), (Variable("TORC_API_URL"),))
    ] = DEFAULT_URL
    torc_bin: Annotated[
        str | None,
        Key(
            "The program `torc`.",
            None,
            (Variable("TORC_BIN"),),
            example="/usr/local/bin/torc",
            unset="that of the same installation",
        ),
    ] = None
    torc_server_bin: Annotated[
        str | None,
        Key(
            "The program `torc-server`.",
            example="/usr/local/bin/torc-server",
            unset="that of the same installation",
        ),
    ] = None
    standalone: Annotated[
        bool, Key("Show the workflows of this machine; their server is started if need be.")
    ] = False
    server_port: Annotated[int, Key("The port of that server; 0 lets the system choose.", PORT)] = 0
    database: Annotated[
        str | None,
        Key(
            "The database of that server.",
            example="/srv/torc/torc.db",
            unset="torc.db in the state directory",
        ),
    ] = None
    completion_check_interval_secs: Annotated[
        int,
        Key(
            "How often that server looks for completions, in seconds.",
            Bounds(1, 86_400),
            unused=_COMPLETIONS,
        ),
    ] = 5
    token_file: Annotated[
        str | None,
        Key(
            "A file with the token that opens the pages.",
            example="/srv/torc/dash-token",
            unset="a new one each time",
        ),
    ] = None
    allowed_hosts: Annotated[
        tuple[str, ...],
        Key(
            "Further names of this machine, such as a reverse proxy has; *.example.org for all "
            "below one.",
        ),
    ] = ()
    max_tabs: Annotated[
        int, Key("How many pages may show the interface at once.", Bounds(1, 1_000))
    ] = 16


class Configuration(msgspec.Struct, frozen=True, kw_only=True):
    """All tables of the configuration."""

    client: ClientSettings = ClientSettings()
    server: ServerTable = ServerTable()
    dash: DashTable = DashTable()

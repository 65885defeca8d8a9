"""What torc-dash is to do, as its options and the configuration say."""

from __future__ import annotations

import secrets
import shutil
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from torc_core.browsers.hosts import Hosts
from torc_core.config.keys import Setting, settings_of
from torc_core.config.layers import Option
from torc_core.config.schema import DashTable
from torc_core.config.server_choice import server_choice
from torc_core.config.sources import Loaded
from torc_core.errors import MachineError, UsageError
from torc_core.host.addresses import is_this_machine_only
from torc_core.host.connect import Choice
from torc_core.host.files.token_file import read_token
from torc_core.host.process import our_program
from torc_core.host.servers.place import ServerPlace, place_of
from torc_core.host.user import expand_home

SPELLINGS = {
    "port": ("--port", "-p"),
    "api_url": ("--api-url", "-a"),
    "allowed_hosts": ("--allowed-host",),
}
"""Of options that are not just the name of their setting."""
_LEAST_TOKEN = 16
_NOT_GIVEN = (None, (), False)


class DashSettings(NamedTuple):
    """What torc-dash is to do."""

    host: str
    port: int
    token: str
    hosts: Hosts
    most_tabs: int
    choice: Choice
    """The server that is shown."""
    tab: tuple[str, ...]
    """The command of the interface in a page."""
    environment: dict[str, str]
    """What its environment has beyond that of torc-dash."""
    place: ServerPlace | None
    """The server that is started if need be."""

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine reaches it."""
        return is_this_machine_only(self.host)


def dash_settings() -> list[Setting]:
    """Return the settings that are options."""
    return list(settings_of(DashTable, ("dash",)))


def spellings(setting: Setting) -> tuple[str, ...]:
    """Return how an option is written."""
    name = setting.path[-1]
    return SPELLINGS.get(name, (f"--{name.replace('_', '-')}",))


def read_settings(parameters: Mapping[str, Any]) -> DashSettings:
    """Return what options, the environment and the configuration say.

    Args:
        parameters: The options, by the names of their settings; None or empty if not given.

    Raises:
        UsageError: One of them is wrong, or would let others in.
        MachineError: The file of the token cannot be read, or a program is not there.
    """
    given = [
        Option(setting.path, spellings(setting)[0], parameters[setting.path[-1]])
        for setting in dash_settings()
        if parameters[setting.path[-1]] not in _NOT_GIVEN
    ]
    loaded = Loaded("client", "dash", options=given)
    table = loaded.check().dash
    if table.token_file is None and not is_this_machine_only(table.host):
        raise UsageError(
            f"Who reaches {table.host} and has the token can run commands as you, and HTTP shows "
            "the token to the network.",
            hint="Keep to 127.0.0.1 and reach it with ssh -L or through a reverse proxy with "
            "HTTPS; or name a token of your own with --token-file FILE.",
        )
    place = _place(table) if table.standalone else None
    choice = server_choice(loaded)
    if place is None:
        choice = choice._replace(url=table.api_url, configured_url=None)
    else:
        choice = choice._replace(url=None, configured_url=None, place=place)
    return DashSettings(
        host=table.host,
        port=table.port,
        token=_token(table.token_file),
        hosts=Hosts((socket.gethostname(), table.host), table.allowed_hosts),
        most_tabs=table.max_tabs,
        choice=choice,
        tab=(*_torc(table.torc_bin), "tui", *_connection(choice)),
        environment={} if choice.url is None else {"TORC_API_URL": choice.url},
        place=place,
    )


def _token(given: str | None) -> str:
    if given is None:
        return secrets.token_urlsafe(32)
    return read_token(expand_home(Path(given)), least=_LEAST_TOKEN)


def _place(table: DashTable) -> ServerPlace:
    program = None
    if table.torc_server_bin is not None:
        program = _found("torc-server", table.torc_server_bin)
    return place_of(table.database, table.server_port or None)._replace(program=program)


def _connection(choice: Choice) -> tuple[str, ...]:
    """Return the options that name the server; a URL comes by the environment.

    It may hold a password, and all users see the options of processes.
    """
    place = choice.place
    if place is None:
        return ()
    if place.is_own:
        return ("--standalone",)
    return ("--database", str(place.database))


def _torc(given: str | None) -> list[str]:
    return our_program("torc_tui") if given is None else [_found("torc", given)]


def _found(what: str, given: str) -> str:
    """Return the path of a program that is named by its path, or found on the PATH.

    Raises:
        MachineError: There is none.
    """
    path = shutil.which(expand_home(Path(given)))
    if path is None:
        raise MachineError(
            f"There is no program {given}.",
            hint=f"Leave the option out, and the {what} of this installation is used.",
        )
    return str(Path(path).absolute())

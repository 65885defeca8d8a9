"""Which server the settings of clients name."""

from __future__ import annotations

from collections.abc import Mapping

from torc_core.config.layers import Kind
from torc_core.config.servers import NamedServer
from torc_core.config.sources import Loaded
from torc_core.errors import UsageError
from torc_core.host.connect import Choice
from torc_core.host.servers.visited import visited_servers
from torc_core.host.user import user_name

OWN = "own"
"""The name of the embedded server."""


def server_choice(loaded: Loaded) -> Choice:
    """Return which server to use, and as which user.

    A named server and a URL may both be given: the stronger source counts, of equals the name.

    Raises:
        UsageError: A source has an unknown name or a wrong value, or there is no such server.
    """
    client = loaded.check().client
    of_url = loaded.origin("client", "api_url").kind
    of_name = loaded.origin("client", "context").kind
    url, user, name, is_of_file = client.api_url, client.username, "", of_url == Kind.FILE
    if client.context is not None and of_name >= of_url:
        if of_name == of_url == Kind.OPTION:
            raise UsageError("--url and --context name two servers.", hint="Give one of them.")
        if client.context == OWN:
            return Choice(standalone=True, user=user or user_name())
        server = named_server(client.servers, client.context)
        name, is_of_file = client.context, of_name == Kind.FILE
        given = loaded.origin("client", "username").kind > Kind.FILE
        url, user = server.url, user if given else server.user or user
    return Choice(
        url=None if is_of_file else url,
        configured_url=url if is_of_file else None,
        user=user or user_name(),
        password=client.password,
        token=client.token,
        name=name,
    )


def named_server(configured: Mapping[str, NamedServer], name: str) -> NamedServer:
    """Return a server of the configuration, or one that was named in the interface.

    Raises:
        UsageError: There is none of this name.
    """
    if name in configured:
        return configured[name]
    for visited in visited_servers():
        if visited.name == name:
            return NamedServer(url=visited.url, user=visited.user)
    known = ", ".join([OWN, *configured, *(each.name for each in visited_servers())])
    raise UsageError(
        f"There is no server named {name!r}.",
        hint=f"Known are: {known}. Others are named by a table [client.servers.NAME].",
    )

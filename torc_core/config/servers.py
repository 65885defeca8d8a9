"""The tables of servers that have a name."""

from __future__ import annotations

from typing import Annotated

import msgspec

from torc_core.config.bounds import ServerUrl
from torc_core.config.keys import Key


class NamedServer(msgspec.Struct, frozen=True, kw_only=True):
    """One server, with the name that the user has given it."""

    url: Annotated[
        str, Key("Its address.", ServerUrl(), example="http://node7:8080/torc-service/v1")
    ]
    user: Annotated[
        str | None, Key("The user name for it.", example="ada", unset="client.username")
    ] = None

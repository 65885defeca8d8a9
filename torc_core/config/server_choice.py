"""Which server the settings of clients name."""

from __future__ import annotations

from torc_core.config.layers import Kind
from torc_core.config.sources import Loaded
from torc_core.host.connect import Choice
from torc_core.host.user import user_name


def server_choice(loaded: Loaded) -> Choice:
    """Return which server to use, and as which user.

    Raises:
        UsageError: A source has an unknown name or a wrong value.
    """
    client = loaded.check().client
    is_of_file = loaded.origin("client", "api_url").kind == Kind.FILE
    return Choice(
        url=None if is_of_file else client.api_url,
        configured_url=client.api_url if is_of_file else None,
        user=client.username or user_name(),
        password=client.password,
        token=client.token,
    )

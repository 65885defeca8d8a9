"""Connecting to a server that requires authentication."""

from __future__ import annotations

from functools import partial
from urllib.parse import urlsplit

from torc_core.client import Address, TorcClient
from torc_core.errors import AccessError, TorcError
from torc_core.host.user import user_name
from torc_tui.screens.dialogs.ask import Ask
from torc_tui.screens.servers.context import ServerContext
from torc_tui.state.servers.destination import Destination, at_client


async def sign_in(
    context: ServerContext, url: str, name: str = "", user: str | None = None
) -> Destination | None:
    """Return a server, after asking for what it wants to know; None if the user gives up.

    What was typed is kept until the interface quits, and nowhere but in its memory.

    Raises:
        UsageError: It is not the address of a server.
    """
    client = TorcClient(url, user=user)
    host = name or urlsplit(Address(url).without_user).netloc
    requests = context.session.requests
    while (refusal := await requests.in_thread(partial(refusal_of, client))) is not None:
        ask = context.app.push_screen_wait
        hint = f"{refusal} Empty to sign in with a token."
        in_url, _ = Address(url).user_and_password
        user = await ask(Ask(f"User at {host}", user or in_url or user_name(), hint))
        if user is None:
            return None
        what = f"Password of {user} at {host}" if user else f"Token of {host}"
        secret = await ask(Ask(what, hint="It is kept until you quit.", is_secret=True))
        if secret is None:
            return None
        place = Address(url).without_user
        client = (
            TorcClient(place, user=user, password=secret)
            if user
            else TorcClient(place, token=secret)
        )
    return at_client(client, name, user or None)


def refusal_of(client: TorcClient) -> str | None:
    """Return why a server refuses a client, which is closed; None if it does not, or is silent."""
    try:
        client.list_workflows(limit=1)
    except AccessError as error:
        client.close()
        return error.message
    except TorcError:  # the first line says whether it answers
        pass
    return None

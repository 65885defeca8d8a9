"""What the keys for servers do: start, stop, read the output of, and go to one."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar
from urllib.parse import urlsplit

from torc_core.client import Address, TorcClient
from torc_core.errors import UsageError
from torc_core.host.embedded_server import place_of_server
from torc_core.host.servers.place import ServerPlace, own_place
from torc_core.host.servers.visited import forget_server, remember_server
from torc_core.operations.known_servers import KnownServer, known_servers
from torc_core.operations.reporter import Proposal, Result
from torc_core.operations.servers import propose_start_server, propose_stop_server
from torc_tui.keys.in_words import keyed
from torc_tui.screens.actions.performing import carry_out_here
from torc_tui.screens.dialogs.ask import Ask
from torc_tui.screens.dialogs.confirm import Confirm
from torc_tui.screens.logs.screen import LogScreen
from torc_tui.screens.servers.context import ServerContext
from torc_tui.screens.servers.known import Answer, KnownServers, Task
from torc_tui.screens.servers.sign_in import sign_in
from torc_tui.state.logs.files.local import source_of
from torc_tui.state.logs.files.logpaths import Sources, Stream
from torc_tui.state.servers.destination import (
    Destination,
    at_place,
    place_of_connection,
    stopped_at,
)

R = TypeVar("R", bound=Result)


async def start_server(context: ServerContext) -> None:
    """Start the server that was stopped; where another one is in use, torc's own."""
    place, own = await _place(context), await context.session.requests.look(own_place)
    if place is None and context.session.requests.url is not None:
        question = "Go to torc's own server on this machine?"
        lines = [f"Its database: {own.database}", "It is started if it is not running."]
        if not await context.app.push_screen_wait(Confirm(question, lines)):
            return
        context.go(at_place(own))
        return
    place = place or own
    started = await _carry_out(context, propose_start_server, place)
    if started is not None and context.session.requests.is_up is not True:
        context.go(at_place(place))


async def stop_server(context: ServerContext) -> None:
    """Stop the server, unless it is another's."""
    place = _ours(await _place(context))
    if await _carry_out(context, propose_stop_server, place) is not None:
        context.go(stopped_at(place))
        context.tell(keyed("The server is stopped. {server.start} starts it."))


async def show_output(context: ServerContext) -> None:
    """Show what the server has printed."""
    place = _ours(await _place(context))
    title = f"log ▸ server of {place.database.name}"
    stream = Stream("output", source_of(place.log))
    sources = Sources(title, (stream,))
    context.app.push_screen(LogScreen(context.session.requests, title, lambda: sources))


async def choose_server(context: ServerContext) -> None:
    """Ask for another address and go there.

    Raises:
        UsageError: It is not the address of a server.
    """
    shown = Address(context.session.requests.url or "").without_user
    url = await context.app.push_screen_wait(Ask("Server", shown, "Empty for torc's own server."))
    if url is None:
        return
    if not url:
        context.go(at_place(await context.session.requests.look(own_place)))
        return
    destination = await sign_in(context, url)
    if destination is None:
        return
    context.go(destination)
    host = urlsplit(Address(url).without_user).netloc
    await context.session.requests.look(lambda: remember_server(host, url))


async def offer_servers(context: ServerContext) -> None:
    """Offer the servers that are known; others can be named, and forgotten again."""
    requests, configured = context.session.requests, context.session.configured.servers
    while True:
        servers = await requests.look(lambda: known_servers(configured))
        answer = await context.app.push_screen_wait(KnownServers(servers))
        if answer is None:
            return
        match answer:
            case Answer(Task.ADD, _):
                await _name_server(context)
            case Answer(Task.FORGET, KnownServer(may_be_forgotten=True, name=name)):
                await context.session.requests.look(partial(forget_server, name))
            case Answer(Task.FORGET, KnownServer(name=name, origin=origin)):
                context.tell(f"{name} is known from {origin}, so it stays in the list.")
            case Answer(Task.GO, KnownServer() as server):
                destination = await _destination(context, server)
                if destination is not None:
                    context.go(destination)
                return
            case _:
                return


async def _name_server(context: ServerContext) -> None:
    """Ask for the name, the address and the user of a server, and note them."""
    ask = context.app.push_screen_wait
    name = await ask(Ask("Name of the server", hint="Such as: cluster"))
    url = name and await ask(Ask(f"Address of {name}", "http://"))
    if not name or not url:
        return
    try:
        TorcClient(url)
    except UsageError as error:
        context.tell(error.message)
        return
    user = await ask(Ask(f"User at {name}", hint="Empty if it is the same as here."))
    if user is not None:
        await context.session.requests.look(lambda: remember_server(name, url, user or None))


async def _destination(context: ServerContext, server: KnownServer) -> Destination | None:
    if server.place is not None:
        return at_place(server.place)
    assert server.url is not None
    return await sign_in(context, server.url, server.name, server.user)


async def _carry_out(
    context: ServerContext, propose: Callable[[ServerPlace], Proposal[R]], place: ServerPlace
) -> R | None:
    requests = context.session.requests
    return await carry_out_here(context.app, requests, lambda: propose(place), context.tell)


def _ours(place: ServerPlace | None) -> ServerPlace:
    if place is None:
        raise UsageError(
            "This server was not started by torc here.", hint="Ask where it was started."
        )
    return place


async def _place(context: ServerContext) -> ServerPlace | None:
    """Return the place of the present server; None if torc did not start it here."""
    if context.session.destination.stopped is not None:
        return context.session.destination.stopped
    connection, url = context.session.requests.connection, context.session.requests.url
    return await context.session.requests.look(
        lambda: place_of_connection(connection) or place_of_server(url)
    )

"""What other servers changed: PostgreSQL passes it on at their commits.

A message names topics and waits, and nothing else: who wakes reads the database. While there is no
connection to listen with, everything may have changed once a second.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice

import psycopg

from torc_server.storage.notify import Changes
from torc_server.storage.postgres.connections import connect

CHANNEL = "torc"
_POLL_S = 1.0
_LOOK_S = 0.5
"""How soon a server that stops ends the thread."""
_IDS_PER_MESSAGE = 300
"""Messages have at most 8,000 bytes, ids up to 20."""

log = logging.getLogger(__name__)


def messages(sender: str, changes: Changes) -> Iterator[str]:
    """Yield the messages that pass changes on."""
    for kind, numbers in (("t", changes.topics), ("w", changes.waits)):
        rest = iter(numbers)
        while piece := list(islice(rest, _IDS_PER_MESSAGE)):
            yield f"{sender} {kind} {','.join(map(str, piece))}"


def read_message(message: str) -> tuple[str, Changes]:
    """Return the sender of a message and what it says."""
    sender, kind, numbers = message.split(" ")
    ids = frozenset(map(int, numbers.split(",")))
    return sender, Changes(topics=ids) if kind == "t" else Changes(waits=ids)


@contextmanager
def listening(url: str, own: str, heard: Callable[[Changes | None], None]) -> Iterator[None]:
    """Call `heard` in a thread with what other servers change; None: it is not known what.

    Args:
        url: The database.
        own: How this server calls itself in its messages.
        heard: What is called.
    """
    stopping = threading.Event()
    thread = threading.Thread(
        target=_listen, args=(url, own, heard, stopping), name="listener", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()


def _listen(
    url: str, own: str, heard: Callable[[Changes | None], None], stopping: threading.Event
) -> None:
    is_well = True
    while not stopping.is_set():
        try:
            with connect(url, "listener") as connection:
                connection.execute(f"LISTEN {CHANNEL}")
                heard(None)  # what was said before is missed
                if not is_well:
                    log.info("changes by other servers are heard again")
                is_well = True
                while not stopping.is_set():
                    for notice in connection.notifies(timeout=_LOOK_S):
                        sender, changes = read_message(notice.payload)
                        if sender != own:
                            heard(changes)
        except psycopg.Error as error:
            if is_well and not stopping.is_set():
                log.warning("changes by other servers are looked for each second: %s", error)
            is_well = False
            heard(None)
            stopping.wait(_POLL_S)

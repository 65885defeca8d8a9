"""Stands between the interface and a server, and counts what goes through."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_ANSWER = b"HTTP/1.1 "


class Relay:
    """Passes connections on to a port of this machine.

    Args:
        port: Where the server listens.
    """

    def __init__(self, port: int) -> None:
        self._server_port = port
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.port = 0
        self.answers = 0
        """How many the server has given, streams included."""
        self.bytes = 0
        """How many bytes they had."""

    def start(self) -> None:
        """Listen at a free port."""
        self._thread.start()
        listening = asyncio.start_server(self._pass_on, "127.0.0.1", 0)
        self._listener = asyncio.run_coroutine_threadsafe(listening, self._loop).result()
        self.port = self._listener.sockets[0].getsockname()[1]

    def stop(self) -> None:
        """Close all connections."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end(self) -> None:
        self._listener.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _pass_on(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        server, to_server = await asyncio.open_connection("127.0.0.1", self._server_port)
        await asyncio.gather(self._carry(client, to_server), self._carry(server, to_client, True))

    async def _carry(self, source, target, is_answer=False) -> None:
        try:
            while data := await source.read(1 << 16):
                if is_answer:
                    self.bytes += len(data)
                    self.answers += data.count(_ANSWER)
                target.write(data)
                await target.drain()
        except ConnectionError:
            pass
        finally:
            target.close()


@contextmanager
def relay(port: int) -> Iterator[Relay]:
    """Run a relay to a port."""
    running = Relay(port)
    running.start()
    try:
        yield running
    finally:
        running.stop()

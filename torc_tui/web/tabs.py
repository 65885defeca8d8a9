"""The processes that show the interface: one for each page that is open."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping, Sequence

from aiohttp import WSMsgType, web
from textual_serve.app_service import AppService
from textual_serve.download_manager import DownloadManager

from torc_core.errors import ExitCode
from torc_tui.appearance.page import Page
from torc_tui.cli.output.diagnostics import say

_HEARTBEAT_S = 15.0
"""A page that does not answer within half of it is gone."""
_MESSAGE_BYTES = 256 * 1024
_END_S = 5.0
"""How long the interface may take to end before it is killed."""
_ORDERLY_ENDS = (ExitCode.OK, ExitCode.TERMINATED, -signal.SIGTERM, -signal.SIGKILL)


class Tab(AppService):
    """One process of the interface, which ends with its page.

    Args:
        command: The program and its arguments; its size and its shade are added.
        environment: What its environment has beyond ours.
        page: What the page says of its terminal.
        socket: The connection to it.
    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        page: Page,
        socket: web.WebSocketResponse,
    ) -> None:
        super().__init__(
            "",
            write_bytes=socket.send_bytes,
            write_str=socket.send_str,
            close=self._close,
            download_manager=DownloadManager(),
        )
        self._socket = socket
        self._environment = environment
        self._arguments = [*command, "--page", page.argument]
        self._page = page

    async def _close(self) -> None:
        await self._socket.close()

    async def _open_app_process(self, width: int = 80, height: int = 24) -> Process:  # noqa: ARG002 - the page knows
        process = await asyncio.create_subprocess_exec(
            *self._arguments,
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            env={**os.environ, **self._environment},
        )
        self._process, self._stdin = process, process.stdin
        return process

    async def run(self) -> None:
        """Show what the process paints; when it ends, the connection to the page ends too."""
        try:
            await super().run()
        finally:
            await self.remote_close()

    async def set_terminal_size(self, width: int, height: int) -> None:
        """Tell the process how large the page is now."""
        page = Page.within(width, height, is_dark=self._page.is_dark)
        await super().set_terminal_size(page.columns, page.rows)

    async def stop(self) -> None:
        """End the process, whatever it does, and wait for it."""
        process, task = self._process, self._task
        if process is None or task is None:
            return
        self._task = None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_END_S):
                await self.send_meta({"type": "quit"})
                await process.wait()
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        if process.returncode not in _ORDERLY_ENDS:
            say(f"warning: The interface in a page ended with exit code {process.returncode}.")


class Tabs:
    """All that are open, up to a limit.

    Args:
        command: Of each one's process.
        environment: What the environment of each has beyond ours.
        most: The limit.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], most: int) -> None:
        self._command = command
        self._environment = environment
        self._most = most
        self._open: set[web.WebSocketResponse] = set()

    @property
    def is_full(self) -> bool:
        """Whether no more may be opened."""
        return len(self._open) >= self._most

    @property
    def most(self) -> int:
        """How many may be open."""
        return self._most

    async def show(self, request: web.Request, page: Page) -> web.StreamResponse:
        """Show the interface in a page until either ends."""
        if self.is_full:
            raise web.HTTPServiceUnavailable(text=f"{self._most} pages show the interface already.")
        socket = web.WebSocketResponse(heartbeat=_HEARTBEAT_S, max_msg_size=_MESSAGE_BYTES)
        self._open.add(socket)
        try:
            await socket.prepare(request)
            tab = Tab(self._command, self._environment, page, socket)
            await tab.start(page.columns, page.rows)
            try:
                await _pass_on(socket, tab)
            finally:
                await asyncio.shield(tab.stop())
        finally:
            self._open.discard(socket)
        return socket

    async def close(self) -> None:
        """End them all."""
        await asyncio.gather(*(socket.close() for socket in self._open), return_exceptions=True)


async def _pass_on(socket: web.WebSocketResponse, tab: Tab) -> None:
    """Pass on what a page says until it is closed; what it may not say closes it."""
    async for message in socket:
        if message.type is not WSMsgType.TEXT:
            return
        try:
            kind, *rest = message.json()
            match kind, *rest:
                case "stdin", str(typed):
                    await tab.send_bytes(typed.encode("utf-8", "ignore"))
                case "resize", {"width": int(width), "height": int(height)}:
                    await tab.set_terminal_size(width, height)
                case "ping", str(sent):
                    await socket.send_json(["pong", sent])
                case ("focus",):
                    await tab.focus()
                case ("blur",):
                    await tab.blur()
                case _:
                    return
        except (TypeError, ValueError):
            return

"""A browser that a test drives, over its DevTools protocol."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import re
import time
from base64 import b64decode
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pyte
import pytest
from environments import program
from web.browser import OPTIONS

TIMEOUT_S = 250.0
_LISTENS = re.compile(r"DevTools listening on (ws://\S+)")


class Driven:
    """A page of the browser."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._session = ""
        self.requests: list[str] = []
        """The addresses of all that was asked for."""
        self.refused: list[str] = []
        """What the browser says of what it did not do."""
        self.terminal = pyte.Screen(80, 24)
        self._stream = pyte.ByteStream(self.terminal)
        self._reader = asyncio.create_task(self._read())

    async def call(self, method: str, **parameters: Any) -> Any:
        number = next(self._numbers)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        message = {"id": number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        await self._socket.send_json(message)
        return await asyncio.wait_for(answer, TIMEOUT_S)

    async def _read(self) -> None:
        async for message in self._socket:
            data = json.loads(message.data)
            if "id" in data:
                if not (answer := self._answers.pop(data["id"])).done():
                    answer.set_result(data.get("result", data))
            else:
                self._take(data["method"], data["params"])

    def _take(self, method: str, said: dict[str, Any]) -> None:
        if method == "Network.requestWillBeSent":
            self.requests.append(said["request"]["url"])
        elif method == "Network.webSocketFrameSent" and '["resize"' in (
            sent := said["response"]["payloadData"]
        ):
            size = json.loads(sent)[1]
            self.terminal.resize(size["height"], size["width"])
        elif method == "Network.webSocketFrameReceived" and said["response"]["opcode"] == 2:
            self._stream.feed(b64decode(said["response"]["payloadData"]))
        elif method == "Log.entryAdded" and said["entry"]["level"] == "error":
            self.refused.append(said["entry"]["text"])

    async def attach(self) -> None:
        targets = await self.call("Target.getTargets")
        page = next(each for each in targets["targetInfos"] if each["type"] == "page")
        attached = await self.call("Target.attachToTarget", targetId=page["targetId"], flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Network", "Page", "Runtime", "Log", "DOM"):
            await self.call(f"{domain}.enable")

    async def go(self, url: str) -> None:
        await self.call("Page.navigate", url=url)

    async def run(self, script: str) -> Any:
        """Evaluate a script in the page."""
        found = await self.call(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        return found.get("result", {}).get("value")

    @property
    def seen(self) -> str:
        """What the terminal shows, drawn from what the page has received."""
        return "\n".join(self.terminal.display)

    async def text(self) -> str:
        return await self.run("document.body.innerText") or ""

    async def wait_for(self, what: Any) -> None:
        """Wait for a text in the terminal or in the page, or for a condition."""
        deadline = time.monotonic() + TIMEOUT_S
        while True:
            if callable(what):
                if what():
                    return
            elif what in self.seen or what in await self.text():
                return
            if time.monotonic() > deadline:
                pytest.fail(f"waited in vain for {what}:\n{self.seen}\n{await self.text()}")
            await asyncio.sleep(0.05)

    async def open(self, url: str, until: Any) -> None:
        await self.go(url)
        await self.wait_for(until)

    async def press(self, *keys: str) -> None:
        """Press keys: single characters, or names such as `Enter` and `ArrowDown`."""
        for key in keys:
            code = _CODES.get(key, 0)
            text = "\r" if key == "Enter" else key if len(key) == 1 else ""
            for kind in ("keyDown", "keyUp"):
                await self.call(
                    "Input.dispatchKeyEvent",
                    type=kind,
                    key=key,
                    windowsVirtualKeyCode=code,
                    **({"text": text} if text and kind == "keyDown" else {}),
                )

    async def choose_file(self, selector: str, path: Path) -> None:
        """Choose a file in a form."""
        document = await self.call("DOM.getDocument")
        node = await self.call(
            "DOM.querySelector", nodeId=document["root"]["nodeId"], selector=selector
        )
        await self.call("DOM.setFileInputFiles", nodeId=node["nodeId"], files=[str(path)])

    async def picture(self) -> bytes:
        """Return what the page looks like, as PNG."""
        return b64decode((await self.call("Page.captureScreenshot", format="png"))["data"])

    async def store_downloads(self, place: Path) -> None:
        await self.call("Page.setDownloadBehavior", behavior="allow", downloadPath=str(place))

    async def close(self) -> None:
        self._reader.cancel()
        await asyncio.gather(self._reader, return_exceptions=True)


_CODES = {"Enter": 13, "Escape": 27, "ArrowDown": 40, "ArrowUp": 38}


@contextlib.asynccontextmanager
async def driven_browser(profile: Path, *options: str) -> AsyncIterator[Driven]:
    """Open a browser with an empty page."""
    process = await asyncio.create_subprocess_exec(
        *(program("chromium"), *OPTIONS, f"--user-data-dir={profile}"),
        *("--remote-debugging-port=0", "--window-size=1000,700", *options, "about:blank"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    rest = None
    try:
        async with asyncio.timeout(TIMEOUT_S):
            while not (found := _LISTENS.search((await process.stderr.readline()).decode())):
                assert not process.stderr.at_eof(), "the browser did not start"
        rest = asyncio.create_task(process.stderr.read())
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(found[1], max_msg_size=0) as socket,
        ):
            page = Driven(socket)
            try:
                await page.attach()
                yield page
            finally:
                await page.close()
    finally:
        process.terminate()
        await process.wait()
        if rest is not None:
            await rest

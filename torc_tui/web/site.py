"""What the pages share: the server that they show, threads for asking it, and their templates."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Lock
from typing import Any, TypeVar

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined

from torc_core.client import TorcClient
from torc_core.errors import TorcError
from torc_core.host.connect import Choice, connect
from torc_core.moments import zone_name
from torc_tui.terminal import clean
from torc_tui.web.headers import protect

T = TypeVar("T")

_THREADS = 8


class Site:
    """What the pages share.

    Args:
        choice: The server.
    """

    def __init__(self, choice: Choice) -> None:
        self._choice = choice
        self._threads = ThreadPoolExecutor(_THREADS, "pages")
        self._lock = Lock()
        self._client: TorcClient | None = None
        self._templates = Environment(
            loader=PackageLoader("torc_tui.web"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters["clean"] = lambda value: clean(str(value))
        self._templates.filters["tone"] = _tone_class
        self._templates.globals["zone"] = lambda: zone_name(time.time())
        self._templates.globals["machine"] = os.uname().nodename

    @property
    def user(self) -> str:
        """Whose workflows are shown at first, and who owns new ones."""
        return str(self._choice.user)

    async def ask(self, call: Callable[..., T], *arguments: Any, **options: Any) -> T:
        """Return what an operation answers, which is called in a thread with a client first.

        Raises:
            TorcError: The server refused something, or did not answer.
        """
        return await self.work(lambda: call(self._connected(), *arguments, **options))

    async def work(self, call: Callable[..., T], *arguments: Any) -> T:
        """Return what a function returns that is called in a thread."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, partial(call, *arguments))

    def page(
        self,
        template: str,
        *,
        status: int = 200,
        policy: dict[str, str] | None = None,
        **values: Any,
    ) -> web.Response:
        """Return a page; values from elsewhere are escaped in it, whatever they are."""
        text = self._templates.get_template(template).render(values)
        response = web.Response(text=text, status=status, content_type="text/html")
        protect(response.headers, policy)
        return response

    def error_page(self, status: int, title: str, hint: str = "") -> web.Response:
        """Return a page that says what went wrong, and what to do next."""
        lines = title.split("\n")
        return self.page("error.html", status=status, lines=lines, hint=hint)

    def close(self) -> None:
        """Let the threads end."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        if self._client is not None:
            self._client.close()

    def _connected(self) -> TorcClient:
        with self._lock:
            if self._client is None:
                self._client = connect(self._choice).client
            return self._client


def _tone_class(tone: str) -> str:
    """Return the class of a cell's color."""
    return f"tone-{tone.rsplit(maxsplit=1)[-1].replace('_', '-')}" if tone else ""


SITE = web.AppKey("site", Site)


def site_of(request: web.Request) -> Site:
    """Return what the pages share."""
    return request.app[SITE]


def number_in(request: web.Request, name: str) -> int:
    """Return a number of the path; the routes let nothing else through."""
    return int(request.match_info[name])


def status_of(error: TorcError) -> int:
    """Return the status of an answer that says that something went wrong."""
    return _STATUS.get(error.exit_code.name, 502)


_STATUS = {
    "USAGE": 400,
    "ACCESS": 403,
    "NOT_FOUND": 404,
    "CONFLICT": 409,
    "UNREACHABLE": 502,
    "SERVER": 502,
    "TIMED_OUT": 504,
    "ENVIRONMENT": 500,
}

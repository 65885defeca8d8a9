"""torc-dash as a process of its own, and requests to it as programs and browsers send them."""

from __future__ import annotations

import http.client
import os
import re
import select
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

import psutil
import pytest

START_TIMEOUT_S = 100


class Answer(NamedTuple):
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


class Dash:
    """A process of torc-dash.

    Args:
        place: Its directory, and that of its state.
        arguments: Its options.
        before: What starts it, such as nohup.
    """

    def __init__(self, place: Path, *arguments: str, before: Sequence[str] = ()) -> None:
        self.place = place
        self.before = before
        with (place / "dash.log").open("ab") as log:
            self.process = self._started(arguments, log)
        assert self.process.stdout is not None
        self.said = ""
        if select.select([self.process.stdout], [], [], START_TIMEOUT_S)[0]:
            self.said = self.process.stdout.readline().decode()
        if not (found := re.fullmatch(r"http://127\.0\.0\.1:(\d+)/\n", self.said)):
            self.close()
            pytest.fail(f"torc-dash did not start: {self.log}")
        self.port = int(found[1])
        self.address_file = place / "state" / "torc" / f"dash-{self.port}.url"
        self.opens = self.address_file.read_text().strip()
        """The address with the token."""
        self._cookie = ""

    def _started(self, arguments: tuple[str, ...], log: BinaryIO) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [*self.before, sys.executable, "-m", "torc_tui.web", "--port", "0", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            cwd=self.place,
            env={
                **os.environ,
                "XDG_STATE_HOME": str(self.place / "state"),
                "XDG_CONFIG_HOME": str(self.place / "config"),
                "USER": "tester",
                "TZ": "UTC",
            },
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        return (self.place / "dash.log").read_text()

    @property
    def tabs(self) -> list[psutil.Process]:
        """The processes of the interface."""
        return psutil.Process(self.process.pid).children()

    @property
    def cookie(self) -> str:
        """What the browser sends back once it has shown the token."""
        if not self._cookie:
            answer = self.ask("GET", self.opens.removeprefix(self.url), cookie="")
            assert answer.status == 200
            self._cookie = answer.headers["Set-Cookie"].partition(";")[0]
        return self._cookie

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        *,
        cookie: str | None = None,
        **headers: str,
    ) -> Answer:
        """Send a request with the cookie, unless another is given; `_` in names stands for `-`."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=100)
        sent = {"Cookie": self.cookie if cookie is None else cookie}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            connection.request(method, path, body, sent)
            found = connection.getresponse()
            return Answer(found.status, found.headers, found.read())
        finally:
            connection.close()

    def upload(self, name: str, content: bytes, **headers: str) -> Answer:
        """Send a file as the form does."""
        mark = b"torc-test"
        body = b'--%s\r\nContent-Disposition: form-data; name="file"; filename="%s"\r\n\r\n%s' % (
            mark,
            name.encode(),
            content,
        )
        return self.ask(
            "POST",
            "/create",
            body + b"\r\n--%s--\r\n" % mark,
            **{
                "Content-Type": f"multipart/form-data; boundary={mark.decode()}",
                "Origin": self.url,
                **headers,
            },
        )

    def close(self, how: int = signal.SIGTERM) -> int:
        self.process.send_signal(how)
        code = self.process.wait(100)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code


def are_gone(processes: list[psutil.Process]) -> bool:
    """Whether none of them is running any more."""
    return not psutil.wait_procs(processes, timeout=100)[1]

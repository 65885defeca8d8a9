"""A browser without a window, and the servers of those who want something from it."""

from __future__ import annotations

import http.client
import json
import queue
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from environments import program
from waiting import wait_for

PATIENCE_S = 250
PAGE = Path(__file__).parent / "attack.html"
OPTIONS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
    *("--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--disable-extensions"),
    *("--disable-default-apps", "--disable-breakpad", "--metrics-recording-only"),
    # Every name is this machine: nothing is looked up, and no other machine is reached.
    "--host-resolver-rules=MAP * 127.0.0.1",
)


class Attacker(ThreadingHTTPServer):
    """Serves the page, and takes its report.

    What else is asked of it goes on to another server as it came, if there is one: the browser
    cannot tell that from a name that was pointed elsewhere after the page had been loaded.
    """

    daemon_threads = True

    def __init__(self, behind: int | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.behind = behind
        self.reports: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        """Method, path and headers of what else was asked."""

    @property
    def port(self) -> int:
        return self.server_address[1]

    def report_of(self, browser: subprocess.Popen[bytes]) -> dict[str, Any]:
        """Return what the page found; a browser needs minutes to start on a busy machine."""
        wait_for(
            lambda: not self.reports.empty() or browser.poll() is not None, "a report", PATIENCE_S
        )
        assert not self.reports.empty(), "the browser has ended; its log is beside its profile"
        return self.reports.get()


class _Handler(BaseHTTPRequestHandler):
    server: Attacker
    protocol_version = "HTTP/1.1"

    def handle_request(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == "/report":
            self.server.reports.put(json.loads(body))
            self.answer(204, b"")
        elif self.path.startswith("/attack"):
            self.answer(200, PAGE.read_bytes(), "text/html")
        else:
            headers = {name.lower(): value for name, value in self.headers.items()}
            self.server.asked.append((self.command, self.path, headers))
            self.answer(*self.pass_on(body))

    do_GET = do_POST = do_DELETE = do_OPTIONS = handle_request  # noqa: N815 - http.server's names

    def pass_on(self, body: bytes) -> tuple[int, bytes, str]:
        if self.server.behind is None:
            return 404, b"", "text/plain"
        connection = http.client.HTTPConnection("127.0.0.1", self.server.behind, timeout=100)
        try:
            connection.request(self.command, self.path, body, dict(self.headers))
            answer = connection.getresponse()
            kind = answer.headers.get("Content-Type", "")
            is_stream = kind.startswith("text/event-stream")  # it has no end
            return answer.status, b"" if is_stream else answer.read(), kind
        finally:
            connection.close()

    def answer(self, status: int, content: bytes, kind: str = "text/plain") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def attacker(behind: int | None = None) -> Iterator[Attacker]:
    """Serve the page."""
    with Attacker(behind) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def browser_at(url: str, profile: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Open a page."""
    with (profile.parent / "browser.log").open("wb") as log:
        process = subprocess.Popen(
            [program("chromium"), *OPTIONS, f"--user-data-dir={profile}", url],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(100)


def drawn(path: Path, profile: Path) -> str:
    """Open a page of this disk without a network, and return what it has become."""
    run = subprocess.run(
        [
            *(program("chromium"), *OPTIONS, f"--user-data-dir={profile}"),
            *("--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=20000"),
            *("--dump-dom", path.absolute().as_uri()),
        ],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=PATIENCE_S,
        check=True,
    )
    return run.stdout.decode()

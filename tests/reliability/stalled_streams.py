"""Let clients follow a workflow's events and read nothing, and see that nobody else notices.

    PYTHONPATH=tests python tests/reliability/stalled_streams.py --stalled 200

They connect to a real server through real sockets, whose buffers soon are full. Others read all
they get. Then events are recorded: each reader must see each of them, in order, every write must be
answered soon, and what the server keeps for those that do not read must not grow with the events.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import re
import socket
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from campaigns.processes import Processes, conclude

from torc_core.client import TorcClient
from torc_core.model.events.event import Event

SIZE = 20_000
"""Bytes of an event, so that few of them fill what the system keeps for a connection."""
RECEIVE_BUFFER = 4096
WAIT_S = 300.0
MOST_GROWTH = 100 * 2**20
SLOWEST_S = 10.0
"""Of one write; far more than any takes, also on a busy machine."""
_ID = re.compile(rb"^id: ?(\d+)", re.MULTILINE)


class Report(NamedTuple):
    """How it went."""

    problems: list[str]
    alone_ms: float
    """The median time of a write while nobody follows."""
    beside_ms: float
    """The same beside all of them."""
    growth_mib: float


class Reader(threading.Thread):
    """Follows a workflow, and notes the ids of the events that it gets."""

    def __init__(self, port: int, workflow_id: int) -> None:
        super().__init__(daemon=True)
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=WAIT_S)
        self._connection.request("GET", _path(workflow_id))
        self.ids: list[int] = []
        self._changed = threading.Condition()

    def run(self) -> None:
        with contextlib.suppress(http.client.HTTPException, OSError):  # once it is closed
            self._read(self._connection.getresponse())

    def _read(self, response: http.client.HTTPResponse) -> None:
        rest = b""
        while data := response.read1(1 << 16):
            frames, separator, rest = (rest + data).rpartition(b"\n\n")
            found = [int(number) for number in _ID.findall(frames + separator)]
            with self._changed:
                self.ids += found
                self._changed.notify_all()

    def wait_for(self, event_id: int) -> bool:
        """Wait until it has this event; return whether it got it in time."""
        with self._changed:
            return self._changed.wait_for(lambda: event_id in self.ids[-1:], WAIT_S)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._connection.sock.shutdown(socket.SHUT_RDWR)
        self.join()
        self._connection.close()


def stop_reading(port: int, workflow_id: int) -> socket.socket:
    """Ask for the stream of a workflow's events, and read nothing; return the connection."""
    stream = socket.socket()
    stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
    stream.settimeout(WAIT_S)
    stream.connect(("127.0.0.1", port))
    stream.sendall(f"GET {_path(workflow_id)} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    return stream


def stall(folder: Path, *, stalled: int, readers: int = 4, events: int = 300) -> Report:
    """Let so many clients stall, and record so many events beside them."""
    with server(folder) as processes, ExitStack() as stack:
        client = TorcClient(processes.url)
        stack.callback(client.close)
        alone = [_write(client, processes.workflow_id)[1] for _ in range(events // 3)]
        following = [Reader(processes.port, processes.workflow_id) for _ in range(readers)]
        for reader in following:
            reader.start()
            stack.callback(reader.close)
        before = _resident(processes.server.pid)
        for _ in range(stalled):
            stack.callback(stop_reading(processes.port, processes.workflow_id).close)
        written = [_write(client, processes.workflow_id) for _ in range(events)]
        beside = [took_s for _, took_s in written]
        in_time = [reader.wait_for(written[-1][0]) for reader in following]
        growth = _resident(processes.server.pid) - before
        query = f"SELECT id FROM event WHERE workflow_id = {processes.workflow_id} ORDER BY id"
        expected = [row[0] for row in processes.ask(query)]
        found = {
            "readers that did not get all in time": in_time.count(False),
            "readers that missed events or got them in another order": sum(
                reader.ids != expected for reader in following
            ),
            f"writes that took longer than {SLOWEST_S:g} s": sum(s > SLOWEST_S for s in beside),
            "bytes that the server has grown by": growth if growth > MOST_GROWTH else 0,
        }
    return Report(
        [f"{what}: {number}" for what, number in found.items() if number],
        1000 * statistics.median(alone),
        1000 * statistics.median(beside),
        growth / 2**20,
    )


@contextmanager
def server(folder: Path) -> Iterator[Processes]:
    """Run a server with a workflow."""
    processes = Processes(folder, 1, ("--max-connections-per-address", "2000"))
    try:
        processes.create_workflow("streams", [{"name": "job", "command": "true"}])
        yield processes
    finally:
        processes.close()


def _path(workflow_id: int) -> str:
    stream = f"/torc-service/v1/workflows/{workflow_id}/events/stream"
    return f"{stream}?level=debug&last_event_id=0"


def _write(client: TorcClient, workflow_id: int) -> tuple[int, float]:
    begin = time.monotonic()
    noted = Event(workflow_id=workflow_id, timestamp=0, data={"text": "x" * SIZE})
    made = client.create_event(noted)
    return made.id or 0, time.monotonic() - begin


def _resident(pid: int) -> int:
    [line] = re.findall(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(line) * 1024


def main() -> int:
    """Let clients stall, and print what it did to others."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--stalled", type=int, default=200)
    parser.add_argument("--readers", type=int, default=20)
    parser.add_argument("--events", type=int, default=1000)
    chosen = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="streams-"))
    report = stall(folder, stalled=chosen.stalled, readers=chosen.readers, events=chosen.events)
    print(f"{chosen.stalled} stalled clients, {chosen.readers} readers, {chosen.events} events")
    print(f"a write took {report.alone_ms:.1f} ms alone and {report.beside_ms:.1f} ms beside them")
    print(f"the server has grown by {report.growth_mib:.0f} MiB")
    return conclude(report.problems, folder)


if __name__ == "__main__":
    sys.exit(main())

"""Let runners work through a network that fails in one way after the other.

    PYTHONPATH=tests python tests/campaigns/network.py --seconds 60

Jobs end while the network fails. None may be killed, and ten seconds after it is well again
the server must have all results.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, Self

from campaigns.processes import Processes

HEALED_S = 10.0
HANG_S = 60.0
COMMAND = (
    "echo S $TORC_JOB_NAME >>{folder}/ledger; until [ -e {folder}/go ]; do sleep 0.05; done; "
    "sleep {delay}; echo E $TORC_JOB_NAME >>{folder}/ledger"
)


class Fault(NamedTuple):
    """What a network does to each piece of data."""

    delay_s: float = 0.0
    holds: bool = False
    """Nothing arrives before the network is well again, and then all of it."""
    loses_requests: bool = False
    """They vanish, and the connection stays silent for ever."""
    loses_replies: bool = False
    reset_share: float = 0.0
    """How many connections are reset when they carry something."""
    cuts_replies: bool = False
    """They are reset in the middle."""


WELL = Fault()
FAULTS = {
    "black hole": Fault(holds=True),
    "half-open": Fault(loses_replies=True),
    "reset in the body": Fault(cuts_replies=True),
    "half of it lost": Fault(reset_share=0.5),
    "two seconds late": Fault(delay_s=2.0),
}
LONG_FAULTS = {"forgotten connections": Fault(loses_requests=True, loses_replies=True)}
"""Only the lack of an answer tells, and a first one may take half a minute."""


class Network:
    """A way to a server that can be made to fail.

    Args:
        port: The server's.
        seed: Of what is lost.
    """

    def __init__(self, port: int, seed: int = 0) -> None:
        self.fault = WELL
        self._random = random.Random(seed)
        self._target = port
        self._loop = asyncio.new_event_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server = self._loop.run_until_complete(
            asyncio.start_server(self._serve, "127.0.0.1", 0)
        )
        self.port: int = self._server.sockets[0].getsockname()[1]
        self._thread = threading.Thread(target=self._loop.run_forever)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _stop(self) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            with contextlib.suppress(OSError, asyncio.CancelledError):
                there, back = await asyncio.open_connection("127.0.0.1", self._target)
                try:
                    await asyncio.gather(
                        self._carry(reader, back, is_reply=False),
                        self._carry(there, writer, is_reply=True),
                    )
                finally:
                    back.transport.abort()
        finally:
            writer.transport.abort()
            self._tasks.discard(task)

    async def _carry(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, is_reply: bool
    ) -> None:
        is_silent = False
        while data := await source.read(1 << 16):
            fault = self.fault
            is_silent |= fault.loses_replies if is_reply else fault.loses_requests
            if is_silent:
                continue
            while self.fault.holds:  # noqa: ASYNC110 - another thread ends it
                await asyncio.sleep(0.05)
            if fault.delay_s:
                await asyncio.sleep(fault.delay_s)
            if self._random.random() < fault.reset_share:
                raise ConnectionResetError
            if is_reply and fault.cuts_replies:
                sink.write(data[: len(data) // 2])
                await sink.drain()
                raise ConnectionResetError
            sink.write(data)
            await sink.drain()
        raise ConnectionResetError  # the other end has closed it


class Finding(NamedTuple):
    """How the jobs of one fault ended."""

    problems: list[str]
    delivered_s: float
    """After the network was well again; 0 if before."""


def endure(folder: Path, fault: Fault, seconds: float, jobs: int = 20) -> Finding:
    """Run a workflow whose jobs end while the network fails.

    Args:
        folder: An empty one.
        fault: How it fails.
        seconds: For how long.
        jobs: How many end meanwhile.
    """
    processes = Processes(folder, jobs)
    try:
        processes.create_workflow("network", _jobs(folder, jobs, seconds))
        with Network(processes.port) as network:
            processes.start_runner(url=f"http://127.0.0.1:{network.port}/torc-service/v1")
            _wait(lambda: _count(folder, "S") == jobs, "the jobs")
            network.fault = fault
            (folder / "go").touch()
            time.sleep(seconds)
            _wait(lambda: _count(folder, "E") == jobs - 1, "their ends")
            network.fault = WELL
            healed = time.monotonic()
            (folder / "healed").touch()
            _wait(lambda: _results(processes) >= jobs, "the results")
            delivered_s = time.monotonic() - healed
            assert processes.runner is not None
            code = processes.runner.wait(HANG_S)
    finally:
        processes.close()
    found = {
        f"results came {delivered_s:.1f} s late": delivered_s > HEALED_S,
        f"the runner ended with {code}": code != 0,
        "jobs started twice": _count(folder, "S") != jobs,
        "results are stored twice": _results(processes) != jobs,
    }
    return Finding([text for text, is_so in found.items() if is_so], delivered_s)


def _jobs(folder: Path, jobs: int, seconds: float) -> list[dict[str, str]]:
    """Return jobs that end throughout the fault, and a last one that ends after it.

    So the runner does not leave while its last words may be lost.
    """
    found = [
        {
            "name": f"j{number}",
            "command": COMMAND.format(folder=folder, delay=round(seconds * number / jobs, 2)),
        }
        for number in range(jobs - 1)
    ]
    last = COMMAND.format(folder=folder, delay=0).replace("/go ", "/healed ")
    return [*found, {"name": "last", "command": last}]


def _count(folder: Path, kind: str) -> int:
    ledger = folder / "ledger"
    return ledger.read_text().count(f"{kind} ") if ledger.exists() else 0


def _results(processes: Processes) -> int:
    [(count,)] = processes.ask("SELECT count(*) FROM result")
    return int(count)


def _wait(is_true: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + HANG_S
    while not is_true():
        if time.monotonic() > deadline:
            raise TimeoutError(f"Waited in vain for {what}.")
        time.sleep(0.02)


def main() -> int:
    """Try every fault, and print how the jobs ended."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=60.0, help="how long each fault lasts")
    parser.add_argument("--jobs", type=int, default=20)
    chosen = parser.parse_args()
    failed = False
    for name, fault in (FAULTS | LONG_FAULTS).items():
        folder = Path(tempfile.mkdtemp(prefix="network-"))
        finding = endure(folder, fault, chosen.seconds, chosen.jobs)
        failed |= bool(finding.problems)
        said = "; ".join(finding.problems) or "nothing is wrong"
        print(f"{name}: all results {finding.delivered_s:.1f} s after it; {said}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

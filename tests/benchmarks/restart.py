"""How long a server takes to start on a large database, closed in order and killed while it writes.

    python tests/benchmarks/restart.py [--jobs 100000 1000000] [--rounds 5] [--keep DIRECTORY]

From the start of its process to the answer to the first request, which counts the jobs of the
workflow; a start of Python and the imports are in it. Before each kill the server has committed
1,000 workflows that are still in its log.
"""

from __future__ import annotations

import argparse
import platform
import shutil
import statistics
import tempfile
import time
from pathlib import Path

from large_workflow import large_database
from loopback import Connection, Server, drive, request

WRITES = 1_000


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--keep", type=Path, help="where databases are kept for the next time")
    arguments = parser.parse_args()
    print(f"Python {platform.python_version()}, {arguments.rounds} rounds")
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        for jobs in arguments.jobs:
            kept = large_database(arguments.keep or place, jobs)
            used = Path(shutil.copy(kept, place / "used.db"))
            for ends in ("closed", "killed"):
                took = [measure(used, killed=ends == "killed") for _ in range(arguments.rounds)]
                print(
                    f"{jobs:>9,} jobs, {ends}: {statistics.median(took):.2f} s "
                    f"({min(took):.2f}-{max(took):.2f})"
                )
            used.unlink()


def measure(database: Path, *, killed: bool) -> float:
    """Return the seconds of one start after an end."""
    server = Server(database, "--log-level", "error")
    if killed:
        workflow = {"name": "restart", "user": "bench"}
        drive(server.port, 8, (request("POST", "/workflows", workflow) for _ in range(WRITES)))
        server.process.kill()
        server.process.wait()
    else:
        server.stop()
    begin = time.perf_counter()
    server = Server(database, "--log-level", "error")
    try:
        Connection(server.port).call("GET", "/workflows/1/status")
        return time.perf_counter() - begin
    finally:
        server.stop()


if __name__ == "__main__":
    main()

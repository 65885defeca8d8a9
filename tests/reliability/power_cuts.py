"""Cut the power under a server's database, again and again, and look what is there afterwards.

    PYTHONPATH=tests python tests/reliability/power_cuts.py --cuts 1000

Workflows run in simulated time on a disk that records what SQLite does. Then the disk is built as
it would be had the power failed behind some operation: all that was synced is there, of the rest
nothing, all, or any part, some of it torn. A server must start on it, its file must be whole, and
its content that after some commit: the last one that was acknowledged, or a later one. Checkpoints
are made more often than by a real server.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from reliability.disk import Operation, files_after_cut, recorded_disk, restore
from reliability.simulation.history import History
from reliability.simulation.plans import plan_of
from reliability.simulation.store import Committed, Store, new_store
from sqlalchemy import Connection, select
from sqlmodel import SQLModel

from torc_core.clock import Clock, SystemClock
from torc_server.storage.groups import Request
from torc_server.storage.sqlite import database as sqlite_database
from torc_server.upkeep.check import check

SEEDS = range(100, 120)
"""The histories; a cut is of one of them."""
CHECKPOINT_BYTES = 100_000


class Recording(NamedTuple):
    """What happened to the files of a database, and what it held after each commit."""

    path: Path
    before: dict[str, bytes]
    operations: list[Operation]
    contents: list[str]
    """By the number of the mark that was made when the commit was acknowledged."""


class RecordedStore(Store):
    """Marks each commit when it is acknowledged, and remembers what was there then."""

    contents: list[str]
    mark: Callable[[int], None]

    def open(self, clock: Clock, *repeat: Callable[[Request], None]) -> None:
        super().open(clock, *repeat)
        self._note()

    def commit(self, group: list[Request]) -> Committed:
        committed = super().commit(group)
        self._note()
        return committed

    def _note(self) -> None:
        self.contents.append(self.ask(digest))
        self.mark(len(self.contents) - 1)


def record(seed: int) -> Recording:
    """Let the history of a seed happen on a disk that records."""
    with recorded_disk() as disk, new_store(kind=RecordedStore) as store:
        assert isinstance(store, RecordedStore)
        store.contents, store.mark = [], disk.mark
        history = History(store, plan_of(seed), seed)
        # From here on: before it there was nothing to lose.
        store.close()
        before = {str(store.path): store.path.read_bytes()}
        disk.operations.clear()
        store.contents.clear()
        store.open(history.server.clock)
        problems = history.run().problems
        store.close()
        assert not problems, problems
        return Recording(store.path, before, disk.operations, store.contents)


def cut(recording: Recording, chance: random.Random, store: Store) -> list[str]:
    """Cut the power behind some operation, start a server, and return what is wrong."""
    number = chance.randrange(len(recording.operations)) + 1
    until = recording.operations[:number]
    acknowledged = max((each.offset for each in until if each.kind == "mark"), default=0)
    files = files_after_cut(until, recording.before, chance)
    restore(files, recording.path, store.path)
    store.open(SystemClock())
    try:
        damage = store.ask(check, store.database).problems
        content = store.ask(digest)
    finally:
        store.close()
    problems = [f"after operation {number}: {each}" for each in damage]
    if content not in recording.contents[acknowledged:]:
        known = content in recording.contents
        what = "acknowledged writes are lost" if known else "a commit is there in part"
        problems.append(f"after operation {number}: {what}")
    return problems


def digest(conn: Connection) -> str:
    """Return what stands for all that is in a database."""
    found = hashlib.sha256()
    for table in SQLModel.metadata.sorted_tables:
        rows: list[Any] = [tuple(row) for row in conn.execute(select(table)).all()]
        found.update(repr((table.name, sorted(rows, key=repr))).encode())
    return found.hexdigest()


def run_cuts(cuts: int, seed: int = 0, *, is_shared: bool = False) -> list[str]:
    """Cut the power so often; return what was wrong.

    Args:
        cuts: How often.
        seed: Repeats them.
        is_shared: Whether the disk counts as one that other machines may use.
    """
    problems = []
    chance = random.Random(seed)
    with ExitStack() as stack:
        if is_shared:
            stack.enter_context(shared_disk())
        with frequent_checkpoints():
            seeds = SEEDS[: max(1, min(len(SEEDS), cuts // 10))]
            recordings = {each: record(each) for each in seeds}
        store = stack.enter_context(new_store())
        for number in range(cuts):
            which = chance.choice(seeds)
            try:
                found = cut(recordings[which], chance, store)
            except Exception as error:  # noqa: BLE001 - whatever a damaged file causes
                found = [f"the server does not start: {error!r}"]
            problems += [f"cut {number} of history {which}: {each}" for each in found]
    return problems


@contextmanager
def shared_disk() -> Iterator[None]:
    """Let each disk count as one that other machines may use."""
    before = sqlite_database.shared_file_system
    sqlite_database.shared_file_system = lambda _path: "NFS"
    try:
        yield
    finally:
        sqlite_database.shared_file_system = before


class frequent_checkpoints:  # noqa: N801 - read as a statement
    """Shorten what a log may grow to before it is folded into the database."""

    def __enter__(self) -> None:
        self._before = sqlite_database.IDLE_CHECKPOINT_BYTES
        sqlite_database.IDLE_CHECKPOINT_BYTES = CHECKPOINT_BYTES

    def __exit__(self, *_: object) -> None:
        sqlite_database.IDLE_CHECKPOINT_BYTES = self._before


def main() -> int:
    """Cut the power, and print what was wrong."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cuts", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--shared", action="store_true", help="as on NFS")
    chosen = parser.parse_args()
    begin = time.process_time()
    problems = run_cuts(chosen.cuts, chosen.seed, is_shared=chosen.shared)
    for problem in problems[:50]:
        print(f"PROBLEM {problem}")
    took_s = time.process_time() - begin
    print(f"{chosen.cuts} power cuts, seed {chosen.seed}, {took_s:.0f} s of CPU", end="; ")
    print(f"{len(problems)} problems" if problems else "nothing lost, nothing damaged")
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main())

"""Let programs die at each change of the files they keep, fill the disk there, and cut its power.

    PYTHONPATH=tests python tests/reliability/file_points.py --cuts 1000

The journal of a guard says what happened to jobs while no runner was there; records say what torc
does on this machine. The code that ships writes them here, again and again: once it dies at each
change, once the disk is full from there on, and then the power fails. A journal must know what it
had acknowledged, and a record must be whole: the last acknowledged one, or a later one.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec
from reliability.files import Dead, Files, left_after_cut, watched_files
from reliability.simulation.store import MEMORY

from torc_core.host.files.json_file import read_record, write_record
from torc_core.runner.guard.journal import Journal, read_journal
from torc_core.runner.guard.messages import Entry, Exited, Forgotten, KeptEntry, Started

RECORD = "record.json"
JOBS = 12
COMPACT_BYTES = 600


class Note(msgspec.Struct):
    """A record."""

    number: int


def _started(job: int, pid: int) -> Started:
    return Started(id=job, pid=pid, at=float(job), at_ms=job, record=msgspec.Raw(b"{}"))


def _exited(job: int) -> Exited:
    return Exited(id=job, exit_code=0, cpu_s=0.0, at=1.0, at_ms=1, by_itself=True)


def steps() -> Iterator[list[Entry]]:
    """Yield what a guard writes of some jobs, of which some are acknowledged meanwhile."""
    for job in range(1, JOBS + 1):
        yield [_started(job, 0)]
        yield [_started(job, 100 + job)]
        if job > 2:
            yield [_exited(job - 2), *([Forgotten(ids=[job - 2])] if job % 3 else [])]


def keep_journal(files: Files, folder: Path) -> list[list[KeptEntry]]:
    """Write a journal as a guard does that has lost its runner; return what it acknowledged."""
    states = []
    journal = Journal(folder, COMPACT_BYTES)
    for step in steps():
        journal.write(step)
        journal.sync()
        states.append(journal.kept.entries)
        files.mark(len(states))
    journal.close()
    return states


def keep_record(files: Files, folder: Path) -> None:
    """Replace a record again and again."""
    for number in range(1, 9):
        write_record(folder / RECORD, Note(number))
        files.mark(number)


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="files-", dir=MEMORY) as name:
        yield Path(name)


def _acknowledged(files: Files) -> int:
    return max((each.number for each in files.changes if each.kind == "mark"), default=0)


def all_states() -> list[list[KeptEntry]]:
    """Return what a journal knows after each of its steps."""
    with _folder() as folder, watched_files(folder) as files:
        return [[], *keep_journal(files, folder)]


def judge_journal(folder: Path, states: list[list[KeptEntry]], acknowledged: int) -> list[str]:
    """Return what a journal should know and does not."""
    if not acknowledged:
        return []
    try:
        found = {_key(entry) for entry in read_journal(folder)}
    except OSError as error:
        return [f"the journal is gone: {error.strerror}"]
    later = [{_key(entry) for entry in state} for state in states[acknowledged:]]
    forgotten = set.union(*({key[0] for key in later[0]} - {k[0] for k in s} for s in later))
    lost = {key for key in later[0] - found if key[0] not in forgotten}
    # A start that was written with its pid takes the place of that without one.
    lost = {key for key in lost if not any(key[0] == other[0] for other in found)}
    return [f"lost of the journal: {sorted(lost)}"] if lost else []


def judge_record(folder: Path, acknowledged: int) -> list[str]:
    """Return what is wrong with a record."""
    found = read_record(folder / RECORD, Note)
    if found is None:
        return ["the record is gone or damaged"] if acknowledged else []
    return [] if found.number >= acknowledged else [f"record {found.number} of {acknowledged}"]


def _key(entry: KeptEntry) -> tuple[int, str]:
    return entry.id, type(entry).__name__


class Tried(NamedTuple):
    """What came of all points."""

    points: int
    problems: list[str]


def try_points(*, is_full: bool = False) -> Tried:
    """Let the programs die at each change, or find the disk full there."""
    states = all_states()
    problems: list[str] = []
    total = 0
    for program in (keep_journal, keep_record):
        at, is_reached = 0, True
        while is_reached:
            with _folder() as folder:
                is_reached, found = _try_point(program, folder, states, at, is_full=is_full)
            problems += [f"{program.__name__}, change {at}: {each}" for each in found]
            total += is_reached
            at += 1
    return Tried(total, problems)


def _try_point(
    program: object, folder: Path, states: list[list[KeptEntry]], at: int, *, is_full: bool
) -> tuple[bool, list[str]]:
    """Return whether the point was reached, and what is wrong there."""
    ended: BaseException | None = None
    with watched_files(folder) as files:
        if is_full:
            files.is_full_at = at
        else:
            files.dies_at = at
        try:
            assert callable(program)
            program(files, folder)
        except (Dead, OSError) as error:
            ended = error
    if program is keep_record:
        return ended is not None, judge_record(folder, _acknowledged(files))
    if is_full:  # jobs matter more than their journal: the lines wait for room
        problems = [] if ended is None else [f"the guard fails: {ended!r}"]
        return at < len(files.changes), problems
    return ended is not None, judge_journal(folder, states, _acknowledged(files))


def cut_power(cuts: int, seed: int) -> list[str]:
    """Cut the power so often while the programs work; return what is wrong."""
    chance = random.Random(seed)
    states = all_states()
    problems = []
    for number in range(cuts):
        program = chance.choice([keep_journal, keep_record])
        with _folder() as folder, _folder() as after:
            with watched_files(folder) as files:
                program(files, folder)
            files.changes = files.changes[: chance.randint(1, len(files.changes))]
            for path, data in left_after_cut(files.changes, chance).items():
                (after / Path(path).name).write_bytes(data)
            acknowledged = _acknowledged(files)
            if program is keep_journal:
                found = judge_journal(after, states, acknowledged)
            else:
                found = judge_record(after, acknowledged)
        problems += [f"cut {number} of {program.__name__}: {each}" for each in found]
    return problems


def main() -> int:
    """Try all points and some cuts, and print how many there were."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cuts", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    dying, full = try_points(), try_points(is_full=True)
    cuts = cut_power(chosen.cuts, chosen.seed)
    for problem in [*dying.problems, *full.problems, *cuts][:50]:
        print(f"PROBLEM {problem}")
    print(f"died at {dying.points} changes: {len(dying.problems)} problems")
    print(f"full at {full.points} changes: {len(full.problems)} problems")
    print(f"{chosen.cuts} power cuts, seed {chosen.seed}: {len(cuts)} problems")
    return int(bool(dying.problems or full.problems or cuts))


if __name__ == "__main__":
    sys.exit(main())

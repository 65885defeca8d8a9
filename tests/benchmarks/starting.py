"""What a shell costs: the CPU time of one job, by bash and without it.

    python tests/benchmarks/starting.py [--jobs 400] [--rounds 5]

Jobs run one after the other, each with two output files in memory, and the two ways take turns. CPU
time of the child, and of the runner's start and wait for it, in microseconds; medians.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import tempfile
from pathlib import Path

from torc_core.runner.guard.children import spawn
from torc_core.runner.process.shell import Shell, ask_shell
from torc_core.runner.process.start_errors import find_bash

COMMANDS = ("/bin/true", "cat /dev/null", "bash -c true")


def main() -> None:
    """Print one line per command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    shell = ask_shell(find_bash(), dict(os.environ))
    memory = "/dev/shm" if Path("/dev/shm").is_dir() else None
    with tempfile.TemporaryDirectory(dir=memory) as place:
        for command in COMMANDS:
            rounds = [
                [
                    measure(shell, command, arguments.jobs, place, direct=way)
                    for way in (False, True)
                ]
                for _ in range(arguments.rounds)
            ]
            by_bash, without = (
                " + ".join(f"{statistics.median(values):.0f}" for values in zip(*way, strict=True))
                for way in zip(*rounds, strict=True)
            )
            print(f"{command}: {by_bash} us by bash, {without} us without it (child + runner)")


def measure(
    shell: Shell, command: str, jobs: int, place: str, *, direct: bool
) -> tuple[float, float]:
    """Return the CPU time of the child and of this process, in microseconds per job."""
    before = [cpu_s(resource.RUSAGE_CHILDREN), cpu_s(resource.RUSAGE_SELF)]
    for index in range(jobs):
        environment = dict(shell.environment)
        program = shell.find_direct(command, environment, ()) if direct else None
        pid = spawn(
            shell.arguments(command),
            environment,
            stdout=f"{place}/{index}.o",
            stderr=f"{place}/{index}.e",
            mode=0o600,
            direct=program,
        )
        os.waitpid(pid, 0)
    after = [cpu_s(resource.RUSAGE_CHILDREN), cpu_s(resource.RUSAGE_SELF)]
    children, own = ((late - early) / jobs * 1e6 for early, late in zip(before, after, strict=True))
    return children, own


def cpu_s(who: int) -> float:
    """Return user and system time."""
    usage = resource.getrusage(who)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()

"""Try the life of jobs against the plain model in very many random orders, on each database.

    python tests/campaigns/machine.py --examples 2000
    python tests/campaigns/machine.py --examples 2000 --on postgresql

A divergence is reduced to its smallest story and printed. The seed in the first line repeats a run.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from postgresql import Postgres
from server.rules import test_machine
from server.rules.databases import memory_engine, postgres_engine
from sqlalchemy import Engine

KINDS = ("sqlite", "postgresql")


@contextmanager
def engine_of(kind: str) -> Iterator[Engine]:
    """Yield an engine of a new database of a kind."""
    if kind == "sqlite":
        yield memory_engine()
        return
    with Postgres() as postgres:
        yield postgres_engine(postgres.create())


def main() -> None:
    """Run the campaign; a divergence ends it with its story."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--examples", type=int, default=2000)
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    parser.add_argument("--on", choices=KINDS, help="by default on both, one after the other")
    options = parser.parse_args()
    print(f"{options.examples} examples of {options.steps} steps, seed {options.seed}", flush=True)
    for kind in KINDS if options.on is None else [options.on]:
        begin = time.perf_counter()
        with engine_of(kind) as engine:
            test_machine.try_on(
                engine,
                options.seed,
                max_examples=options.examples,
                stateful_step_count=options.steps,
                derandomize=False,
            )
        print(f"{kind}: no divergence; {time.perf_counter() - begin:.0f} s", flush=True)


if __name__ == "__main__":
    main()

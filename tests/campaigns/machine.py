"""Try the life of jobs against the plain model in very many random orders.

A divergence is reduced to its smallest story and printed. The seed in the first line repeats a run.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from hypothesis import HealthCheck, seed, settings
from hypothesis.stateful import run_state_machine_as_test
from server.rules.test_machine import Machine


def main() -> None:
    """Run the campaign; a divergence ends it with its story."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=2000)
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    options = parser.parse_args()
    print(f"{options.examples} examples of {options.steps} steps, seed {options.seed}")
    begin = time.perf_counter()
    run_state_machine_as_test(
        seed(options.seed)(Machine),
        settings=settings(
            max_examples=options.examples,
            stateful_step_count=options.steps,
            deadline=None,
            database=None,
            derandomize=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
    print(f"no divergence; {time.perf_counter() - begin:.0f} s")


if __name__ == "__main__":
    main()

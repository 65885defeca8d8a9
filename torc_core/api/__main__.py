"""`python -m torc_core.api`: what the jobs of `map_function_to_jobs` run.

call MODULE FUNCTION        call a function with the name and the item of this job
collect MODULE FUNCTION     call a function with the results of the jobs before this one
check MODULE FUNCTION...    see whether functions can be called, and say why not, as JSON
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from torc_core.host.program import run_program

_ARGUMENTS = (("the job's name", "an item of params"), ("the list of results",))
"""What the functions are called with, in the order in which `check` is given them."""


def main() -> None:
    """Run the program and leave with its exit code."""
    sys.exit(run_program(_run))


def _run() -> int:
    parser = argparse.ArgumentParser(prog="python -m torc_core.api", description=__doc__)
    parser.add_argument("what", choices=("call", "collect", "check"))
    parser.add_argument("module")
    parser.add_argument("functions", nargs="+", metavar="function")
    parser.add_argument("--directory", type=Path, help="where the module is")
    given = parser.parse_args()
    if given.what == "check":
        return _check(given.module, given.directory, given.functions)
    from torc_core.api import calls  # noqa: PLC0415 - it takes what a check does not need

    do = {"call": calls.call, "collect": calls.collect}[given.what]
    return do(given.module, given.directory, given.functions[0])


def _check(module: str, directory: Path | None, names: list[str]) -> int:
    """Say on stdout why functions cannot be called; the module itself may write to stderr only."""
    import msgspec  # noqa: PLC0415 - may fail

    from torc_core.api.functions import Refusal, check_takes, load  # noqa: PLC0415
    from torc_core.errors import ExitCode, UsageError  # noqa: PLC0415

    answer = os.dup(1)
    os.dup2(2, 1)
    try:
        for name, arguments in zip(names, _ARGUMENTS, strict=False):
            check_takes(load(module, name, directory), *arguments)
    except UsageError as error:
        os.write(answer, msgspec.json.encode(Refusal(error.message, error.hint)))
        return ExitCode.USAGE
    return ExitCode.OK


if __name__ == "__main__":
    main()

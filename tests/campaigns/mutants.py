"""Plant faults in the pure modules, one at a time, and count those that the suite notices.

`[tool.mutmut]` in pyproject.toml names the modules and the tests. Not every survivor is a gap: some
mutants mean the same as the code. `survivors.toml` beside this file says, function by function, how
many are known to survive and why. Fails below `GOAL`, and for survivors that are not listed there.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tomllib
from collections import Counter, defaultdict
from pathlib import Path

GOAL = 0.85
KNOWN = Path(__file__).with_name("survivors.toml")
_LINE = re.compile(r"\s*(\S+)__mutmut_\d+: (.+)")
_KILLED = {"killed", "timeout", "caught by type check"}


def main() -> int:
    """Run mutmut and print what survived."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "patterns", nargs="*", help="only mutants whose names match, such as *units*"
    )
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--report-only", action="store_true", help="of the run before")
    options = parser.parse_args()
    mutmut = str(Path(sys.executable).with_name("mutmut"))
    if not options.report_only:
        jobs = ("--max-children", str(options.jobs))
        subprocess.run([mutmut, "run", *jobs, *options.patterns], check=True)
    listing = subprocess.run(
        [mutmut, "results", "--all", "true"], check=True, capture_output=True, text=True
    )
    return report(listing.stdout)


def report(listing: str) -> int:
    """Print the score of each module and the survivors of each function; return the exit code."""
    outcomes: defaultdict[str, Counter[bool]] = defaultdict(Counter)
    survivors: Counter[str] = Counter()
    for name, outcome in _LINE.findall(listing):
        if outcome == "not checked":
            continue
        function = readable(name)
        is_killed = outcome in _KILLED
        outcomes[function.rpartition(":")[0]][is_killed] += 1
        survivors[function] += not is_killed
    for module, counts in sorted(outcomes.items()):
        print(f"{counts[True] / counts.total():5.0%} of {counts.total():4}  {module}")
    killed = sum(counts[True] for counts in outcomes.values())
    total = sum(counts.total() for counts in outcomes.values())
    if not total:
        print("no mutants were checked")
        return 1
    print(f"{killed / total:.1%} of {total:,} mutants were killed; the goal is {GOAL:.0%}")
    known = tomllib.loads(KNOWN.read_text("utf-8"))
    news = {
        function: count
        for function, count in sorted(survivors.items())
        if count > known.get(function, {}).get("count", 0)
    }
    for function, count in news.items():
        print(f"{count:4} survived in {function}; see `mutmut browse`")
    return int(killed / total < GOAL or bool(news))


def readable(name: str) -> str:
    """Return module and function, `torc_core.units:parse_memory`, of mutmut's name of a mutant."""
    module, _, function = name.rpartition(".")
    if "ǁ" in function:
        _, kind, method = function.split("ǁ")
        return f"{module}:{kind}.{method}"
    return f"{module}:{function.removeprefix('x_')}"


if __name__ == "__main__":
    sys.exit(main())

"""The start of the interface in a real pseudo-terminal: until its first picture, and a key.

    python tests/benchmarks/first_picture.py [--rounds 9]

No server answers, so this is the interface alone. On a machine that others use, the time of the
processor says more than that of the clock.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).parents[1]))

from tui.pty_screen import PtyScreen

SIZES = ((80, 24), (160, 48))
TORC = Path(sys.executable).with_name("torc")


def main() -> None:
    """Print a line per size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory() as directory:
        os.environ |= {"HOME": directory, "XDG_STATE_HOME": directory}
        for size in SIZES:
            start(size, Path(directory))  # the files of compiled modules are there from now on
            starts = [start(size, Path(directory)) for _ in range(rounds)]
            said = "   ".join(
                f"{what} {statistics.median(values):.2f} s (least {min(values):.2f})"
                for what, values in zip(
                    ("picture", "its CPU", "a key answered", "CPU by then"),
                    zip(*starts, strict=True),
                    strict=True,
                )
            )
            print(f"{size[0]}x{size[1]}   {said}   load {os.getloadavg()[0]:.0f}", flush=True)


def start(size: tuple[int, int], place: Path) -> tuple[float, float, float, float]:
    """Return the seconds to the first picture and until a key works, each with the processor's."""
    began = time.perf_counter()
    argv = [str(TORC), "--url", "http://127.0.0.1:9", "tui"]
    environ = {"COLORFGBG": "15;0"}  # the background is known, and not asked for
    screen = PtyScreen(argv, columns=size[0], rows=size[1], environ=environ, cwd=place)
    try:
        screen.wait_for("quit")
        painted = time.perf_counter() - began
        used = _cpu_s(screen)
        screen.type_ahead("?")
        screen.wait_for("Keys")
        return painted, used, time.perf_counter() - began, _cpu_s(screen)
    finally:
        screen.end()
        screen.close()


def _cpu_s(screen: PtyScreen) -> float:
    return sum(psutil.Process(screen.process.pid).cpu_times()[:2])


if __name__ == "__main__":
    main()
